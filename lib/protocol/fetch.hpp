// Fetch (key 1): records from the leaders. Batches of magic 2 from v4 on, sessions from v7 on (KIP-227), topic ids
// from v13 on (KIP-516).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "protocol/api.hpp"

namespace kafka::protocol {

struct FetchRequest {
  // What came with which version.
  static constexpr int16_t kTimestampsFrom = 2;  ///< answers hold messages of magic 1 (KIP-32)
  static constexpr int16_t kLimitedFrom = 3;     ///< the whole answer is limited; its first batch comes whole (KIP-74)
  static constexpr int16_t kBatchesFrom = 4;     ///< answers hold batches of magic 2; isolation levels (KIP-98)
  static constexpr int16_t kSessionsFrom = 7;    ///< fetch sessions (KIP-227)
  static constexpr int16_t kLeaderEpochsFrom = 9;  ///< the request names the leader's epoch (KIP-320)
  static constexpr int16_t kFollowersFrom = 11;    ///< followers serve consumers, and leaders name them (KIP-392)
  static constexpr int16_t kDivergingFrom = 12;    ///< the request names the last epoch, the answer where the logs part
  static constexpr int16_t kTopicIdsFrom = 13;     ///< topics go by id, no longer by name (KIP-516)
  static constexpr int16_t kLeadersNamedFrom = 16;  ///< the answer names the new leader and its address (KIP-951)

  /// The newest format of records that the answer may hold in this version.
  static constexpr int8_t magic(int16_t version) noexcept {
    return version >= kBatchesFrom ? int8_t{2} : version >= kTimestampsFrom ? int8_t{1} : int8_t{0};
  }

