// The broker's end of one login by one mechanism of SASL: tokens come in, verdicts go out. It knows no frame and no
// connection.
// Not here: which mechanism may be used when (sasl_session), the client's end (auth/mechanism.hpp).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace kafka::devbroker {

/// What a token led to.
struct Verdict {
  enum class Kind : uint8_t { more, accepted, refused };

  Kind kind = Kind::refused;
  std::string token = {};                  ///< goes to the client, also if it is empty; of no use if refused
  std::string text = {};                   ///< of a refusal: what the client is told
  std::string user = {};                   ///< of an acceptance: who logged in
  std::optional<int64_t> expires_ms = {};  ///< of an acceptance: when what was shown runs out, in ms since 1970

  static Verdict ask(std::string token) { return {.kind = Kind::more, .token = std::move(token)}; }
  static Verdict refuse(std::string text) { return {.kind = Kind::refused, .text = std::move(text)}; }
};

/// The state of one login.
class ServerMechanism {
 public:
  virtual ~ServerMechanism() = default;
  virtual Verdict take(std::string_view token) = 0;
};

}  // namespace kafka::devbroker
