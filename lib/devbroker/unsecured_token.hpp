// A token that nobody has signed: a JWT of alg "none" (RFC 7519, section 6). Whoever makes one is believed, so it is
// for tests. Kafka takes it where no other validator is set up (OAuthBearerUnsecuredValidatorCallbackHandler). Not
// here: how it travels (bearer_server).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace kafka::devbroker {

struct UnsecuredToken {
  std::string subject;     ///< claim sub
  int64_t expires_ms = 0;  ///< claim exp, in ms since 1970
  int64_t issued_ms = 0;   ///< claim iat; 0: the token does not say

  /// None if it is no such token: three parts, the last one empty, a header with alg "none", claims with sub and exp.
  static std::optional<UnsecuredToken> read(std::string_view text);
  bool holds_at(int64_t now_ms) const { return now_ms < expires_ms && issued_ms <= now_ms; }
};

}  // namespace kafka::devbroker
