// SaslAuthenticate (key 36): one token of the mechanism that SaslHandshake named, and the broker's answer to it
// (KIP-152).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/bytes.hpp"
#include "protocol/api.hpp"

namespace kafka::protocol {

struct SaslAuthenticateRequest {
  static constexpr int16_t kLifetimeFrom = 1;  ///< the answer says how long the login holds (KIP-368)

  Bytes auth_bytes;
  static void fields(auto& f, auto& m) { f(m.auth_bytes, "authBytes", since(0).secret()); }
};

struct SaslAuthenticateResponse {
  int16_t error_code = 0;
  std::optional<std::string> error_message = "";  ///< may be null
  Bytes auth_bytes;
  int64_t session_lifetime_ms = 0;  ///< v1+; 0: no end
  static void fields(auto& f, auto& m) {
    f(m.error_code, "errorCode", since(0));
    f(m.error_message, "errorMessage", since(0).null_since(0));
    f(m.auth_bytes, "authBytes", since(0).secret());
    f(m.session_lifetime_ms, "sessionLifetimeMs", since(1).ignorable());
  }
};

template <>
struct Api<SaslAuthenticateRequest> {
  using Response = SaslAuthenticateResponse;
  static constexpr ApiRow kRow{.key = ApiKey::sasl_authenticate,
                               .versions = {0, 2},
                               .flexible_from = 2,
                               .newest_in = {.v1_1 = 0, .v2_4 = 1, .v2_8 = 2, .v3_9 = 2, .v4_3 = 2}};
};

}  // namespace kafka::protocol
