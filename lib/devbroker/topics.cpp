// The topics of the cluster (see topics.hpp).
#include "devbroker/topics.hpp"

#include <algorithm>
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

Error Topics::create(std::string_view name, int32_t partitions) {
  if (Error error = check_topic_name(name)) return error;
  if (topics_.find(name) != topics_.end()) return Error(Errc::topic_already_exists, std::string(name));
  if (partitions < 1 || partitions > kMaxPartitions) {
    return Error(Errc::invalid_partitions, "a topic has 1 to " + std::to_string(kMaxPartitions) + " partitions");
  }
  if (topics_.size() >= kMaxTopics) return Error(Errc::policy_violation, "too many topics");
  const int64_t number = created_++;
  Topic topic{.name = std::string(name), .id = id_of(number)};
  for (int32_t p = 0; p < partitions; ++p) topic.partitions.push_back(new_partition(number + p));
  names_by_id_[topic.id] = topic.name;
  topics_.emplace(topic.name, std::move(topic));
  return {};
}

Error Topics::grow(std::string_view name, int32_t partitions) {
  Topic* const topic = find(name);
  if (topic == nullptr) return Error(Errc::unknown_topic_or_partition, std::string(name));
  const auto before = static_cast<int32_t>(topic->partitions.size());
  if (partitions <= before || partitions > kMaxPartitions) {
    return Error(Errc::invalid_partitions, std::string(name) + " has " + std::to_string(before) +
                                               " partitions, and a topic has at most " +
                                               std::to_string(kMaxPartitions));
  }
  for (int32_t p = before; p < partitions; ++p) topic->partitions.push_back(new_partition(p));
  return {};
}

/// `place`: how many brokers further round than the first one the preferred leader is.
std::shared_ptr<Partition> Topics::new_partition(int64_t place) const {
  auto partition = std::make_shared<Partition>();
  partition->log.begin_epoch(partition->epoch);
  const std::vector<int32_t> ids = brokers_.ids();
  const auto brokers = static_cast<int64_t>(ids.size());
  const int64_t copies = std::clamp<int64_t>(replication_factor_, 1, std::max<int64_t>(brokers, 1));
  for (int64_t copy = 0; copy < copies && copy < brokers; ++copy) {
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

std::shared_ptr<Partition> Topics::partition(std::string_view topic, int32_t number) const {
  const Topic* found = find(topic);
  return found == nullptr ? nullptr : found->partition(number);
}

}  // namespace kafka::devbroker
