// OffsetDelete (key 47): deletes offsets of a group, except those of topics that it subscribes to (KIP-496).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "protocol/api.hpp"

namespace kafka::protocol {

struct OffsetDeleteRequest {
  struct OffsetDeleteRequestTopic {
    struct OffsetDeleteRequestPartition {
      int32_t partition_index = 0;
      static void fields(auto& f, auto& m) { f(m.partition_index, "partitionIndex", since(0)); }
    };
    std::string name;
    std::vector<OffsetDeleteRequestPartition> partitions;
    static void fields(auto& f, auto& m) {
      f(m.name, "name", since(0));
      f(m.partitions, "partitions", since(0));
    }
  };
  std::string group_id;
  std::vector<OffsetDeleteRequestTopic> topics;
  static void fields(auto& f, auto& m) {
    f(m.group_id, "groupId", since(0));
    f(m.topics, "topics", since(0));
  }
};

struct OffsetDeleteResponse {
  struct OffsetDeleteResponseTopic {
    struct OffsetDeleteResponsePartition {
      int32_t partition_index = 0;
      int16_t error_code = 0;
      static void fields(auto& f, auto& m) {
        f(m.partition_index, "partitionIndex", since(0));
        f(m.error_code, "errorCode", since(0));
      }
    };
    std::string name;
    std::vector<OffsetDeleteResponsePartition> partitions;
    static void fields(auto& f, auto& m) {
      f(m.name, "name", since(0));
      f(m.partitions, "partitions", since(0));
    }
  };
  int16_t error_code = 0;
  int32_t throttle_time_ms = 0;
  std::vector<OffsetDeleteResponseTopic> topics;
  static void fields(auto& f, auto& m) {
    f(m.error_code, "errorCode", since(0));
    f(m.throttle_time_ms, "throttleTimeMs", since(0).ignorable());
    f(m.topics, "topics", since(0));
  }
};

template <>
struct Api<OffsetDeleteRequest> {
  using Response = OffsetDeleteResponse;
  static constexpr ApiRow kRow{.key = ApiKey::offset_delete,
                               .versions = {0, 0},
                               .throttles_client_from = 0,
                               .newest_in = {.v2_4 = 0, .v2_8 = 0, .v3_9 = 0, .v4_3 = 0}};
};

}  // namespace kafka::protocol
