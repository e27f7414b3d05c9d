// PLAIN (RFC 4616) as a broker checks it: one token with the name and the password.
#pragma once

#include "devbroker/accounts.hpp"
#include "devbroker/server_mechanism.hpp"

namespace kafka::devbroker {

class PlainServer final : public ServerMechanism {
 public:
  explicit PlainServer(const Accounts& accounts) : accounts_(accounts) {}
  Verdict take(std::string_view token) override;

 private:
  const Accounts& accounts_;
};

}  // namespace kafka::devbroker
