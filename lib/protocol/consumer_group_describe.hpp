// ConsumerGroupDescribe (key 69): state and members of groups of the consumer protocol (KIP-848).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "protocol/api.hpp"

namespace kafka::protocol {

struct ConsumerGroupDescribeRequest {
  static constexpr int16_t kMemberTypeFrom = 1;  ///< says which members are classic ones (KIP-1099)

  std::vector<std::string> group_ids;
  bool include_authorized_operations = false;
  static void fields(auto& f, auto& m) {
    f(m.group_ids, "groupIds", since(0));
    f(m.include_authorized_operations, "includeAuthorizedOperations", since(0));
  }
};

struct ConsumerGroupDescribeResponse {
  struct TopicPartitions {
    Uuid topic_id{};
    std::string topic_name;
    std::vector<int32_t> partitions;
    static void fields(auto& f, auto& m) {
      f(m.topic_id, "topicId", since(0));
      f(m.topic_name, "topicName", since(0));
      f(m.partitions, "partitions", since(0));
    }
  };
  struct Assignment {
    std::vector<TopicPartitions> topic_partitions;
    static void fields(auto& f, auto& m) { f(m.topic_partitions, "topicPartitions", since(0)); }
  };
  struct DescribedGroup {
    struct Member {
      std::string member_id;
      std::optional<std::string> instance_id;  ///< may be null
      std::optional<std::string> rack_id;      ///< may be null
      int32_t member_epoch = 0;
      std::string client_id;
      std::string client_host;
      std::vector<std::string> subscribed_topic_names;
      std::optional<std::string> subscribed_topic_regex;  ///< may be null
      Assignment assignment;
      Assignment target_assignment;
      int8_t member_type = -1;  ///< v1+
      static void fields(auto& f, auto& m) {
        f(m.member_id, "memberId", since(0));
        f(m.instance_id, "instanceId", since(0).null_since(0));
        f(m.rack_id, "rackId", since(0).null_since(0));
        f(m.member_epoch, "memberEpoch", since(0));
        f(m.client_id, "clientId", since(0));
        f(m.client_host, "clientHost", since(0));
        f(m.subscribed_topic_names, "subscribedTopicNames", since(0));
        f(m.subscribed_topic_regex, "subscribedTopicRegex", since(0).null_since(0));
        f(m.assignment, "assignment", since(0));
        f(m.target_assignment, "targetAssignment", since(0));
        f(m.member_type, "memberType", since(1).ignorable());
      }
    };
    int16_t error_code = 0;
    std::optional<std::string> error_message;  ///< may be null
    std::string group_id;
    std::string group_state;
    int32_t group_epoch = 0;
    int32_t assignment_epoch = 0;
    std::string assignor_name;
    std::vector<Member> members;
    int32_t authorized_operations = INT32_MIN;
    static void fields(auto& f, auto& m) {
      f(m.error_code, "errorCode", since(0));
      f(m.error_message, "errorMessage", since(0).null_since(0));
      f(m.group_id, "groupId", since(0));
      f(m.group_state, "groupState", since(0));
      f(m.group_epoch, "groupEpoch", since(0));
      f(m.assignment_epoch, "assignmentEpoch", since(0));
      f(m.assignor_name, "assignorName", since(0));
      f(m.members, "members", since(0));
      f(m.authorized_operations, "authorizedOperations", since(0));
    }
  };
  int32_t throttle_time_ms = 0;
  std::vector<DescribedGroup> groups;
  static void fields(auto& f, auto& m) {
    f(m.throttle_time_ms, "throttleTimeMs", since(0));
    f(m.groups, "groups", since(0));
  }
};

template <>
struct Api<ConsumerGroupDescribeRequest> {
  using Response = ConsumerGroupDescribeResponse;
  static constexpr ApiRow kRow{.key = ApiKey::consumer_group_describe,
                               .versions = {0, 1},
                               .flexible_from = 0,
                               .throttles_client_from = 0,
                               .newest_in = {.v3_9 = 0, .v4_3 = 1}};
};

}  // namespace kafka::protocol
