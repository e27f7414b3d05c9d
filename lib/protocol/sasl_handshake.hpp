// SaslHandshake (key 17): names the mechanism, before the first token. Behind version 0 tokens are frames without a
// header; behind version 1 they go in SaslAuthenticate (KIP-152).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "protocol/api.hpp"

namespace kafka::protocol {

struct SaslHandshakeRequest {
  static constexpr int16_t kWrappedFrom = 1;  ///< tokens go in SaslAuthenticate

  std::string mechanism;
  static void fields(auto& f, auto& m) { f(m.mechanism, "mechanism", since(0)); }
};

struct SaslHandshakeResponse {
  int16_t error_code = 0;
  std::vector<std::string> mechanisms;  ///< what the broker offers
  static void fields(auto& f, auto& m) {
    f(m.error_code, "errorCode", since(0));
    f(m.mechanisms, "mechanisms", since(0));
  }
};

template <>
struct Api<SaslHandshakeRequest> {
  using Response = SaslHandshakeResponse;
  static constexpr ApiRow kRow{
      .key = ApiKey::sasl_handshake,
      .versions = {0, 1},
      .newest_in = {.v0_10 = 0, .v0_11 = 0, .v1_1 = 1, .v2_4 = 1, .v2_8 = 1, .v3_9 = 1, .v4_3 = 1}};
};

}  // namespace kafka::protocol
