// SyncGroup (key 14): the leader hands out the assignment, and every member gets its part of it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "protocol/api.hpp"

namespace kafka::protocol {

struct SyncGroupRequest {
  // What came with which version.
  static constexpr int16_t kInstanceIdFrom = 3;    ///< static members (KIP-345)
  static constexpr int16_t kProtocolTypeFrom = 5;  ///< both sides name protocol type and protocol (KIP-559)

  struct SyncGroupRequestAssignment {
    std::string member_id;
    Bytes assignment;
    static void fields(auto& f, auto& m) {
      f(m.member_id, "memberId", since(0));
      f(m.assignment, "assignment", since(0));
    }
  };
  std::string group_id;
  int32_t generation_id = 0;
  std::string member_id;
  std::optional<std::string> group_instance_id;  ///< v3+, may be null
  std::optional<std::string> protocol_type;      ///< v5+, may be null
  std::optional<std::string> protocol_name;      ///< v5+, may be null
  std::vector<SyncGroupRequestAssignment> assignments;
  static void fields(auto& f, auto& m) {
    f(m.group_id, "groupId", since(0));
    f(m.generation_id, "generationId", since(0));
    f(m.member_id, "memberId", since(0));
    f(m.group_instance_id, "groupInstanceId", since(3).null_since(3));
    f(m.protocol_type, "protocolType", since(5).null_since(5).ignorable());
    f(m.protocol_name, "protocolName", since(5).null_since(5).ignorable());
    f(m.assignments, "assignments", since(0));
  }
};

struct SyncGroupResponse {
  int32_t throttle_time_ms = 0;  ///< v1+
  int16_t error_code = 0;
  std::optional<std::string> protocol_type;  ///< v5+, may be null
  std::optional<std::string> protocol_name;  ///< v5+, may be null
  Bytes assignment;
  static void fields(auto& f, auto& m) {
    f(m.throttle_time_ms, "throttleTimeMs", since(1).ignorable());
    f(m.error_code, "errorCode", since(0));
    f(m.protocol_type, "protocolType", since(5).null_since(5).ignorable());
    f(m.protocol_name, "protocolName", since(5).null_since(5).ignorable());
    f(m.assignment, "assignment", since(0));
  }
};

template <>
struct Api<SyncGroupRequest> {
  using Response = SyncGroupResponse;
  static constexpr ApiRow kRow{
      .key = ApiKey::sync_group,
      .versions = {0, 5},
      .flexible_from = 4,
      .throttles_client_from = 2,
      .newest_in = {.v0_9 = 0, .v0_10 = 0, .v0_11 = 1, .v1_1 = 1, .v2_4 = 4, .v2_8 = 5, .v3_9 = 5, .v4_3 = 5}};
};

}  // namespace kafka::protocol
