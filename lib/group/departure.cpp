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

std::vector<Function<void()>> Farewell::end() {
  std::vector<Function<void()>> waiting;
  if (asked_) waiting = std::move(asked_->waiting);
  asked_.reset();
  return waiting;
}

}  // namespace kafka::group
