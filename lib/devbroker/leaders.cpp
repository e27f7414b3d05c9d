// Leaders and followers (see leaders.hpp).
#include "devbroker/leaders.hpp"

#include <string>
#include <utility>
#include <vector>

namespace kafka::devbroker {

void Leaders::elect() {
  for (auto& [name, topic] : topics_.all()) {
    for (auto& partition : topic.partitions) {
      std::vector<int32_t> living;
      for (int32_t id : partition->replicas) {
        if (brokers_.alive(id)) living.push_back(id);
      }
      if (partition->leader < 0 || !brokers_.listed(partition->leader)) {
        const int32_t next = living.empty() ? -1 : living.front();
        if (next != partition->leader) set_leader(*partition, next);
      }
      if (!living.empty()) partition->in_sync = std::move(living);  // the last one to die stays the only one in sync
    }
  }
}

void Leaders::set_leader(Partition& partition, int32_t broker) {
  partition.leader = broker;
  partition.lagging.erase(broker);  // it has the whole log, and keeps it as a follower
  ++partition.epoch;
  partition.log.begin_epoch(partition.epoch);
  partition.wake_waiters();
}

Error Leaders::move(std::string_view topic, int32_t partition, int32_t broker) {
  auto found = topics_.partition(topic, partition);
  if (found == nullptr) return no_such_partition(topic, partition);
  if (broker != -1 && !brokers_.alive(broker))
    return Error(Errc::broker_not_available, "broker " + std::to_string(broker));
  if (broker != -1 && !found->has_replica(broker)) {
    found->replicas.push_back(broker);
    found->in_sync.push_back(broker);
  }
  set_leader(*found, broker);
  return {};
}

Error Leaders::truncate_to(std::string_view topic, int32_t partition, int64_t offset) {
  auto found = topics_.partition(topic, partition);
  if (found == nullptr) return no_such_partition(topic, partition);
  found->log.truncate_to(offset);
  set_leader(*found, found->leader);
  return {};
}

Error Leaders::set_replica_end(std::string_view topic, int32_t partition, int32_t broker, int64_t offset) {
  auto found = topics_.partition(topic, partition);
  if (found == nullptr) return no_such_partition(topic, partition);
  if (!found->has_replica(broker)) return Error(Errc::replica_not_available, "broker " + std::to_string(broker));
  if (offset < 0) {
    found->lagging.erase(broker);
  } else {
    found->lagging[broker] = offset;
  }
  found->wake_waiters();
  return {};
}

Error Leaders::prefer_replica(std::string_view topic, int32_t partition, std::optional<int32_t> broker) {
  auto found = topics_.partition(topic, partition);
  if (found == nullptr) return no_such_partition(topic, partition);
  found->preferred = broker;
  found->wake_waiters();
  return {};
}

int32_t Leaders::preferred_replica(const Partition& partition, std::string_view rack, int64_t offset) const {
  if (partition.preferred) return *partition.preferred == partition.leader ? -1 : *partition.preferred;
  if (rack.empty() || brokers_.rack(partition.leader) == rack) return -1;
  int32_t best = -1;
  for (int32_t id : partition.in_sync) {
    if (!brokers_.alive(id) || brokers_.rack(id) != rack || partition.end_of(id) < offset) continue;
    if (best < 0 || partition.end_of(id) > partition.end_of(best)) best = id;
  }
  return best;
}

}  // namespace kafka::devbroker
