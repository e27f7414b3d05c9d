// How a retry is delayed, everywhere in the library: a count of failures in a row, and the time before which the next
// attempt must not begin. The pause doubles with each failure, from a smallest to a largest value, with jitter.
// Not here: the arithmetic of the pause (base/backoff.hpp), timers, which errors are retried (base/errors.def).
#pragma once

#include <algorithm>
#include <cstdint>

#include "base/backoff.hpp"
#include "net/reactor.hpp"

namespace kafka::cluster {

/// Bounds of a pause: `retry_backoff` and `retry_backoff_max`, or `reconnect_backoff` and `reconnect_backoff_max`.
struct PauseLimits {
  net::Duration smallest;
  net::Duration largest;
};

/// Owns the retry state of one thing that can fail: a partition, a request, an endpoint. Small, since consumers and
/// producers keep one for each of thousands of partitions. Router::delay() calls fail() with the session's limits.
class RetryPause {
 public:
  /// A pause of kGatheredFrom or more ends at a multiple of kGather on the reactor's clock. A thousand partitions that
  /// fail one by one are then sent for 20 times a second, together, and not in a thousand requests.
  static constexpr net::Duration kGather = std::chrono::milliseconds(50);
  static constexpr net::Duration kGatheredFrom = std::chrono::milliseconds(400);
  /// No pause is shorter, also where the options say 0. Otherwise a request that fails at once would be sent again as
  /// fast as the broker can refuse it.
  static constexpr net::Duration kLeast = std::chrono::milliseconds(1);

  /// The attempt failed: the next one waits for the returned pause. `random` is any 64-bit random number.
  net::Duration fail(net::TimePoint now, uint64_t random, const PauseLimits& limits) {
    const net::Duration smallest = std::max(limits.smallest, kLeast);
    const net::Duration pause = std::max(Backoff::at(failures_, smallest, limits.largest, random), kLeast);
    count();
    not_before_ = gathered(now + pause, pause);
    return not_before_ - now;
  }
  /// The attempt failed, and the next one may begin at once (the broker named the new leader, for example). Later
  /// pauses are longer all the same.
  void count() noexcept { failures_ += failures_ < UINT32_MAX ? 1 : 0; }
  /// The attempt succeeded: the next failure begins with the smallest pause again.
  void succeed() noexcept { failures_ = 0; }
  /// The next attempt may begin at once, because something else than time has changed. Failures stay counted.
  void cut_short() noexcept { not_before_ = {}; }
  /// As new.
  void reset() noexcept { *this = {}; }
  /// No attempt before `time`, for a reason that is no failure.
  void hold(net::TimePoint time) noexcept { not_before_ = time; }

  bool due(net::TimePoint now) const noexcept { return not_before_ <= now; }
  /// The time from which the next attempt may begin; in the past if it may begin now.
  net::TimePoint until() const noexcept { return not_before_; }
  uint32_t failures() const noexcept { return failures_; }

 private:
  static net::TimePoint gathered(net::TimePoint end, net::Duration pause) {
    if (pause < kGatheredFrom) return end;
    const auto steps = (end.time_since_epoch() + kGather / 2) / kGather;
    return net::TimePoint(steps * kGather);
  }

  net::TimePoint not_before_{};
  uint32_t failures_ = 0;
};

}  // namespace kafka::cluster
