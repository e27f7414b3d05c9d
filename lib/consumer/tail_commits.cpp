#include "consumer/tail_commits.hpp"

#include <algorithm>
#include <utility>

namespace kafka::consumer {

// What is stored, or wanted, promises less than is known, and nothing was handed out behind it.
bool TailCommits::behind(const Partition& partition) {
  const Tail& tail = partition.commits.tail;
  return tail.offset >= 0 && tail.moves == partition.commits.moves && tail.end == partition.window.end() &&
         partition.position.ready() && partition.position.next > tail.offset && !partition.removed;
}

void TailCommits::drained(Partition& partition) {
  if (!committer_.stores() || !behind(partition)) return;
  const bool known = std::any_of(waiting_.begin(), waiting_.end(),
                                 [&](const std::shared_ptr<Partition>& each) { return each.get() == &partition; });
  if (!known) waiting_.push_back(partition.shared_from_this());
  const net::TimePoint now = core_.reactor().now();
  if (now >= not_before_) return flush();
  if (!timer_.active()) timer_ = core_.reactor().after(not_before_ - now, [this] { flush(); });
}

void TailCommits::flush() {
  timer_.cancel();
  bool any = false;
  for (const std::shared_ptr<Partition>& partition : std::exchange(waiting_, {})) {
    if (!behind(*partition)) continue;
    committer_.move_on(*partition);
    any = true;
  }
  if (any) not_before_ = core_.reactor().now() + kPause;
}

void TailCommits::rest() {
  timer_.cancel();
  waiting_.clear();
}

}  // namespace kafka::consumer
