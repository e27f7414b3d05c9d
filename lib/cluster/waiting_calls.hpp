// The calls that wait for a link to be connected, and the timer that ends those whose time is up.
// Not here: their order (call_queue), when they may go on (link).
#pragma once

#include <kafka/function.hpp>

#include <memory>
#include <string_view>
#include <utility>

#include "cluster/call_queue.hpp"
#include "cluster/endpoint.hpp"
#include "net/reactor.hpp"

namespace kafka::cluster {

/// Owns the calls that wait, and the timer.
class WaitingCalls {
 public:
  /// More are refused.
  static constexpr size_t kMost = 10000;

  /// `waits_for`: what this client has to get before the connection goes on, for errors; mostly nothing.
  WaitingCalls(net::Reactor& reactor, const Endpoint& endpoint, Function<std::string_view()> waits_for)
      : reactor_(reactor), endpoint_(endpoint), waits_for_(std::move(waits_for)) {}
  ~WaitingCalls() { fail(Error(Errc::closed), false); }

  bool empty() const noexcept { return calls_.empty(); }
  size_t size() const noexcept { return calls_.size(); }
  /// Takes the call, or refuses it with `queue_full`.
  bool push(std::unique_ptr<Call> call);
  /// The one that waits longest. No time runs any more: the caller takes all of them.
  std::unique_ptr<Call> pop();
  /// All of them fail, not from inside this call. `for_good`: trying again is of no use.
  void fail(const Error& error, bool for_good);

 private:
  void arm(net::TimePoint deadline);
  void expire();
  void disarm();

  net::Reactor& reactor_;
  const Endpoint& endpoint_;
  Function<std::string_view()> waits_for_;
  CallQueue calls_;
  net::Timer timer_;
  net::TimePoint expires_at_ = net::TimePoint::max();
};

}  // namespace kafka::cluster
