// ConsumerGroupHeartbeat (key 68): a member of a group of the consumer protocol says that it lives, what it wants and
// what it has, and learns what it may have (KIP-848).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "protocol/api.hpp"

namespace kafka::protocol {

struct ConsumerGroupHeartbeatRequest {
  // What came with which version.
  static constexpr int16_t kOwnMemberIdFrom = 1;  ///< the member makes its id itself (KIP-1082)
  static constexpr int16_t kRegexFrom = 1;        ///< topics by a pattern that the broker matches
  // Epochs with a meaning of their own.
  static constexpr int32_t kJoin = 0;
  static constexpr int32_t kLeave = -1;
  static constexpr int32_t kLeaveForAWhile = -2;  ///< a static member that will come back

  struct TopicPartitions {
    Uuid topic_id{};
    std::vector<int32_t> partitions;
    static void fields(auto& f, auto& m) {
      f(m.topic_id, "topicId", since(0));
      f(m.partitions, "partitions", since(0));
    }
  };
  std::string group_id;
  std::string member_id;
  int32_t member_epoch = 0;
  std::optional<std::string> instance_id;  ///< may be null
  std::optional<std::string> rack_id;      ///< may be null
  int32_t rebalance_timeout_ms = -1;
  std::optional<std::vector<std::string>> subscribed_topic_names;  ///< may be null
  std::optional<std::string> subscribed_topic_regex;               ///< v1+, may be null
  std::optional<std::string> server_assignor;                      ///< may be null
  std::optional<std::vector<TopicPartitions>> topic_partitions;    ///< may be null
  static void fields(auto& f, auto& m) {
    f(m.group_id, "groupId", since(0));
    f(m.member_id, "memberId", since(0));
    f(m.member_epoch, "memberEpoch", since(0));
    f(m.instance_id, "instanceId", since(0).null_since(0));
    f(m.rack_id, "rackId", since(0).null_since(0));
    f(m.rebalance_timeout_ms, "rebalanceTimeoutMs", since(0));
    f(m.subscribed_topic_names, "subscribedTopicNames", since(0).null_since(0));
    f(m.subscribed_topic_regex, "subscribedTopicRegex", since(1).null_since(1));
    f(m.server_assignor, "serverAssignor", since(0).null_since(0));
    f(m.topic_partitions, "topicPartitions", since(0).null_since(0));
  }
};

struct ConsumerGroupHeartbeatResponse {
  struct TopicPartitions {
    Uuid topic_id{};
    std::vector<int32_t> partitions;
    static void fields(auto& f, auto& m) {
      f(m.topic_id, "topicId", since(0));
      f(m.partitions, "partitions", since(0));
    }
  };
  struct Assignment {
    std::vector<TopicPartitions> topic_partitions;
    static void fields(auto& f, auto& m) { f(m.topic_partitions, "topicPartitions", since(0)); }
  };
  int32_t throttle_time_ms = 0;
  int16_t error_code = 0;
  std::optional<std::string> error_message;  ///< may be null
  std::optional<std::string> member_id;      ///< may be null
  int32_t member_epoch = 0;
  int32_t heartbeat_interval_ms = 0;
  std::optional<Assignment> assignment;  ///< may be null
  static void fields(auto& f, auto& m) {
    f(m.throttle_time_ms, "throttleTimeMs", since(0));
    f(m.error_code, "errorCode", since(0));
    f(m.error_message, "errorMessage", since(0).null_since(0));
    f(m.member_id, "memberId", since(0).null_since(0));
    f(m.member_epoch, "memberEpoch", since(0));
    f(m.heartbeat_interval_ms, "heartbeatIntervalMs", since(0));
    f(m.assignment, "assignment", since(0).null_since(0));
  }
};

template <>
struct Api<ConsumerGroupHeartbeatRequest> {
  using Response = ConsumerGroupHeartbeatResponse;
  static constexpr ApiRow kRow{.key = ApiKey::consumer_group_heartbeat,
                               .versions = {0, 1},
                               .flexible_from = 0,
                               .throttles_client_from = 0,
                               .newest_in = {.v3_9 = 0, .v4_3 = 1}};
};

}  // namespace kafka::protocol
