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
struct Api<OffsetCommitRequest> : ApiSpec<ApiKey::offset_commit, versions(0, 10), flexible(8), OffsetCommitResponse> {};

}  // namespace kafka::protocol
