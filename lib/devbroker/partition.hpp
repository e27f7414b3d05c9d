// A topic and its partitions as all brokers of the cluster know them: the log, who leads it, who follows.
// Not here: which topics there are (topics), elections (leaders).
#pragma once

#include <kafka/devbroker.hpp>

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "devbroker/log.hpp"
#include "devbroker/topic_configs.hpp"

namespace kafka::devbroker {

using TopicId = std::array<uint8_t, 16>;

/// Waits for a partition to change: more records, another leader, the end of the topic.
class Waiter {
 public:
  virtual ~Waiter() = default;
  /// Called inside the change: it may only schedule what is to be done.
  virtual void wake() = 0;
};

struct Partition {
  int32_t leader = -1;
  int32_t epoch = 0;
  bool deleted = false;
  std::vector<int32_t> replicas = {};  // the preferred leader first
  std::vector<int32_t> in_sync = {};
  PartitionLog log = {};
  DevTopicConfig config = {};  // the same in all partitions of the topic
  int64_t last_append_ms = 0;
  std::map<int32_t, int64_t> lagging = {};  // followers that have nothing from this offset on
  std::optional<int32_t> preferred = {};    // the replica that the leader sends all consumers to, set by hand
  std::vector<Waiter*> waiters = {};        // in the order in which they came

  /// Where the log of this replica ends.
  int64_t end_of(int32_t replica) const;
  bool has_replica(int32_t broker) const;
  void wake_waiters();
};

struct Topic {
  std::string name = {};
  TopicId id = {};
  std::vector<std::shared_ptr<Partition>> partitions = {};
  int64_t place = 0;          ///< how many brokers further round than the first one partition 0 prefers
  ConfigValues configs = {};  ///< what was set by name

  /// Null if there is no such partition.
  const std::shared_ptr<Partition>& partition(int32_t number) const;
};

/// The error of a call for a partition that does not exist.
Error no_such_partition(std::string_view topic, int32_t partition);

}  // namespace kafka::devbroker
