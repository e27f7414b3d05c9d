// Until when a broker takes no requests because a quota is used up (KIP-219). One per endpoint: the quota is the
// broker's, whichever connection told of it.
// Not here: holding requests back (connection, link).
#pragma once

#include <algorithm>
#include <cstdint>

#include "net/reactor.hpp"

namespace kafka::cluster {

/// The longest pause that one answer may ask for; the next answer may ask for more. Kafka's own quotas ask for 11 s at
/// most.
inline constexpr net::Duration kThrottleMax = std::chrono::minutes(1);

/// Owns the pause of one endpoint.
class Throttle {
 public:
  /// An answer asks for this pause from now on; a negative pause counts as zero. Pauses do not add up: the latest end
  /// counts.
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
  /// No request is sent before.
  net::TimePoint until() const noexcept { return until_; }
  /// Pauses so far, the rest of one under way included.
  net::Duration total() const noexcept { return total_; }
  /// The part of total() that is over. A deadline that is set now moves by what total() grows beyond this.
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
