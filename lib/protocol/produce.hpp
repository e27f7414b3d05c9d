// Produce (key 0): batches of records for the leaders of their partitions. Topics go by id from v13 on (KIP-516),
// leaders that moved are named from v10 on (KIP-951).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "protocol/api.hpp"

namespace kafka::protocol {

struct ProduceRequest {
  // What came with which version.
  static constexpr int16_t kTimestampsFrom = 2;     ///< messages of magic 1 (KIP-32)
  static constexpr int16_t kBatchesFrom = 3;        ///< one batch of magic 2 per partition, and nothing else (KIP-98)
  static constexpr int16_t kZstdFrom = 7;           ///< brokers refuse zstd in older versions (KIP-110)
  static constexpr int16_t kLeadersNamedFrom = 10;  ///< the answer names the new leader and its address (KIP-951)
  static constexpr int16_t kTopicIdsFrom = 13;      ///< topics go by id, no longer by name (KIP-516)

  /// The newest format of records that a broker takes in this version.
  static constexpr int8_t magic(int16_t version) noexcept {
    return version >= kBatchesFrom ? int8_t{2} : version >= kTimestampsFrom ? int8_t{1} : int8_t{0};
  }

  struct TopicProduceData {
    struct PartitionProduceData {
      int32_t index = 0;
      Bytes records;  ///< may be null
      static void fields(auto& f, auto& m) {
        f(m.index, "index", since(0));
        f(m.records, "records", since(0).null_since(0).records());
      }
    };
    std::string name;  ///< v0 to v12
    Uuid topic_id;     ///< v13+
    std::vector<PartitionProduceData> partition_data;
    static void fields(auto& f, auto& m) {
      f(m.name, "name", since(0).until(12).ignorable());
      f(m.topic_id, "topicId", since(13).ignorable());
      f(m.partition_data, "partitionData", since(0));
    }
  };
  std::optional<std::string> transactional_id;  ///< v3+, may be null
  int16_t acks = 0;
  int32_t timeout_ms = 0;
  std::vector<TopicProduceData> topic_data;
  static void fields(auto& f, auto& m) {
    f(m.transactional_id, "transactionalId", since(3).null_since(3));
    f(m.acks, "acks", since(0));
    f(m.timeout_ms, "timeoutMs", since(0));
    f(m.topic_data, "topicData", since(0));
  }
};

struct ProduceResponse {
  struct TopicProduceResponse {
    struct PartitionProduceResponse {
      struct BatchIndexAndErrorMessage {
        int32_t batch_index = 0;                               ///< v8+
        std::optional<std::string> batch_index_error_message;  ///< v8+, may be null
        static void fields(auto& f, auto& m) {
          f(m.batch_index, "batchIndex", since(8));
          f(m.batch_index_error_message, "batchIndexErrorMessage", since(8).null_since(8));
        }
      };
      struct LeaderIdAndEpoch {
        int32_t leader_id = -1;     ///< v10+
        int32_t leader_epoch = -1;  ///< v10+
        static void fields(auto& f, auto& m) {
          f(m.leader_id, "leaderId", since(10));
          f(m.leader_epoch, "leaderEpoch", since(10));
        }
      };
      int32_t index = 0;
      int16_t error_code = 0;
      int64_t base_offset = 0;
      int64_t log_append_time_ms = -1;                       ///< v2+
      int64_t log_start_offset = -1;                         ///< v5+
      std::vector<BatchIndexAndErrorMessage> record_errors;  ///< v8+
      std::optional<std::string> error_message;              ///< v8+, may be null
      LeaderIdAndEpoch current_leader;                       ///< v10+, tag 0
      static void fields(auto& f, auto& m) {
        f(m.index, "index", since(0));
        f(m.error_code, "errorCode", since(0));
        f(m.base_offset, "baseOffset", since(0));
        f(m.log_append_time_ms, "logAppendTimeMs", since(2).ignorable());
        f(m.log_start_offset, "logStartOffset", since(5).ignorable());
        f(m.record_errors, "recordErrors", since(8).ignorable());
        f(m.error_message, "errorMessage", since(8).null_since(8).ignorable());
        f(m.current_leader, "currentLeader", since(10).tag(0));
      }
    };
    std::string name;  ///< v0 to v12
    Uuid topic_id;     ///< v13+
    std::vector<PartitionProduceResponse> partition_responses;
    static void fields(auto& f, auto& m) {
      f(m.name, "name", since(0).until(12).ignorable());
      f(m.topic_id, "topicId", since(13).ignorable());
      f(m.partition_responses, "partitionResponses", since(0));
    }
  };
  struct NodeEndpoint {
    int32_t node_id = 0;              ///< v10+
    std::string host;                 ///< v10+
    int32_t port = 0;                 ///< v10+
    std::optional<std::string> rack;  ///< v10+, may be null
    static void fields(auto& f, auto& m) {
      f(m.node_id, "nodeId", since(10));
      f(m.host, "host", since(10));
      f(m.port, "port", since(10));
      f(m.rack, "rack", since(10).null_since(10));
    }
  };
  std::vector<TopicProduceResponse> responses;
  int32_t throttle_time_ms = 0;              ///< v1+
  std::vector<NodeEndpoint> node_endpoints;  ///< v10+, tag 0
  static void fields(auto& f, auto& m) {
    f(m.responses, "responses", since(0));
    f(m.throttle_time_ms, "throttleTimeMs", since(1).ignorable());
    f(m.node_endpoints, "nodeEndpoints", since(10).tag(0));
  }
};

template <>
struct Api<ProduceRequest> {
  using Response = ProduceResponse;
  static constexpr ApiRow kRow{
      .key = ApiKey::produce,
      .versions = {0, 13},
      .flexible_from = 9,
      .throttles_client_from = 6,
      .newest_in =
          {.v0_8_2 = 0, .v0_9 = 1, .v0_10 = 2, .v0_11 = 3, .v1_1 = 5, .v2_4 = 8, .v2_8 = 9, .v3_9 = 11, .v4_3 = 13},
      .kafka4_from = 3,
      .kafka4_advertises_all = true};
};

}  // namespace kafka::protocol
