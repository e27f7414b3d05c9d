// Whether the application of a group's member keeps up: `max_poll_interval`. A member whose application is stuck holds
// partitions that others could read.
// Not here: leaving the group (ownership.hpp).
#pragma once

#include <string>

#include "base/scope.hpp"
#include "consumer/consumption.hpp"
#include "consumer/oldest_open.hpp"
#include "session/core.hpp"

namespace kafka::consumer {

/// Owns the timer that looks how long an envelope is open, and how long partitions wait without a consumption.
class PollWatch {
 public:
  class Owner {
   public:
    /// Half of the interval is over. Said once until the application goes on.
    virtual void application_slow(const Error& why) = 0;
    /// The interval is over.
    virtual void application_stuck(const Error& why) = 0;

   protected:
    ~Owner() = default;
  };

  /// Looks this many times in an interval.
  static constexpr int kLooks = 50;

  PollWatch(session::Core& core, net::Duration interval, const Assignment& assignment, const Consumptions& consumptions,
            Owner& owner)
      : core_(core),
        interval_(interval),
        assignment_(assignment),
        consumptions_(consumptions),
        oldest_(assignment),
        owner_(owner) {}

  /// From now on, while the member owns partitions.
  void start();
  void stop() { timer_.cancel(); }

 private:
  void arm();
  void look();
  net::Duration idle(net::TimePoint now);

  session::Core& core_;
  net::Duration interval_;  // 0: never
  const Assignment& assignment_;
  const Consumptions& consumptions_;
  OldestOpen oldest_;
  Owner& owner_;
  net::TimePoint idle_since_{};  // zero: a consumption runs, or nothing is to be read
  bool told_ = false;
  net::Timer timer_;
};

}  // namespace kafka::consumer
