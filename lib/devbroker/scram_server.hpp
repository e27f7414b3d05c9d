// SCRAM (RFC 5802, RFC 7677) as a broker checks it: two tokens, without channel binding.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>

#include "auth/crypto.hpp"
#include "devbroker/accounts.hpp"
#include "devbroker/server_mechanism.hpp"

namespace kafka::devbroker {

class ScramServer final : public ServerMechanism {
 public:
  struct Rules {
    auth::Hash hash = auth::Hash::sha256;
    /// The last message repeats the nonce exactly. Before Kafka 4 its end was enough.
    bool strict_nonce = true;
  };

  /// `random` gives the broker's part of the nonce.
  ScramServer(Accounts& accounts, Rules rules, std::function<uint64_t()> random)
      : accounts_(accounts), rules_(rules), random_(std::move(random)) {}
  Verdict take(std::string_view token) override;

 private:
  Verdict take_first(std::string_view token);
  Verdict take_final(std::string_view token);
  Verdict refuse() const;

  Accounts& accounts_;
  const Rules rules_;
  std::function<uint64_t()> random_;
  const ScramCredential* credential_ = nullptr;  // set behind the first message
  std::string user_, nonce_, our_nonce_;
  std::string client_first_, server_first_;
};

}  // namespace kafka::devbroker
