#include "consumer/oldest_open.hpp"

namespace kafka::consumer {

OldestOpen::Found OldestOpen::look(net::TimePoint now) {
  Found found;
  for (const auto& partition : assignment_) {
    const Window& window = partition->window;
    if (window.empty() || window.front().unconfirmed) continue;
    if (partition->slot >= seen_.size()) seen_.resize(partition->slot + size_t{1});
    Seen& seen = seen_[partition->slot];
    if (seen.number != window.begin()) seen = {window.begin(), now};
    if (found.partition == nullptr || now - seen.since > found.age) found = {partition.get(), now - seen.since};
  }
  return found;
}

}  // namespace kafka::consumer
