// ListGroups (key 16): the groups that a broker coordinates.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "protocol/api.hpp"

namespace kafka::protocol {

struct ListGroupsRequest {
  // What came with which version.
  static constexpr int16_t kStatesFrom = 4;  ///< states, and a filter by them (KIP-518)
  static constexpr int16_t kTypesFrom = 5;   ///< types, and a filter by them (KIP-848)

  std::vector<std::string> states_filter;  ///< v4+
  std::vector<std::string> types_filter;   ///< v5+
  static void fields(auto& f, auto& m) {
    f(m.states_filter, "statesFilter", since(4));
    f(m.types_filter, "typesFilter", since(5));
  }
};

struct ListGroupsResponse {
  struct ListedGroup {
    std::string group_id;
    std::string protocol_type;
    std::string group_state;  ///< v4+
    std::string group_type;   ///< v5+
    static void fields(auto& f, auto& m) {
      f(m.group_id, "groupId", since(0));
      f(m.protocol_type, "protocolType", since(0));
      f(m.group_state, "groupState", since(4).ignorable());
      f(m.group_type, "groupType", since(5).ignorable());
    }
  };
  int32_t throttle_time_ms = 0;  ///< v1+
  int16_t error_code = 0;
  std::vector<ListedGroup> groups;
  static void fields(auto& f, auto& m) {
    f(m.throttle_time_ms, "throttleTimeMs", since(1).ignorable());
    f(m.error_code, "errorCode", since(0));
    f(m.groups, "groups", since(0));
  }
};

template <>
struct Api<ListGroupsRequest> {
  using Response = ListGroupsResponse;
  static constexpr ApiRow kRow{
      .key = ApiKey::list_groups,
      .versions = {0, 5},
      .flexible_from = 3,
      .throttles_client_from = 2,
      .newest_in = {.v0_9 = 0, .v0_10 = 0, .v0_11 = 1, .v1_1 = 1, .v2_4 = 3, .v2_8 = 4, .v3_9 = 5, .v4_3 = 5}};
};

}  // namespace kafka::protocol
