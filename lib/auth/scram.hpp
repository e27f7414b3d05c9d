// SCRAM (RFC 5802, RFC 7677) without channel binding, as Kafka has it. Each side proves that it knows the password, and
// neither sends it.
// Not here: the messages as text (scram_text.hpp), keys that are kept (scram_keys.hpp).
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "auth/crypto.hpp"
#include "auth/mechanism.hpp"
#include "auth/scram_text.hpp"

namespace kafka::auth {

struct Login;

/// Names and passwords go as they are given. Kafka does not normalise them either, although the RFC asks for it.
class Scram final : public Mechanism {
 public:
  /// A server that asks for fewer has no care of its passwords, or is none: RFC 5802 names this as the least.
  static constexpr uint32_t kLeastIterations = 4096;
  /// Rounds of the derivation in one turn of the loop: 0.15 to 0.4 ms.
  static constexpr uint32_t kSlice = 512;

  Scram(Hash hash, std::shared_ptr<Login> login, std::string nonce)
      : hash_(hash), login_(std::move(login)), nonce_(std::move(nonce)) {}
  Next start() override;
  Next answer(std::string_view token) override;
  Next work() override;

 private:
  enum class Expects : uint8_t { server_first, server_final, nothing };

  Next take_first(std::string_view token);
  Next take_final(std::string_view token);
  Next prove(const struct ScramKeys& keys);

  Hash hash_;
  std::shared_ptr<Login> login_;
  std::string nonce_;
  Expects expects_ = Expects::server_first;
  std::string client_first_, server_first_;
  ServerFirst challenge_;
  std::optional<KeyDerivation> derivation_;
  Digest signature_;  // what the server has to say
};

}  // namespace kafka::auth
