// Metadata (key 3): brokers, topics, leaders. Topic ids from v10 on (KIP-516).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "protocol/api.hpp"

namespace kafka::protocol {

struct MetadataRequest {
  // What came with which version.
  static constexpr int16_t kNullMeansAllFrom = 1;  ///< a null list asks for all topics; before, an empty one does
  static constexpr int16_t kNoCreationFrom = 4;    ///< the client may forbid that topics are created
  static constexpr int16_t kTopicIdsFrom = 10;     ///< the answer has topic ids (KIP-516)
  static constexpr int16_t kAskByIdFrom = 12;      ///< the request may name topics by id alone

  struct MetadataRequestTopic {
    Uuid topic_id;                         ///< v10+
    std::optional<std::string> name = "";  ///< may be null from v10
    static void fields(auto& f, auto& m) {
      f(m.topic_id, "topicId", since(10).ignorable());
      f(m.name, "name", since(0).null_since(10));
    }
  };
  std::optional<std::vector<MetadataRequestTopic>> topics{std::in_place};  ///< may be null from v1
  bool allow_auto_topic_creation = true;                                   ///< v4+
  bool include_cluster_authorized_operations = false;                      ///< v8 to v10
  bool include_topic_authorized_operations = false;                        ///< v8+
  static void fields(auto& f, auto& m) {
    f(m.topics, "topics", since(0).null_since(1));
    f(m.allow_auto_topic_creation, "allowAutoTopicCreation", since(4));
    f(m.include_cluster_authorized_operations, "includeClusterAuthorizedOperations", since(8).until(10));
    f(m.include_topic_authorized_operations, "includeTopicAuthorizedOperations", since(8));
  }
};

struct MetadataResponse {
  struct MetadataResponseBroker {
    int32_t node_id = 0;
    std::string host;
    int32_t port = 0;
    std::optional<std::string> rack;  ///< v1+, may be null
    static void fields(auto& f, auto& m) {
      f(m.node_id, "nodeId", since(0));
      f(m.host, "host", since(0));
      f(m.port, "port", since(0));
      f(m.rack, "rack", since(1).null_since(1).ignorable());
    }
  };
  struct MetadataResponseTopic {
    struct MetadataResponsePartition {
      int16_t error_code = 0;
      int32_t partition_index = 0;
      int32_t leader_id = 0;
      int32_t leader_epoch = -1;  ///< v7+
      std::vector<int32_t> replica_nodes;
      std::vector<int32_t> isr_nodes;
      std::vector<int32_t> offline_replicas;  ///< v5+
      static void fields(auto& f, auto& m) {
        f(m.error_code, "errorCode", since(0));
        f(m.partition_index, "partitionIndex", since(0));
        f(m.leader_id, "leaderId", since(0));
        f(m.leader_epoch, "leaderEpoch", since(7).ignorable());
        f(m.replica_nodes, "replicaNodes", since(0));
        f(m.isr_nodes, "isrNodes", since(0));
        f(m.offline_replicas, "offlineReplicas", since(5).ignorable());
      }
    };
    int16_t error_code = 0;
    std::optional<std::string> name = "";  ///< may be null from v12
    Uuid topic_id;                         ///< v10+
    bool is_internal = false;              ///< v1+
    std::vector<MetadataResponsePartition> partitions;
    int32_t topic_authorized_operations = -2147483648;  ///< v8+
    static void fields(auto& f, auto& m) {
      f(m.error_code, "errorCode", since(0));
      f(m.name, "name", since(0).null_since(12));
      f(m.topic_id, "topicId", since(10).ignorable());
      f(m.is_internal, "isInternal", since(1).ignorable());
      f(m.partitions, "partitions", since(0));
      f(m.topic_authorized_operations, "topicAuthorizedOperations", since(8));
    }
  };
  int32_t throttle_time_ms = 0;  ///< v3+
  std::vector<MetadataResponseBroker> brokers;
  std::optional<std::string> cluster_id;  ///< v2+, may be null
  int32_t controller_id = -1;             ///< v1+
  std::vector<MetadataResponseTopic> topics;
  int32_t cluster_authorized_operations = -2147483648;  ///< v8 to v10
  int16_t error_code = 0;                               ///< v13+
  static void fields(auto& f, auto& m) {
    f(m.throttle_time_ms, "throttleTimeMs", since(3).ignorable());
    f(m.brokers, "brokers", since(0));
    f(m.cluster_id, "clusterId", since(2).null_since(2).ignorable());
    f(m.controller_id, "controllerId", since(1).ignorable());
    f(m.topics, "topics", since(0));
    f(m.cluster_authorized_operations, "clusterAuthorizedOperations", since(8).until(10));
    f(m.error_code, "errorCode", since(13).ignorable());
  }
};

template <>
struct Api<MetadataRequest> {
  using Response = MetadataResponse;
  static constexpr ApiRow kRow{
      .key = ApiKey::metadata,
      .versions = {0, 13},
      .flexible_from = 9,
      .throttles_client_from = 6,
      .newest_in = {
          .v0_8_2 = 0, .v0_9 = 0, .v0_10 = 2, .v0_11 = 4, .v1_1 = 5, .v2_4 = 9, .v2_8 = 11, .v3_9 = 12, .v4_3 = 13}};
};

}  // namespace kafka::protocol
