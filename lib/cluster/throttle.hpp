// How long a broker wants to be left alone because a quota is used up (KIP-219): one per endpoint, since the quota is
// the broker's, whatever connection it was told on.
// Not here: holding requests back (connection, link).
#pragma once

#include <algorithm>
#include <cstdint>

#include "net/reactor.hpp"

namespace kafka::cluster {

/// What a broker may ask for by one answer; it asks again with the next if it wants more. Kafka's own quotas ask for
/// 11 s at most.
inline constexpr net::Duration kThrottleMax = std::chrono::minutes(1);

class Throttle {
 public:
  /// An answer asks for this pause from now on; negative ones are none. Pauses do not add up: the latest end counts.
  void ask(net::TimePoint now, net::Duration pause) {
    pause = std::clamp(pause, net::Duration::zero(), kThrottleMax);
    if (pause == net::Duration::zero()) return;
    ++answers_;
    const net::TimePoint end = now + pause;
    if (end <= until_) return;
    total_ += end - std::max(until_, now);
    until_ = end;
  }
  bool holds(net::TimePoint now) const noexcept { return now < until_; }
  /// No request before.
  net::TimePoint until() const noexcept { return until_; }
  /// Pauses so far, the rest of one under way included.
  net::Duration total() const noexcept { return total_; }
  /// The part of it that is over: a deadline set now moves by what total() has beyond this.
  net::Duration past(net::TimePoint now) const noexcept {
    return total_ - std::max(net::Duration::zero(), until_ - now);
  }
  uint64_t answers() const noexcept { return answers_; }

 private:
  net::TimePoint until_{};
  net::Duration total_{0};
  uint64_t answers_ = 0;
};

}  // namespace kafka::cluster
