#include "group/departure.hpp"

namespace kafka::group {

void Farewell::begin(bool tell, net::TimePoint deadline, Function<void()> late) {
  asked_.emplace();
  asked_->tell = tell;
  asked_->deadline = deadline;
  asked_->timer = reactor_.after(left(), std::move(late));
}

void Farewell::wait(Function<void()> done) {
  if (done) asked_->waiting.push_back(std::move(done));
}

net::TimePoint Farewell::drain_deadline(const MemberOptions& options, net::Duration rebalance_timeout) const {
  const net::Duration patience = options.revoke_timeout.value_or(rebalance_timeout * kDrainPercent / 100);
  const net::TimePoint end = reactor_.now() + patience;
  return asked_ ? std::min(end, asked_->deadline) : end;
}

std::vector<Function<void()>> Farewell::end() {
  std::vector<Function<void()>> waiting;
  if (asked_) waiting = std::move(asked_->waiting);
  asked_.reset();
  return waiting;
}

}  // namespace kafka::group
