#include "cluster/waiting_calls.hpp"

#include <utility>

namespace kafka::cluster {

bool WaitingCalls::push(std::unique_ptr<Call> call) {
  if (calls_.size() >= kMost) {
    reactor_.defer([call = std::move(call)]() mutable {
      call->finish(Error(Errc::queue_full, "too many requests wait for a connection"), nullptr);
    });
    return false;
  }
  calls_.push(std::move(call));
  arm(calls_.last().deadline(endpoint_.throttle.total()));
  return true;
}

std::unique_ptr<Call> WaitingCalls::pop() {
  disarm();
  return calls_.pop();
}

void WaitingCalls::fail(const Error& error, bool for_good) {
  disarm();
  while (!calls_.empty()) {
    std::unique_ptr<Call> call = calls_.pop();
    call->info.refused = for_good;
    reactor_.defer([call = std::move(call), error]() mutable { call->finish(error, nullptr); });
  }
}

void WaitingCalls::arm(net::TimePoint deadline) {
  if (deadline >= expires_at_) return;
  expires_at_ = deadline;
  timer_ = reactor_.after(deadline - reactor_.now(), [this] { expire(); });
}

void WaitingCalls::disarm() {
  timer_.cancel();
  expires_at_ = net::TimePoint::max();
}

void WaitingCalls::expire() {
  disarm();
  const net::Duration throttled = endpoint_.throttle.total();
  std::string text = "no connection to " + endpoint_.name();
  if (const std::string_view missing = waits_for_(); !missing.empty()) text.append("; it waits for ").append(missing);
  for (auto& call : calls_.take_overdue(reactor_.now(), throttled)) {
    reactor_.defer([call = std::move(call), text]() mutable { call->finish(Error(Errc::timed_out, text), nullptr); });
  }
  arm(calls_.earliest_deadline(throttled));
}

}  // namespace kafka::cluster
