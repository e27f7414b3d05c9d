// PLAIN (RFC 4616): name and password, as they are.
#pragma once

#include <kafka/secret.hpp>

#include <string>

#include "auth/mechanism.hpp"

namespace kafka::auth {

class Plain final : public Mechanism {
 public:
  Plain(std::string user, Secret password) : user_(std::move(user)), password_(std::move(password)) {}
  Next start() override;
  Next answer(std::string_view) override { return Next::done; }

 private:
  std::string user_;
  Secret password_;
};

}  // namespace kafka::auth
