// What a session remembers while it closes.
// Not here: the order of the steps (core.cpp).
#pragma once

#include <kafka/function.hpp>

#include <cstddef>
#include <utility>
#include <vector>

#include "net/reactor.hpp"

namespace kafka::session {

/// Owns the callbacks of close(), the deadline, and the count of clients that are not closed yet.
class Closing {
 public:
  /// `done` runs when the session is closed.
  void tell_when_closed(Function<void()> done) {
    if (done) callbacks_.push_back(std::move(done));
  }
  std::vector<Function<void()>> take_callbacks() { return std::exchange(callbacks_, {}); }

  /// Calls `passed` at the deadline. close() may be called twice: the earlier deadline holds.
  void set_deadline(net::Reactor& reactor, net::TimePoint at, Function<void()> passed) {
    if (at >= deadline_) return;
    deadline_ = at;
    timer_ = reactor.after(at - reactor.now(), [this, passed = std::move(passed)]() mutable {
      timer_.cancel();
      passed();
    });
  }
  net::TimePoint deadline() const { return deadline_; }
  void cancel_deadline() { timer_.cancel(); }

  void wait_for_one_more() { ++waiting_for_; }
  /// One of them is closed. True if it was the last one.
  bool one_less() { return waiting_for_ > 0 && --waiting_for_ == 0; }
  /// The deadline has passed: nobody is waited for any longer. True if somebody was.
  bool wait_no_longer() { return std::exchange(waiting_for_, 0) > 0; }
  bool waits() const { return waiting_for_ > 0; }

 private:
  std::vector<Function<void()>> callbacks_;
  net::TimePoint deadline_ = net::TimePoint::max();
  net::Timer timer_;
  size_t waiting_for_ = 0;
};

}  // namespace kafka::session
