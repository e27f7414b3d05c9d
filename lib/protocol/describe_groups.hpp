// DescribeGroups (key 15): state and members of groups of the classic protocol.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "protocol/api.hpp"

namespace kafka::protocol {

struct DescribeGroupsRequest {
  // What came with which version.
  static constexpr int16_t kInstanceIdFrom = 4;  ///< static members (KIP-345)
  static constexpr int16_t kGroupNotFoundFrom =
      6;  ///< a group that does not exist is an error, not a dead group (KIP-1043)

  std::vector<std::string> groups;
  bool include_authorized_operations = false;  ///< v3+
  static void fields(auto& f, auto& m) {
    f(m.groups, "groups", since(0));
    f(m.include_authorized_operations, "includeAuthorizedOperations", since(3));
  }
};

struct DescribeGroupsResponse {
  struct DescribedGroup {
    struct DescribedGroupMember {
      std::string member_id;
      std::optional<std::string> group_instance_id;  ///< v4+, may be null
      std::string client_id;
      std::string client_host;
      Bytes member_metadata;
      Bytes member_assignment;
      static void fields(auto& f, auto& m) {
        f(m.member_id, "memberId", since(0));
        f(m.group_instance_id, "groupInstanceId", since(4).null_since(4).ignorable());
        f(m.client_id, "clientId", since(0));
        f(m.client_host, "clientHost", since(0));
        f(m.member_metadata, "memberMetadata", since(0));
        f(m.member_assignment, "memberAssignment", since(0));
      }
    };
    int16_t error_code = 0;
    std::optional<std::string> error_message;  ///< v6+, may be null
    std::string group_id;
    std::string group_state;
    std::string protocol_type;
    std::string protocol_data;
    std::vector<DescribedGroupMember> members;
    int32_t authorized_operations = INT32_MIN;  ///< v3+
    static void fields(auto& f, auto& m) {
      f(m.error_code, "errorCode", since(0));
      f(m.error_message, "errorMessage", since(6).null_since(6));
      f(m.group_id, "groupId", since(0));
      f(m.group_state, "groupState", since(0));
      f(m.protocol_type, "protocolType", since(0));
      f(m.protocol_data, "protocolData", since(0));
      f(m.members, "members", since(0));
      f(m.authorized_operations, "authorizedOperations", since(3));
    }
  };
  int32_t throttle_time_ms = 0;  ///< v1+
  std::vector<DescribedGroup> groups;
  static void fields(auto& f, auto& m) {
    f(m.throttle_time_ms, "throttleTimeMs", since(1).ignorable());
    f(m.groups, "groups", since(0));
  }
};

template <>
struct Api<DescribeGroupsRequest> {
  using Response = DescribeGroupsResponse;
  static constexpr ApiRow kRow{
      .key = ApiKey::describe_groups,
      .versions = {0, 6},
      .flexible_from = 5,
      .throttles_client_from = 2,
      .newest_in = {.v0_9 = 0, .v0_10 = 0, .v0_11 = 1, .v1_1 = 1, .v2_4 = 5, .v2_8 = 5, .v3_9 = 5, .v4_3 = 6}};
};

}  // namespace kafka::protocol
