// A timer with one time for many users: each user names the latest time by which it must ring, and the earliest counts.
#pragma once

#include <kafka/function.hpp>

#include "net/reactor.hpp"
#include "session/core.hpp"

namespace kafka::producer {

/// Owns one timer, and calls `ring` when it goes off.
class Alarm {
 public:
  Alarm(session::Core& session, Function<void()> ring) : session_(session), ring_(std::move(ring)) {}

  /// Rings at `time`, or earlier if that was set already.
  void by(net::TimePoint time) {
    if (time >= at_) return;
    at_ = time;
    net::Reactor& reactor = session_.reactor();
    timer_ = reactor.after(time - reactor.now(), [this] {
      cancel();
      ring_();
    });
  }
  /// Rings at `time`, also if an earlier time was set. Never rings for TimePoint::max().
  void set(net::TimePoint time) {
    if (time > at_) cancel();
    by(time);
  }
  void cancel() {
    timer_.cancel();
    at_ = net::TimePoint::max();
  }

 private:
  session::Core& session_;
  Function<void()> ring_;
  net::Timer timer_;
  net::TimePoint at_ = net::TimePoint::max();
};

}  // namespace kafka::producer
