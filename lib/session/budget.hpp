// How much of a turn of the loop each lane of the callback queue may take.
// Not here: the lanes (callbacks.hpp).
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "net/reactor.hpp"

namespace kafka::session {

/// How many calls of the application a lane may still make in this turn: at least one. Take one before each call.
class Budget {
 public:
  /// Calls between two looks at the clock, at most.
  static constexpr int32_t kMostBetweenLooks = 32;

  /// At most `calls`, and none after the first that would begin when the turn has taken `end`. It has taken `start`
  /// now.
  Budget(net::Reactor& reactor, int32_t calls, net::Duration start, net::Duration end)
      : reactor_(reactor), calls_(calls), rest_(calls - 1), looked_at_(start), end_(end) {}
  /// False: stop now and go on in the next turn.
  bool take() {
    if (!any()) return false;
    --granted_;
    return true;
  }
  /// Takes up to `calls` calls at once, as many as are left until the clock is read again; 0: stop now.
  int32_t take(int32_t calls) {
    if (calls <= 0 || !any()) return 0;
    const int32_t taken = std::min(calls, granted_);
    granted_ -= taken;
    return taken;
  }
  /// True if a call can be taken.
  bool any() { return granted_ > 0 || grant(); }
  int32_t used() const { return calls_ - rest_ - granted_; }

 private:
  // Reading the clock costs as much as a short callback. So while the calls are short, there are more and more of them
  // between two looks. When as many more again would not fit into the time, each call is followed by a look.
  bool grant() {
    if (rest_ <= 0) return false;
    const net::Duration now = reactor_.turn_time();
    if (now >= end_) {
      calls_ -= rest_;
      rest_ = 0;
      return false;
    }
    between_looks_ = 2 * (now - looked_at_) <= end_ - now ? std::min(2 * between_looks_, kMostBetweenLooks) : 1;
    looked_at_ = now;
    granted_ = std::min(between_looks_, rest_);
    rest_ -= granted_;
    return true;
  }

  net::Reactor& reactor_;
  int32_t calls_;
  int32_t granted_ = 1;  // may be taken before the next look at the clock
  int32_t rest_;         // may be granted
  int32_t between_looks_ = 1;
  net::Duration looked_at_;
  net::Duration end_;
};

/// Parts one turn of the loop among the lanes.
class TurnBudget {
 public:
  static constexpr net::Duration kMaxTurn = std::chrono::milliseconds(1);
  /// Every lane gets these in any case, so that a few short calls of one do not wait for many or long ones of others.
  static constexpr net::Duration kLeastTime = std::chrono::microseconds(20);
  static constexpr int32_t kLeastCalls = 32;  // or `calls` if that is less

  TurnBudget(net::Reactor& reactor, int32_t calls)
      : reactor_(reactor), calls_(calls), least_calls_(std::min(calls, kLeastCalls)) {}
  /// The part of one of `lanes` that have not had theirs: an equal part of what is left.
  Budget share(size_t lanes) const {
    const auto parts = static_cast<int32_t>(lanes);
    const net::Duration start = reactor_.turn_time();
    const net::Duration time = std::max((kMaxTurn - start) / parts, kLeastTime);
    return Budget(reactor_, std::max(calls_ / parts, least_calls_), start, start + time);
  }
  void used(int32_t calls) { calls_ -= calls; }
  /// Nothing is left beyond what every lane gets in any case.
  bool over() const { return calls_ <= 0 || reactor_.turn_time() >= kMaxTurn; }

 private:
  net::Reactor& reactor_;
  int32_t calls_;
  int32_t least_calls_;
};

}  // namespace kafka::session
