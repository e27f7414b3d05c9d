// The topics of the cluster, found by name and by id.
// Not here: who leads a partition after its creation (leaders).
#pragma once

#include <kafka/devbroker.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "devbroker/brokers.hpp"
#include "devbroker/partition.hpp"

namespace kafka::devbroker {

/// Where the copies of a topic's partitions are.
struct Placement {
  int32_t copies = 0;                              ///< of each partition; 0: as many as the cluster's default
  std::vector<std::vector<int32_t>> by_hand = {};  ///< the replicas of each new partition; empty: round the brokers
};

/// Owns the topics.
class Topics {
 public:
  static constexpr int32_t kMaxPartitions = 10000;  ///< of one topic
  static constexpr size_t kMaxTopics = 10000;

  using OnDeleted = std::function<void(std::string_view name)>;

  /// `on_deleted` is called before a topic goes.
  Topics(const Brokers& brokers, int32_t replication_factor, OnDeleted on_deleted);

  /// Leaders go round the brokers: partition p of the n-th topic is led by broker (n + p) mod N + 1.
  /// Errors: topic_already_exists, invalid_topic, invalid_partitions, policy_violation.
  Error create(std::string_view name, int32_t partitions, const Placement& placement = {});
  /// Why a topic cannot be created so; also invalid_replication_factor and invalid_replica_assignment.
  Error check(std::string_view name, int32_t partitions, const Placement& placement) const;
  /// Gives the topic more partitions, up to `count`. `validate_only`: only says whether that can be.
  /// Errors: unknown_topic_or_partition, invalid_partitions, invalid_replica_assignment.
  Error grow(std::string_view name, int32_t count, const Placement& placement = {}, bool validate_only = false);
  Error erase(std::string_view name);
  Error configure(std::string_view name, DevTopicConfig config);

  const std::map<std::string, Topic, std::less<>>& all() const { return topics_; }
  std::map<std::string, Topic, std::less<>>& all() { return topics_; }
  Topic* find(std::string_view name);
  const Topic* find(std::string_view name) const;
  Topic* find(const TopicId& id);
  const Topic* find(const TopicId& id) const;
  /// Null if there is no such partition.
  std::shared_ptr<Partition> partition(std::string_view topic, int32_t number) const;

 private:
  std::shared_ptr<Partition> new_partition(int64_t place, const Placement& placement, size_t index) const;
  Error check(const Placement& placement, size_t partitions) const;

  const Brokers& brokers_;
  const int32_t replication_factor_;
  OnDeleted on_deleted_;
  std::map<std::string, Topic, std::less<>> topics_;
  std::map<TopicId, std::string> names_by_id_;
  int64_t created_ = 0;
};

}  // namespace kafka::devbroker
