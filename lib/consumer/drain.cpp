#include "consumer/drain.hpp"

#include <algorithm>
#include <utility>

namespace kafka::consumer {

void Drain::begin(std::vector<std::shared_ptr<Partition>> partitions, net::TimePoint deadline, Function<void()> done) {
  cancel();
  partitions_ = std::move(partitions);
  done_ = std::move(done);
  const net::Duration left = std::max(deadline - core_.reactor().now(), net::Duration::zero());
  deadline_ = core_.reactor().after(left, [this] { end(); });
  look();
}

// Whoever calls may be in the middle of an answer, and `done` takes partitions away.
void Drain::look() {
  if (!under_way() || std::exchange(looking_, true)) return;
  core_.reactor().defer(scope_.wrap([this] {
    looking_ = false;
    if (drained()) end();
  }));
}

bool Drain::drained() const {
  return std::all_of(partitions_.begin(), partitions_.end(), [](const std::shared_ptr<Partition>& partition) {
    return partition->window.empty() && partition->commits.wanted.offset < 0 && !partition->commits.under_way;
  });
}

void Drain::end() {
  Function<void()> done = std::move(done_);
  cancel();
  done();
}

void Drain::cancel() {
  scope_.end();
  looking_ = false;
  deadline_.cancel();
  partitions_.clear();
  done_ = nullptr;
}

}  // namespace kafka::consumer
