// What groups have committed: offset, metadata and leader epoch, by group and partition. The cluster has one store, so
// nothing is lost when a coordinator moves.
// Not here: who may commit (group_coordinator), which broker coordinates a group (coordinators).
#pragma once

#include <kafka/types.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>

namespace kafka::devbroker {

struct CommittedOffset {
  int64_t offset = -1;
  std::string metadata = {};
  int32_t leader_epoch = -1;
};

using GroupOffsets = std::map<TopicPartition, CommittedOffset>;

/// Owns the committed offsets of all groups.
class GroupStore {
 public:
  static constexpr size_t kMaxMetadata = 4096;  ///< of one offset

  void commit(std::string_view group, const TopicPartition& partition, CommittedOffset offset);
  /// Null if nothing is committed there.
  const CommittedOffset* find(std::string_view group, const TopicPartition& partition) const;
  /// Null if the group has committed nothing.
  const GroupOffsets* offsets(std::string_view group) const;
  /// By name.
  const std::map<std::string, GroupOffsets, std::less<>>& all() const { return groups_; }
  /// Forgets one offset.
  void erase(std::string_view group, const TopicPartition& partition);
  /// Forgets a deleted topic in every group.
  void forget_topic(std::string_view topic);
  void erase(std::string_view group);
  /// Called after each commit. For tests that judge the client by what its brokers saw.
  using Watcher = std::function<void(std::string_view group, const TopicPartition& partition, int64_t offset)>;
  void watch(Watcher watcher) { watcher_ = std::move(watcher); }

 private:
  std::map<std::string, GroupOffsets, std::less<>> groups_;
  Watcher watcher_;
};

}  // namespace kafka::devbroker
