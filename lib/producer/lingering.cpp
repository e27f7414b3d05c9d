// Partitions whose open batch waits for linger to pass, and the timer that ends it.
// Not here: what leaves then (sender.cpp).
#include "producer/producer.hpp"

namespace kafka::producer {

// With a batch that was opened just now. Nobody looks at the partition before that is due, or closed: among thousands
// there are few that have something to do.
void Producer::linger(Partition& partition) {
  const net::TimePoint due = partition.open->created + options_.linger;
  if (due <= core_->reactor().now() || flushing_ > 0 || closing_ || idempotence_.error()) return activate(partition);
  wake_by(due);
  if (!partition.listed && !put_aside(partition)) list(partition);
}

// False if it stays with those that are looked at each time.
bool Producer::put_aside(Partition& partition) {
  if (partition.lingers) return true;
  const net::TimePoint due = partition.open->created + options_.linger;
  if (!lingering_.empty() && due < lingering_.back().due) return false;  // the record waited elsewhere before
  partition.lingers = true;
  lingering_.push_back({&partition, due});
  return true;
}

// To those that are looked at come the ones that are due.
void Producer::end_lingering(net::TimePoint now) {
  const bool all = flushing_ > 0 || closing_ || idempotence_.error();
  while (!lingering_.empty() && (all || lingering_.front().due <= now)) {
    Partition& partition = *lingering_.pop_front().partition;
    partition.lingers = false;
    if (!partition.idle()) list(partition);
  }
}

void Producer::wake_by(net::TimePoint at) {
  if (at >= wake_at_) return;
  wake_at_ = at;
  wake_timer_ = core_->reactor().after(at - core_->reactor().now(), [this] {
    wake_timer_.cancel();
    wake_at_ = net::TimePoint::max();
    pump();
  });
}

}  // namespace kafka::producer
