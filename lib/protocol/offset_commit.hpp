// OffsetCommit (key 8): stores offsets in a group. v0 stores in ZooKeeper and is not for us.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "protocol/api.hpp"

namespace kafka::protocol {

struct OffsetCommitRequest {
  // What came with which version.
  static constexpr int16_t kStoredInKafkaFrom = 1;  ///< before, offsets go to ZooKeeper
  static constexpr int16_t kLeaderEpochsFrom = 6;   ///< offsets have a leader epoch (KIP-320)
  static constexpr int16_t kInstanceIdFrom = 7;     ///< static members (KIP-345)
  static constexpr int16_t kGroupNotFoundFrom = 9;  ///< a commit to a group that is gone says so (KIP-848)
  static constexpr int16_t kTopicIdsFrom = 10;      ///< topics go by id, no longer by name (KIP-848)

  struct OffsetCommitRequestTopic {
    struct OffsetCommitRequestPartition {
      int32_t partition_index = 0;
      int64_t committed_offset = 0;
      int32_t committed_leader_epoch = -1;                 ///< v6+
      int64_t commit_timestamp = -1;                       ///< v1 to v1
      std::optional<std::string> committed_metadata = "";  ///< may be null
      static void fields(auto& f, auto& m) {
        f(m.partition_index, "partitionIndex", since(0));
        f(m.committed_offset, "committedOffset", since(0));
        f(m.committed_leader_epoch, "committedLeaderEpoch", since(6).ignorable());
        f(m.commit_timestamp, "commitTimestamp", since(1).until(1));
        f(m.committed_metadata, "committedMetadata", since(0).null_since(0));
      }
    };
    std::string name;  ///< v0 to v9
    Uuid topic_id;     ///< v10+
    std::vector<OffsetCommitRequestPartition> partitions;
    static void fields(auto& f, auto& m) {
      f(m.name, "name", since(0).until(9).ignorable());
      f(m.topic_id, "topicId", since(10).ignorable());
      f(m.partitions, "partitions", since(0));
    }
  };
  std::string group_id;
  int32_t generation_id_or_member_epoch = -1;    ///< v1+
  std::string member_id;                         ///< v1+
  std::optional<std::string> group_instance_id;  ///< v7+, may be null
  int64_t retention_time_ms = -1;                ///< v2 to v4
  std::vector<OffsetCommitRequestTopic> topics;
  static void fields(auto& f, auto& m) {
    f(m.group_id, "groupId", since(0));
    f(m.generation_id_or_member_epoch, "generationIdOrMemberEpoch", since(1).ignorable());
    f(m.member_id, "memberId", since(1).ignorable());
    f(m.group_instance_id, "groupInstanceId", since(7).null_since(7));
    f(m.retention_time_ms, "retentionTimeMs", since(2).until(4).ignorable());
    f(m.topics, "topics", since(0));
  }
};

struct OffsetCommitResponse {
  struct OffsetCommitResponseTopic {
    struct OffsetCommitResponsePartition {
      int32_t partition_index = 0;
      int16_t error_code = 0;
      static void fields(auto& f, auto& m) {
        f(m.partition_index, "partitionIndex", since(0));
        f(m.error_code, "errorCode", since(0));
      }
    };
    std::string name;  ///< v0 to v9
    Uuid topic_id;     ///< v10+
    std::vector<OffsetCommitResponsePartition> partitions;
    static void fields(auto& f, auto& m) {
      f(m.name, "name", since(0).until(9).ignorable());
      f(m.topic_id, "topicId", since(10).ignorable());
      f(m.partitions, "partitions", since(0));
    }
  };
  int32_t throttle_time_ms = 0;  ///< v3+
  std::vector<OffsetCommitResponseTopic> topics;
  static void fields(auto& f, auto& m) {
    f(m.throttle_time_ms, "throttleTimeMs", since(3).ignorable());
    f(m.topics, "topics", since(0));
  }
};

template <>
struct Api<OffsetCommitRequest> {
  using Response = OffsetCommitResponse;
  static constexpr ApiRow kRow{
      .key = ApiKey::offset_commit,
      .versions = {0, 10},
      .flexible_from = 8,
      .client_from = OffsetCommitRequest::kStoredInKafkaFrom,
      .throttles_client_from = 4,
      .newest_in =
          {.v0_8_2 = 1, .v0_9 = 2, .v0_10 = 2, .v0_11 = 3, .v1_1 = 3, .v2_4 = 8, .v2_8 = 8, .v3_9 = 9, .v4_3 = 10},
      .kafka4_from = 2};
};

}  // namespace kafka::protocol
