// JoinGroup (key 11): a member enters its group, or comes back to it. The answer comes when all members have joined.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "protocol/api.hpp"

namespace kafka::protocol {

struct JoinGroupRequest {
  // What came with which version.
  static constexpr int16_t kRebalanceTimeoutFrom = 1;  ///< before, the session timeout is the rebalance timeout too
  static constexpr int16_t kMemberIdRequiredFrom = 4;  ///< the first answer is member_id_required and an id (KIP-394)
  static constexpr int16_t kInstanceIdFrom = 5;        ///< static members (KIP-345)
  static constexpr int16_t kProtocolTypeFrom = 7;      ///< the answer names the protocol type (KIP-559)
  static constexpr int16_t kReasonFrom = 8;            ///< the member says why it joins (KIP-800)
  static constexpr int16_t kSkipAssignmentFrom = 9;    ///< a static leader that came back is told not to assign

  struct JoinGroupRequestProtocol {
    std::string name;
    Bytes metadata;
    static void fields(auto& f, auto& m) {
      f(m.name, "name", since(0));
      f(m.metadata, "metadata", since(0));
    }
  };
  std::string group_id;
  int32_t session_timeout_ms = 0;
  int32_t rebalance_timeout_ms = -1;  ///< v1+
  std::string member_id;
  std::optional<std::string> group_instance_id;  ///< v5+, may be null
  std::string protocol_type;
  std::vector<JoinGroupRequestProtocol> protocols;
  std::optional<std::string> reason;  ///< v8+, may be null
  static void fields(auto& f, auto& m) {
    f(m.group_id, "groupId", since(0));
    f(m.session_timeout_ms, "sessionTimeoutMs", since(0));
    f(m.rebalance_timeout_ms, "rebalanceTimeoutMs", since(1).ignorable());
    f(m.member_id, "memberId", since(0));
    f(m.group_instance_id, "groupInstanceId", since(5).null_since(5));
    f(m.protocol_type, "protocolType", since(0));
    f(m.protocols, "protocols", since(0));
    f(m.reason, "reason", since(8).null_since(8).ignorable());
  }
};

struct JoinGroupResponse {
  struct JoinGroupResponseMember {
    std::string member_id;
    std::optional<std::string> group_instance_id;  ///< v5+, may be null
    Bytes metadata;
    static void fields(auto& f, auto& m) {
      f(m.member_id, "memberId", since(0));
      f(m.group_instance_id, "groupInstanceId", since(5).null_since(5).ignorable());
      f(m.metadata, "metadata", since(0));
    }
  };
  int32_t throttle_time_ms = 0;  ///< v2+
  int16_t error_code = 0;
  int32_t generation_id = -1;
  std::optional<std::string> protocol_type;       ///< v7+, may be null
  std::optional<std::string> protocol_name = "";  ///< may be null from v7 on
  std::string leader;
  bool skip_assignment = false;  ///< v9+
  std::string member_id;
  std::vector<JoinGroupResponseMember> members;
  static void fields(auto& f, auto& m) {
    f(m.throttle_time_ms, "throttleTimeMs", since(2).ignorable());
    f(m.error_code, "errorCode", since(0));
    f(m.generation_id, "generationId", since(0));
    f(m.protocol_type, "protocolType", since(7).null_since(7).ignorable());
    f(m.protocol_name, "protocolName", since(0).null_since(7));
    f(m.leader, "leader", since(0));
    f(m.skip_assignment, "skipAssignment", since(9));
    f(m.member_id, "memberId", since(0));
    f(m.members, "members", since(0));
  }
};

template <>
struct Api<JoinGroupRequest> {
  using Response = JoinGroupResponse;
  static constexpr ApiRow kRow{
      .key = ApiKey::join_group,
      .versions = {0, 9},
      .flexible_from = 6,
      .throttles_client_from = 3,
      .newest_in = {.v0_9 = 0, .v0_10 = 1, .v0_11 = 2, .v1_1 = 2, .v2_4 = 6, .v2_8 = 7, .v3_9 = 9, .v4_3 = 9}};
};

}  // namespace kafka::protocol
