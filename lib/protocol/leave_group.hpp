// LeaveGroup (key 13): a member leaves its group, or somebody removes members from it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "protocol/api.hpp"

namespace kafka::protocol {

struct LeaveGroupRequest {
  // What came with which version.
  static constexpr int16_t kManyMembersFrom = 3;  ///< several members at once, by id or by instance id (KIP-345)
  static constexpr int16_t kReasonFrom = 5;       ///< why they leave (KIP-800)

  struct MemberIdentity {
    std::string member_id;                         ///< v3+
    std::optional<std::string> group_instance_id;  ///< v3+, may be null
    std::optional<std::string> reason;             ///< v5+, may be null
    static void fields(auto& f, auto& m) {
      f(m.member_id, "memberId", since(3));
      f(m.group_instance_id, "groupInstanceId", since(3).null_since(3));
      f(m.reason, "reason", since(5).null_since(5).ignorable());
    }
  };
  std::string group_id;
  std::string member_id;                ///< v0 to v2
  std::vector<MemberIdentity> members;  ///< v3+
  static void fields(auto& f, auto& m) {
    f(m.group_id, "groupId", since(0));
    f(m.member_id, "memberId", since(0).until(2));
    f(m.members, "members", since(3));
  }
};

struct LeaveGroupResponse {
  struct MemberResponse {
    std::string member_id;                              ///< v3+
    std::optional<std::string> group_instance_id = "";  ///< v3+, may be null
    int16_t error_code = 0;                             ///< v3+
    static void fields(auto& f, auto& m) {
      f(m.member_id, "memberId", since(3));
      f(m.group_instance_id, "groupInstanceId", since(3).null_since(3));
      f(m.error_code, "errorCode", since(3));
    }
  };
  int32_t throttle_time_ms = 0;  ///< v1+
  int16_t error_code = 0;
  std::vector<MemberResponse> members;  ///< v3+
  static void fields(auto& f, auto& m) {
    f(m.throttle_time_ms, "throttleTimeMs", since(1).ignorable());
    f(m.error_code, "errorCode", since(0));
    f(m.members, "members", since(3));
  }
};

template <>
struct Api<LeaveGroupRequest> {
  using Response = LeaveGroupResponse;
  static constexpr ApiRow kRow{
      .key = ApiKey::leave_group,
      .versions = {0, 5},
      .flexible_from = 4,
      .throttles_client_from = 2,
      .newest_in = {.v0_9 = 0, .v0_10 = 0, .v0_11 = 1, .v1_1 = 1, .v2_4 = 4, .v2_8 = 4, .v3_9 = 5, .v4_3 = 5}};
};

}  // namespace kafka::protocol
