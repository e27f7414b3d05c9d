// ListOffsets (key 2): where partitions begin and end, and which offset a time has. v0 answers with a list.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "protocol/api.hpp"

namespace kafka::protocol {

struct ListOffsetsRequest {
  // What came with which version.
  static constexpr int16_t kSingleFrom = 1;         ///< one offset per partition; before, a list of them (KIP-79)
  static constexpr int16_t kIsolationFrom = 2;      ///< isolation levels (KIP-98)
  static constexpr int16_t kLeaderEpochsFrom = 4;   ///< request and answer name the leader's epoch (KIP-320)
  static constexpr int16_t kMaxTimestampFrom = 7;   ///< timestamp -3: the newest record (KIP-734)
  static constexpr int16_t kEarliestLocalFrom = 8;  ///< timestamp -4: the first offset on local disks (KIP-405)
  static constexpr int16_t kLatestTieredFrom = 9;   ///< timestamp -5: the last offset in tiered storage (KIP-1005)
  static constexpr int16_t kEarliestPendingUploadFrom = 11;  ///< timestamp -6: what tiered storage lacks (KIP-1023)

  struct ListOffsetsTopic {
    struct ListOffsetsPartition {
      int32_t partition_index = 0;
      int32_t current_leader_epoch = -1;  ///< v4+
      int64_t timestamp = 0;
      int32_t max_num_offsets = 1;  ///< v0 to v0
      static void fields(auto& f, auto& m) {
        f(m.partition_index, "partitionIndex", since(0));
        f(m.current_leader_epoch, "currentLeaderEpoch", since(4).ignorable());
        f(m.timestamp, "timestamp", since(0));
        f(m.max_num_offsets, "maxNumOffsets", since(0).until(0));
      }
    };
    std::string name;
    std::vector<ListOffsetsPartition> partitions;
    static void fields(auto& f, auto& m) {
      f(m.name, "name", since(0));
      f(m.partitions, "partitions", since(0));
    }
  };
  int32_t replica_id = 0;
  int8_t isolation_level = 0;  ///< v2+
  std::vector<ListOffsetsTopic> topics;
  int32_t timeout_ms = 0;  ///< v10+
  static void fields(auto& f, auto& m) {
    f(m.replica_id, "replicaId", since(0));
    f(m.isolation_level, "isolationLevel", since(2));
    f(m.topics, "topics", since(0));
    f(m.timeout_ms, "timeoutMs", since(10).ignorable());
  }
};

struct ListOffsetsResponse {
  struct ListOffsetsTopicResponse {
    struct ListOffsetsPartitionResponse {
      int32_t partition_index = 0;
      int16_t error_code = 0;
      std::vector<int64_t> old_style_offsets;  ///< v0 to v0
      int64_t timestamp = -1;                  ///< v1+
      int64_t offset = -1;                     ///< v1+
      int32_t leader_epoch = -1;               ///< v4+
      static void fields(auto& f, auto& m) {
        f(m.partition_index, "partitionIndex", since(0));
        f(m.error_code, "errorCode", since(0));
        f(m.old_style_offsets, "oldStyleOffsets", since(0).until(0));
        f(m.timestamp, "timestamp", since(1));
        f(m.offset, "offset", since(1));
        f(m.leader_epoch, "leaderEpoch", since(4));
      }
    };
    std::string name;
    std::vector<ListOffsetsPartitionResponse> partitions;
    static void fields(auto& f, auto& m) {
      f(m.name, "name", since(0));
      f(m.partitions, "partitions", since(0));
    }
  };
  int32_t throttle_time_ms = 0;  ///< v2+
  std::vector<ListOffsetsTopicResponse> topics;
  static void fields(auto& f, auto& m) {
    f(m.throttle_time_ms, "throttleTimeMs", since(2).ignorable());
    f(m.topics, "topics", since(0));
  }
};

template <>
struct Api<ListOffsetsRequest> {
  using Response = ListOffsetsResponse;
  static constexpr ApiRow kRow{
      .key = ApiKey::list_offsets,
      .versions = {0, 11},
      .flexible_from = 6,
      .throttles_client_from = 3,
      .newest_in =
          {.v0_8_2 = 0, .v0_9 = 0, .v0_10 = 1, .v0_11 = 2, .v1_1 = 2, .v2_4 = 5, .v2_8 = 6, .v3_9 = 9, .v4_3 = 11},
      .kafka4_from = 1};
};

}  // namespace kafka::protocol
