// The topics of the cluster (see topics.hpp).
#include "devbroker/topics.hpp"

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include "base/topic_name.hpp"

namespace kafka::devbroker {

namespace {

/// Any id but zero will do. A topic that is created again under its old name gets another one.
TopicId id_of(int64_t number) {
  TopicId id{0x75, 0x76, 0x6B, 0x64, 0x65, 0x76, 0x40, 0x00, 0x80, 0x00};
  for (size_t i = 0; i < 6; ++i) id[10 + i] = static_cast<uint8_t>((number + 1) >> (8 * (5 - i)));
  return id;
}

}  // namespace

Topics::Topics(const Brokers& brokers, int32_t replication_factor, OnDeleted on_deleted)
    : brokers_(brokers), replication_factor_(replication_factor), on_deleted_(std::move(on_deleted)) {}

Error Topics::check(const Placement& placement, size_t partitions) const {
  const std::vector<int32_t> ids = brokers_.ids();
  if (placement.copies < 0 || placement.copies > static_cast<int32_t>(ids.size())) {
    return Error(Errc::invalid_replication_factor, "Unable to replicate the partition " +
                                                       std::to_string(placement.copies) + " time(s): there are " +
                                                       std::to_string(ids.size()) + " brokers");
  }
  if (placement.by_hand.empty()) return {};
  if (placement.by_hand.size() != partitions) {
    return Error(Errc::invalid_replica_assignment, std::to_string(placement.by_hand.size()) + " assignments for " +
                                                       std::to_string(partitions) + " new partitions");
  }
  for (const auto& replicas : placement.by_hand) {
    const std::set<int32_t> once(replicas.begin(), replicas.end());
    const bool known = std::all_of(replicas.begin(), replicas.end(),
                                   [&](int32_t id) { return std::find(ids.begin(), ids.end(), id) != ids.end(); });
    if (replicas.empty() || once.size() != replicas.size() || !known) {
      return Error(Errc::invalid_replica_assignment, "an assignment needs brokers that exist, each once");
    }
  }
  return {};
}

Error Topics::check(std::string_view name, int32_t partitions, const Placement& placement) const {
  if (Error error = check_topic_name(name)) return error;
  if (topics_.find(name) != topics_.end()) return Error(Errc::topic_already_exists, std::string(name));
  if (partitions < 1 || partitions > kMaxPartitions) {
    return Error(Errc::invalid_partitions, "a topic has 1 to " + std::to_string(kMaxPartitions) + " partitions");
  }
  if (topics_.size() >= kMaxTopics) return Error(Errc::policy_violation, "too many topics");
  return check(placement, static_cast<size_t>(partitions));
}

Error Topics::create(std::string_view name, int32_t partitions, const Placement& placement) {
  if (Error error = check(name, partitions, placement)) return error;
  const int64_t number = created_++;
  Topic topic{.name = std::string(name), .id = id_of(number)};
  topic.place = number;
  for (int32_t p = 0; p < partitions; ++p) {
    topic.partitions.push_back(new_partition(number + p, placement, static_cast<size_t>(p)));
  }
  names_by_id_[topic.id] = topic.name;
  topics_.emplace(topic.name, std::move(topic));
  return {};
}

Error Topics::grow(std::string_view name, int32_t count, const Placement& placement, bool validate_only) {
  Topic* const topic = find(name);
  if (topic == nullptr) {
    return Error(Errc::unknown_topic_or_partition, "The topic '" + std::string(name) + "' does not exist.");
  }
  const size_t now = topic->partitions.size();
  if (count < 1 || count > kMaxPartitions || static_cast<size_t>(count) <= now) {
    return Error(Errc::invalid_partitions, "The topic " + std::string(name) + " currently has " + std::to_string(now) +
                                               " partition(s); " + std::to_string(count) +
                                               " would not be an increase within 1 to " +
                                               std::to_string(kMaxPartitions) + ".");
  }
  const size_t more = static_cast<size_t>(count) - now;
  if (Error error = check(placement, more)) return error;
  if (validate_only) return {};
  const DevTopicConfig config = topic->partitions.front()->config;
  for (size_t i = 0; i < more; ++i) {
    topic->partitions.push_back(new_partition(topic->place + static_cast<int64_t>(now + i), placement, i));
    topic->partitions.back()->config = config;
  }
  return {};
}

/// `place`: how many brokers further round than the first one the preferred leader is.
std::shared_ptr<Partition> Topics::new_partition(int64_t place, const Placement& placement, size_t index) const {
  auto partition = std::make_shared<Partition>();
  partition->log.begin_epoch(partition->epoch);
  const std::vector<int32_t> ids = brokers_.ids();
  const auto brokers = static_cast<int64_t>(ids.size());
  const int32_t wanted = placement.copies > 0 ? placement.copies : replication_factor_;
  const int64_t copies = std::clamp<int64_t>(wanted, 1, std::max<int64_t>(brokers, 1));
  if (index < placement.by_hand.size()) partition->replicas = placement.by_hand[index];
  for (int64_t copy = 0; copy < copies && copy < brokers && placement.by_hand.empty(); ++copy) {
    partition->replicas.push_back(ids[static_cast<size_t>((place + copy) % brokers)]);
  }
  for (int32_t id : partition->replicas) {
    if (!brokers_.alive(id)) continue;
    if (partition->leader < 0) partition->leader = id;
    partition->in_sync.push_back(id);
  }
  return partition;
}

Error Topics::erase(std::string_view name) {
  auto at = topics_.find(name);
  if (at == topics_.end()) return Error(Errc::unknown_topic_or_partition, std::string(name));
  for (auto& partition : at->second.partitions) {
    partition->deleted = true;
    partition->leader = -1;
    partition->wake_waiters();
  }
  on_deleted_(name);
  names_by_id_.erase(at->second.id);
  topics_.erase(at);
  return {};
}

Error Topics::configure(std::string_view name, DevTopicConfig config) {
  Topic* topic = find(name);
  if (topic == nullptr) return Error(Errc::unknown_topic_or_partition, std::string(name));
  if (config.message_max_bytes < 0) return Error(Errc::invalid_argument, "message_max_bytes must be 0 or more");
  for (auto& partition : topic->partitions) partition->config = config;
  return {};
}

Topic* Topics::find(std::string_view name) {
  auto at = topics_.find(name);
  return at == topics_.end() ? nullptr : &at->second;
}

const Topic* Topics::find(std::string_view name) const {
  auto at = topics_.find(name);
  return at == topics_.end() ? nullptr : &at->second;
}

Topic* Topics::find(const TopicId& id) {
  auto at = names_by_id_.find(id);
  return at == names_by_id_.end() ? nullptr : find(at->second);
}

const Topic* Topics::find(const TopicId& id) const {
  const auto at = names_by_id_.find(id);
  return at == names_by_id_.end() ? nullptr : find(at->second);
}

std::shared_ptr<Partition> Topics::partition(std::string_view topic, int32_t number) const {
  const Topic* found = find(topic);
  return found == nullptr ? nullptr : found->partition(number);
}

}  // namespace kafka::devbroker
