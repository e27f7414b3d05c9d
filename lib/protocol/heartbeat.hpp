// Heartbeat (key 12): a member says that it lives, and learns whether its group rebalances.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "protocol/api.hpp"

namespace kafka::protocol {

struct HeartbeatRequest {
  static constexpr int16_t kInstanceIdFrom = 3;  ///< static members (KIP-345)

  std::string group_id;
  int32_t generation_id = 0;
  std::string member_id;
  std::optional<std::string> group_instance_id;  ///< v3+, may be null
  static void fields(auto& f, auto& m) {
    f(m.group_id, "groupId", since(0));
    f(m.generation_id, "generationId", since(0));
    f(m.member_id, "memberId", since(0));
    f(m.group_instance_id, "groupInstanceId", since(3).null_since(3));
  }
};

struct HeartbeatResponse {
  int32_t throttle_time_ms = 0;  ///< v1+
  int16_t error_code = 0;
  static void fields(auto& f, auto& m) {
    f(m.throttle_time_ms, "throttleTimeMs", since(1).ignorable());
    f(m.error_code, "errorCode", since(0));
  }
};

template <>
struct Api<HeartbeatRequest> {
  using Response = HeartbeatResponse;
  static constexpr ApiRow kRow{
      .key = ApiKey::heartbeat,
      .versions = {0, 4},
      .flexible_from = 4,
      .throttles_client_from = 2,
      .newest_in = {.v0_9 = 0, .v0_10 = 0, .v0_11 = 1, .v1_1 = 1, .v2_4 = 4, .v2_8 = 4, .v3_9 = 4, .v4_3 = 4}};
};

}  // namespace kafka::protocol
