// One thing that is tried again after a pause: the pause and its timer together.
// Not here: attempts that are not bound to a timer of their own, because a later turn asks whether they are due
// (retry_pause.hpp).
#pragma once

#include <utility>

#include "cluster/retry_pause.hpp"
#include "cluster/router.hpp"
#include "net/reactor.hpp"

namespace kafka::cluster {

/// Owns the pause and the timer. Destroying it ends both.
class RetryTimer {
 public:
  /// The attempt failed: `again` runs after a pause that grows with each failure. It takes the place of one that waits.
  template <class F>
  void fail(Router& router, F again) {
    timer_ = router.reactor().after(router.delay(pause_), [this, again = std::move(again)]() mutable {
      timer_.cancel();
      again();  // may destroy this object
    });
  }
  /// The attempt succeeded: the next pause is short again.
  void succeed() noexcept { pause_.succeed(); }
  /// Nothing runs any more. Failures stay counted.
  void cancel() { timer_.cancel(); }
  /// As new.
  void reset() {
    timer_.cancel();
    pause_.reset();
  }
  bool waiting() const { return timer_.active(); }

 private:
  RetryPause pause_;
  net::Timer timer_;
};

}  // namespace kafka::cluster
