#include "cluster/topic_cache.hpp"

#include <algorithm>
#include <utility>

#include "base/error_table.hpp"

namespace kafka::cluster {

const TopicState* TopicCache::find(std::string_view name) const {
  const auto found = topics_.find(name);
  return found == topics_.end() ? nullptr : &found->second;
}

const TopicState* TopicCache::find(const Uuid& id) const {
  const auto found = names_by_id_.find(id.bytes);
  return found == names_by_id_.end() ? nullptr : find(found->second);
}

TopicState& TopicCache::at(const std::string& name) {
  TopicState& state = topics_[name];
  state.name = name;
  return state;
}

void TopicCache::forget(const std::string& name) {
  const auto found = topics_.find(name);
  if (found == topics_.end()) return;
  std::erase_if(names_by_id_, [&](const auto& each) { return each.second == name; });
  topics_.erase(found);
}

void TopicCache::take(const Topic& topic) {
  TopicState& state = at(*topic.name);
  // No id ever comes back: this broker has not heard yet that the topic was made anew.
  const bool returns = !topic.topic_id.is_zero() && topic.topic_id == state.before;
  if (returns && ++state.returned < kReturnsBelieved) return;
  state.returned = 0;
  state.error = topic.error_code == 0 ? Error() : broker_error(topic.error_code, *topic.name);
  state.gone |= state.error == Errc::unknown_topic_or_partition;
  if (state.error) return;  // what was known stays: a restarting broker may not know the topic for a moment (D4)
  if (topic.partitions.empty()) {
    state.error = Error(Errc::leader_not_available, *topic.name + " has no partitions");
    return;
  }
  const bool recreated =
      state.known && !(topic.topic_id == state.id) && !topic.topic_id.is_zero() && !state.id.is_zero();
  // Where topics have no ids, one that was gone may be another one now, whose epochs begin at 0.
  const bool perhaps = std::exchange(state.gone, false) && topic.topic_id.is_zero();
  if (recreated || perhaps) state.partitions.clear();
  if (recreated) {  // its name stays known: answers to what was asked by the old id are still under way
    names_by_id_.erase(state.before.bytes);
    state.before = state.id;
  }
  if (!topic.topic_id.is_zero()) {
    state.id = topic.topic_id;
    names_by_id_[state.id.bytes] = state.name;
  }
  size_t count = state.partitions.size();
  for (const auto& partition : topic.partitions) {
    constexpr int32_t kMostPartitions = 1000000;
    if (partition.partition_index < 0 || partition.partition_index >= kMostPartitions) continue;
    count = std::max(count, static_cast<size_t>(partition.partition_index) + 1);
  }
  count = std::min(count, std::max(state.partitions.size(), topic.partitions.size()));  // numbers are dense
  state.partitions.resize(count);
  std::vector<bool> seen(count);
  for (const auto& partition : topic.partitions) {
    if (partition.partition_index < 0 || static_cast<size_t>(partition.partition_index) >= count) continue;
    if (seen[static_cast<size_t>(partition.partition_index)]) continue;  // repeated: the first counts
    seen[static_cast<size_t>(partition.partition_index)] = true;
    take_partition(state, partition, !topic.topic_id.is_zero());
  }
  state.known = true;
}

void TopicCache::take_partition(TopicState& state, const Topic::MetadataResponsePartition& partition, bool by_id) {
  PartitionState& known = state.partitions[static_cast<size_t>(partition.partition_index)];
  // Older than what is known (D2).
  const bool older = partition.leader_epoch >= 0 && partition.leader_epoch < known.epoch;
  if (older && (known.by_id || ++known.older < kOldersBelieved)) return;
  known.older = 0;
  known.error = partition.error_code == 0 ? Error() : broker_error(partition.error_code, state.name);
  known.undated = partition.leader_epoch < 0;
  if (!known.undated) {
    known.by_id = by_id || (known.by_id && known.epoch == partition.leader_epoch);
    known.epoch = partition.leader_epoch;
  }
  if (partition.leader_id < 0 || !router_.knows(partition.leader_id)) {
    // Between leaders: the old one is the best guess. A request to it fails, and its sender refreshes (A15).
    if (!known.error) known.error = Error(Errc::leader_not_available, state.name);
    return;
  }
  if (known.error == Errc::replica_not_available) known.error = {};
  const int32_t before = known.leader;
  known.leader = partition.leader_id;
  if (before >= 0 && before != known.leader && on_leader_changed_) {
    on_leader_changed_(state, partition.partition_index);
  }
}

bool TopicCache::take_leader(const std::string& topic, int32_t partition, int32_t leader, int32_t epoch) {
  const auto found = topics_.find(topic);
  if (found == topics_.end() || partition < 0 || leader < 0 || !router_.knows(leader)) return false;
  if (static_cast<size_t>(partition) >= found->second.partitions.size()) return false;
  PartitionState& known = found->second.partitions[static_cast<size_t>(partition)];
  if (epoch < known.epoch || (epoch == known.epoch && leader == known.leader)) return false;
  known.by_id = known.by_id && known.epoch == epoch;
  known.epoch = epoch;
  known.undated = false;
  known.leader = leader;
  known.error = {};
  return true;
}

}  // namespace kafka::cluster
