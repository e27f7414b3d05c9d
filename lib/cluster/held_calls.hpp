// The calls that a ready connection holds back: while its broker is over quota, and while it renews its login. Nothing
// of them is sent. Not here: their order (call_queue), when they may go (connection), calls that wait for a connection
// (waiting_calls).
#pragma once

#include <memory>
#include <utility>

#include "cluster/call_queue.hpp"
#include "net/reactor.hpp"

namespace kafka::cluster {

/// Finishes the call with `error`, not from inside the caller.
inline void finish_later(net::Reactor& reactor, std::unique_ptr<Call> call, Error error) {
  reactor.defer(
      [call = std::move(call), error = std::move(error)]() mutable { call->finish(std::move(error), nullptr); });
}

/// Owns the calls.
class HeldCalls {
 public:
  explicit HeldCalls(net::Reactor& reactor) : reactor_(reactor) {}

  void push(std::unique_ptr<Call> call) { calls_.push(std::move(call)); }
  std::unique_ptr<Call> pop() { return calls_.pop(); }
  bool empty() const noexcept { return calls_.empty(); }
  size_t size() const noexcept { return calls_.size(); }
  net::TimePoint earliest_deadline(net::Duration throttled) const { return calls_.earliest_deadline(throttled); }
  /// Those whose time is up fail with `error`.
  void expire(net::TimePoint now, net::Duration throttled, const Error& error) {
    for (auto& call : calls_.take_overdue(now, throttled)) finish_later(reactor_, std::move(call), error);
  }
  /// All fail. `for_good`: the broker has refused the login, and trying again there is of no use.
  void fail(const Error& error, bool for_good) {
    while (!calls_.empty()) {
      std::unique_ptr<Call> call = calls_.pop();
      call->info.refused = for_good;
      finish_later(reactor_, std::move(call), error);
    }
  }

 private:
  net::Reactor& reactor_;
  CallQueue calls_;
};

}  // namespace kafka::cluster
