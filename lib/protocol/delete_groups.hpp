// DeleteGroups (key 42): deletes groups without members, and their offsets (KIP-229).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "protocol/api.hpp"

namespace kafka::protocol {

struct DeleteGroupsRequest {
  std::vector<std::string> groups_names;
  static void fields(auto& f, auto& m) { f(m.groups_names, "groupsNames", since(0)); }
};

struct DeleteGroupsResponse {
  struct DeletableGroupResult {
    std::string group_id;
    int16_t error_code = 0;
    static void fields(auto& f, auto& m) {
      f(m.group_id, "groupId", since(0));
      f(m.error_code, "errorCode", since(0));
    }
  };
  int32_t throttle_time_ms = 0;
  std::vector<DeletableGroupResult> results;
  static void fields(auto& f, auto& m) {
    f(m.throttle_time_ms, "throttleTimeMs", since(0));
    f(m.results, "results", since(0));
  }
};

template <>
struct Api<DeleteGroupsRequest> {
  using Response = DeleteGroupsResponse;
  static constexpr ApiRow kRow{.key = ApiKey::delete_groups,
                               .versions = {0, 2},
                               .flexible_from = 2,
                               .throttles_client_from = 1,
                               .newest_in = {.v1_1 = 0, .v2_4 = 2, .v2_8 = 2, .v3_9 = 2, .v4_3 = 2}};
};

}  // namespace kafka::protocol
