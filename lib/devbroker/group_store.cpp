// Committed offsets (see group_store.hpp).
#include "devbroker/group_store.hpp"

#include <utility>

namespace kafka::devbroker {

void GroupStore::commit(std::string_view group, const TopicPartition& partition, CommittedOffset offset) {
  const int64_t stored = offset.offset;
  groups_[std::string(group)][partition] = std::move(offset);
  if (watcher_) watcher_(group, partition, stored);
}

const CommittedOffset* GroupStore::find(std::string_view group, const TopicPartition& partition) const {
  const GroupOffsets* all = offsets(group);
  if (all == nullptr) return nullptr;
  auto at = all->find(partition);
  return at == all->end() ? nullptr : &at->second;
}

const GroupOffsets* GroupStore::offsets(std::string_view group) const {
  auto at = groups_.find(group);
  return at == groups_.end() ? nullptr : &at->second;
}

void GroupStore::forget_topic(std::string_view topic) {
  for (auto& [group, offsets] : groups_) {
    std::erase_if(offsets, [&](const auto& entry) { return entry.first.topic == topic; });
  }
}

void GroupStore::erase(std::string_view group, const TopicPartition& partition) {
  const auto at = groups_.find(group);
  if (at == groups_.end()) return;
  at->second.erase(partition);
}

void GroupStore::erase(std::string_view group) {
  if (auto at = groups_.find(group); at != groups_.end()) groups_.erase(at);
}

}  // namespace kafka::devbroker