  struct ReplicaState {
    int32_t replica_id = -1;     ///< v15+
    int64_t replica_epoch = -1;  ///< v15+
    static void fields(auto& f, auto& m) {
      f(m.replica_id, "replicaId", since(15));
      f(m.replica_epoch, "replicaEpoch", since(15));
    }
  };
  struct FetchTopic {
    struct FetchPartition {
      int32_t partition = 0;
      int32_t current_leader_epoch = -1;  ///< v9+
      int64_t fetch_offset = 0;
      int32_t last_fetched_epoch = -1;  ///< v12+
      int64_t log_start_offset = -1;    ///< v5+
      int32_t partition_max_bytes = 0;
      Uuid replica_directory_id;                     ///< v17+, tag 0
      int64_t high_watermark = 9223372036854775807;  ///< v18+, tag 1
      static void fields(auto& f, auto& m) {
        f(m.partition, "partition", since(0));
        f(m.current_leader_epoch, "currentLeaderEpoch", since(9).ignorable());
        f(m.fetch_offset, "fetchOffset", since(0));
        f(m.last_fetched_epoch, "lastFetchedEpoch", since(12));
        f(m.log_start_offset, "logStartOffset", since(5).ignorable());
        f(m.partition_max_bytes, "partitionMaxBytes", since(0));
        f(m.replica_directory_id, "replicaDirectoryId", since(17).tag(0).ignorable());
        f(m.high_watermark, "highWatermark", since(18).tag(1).ignorable());
      }
    };
    std::string topic;  ///< v0 to v12
    Uuid topic_id;      ///< v13+
    std::vector<FetchPartition> partitions;
    static void fields(auto& f, auto& m) {
      f(m.topic, "topic", since(0).until(12).ignorable());
      f(m.topic_id, "topicId", since(13).ignorable());
      f(m.partitions, "partitions", since(0));
    }
  };
  struct ForgottenTopic {
    std::string topic;                ///< v7 to v12
    Uuid topic_id;                    ///< v13+
    std::vector<int32_t> partitions;  ///< v7+
    static void fields(auto& f, auto& m) {
      f(m.topic, "topic", since(7).until(12).ignorable());
      f(m.topic_id, "topicId", since(13).ignorable());
      f(m.partitions, "partitions", since(7));
    }
  };
  std::optional<std::string> cluster_id;  ///< v12+, tag 0, may be null
  int32_t replica_id = -1;                ///< v0 to v14
  ReplicaState replica_state;             ///< v15+, tag 1
  int32_t max_wait_ms = 0;
  int32_t min_bytes = 0;
  int32_t max_bytes = INT32_MAX;  ///< v3+
  int8_t isolation_level = 0;     ///< v4+
  int32_t session_id = 0;         ///< v7+
  int32_t session_epoch = -1;     ///< v7+
  std::vector<FetchTopic> topics;
  std::vector<ForgottenTopic> forgotten_topics_data;  ///< v7+
  std::string rack_id;                                ///< v11+
  static void fields(auto& f, auto& m) {
    f(m.cluster_id, "clusterId", since(12).null_since(12).tag(0).ignorable());
    f(m.replica_id, "replicaId", since(0).until(14));
    f(m.replica_state, "replicaState", since(15).tag(1));
    f(m.max_wait_ms, "maxWaitMs", since(0));
    f(m.min_bytes, "minBytes", since(0));
    f(m.max_bytes, "maxBytes", since(3).ignorable());
    f(m.isolation_level, "isolationLevel", since(4).ignorable());
    f(m.session_id, "sessionId", since(7).ignorable());
    f(m.session_epoch, "sessionEpoch", since(7).ignorable());
    f(m.topics, "topics", since(0));
    f(m.forgotten_topics_data, "forgottenTopicsData", since(7));
    f(m.rack_id, "rackId", since(11).ignorable());
  }
};

struct FetchResponse {
  struct FetchableTopicResponse {
    struct PartitionData {
      struct EpochEndOffset {
        int32_t epoch = -1;       ///< v12+
        int64_t end_offset = -1;  ///< v12+
        static void fields(auto& f, auto& m) {
          f(m.epoch, "epoch", since(12));
          f(m.end_offset, "endOffset", since(12));
        }
      };
      struct LeaderIdAndEpoch {
        int32_t leader_id = -1;     ///< v12+
        int32_t leader_epoch = -1;  ///< v12+
        static void fields(auto& f, auto& m) {
          f(m.leader_id, "leaderId", since(12));
          f(m.leader_epoch, "leaderEpoch", since(12));
        }
      };
      struct SnapshotId {
        int64_t end_offset = -1;
        int32_t epoch = -1;
        static void fields(auto& f, auto& m) {
          f(m.end_offset, "endOffset", since(0));
          f(m.epoch, "epoch", since(0));
        }
      };
      struct AbortedTransaction {
        int64_t producer_id = 0;   ///< v4+
        int64_t first_offset = 0;  ///< v4+
        static void fields(auto& f, auto& m) {
          f(m.producer_id, "producerId", since(4));
          f(m.first_offset, "firstOffset", since(4));
        }
      };
      int32_t partition_index = 0;
      int16_t error_code = 0;
      int64_t high_watermark = 0;
      int64_t last_stable_offset = -1;                                                     ///< v4+
      int64_t log_start_offset = -1;                                                       ///< v5+
      EpochEndOffset diverging_epoch;                                                      ///< v12+, tag 0
      LeaderIdAndEpoch current_leader;                                                     ///< v12+, tag 1
      SnapshotId snapshot_id;                                                              ///< v12+, tag 2
      std::optional<std::vector<AbortedTransaction>> aborted_transactions{std::in_place};  ///< v4+, may be null
      int32_t preferred_read_replica = -1;                                                 ///< v11+
      Bytes records;                                                                       ///< may be null
      static void fields(auto& f, auto& m) {
        f(m.partition_index, "partitionIndex", since(0));
        f(m.error_code, "errorCode", since(0));
        f(m.high_watermark, "highWatermark", since(0));
        f(m.last_stable_offset, "lastStableOffset", since(4).ignorable());
        f(m.log_start_offset, "logStartOffset", since(5).ignorable());
        f(m.diverging_epoch, "divergingEpoch", since(12).tag(0));
        f(m.current_leader, "currentLeader", since(12).tag(1));
        f(m.snapshot_id, "snapshotId", since(12).tag(2));
        f(m.aborted_transactions, "abortedTransactions", since(4).null_since(4).ignorable());
        f(m.preferred_read_replica, "preferredReadReplica", since(11));
        f(m.records, "records", since(0).null_since(0).records());
      }
    };
    std::string topic;  ///< v0 to v12
    Uuid topic_id;      ///< v13+
    std::vector<PartitionData> partitions;
    static void fields(auto& f, auto& m) {
      f(m.topic, "topic", since(0).until(12).ignorable());
      f(m.topic_id, "topicId", since(13).ignorable());
      f(m.partitions, "partitions", since(0));
    }
  };
  struct NodeEndpoint {
    int32_t node_id = 0;              ///< v16+
    std::string host;                 ///< v16+
    int32_t port = 0;                 ///< v16+
    std::optional<std::string> rack;  ///< v16+, may be null
    static void fields(auto& f, auto& m) {
      f(m.node_id, "nodeId", since(16));
      f(m.host, "host", since(16));
      f(m.port, "port", since(16));
      f(m.rack, "rack", since(16).null_since(16));
    }
  };
  int32_t throttle_time_ms = 0;  ///< v1+
  int16_t error_code = 0;        ///< v7+
  int32_t session_id = 0;        ///< v7+
  std::vector<FetchableTopicResponse> responses;
  std::vector<NodeEndpoint> node_endpoints;  ///< v16+, tag 0
  static void fields(auto& f, auto& m) {
    f(m.throttle_time_ms, "throttleTimeMs", since(1).ignorable());
    f(m.error_code, "errorCode", since(7).ignorable());
    f(m.session_id, "sessionId", since(7));
    f(m.responses, "responses", since(0));
    f(m.node_endpoints, "nodeEndpoints", since(16).tag(0));
  }
};

template <>
struct Api<FetchRequest> {
  using Response = FetchResponse;
  static constexpr ApiRow kRow{
      .key = ApiKey::fetch,
      .versions = {0, 18},
      .flexible_from = 12,
      .throttles_client_from = 8,
      .newest_in =
          {.v0_8_2 = 0, .v0_9 = 1, .v0_10 = 3, .v0_11 = 5, .v1_1 = 7, .v2_4 = 11, .v2_8 = 12, .v3_9 = 17, .v4_3 = 18},
      .kafka4_from = 4};
};

}  // namespace kafka::protocol
