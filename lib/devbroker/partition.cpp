// Topics and partitions (see partition.hpp).
#include "devbroker/partition.hpp"

#include <algorithm>

namespace kafka::devbroker {

int64_t Partition::end_of(int32_t replica) const {
  auto at = replica == leader ? lagging.end() : lagging.find(replica);
  return at == lagging.end() ? log.end_offset() : std::min(at->second, log.end_offset());
}

bool Partition::has_replica(int32_t broker) const {
  return std::find(replicas.begin(), replicas.end(), broker) != replicas.end();
}

void Partition::wake_waiters() {
  for (Waiter* waiter : waiters) waiter->wake();  // wake() only schedules, so the list stays as it is
}

const std::shared_ptr<Partition>& Topic::partition(int32_t number) const {
  static const std::shared_ptr<Partition> none;
  if (number < 0 || static_cast<size_t>(number) >= partitions.size()) return none;
  return partitions[static_cast<size_t>(number)];
}

Error no_such_partition(std::string_view topic, int32_t partition) {
  return Error(Errc::unknown_topic_or_partition, std::string(topic) + "-" + std::to_string(partition));
}

}  // namespace kafka::devbroker
