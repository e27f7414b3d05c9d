// The queue from which every callback of the application runs: at the end of a turn of the loop, from the top of the
// stack. In one turn it runs what was queued when the turn began, at most max_dispatch callbacks or 1 ms, and then the
// flushes. Without that bound, an application that answers at once would queue more and more work, and timers and
// sockets would never get their turn.
#pragma once

#include <kafka/function.hpp>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/ring.hpp"
#include "net/reactor.hpp"

namespace kafka::session {

/// How many calls of the application this turn may still make. Take one before each call.
class Budget {
 public:
  static constexpr net::Duration kMaxTurn = std::chrono::milliseconds(1);

  Budget(net::Reactor& reactor, int32_t calls) : reactor_(reactor), left_(calls) {}
  /// False: stop now and go on in the next turn.
  bool take() {
    if (left_ <= 0) return false;
    --left_;
    // Reading the clock costs as much as a short callback, so only every 32nd call reads it.
    if ((left_ & 31) == 0 && reactor_.turn_time() > kMaxTurn) left_ = 0;
    return true;
  }
  /// Takes up to `calls` calls at once, as many as are left until the clock is read again; 0: stop now.
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
  /// Work that calls the application many times. It returns true when it is finished, and false when the budget ran
  /// out. Then it is called again in the next turn, before everything that was queued later.
  using Work = Function<bool(Budget&)>;

  Callbacks(net::Reactor& reactor, int32_t max_dispatch);
  ~Callbacks();

  /// One call of the application.
  void run(Function<void()> callback);
  void run_work(Work work);
  /// Runs once at the end of this turn, after its callbacks, so that what they queued is flushed together.
  void at_end_of_turn(Function<void()> flush);

  bool empty() const;
  /// Destroys everything that is queued, without calling it.
  void clear();

 private:
  struct Queue;
  static void drain(const std::shared_ptr<Queue>& queue);
  void arm();

  std::shared_ptr<Queue> queue_;  // outlives this object while it is being drained
};

}  // namespace kafka::session
