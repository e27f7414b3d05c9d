// The queue from which every callback of the application runs, at the top of the stack, at the end of a
// turn of the loop. Per turn it runs what was queued when the turn began, at most max_dispatch callbacks
// or 1 ms, then the flushes: an application that answers at once must not starve timers.
// Not here: what is called.
#pragma once

#include <kafka/function.hpp>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/ring.hpp"
#include "net/reactor.hpp"

namespace kafka::session {

/// What may still be called in this turn. Take one before each call of the application.
class Budget {
 public:
  static constexpr net::Duration kMaxTurn = std::chrono::milliseconds(1);

  Budget(net::Reactor& reactor, int32_t calls) : reactor_(reactor), left_(calls) {}
  /// False: stop here and go on in the next turn.
  bool take() {
    if (left_ <= 0) return false;
    --left_;
    // The clock is looked at now and then only: reading it costs as much as a short callback.
    if ((left_ & 31) == 0 && reactor_.turn_time() > kMaxTurn) left_ = 0;
    return true;
  }
  /// For up to `calls` calls, as far as it goes without looking at the clock; 0: stop here.
  int32_t take(int32_t calls) {
    if (calls <= 0 || !take()) return 0;
    const int32_t more = std::min(calls - 1, left_ & 31);
    left_ -= more;
    return 1 + more;
  }
  bool exhausted() const { return left_ <= 0; }

 private:
  net::Reactor& reactor_;
  int32_t left_;
};

class Callbacks {
 public:
  /// A piece of work that calls the application many times: returns true when it is finished, false
  /// when the budget ran out (it is called again in the next turn, before what was queued later).
  using Work = Function<bool(Budget&)>;

  Callbacks(net::Reactor& reactor, int32_t max_dispatch);
  ~Callbacks();

  /// One call of the application.
  void run(Function<void()> callback);
  void run_work(Work work);
  /// Runs once at the end of this turn, after its callbacks: what those queued is flushed together.
  void at_end_of_turn(Function<void()> flush);

  bool empty() const;
  /// Destroys what is queued, uncalled.
  void clear();

 private:
  struct Queue;
  static void drain(const std::shared_ptr<Queue>& queue);
  void arm();

  std::shared_ptr<Queue> queue_;  // outlives this object while it is being drained
};

}  // namespace kafka::session
