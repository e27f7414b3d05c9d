// OffsetForLeaderEpoch (key 23): where an epoch of a partition's leadership ended (KIP-101, KIP-320).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "protocol/api.hpp"

namespace kafka::protocol {

struct OffsetForLeaderEpochRequest {
  // What came with which version.
  static constexpr int16_t kCurrentEpochFrom = 2;  ///< the request names the leader's epoch (KIP-320)
  static constexpr int16_t kConsumersFrom = 3;     ///< consumers may ask; before, only brokers

  struct OffsetForLeaderTopic {
    struct OffsetForLeaderPartition {
      int32_t partition = 0;
      int32_t current_leader_epoch = -1;  ///< v2+
      int32_t leader_epoch = 0;
      static void fields(auto& f, auto& m) {
        f(m.partition, "partition", since(0));
        f(m.current_leader_epoch, "currentLeaderEpoch", since(2).ignorable());
        f(m.leader_epoch, "leaderEpoch", since(0));
      }
    };
    std::string topic;
    std::vector<OffsetForLeaderPartition> partitions;
    static void fields(auto& f, auto& m) {
      f(m.topic, "topic", since(0));
      f(m.partitions, "partitions", since(0));
    }
  };
  int32_t replica_id = -2;  ///< v3+
  std::vector<OffsetForLeaderTopic> topics;
  static void fields(auto& f, auto& m) {
    f(m.replica_id, "replicaId", since(3).ignorable());
    f(m.topics, "topics", since(0));
  }
};

struct OffsetForLeaderEpochResponse {
  struct OffsetForLeaderTopicResult {
    struct EpochEndOffset {
      int16_t error_code = 0;
      int32_t partition = 0;
      int32_t leader_epoch = -1;  ///< v1+
      int64_t end_offset = -1;
      static void fields(auto& f, auto& m) {
        f(m.error_code, "errorCode", since(0));
        f(m.partition, "partition", since(0));
        f(m.leader_epoch, "leaderEpoch", since(1).ignorable());
        f(m.end_offset, "endOffset", since(0));
      }
    };
    std::string topic;
    std::vector<EpochEndOffset> partitions;
    static void fields(auto& f, auto& m) {
      f(m.topic, "topic", since(0));
      f(m.partitions, "partitions", since(0));
    }
  };
  int32_t throttle_time_ms = 0;  ///< v2+
  std::vector<OffsetForLeaderTopicResult> topics;
  static void fields(auto& f, auto& m) {
    f(m.throttle_time_ms, "throttleTimeMs", since(2).ignorable());
    f(m.topics, "topics", since(0));
  }
};

template <>
struct Api<OffsetForLeaderEpochRequest> {
  using Response = OffsetForLeaderEpochResponse;
  static constexpr ApiRow kRow{.key = ApiKey::offset_for_leader_epoch,
                               .versions = {0, 4},
                               .flexible_from = 4,
                               .throttles_client_from = 2,
                               .newest_in = {.v0_11 = 0, .v1_1 = 0, .v2_4 = 3, .v2_8 = 4, .v3_9 = 4, .v4_3 = 4},
                               .kafka4_from = 2};
};

}  // namespace kafka::protocol
