#include "producer/lingering.hpp"

namespace kafka::producer {

bool Lingering::add(Partition& partition) {
  if (partition.lingers) return true;
  const net::TimePoint at = due(partition);
  if (!entries_.empty() && at < entries_.back().due) return false;
  partition.lingers = true;
  entries_.push_back({&partition, at});
  return true;
}

Partition* Lingering::take_due(net::TimePoint now, bool all) {
  if (entries_.empty() || (!all && entries_.front().due > now)) return nullptr;
  Partition* const partition = entries_.pop_front().partition;
  partition->lingers = false;
  return partition;
}

}  // namespace kafka::producer
