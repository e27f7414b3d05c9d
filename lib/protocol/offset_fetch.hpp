// OffsetFetch (key 9): offsets stored in groups; several groups at once from v8 on (KIP-709).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "protocol/api.hpp"

namespace kafka::protocol {

struct OffsetFetchRequest {
  // What came with which version.
  static constexpr int16_t kStoredInKafkaFrom = 1;  ///< before, offsets come from ZooKeeper
  static constexpr int16_t kGroupErrorFrom = 2;     ///< one error for the whole group; a null list asks for all offsets
  static constexpr int16_t kRequireStableFrom = 7;  ///< the broker holds back offsets of open transactions (KIP-447)
  static constexpr int16_t kManyGroupsFrom = 8;     ///< several groups at once (KIP-709)
  static constexpr int16_t kMemberEpochFrom = 9;    ///< a member says who it is (KIP-848)
  static constexpr int16_t kTopicIdsFrom = 10;      ///< topics go by id, no longer by name (KIP-848)

  struct OffsetFetchRequestTopic {
    std::string name;                        ///< v0 to v7
    std::vector<int32_t> partition_indexes;  ///< v0 to v7
    static void fields(auto& f, auto& m) {
      f(m.name, "name", since(0).until(7));
      f(m.partition_indexes, "partitionIndexes", since(0).until(7));
    }
  };
  struct OffsetFetchRequestGroup {
    struct OffsetFetchRequestTopics {
      std::string name;                        ///< v8 to v9
      Uuid topic_id;                           ///< v10+
      std::vector<int32_t> partition_indexes;  ///< v8+
      static void fields(auto& f, auto& m) {
        f(m.name, "name", since(8).until(9).ignorable());
        f(m.topic_id, "topicId", since(10).ignorable());
        f(m.partition_indexes, "partitionIndexes", since(8));
      }
    };
    std::string group_id;                                                        ///< v8+
    std::optional<std::string> member_id;                                        ///< v9+, may be null
    int32_t member_epoch = -1;                                                   ///< v9+
    std::optional<std::vector<OffsetFetchRequestTopics>> topics{std::in_place};  ///< v8+, may be null
    static void fields(auto& f, auto& m) {
      f(m.group_id, "groupId", since(8));
      f(m.member_id, "memberId", since(9).null_since(9).ignorable());
      f(m.member_epoch, "memberEpoch", since(9).ignorable());
      f(m.topics, "topics", since(8).null_since(8));
    }
  };
  std::string group_id;                                                       ///< v0 to v7
  std::optional<std::vector<OffsetFetchRequestTopic>> topics{std::in_place};  ///< v0 to v7, may be null from v2
  std::vector<OffsetFetchRequestGroup> groups;                                ///< v8+
  bool require_stable = false;                                                ///< v7+
  static void fields(auto& f, auto& m) {
    f(m.group_id, "groupId", since(0).until(7));
    f(m.topics, "topics", since(0).until(7).null_since(2).null_until(7));
    f(m.groups, "groups", since(8));
    f(m.require_stable, "requireStable", since(7));
  }
};

struct OffsetFetchResponse {
  struct OffsetFetchResponseTopic {
    struct OffsetFetchResponsePartition {
      int32_t partition_index = 0;               ///< v0 to v7
      int64_t committed_offset = 0;              ///< v0 to v7
      int32_t committed_leader_epoch = -1;       ///< v5 to v7
      std::optional<std::string> metadata = "";  ///< v0 to v7, may be null
      int16_t error_code = 0;                    ///< v0 to v7
      static void fields(auto& f, auto& m) {
        f(m.partition_index, "partitionIndex", since(0).until(7));
        f(m.committed_offset, "committedOffset", since(0).until(7));
        f(m.committed_leader_epoch, "committedLeaderEpoch", since(5).until(7).ignorable());
        f(m.metadata, "metadata", since(0).until(7).null_since(0).null_until(7));
        f(m.error_code, "errorCode", since(0).until(7));
      }
    };
    std::string name;                                      ///< v0 to v7
    std::vector<OffsetFetchResponsePartition> partitions;  ///< v0 to v7
    static void fields(auto& f, auto& m) {
      f(m.name, "name", since(0).until(7));
      f(m.partitions, "partitions", since(0).until(7));
    }
  };
  struct OffsetFetchResponseGroup {
    struct OffsetFetchResponseTopics {
      struct OffsetFetchResponsePartitions {
        int32_t partition_index = 0;               ///< v8+
        int64_t committed_offset = 0;              ///< v8+
        int32_t committed_leader_epoch = -1;       ///< v8+
        std::optional<std::string> metadata = "";  ///< v8+, may be null
        int16_t error_code = 0;                    ///< v8+
        static void fields(auto& f, auto& m) {
          f(m.partition_index, "partitionIndex", since(8));
          f(m.committed_offset, "committedOffset", since(8));
          f(m.committed_leader_epoch, "committedLeaderEpoch", since(8).ignorable());
          f(m.metadata, "metadata", since(8).null_since(8));
          f(m.error_code, "errorCode", since(8));
        }
      };
      std::string name;                                       ///< v8 to v9
      Uuid topic_id;                                          ///< v10+
      std::vector<OffsetFetchResponsePartitions> partitions;  ///< v8+
      static void fields(auto& f, auto& m) {
        f(m.name, "name", since(8).until(9).ignorable());
        f(m.topic_id, "topicId", since(10).ignorable());
        f(m.partitions, "partitions", since(8));
      }
    };
    std::string group_id;                           ///< v8+
    std::vector<OffsetFetchResponseTopics> topics;  ///< v8+
    int16_t error_code = 0;                         ///< v8+
    static void fields(auto& f, auto& m) {
      f(m.group_id, "groupId", since(8));
      f(m.topics, "topics", since(8));
      f(m.error_code, "errorCode", since(8));
    }
  };
  int32_t throttle_time_ms = 0;                  ///< v3+
  std::vector<OffsetFetchResponseTopic> topics;  ///< v0 to v7
  int16_t error_code = 0;                        ///< v2 to v7
  std::vector<OffsetFetchResponseGroup> groups;  ///< v8+
  static void fields(auto& f, auto& m) {
    f(m.throttle_time_ms, "throttleTimeMs", since(3).ignorable());
    f(m.topics, "topics", since(0).until(7));
    f(m.error_code, "errorCode", since(2).until(7).ignorable());
    f(m.groups, "groups", since(8));
  }
};

template <>
struct Api<OffsetFetchRequest> {
  using Response = OffsetFetchResponse;
  static constexpr ApiRow kRow{
      .key = ApiKey::offset_fetch,
      .versions = {0, 10},
      .flexible_from = 6,
      .client_from = OffsetFetchRequest::kStoredInKafkaFrom,
      .throttles_client_from = 4,
      .newest_in =
          {.v0_8_2 = 1, .v0_9 = 1, .v0_10 = 2, .v0_11 = 3, .v1_1 = 3, .v2_4 = 6, .v2_8 = 7, .v3_9 = 9, .v4_3 = 10},
      .kafka4_from = 1};
};

}  // namespace kafka::protocol
