// CreateTopics (key 19): makes topics (KIP-4).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "protocol/api.hpp"

namespace kafka::protocol {

struct CreateTopicsRequest {
  static constexpr int16_t kDefaultsFrom = 4;  ///< -1: the broker's numbers of partitions and replicas (KIP-464)

  struct CreatableTopic {
    struct CreatableReplicaAssignment {
      int32_t partition_index = 0;
      std::vector<int32_t> broker_ids;
      static void fields(auto& f, auto& m) {
        f(m.partition_index, "partitionIndex", since(0));
        f(m.broker_ids, "brokerIds", since(0));
      }
    };
    struct CreatableTopicConfig {
      std::string name;
      std::optional<std::string> value = "";  ///< may be null
      static void fields(auto& f, auto& m) {
        f(m.name, "name", since(0));
        f(m.value, "value", since(0).null_since(0));
      }
    };
    std::string name;
    int32_t num_partitions = 0;      ///< -1: the broker's default, or `assignments`
    int16_t replication_factor = 0;  ///< -1: the broker's default, or `assignments`
    std::vector<CreatableReplicaAssignment> assignments;
    std::vector<CreatableTopicConfig> configs;
    static void fields(auto& f, auto& m) {
      f(m.name, "name", since(0));
      f(m.num_partitions, "numPartitions", since(0));
      f(m.replication_factor, "replicationFactor", since(0));
      f(m.assignments, "assignments", since(0));
      f(m.configs, "configs", since(0));
    }
  };
  std::vector<CreatableTopic> topics;
  int32_t timeout_ms = 60000;
  bool validate_only = false;  ///< v1+
  static void fields(auto& f, auto& m) {
    f(m.topics, "topics", since(0));
    f(m.timeout_ms, "timeoutMs", since(0));
    f(m.validate_only, "validateOnly", since(1));
  }
};

struct CreateTopicsResponse {
  struct CreatableTopicResult {
    struct CreatableTopicConfigs {
      std::string name;
      std::optional<std::string> value = "";  ///< may be null
      bool read_only = false;
      int8_t config_source = -1;
      bool is_sensitive = false;
      static void fields(auto& f, auto& m) {
        f(m.name, "name", since(5));
        f(m.value, "value", since(5).null_since(5));
        f(m.read_only, "readOnly", since(5));
        f(m.config_source, "configSource", since(5).ignorable());
        f(m.is_sensitive, "isSensitive", since(5));
      }
    };
    std::string name;
    Uuid topic_id{};  ///< v7+
    int16_t error_code = 0;
    std::optional<std::string> error_message = "";  ///< v1+, may be null
    int16_t topic_config_error_code = 0;            ///< v5+
    int32_t num_partitions = -1;                    ///< v5+
    int16_t replication_factor = -1;                ///< v5+
    std::optional<std::vector<CreatableTopicConfigs>> configs = std::vector<CreatableTopicConfigs>();  ///< v5+
    static void fields(auto& f, auto& m) {
      f(m.name, "name", since(0));
      f(m.topic_id, "topicId", since(7).ignorable());
      f(m.error_code, "errorCode", since(0));
      f(m.error_message, "errorMessage", since(1).null_since(0).ignorable());
      f(m.topic_config_error_code, "topicConfigErrorCode", since(5).tag(0).ignorable());
      f(m.num_partitions, "numPartitions", since(5).ignorable());
      f(m.replication_factor, "replicationFactor", since(5).ignorable());
      f(m.configs, "configs", since(5).null_since(5).ignorable());
    }
  };
  int32_t throttle_time_ms = 0;  ///< v2+
  std::vector<CreatableTopicResult> topics;
  static void fields(auto& f, auto& m) {
    f(m.throttle_time_ms, "throttleTimeMs", since(2).ignorable());
    f(m.topics, "topics", since(0));
  }
};

template <>
struct Api<CreateTopicsRequest> {
  using Response = CreateTopicsResponse;
  static constexpr ApiRow kRow{
      .key = ApiKey::create_topics,
      .versions = {0, 7},
      .flexible_from = 5,
      .throttles_client_from = 3,
      .newest_in = {.v0_10 = 1, .v0_11 = 2, .v1_1 = 2, .v2_4 = 5, .v2_8 = 7, .v3_9 = 7, .v4_3 = 7},
      .kafka4_from = 2};
};

}  // namespace kafka::protocol
