// How long to pause before the next attempt. The pause doubles from a smallest to a largest one. Each is up to 20 %
// longer or shorter at random, so that many clients do not come back at the same moment. Not here: the clock and the
// random number (net/reactor).
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace kafka {

class Backoff {
 public:
  using Duration = std::chrono::nanoseconds;
  static constexpr uint64_t kJitterPercent = 20;

  /// The first pause is `smallest`, before jitter; none exceeds `largest` by more than the jitter.
  Backoff(Duration smallest, Duration largest) noexcept
      : smallest_(std::max(smallest, Duration::zero())), largest_(std::max(largest, smallest_)) {}

  /// The pause before the next attempt. `random` is any 64-bit random number.
  Duration next(uint64_t random) noexcept {
    const Duration pause = jittered(current(), random);
    if (failures_ < kMaxDoublings) ++failures_;
    return pause;
  }
  /// After a success: the next pause is the smallest again.
  void reset() noexcept { failures_ = 0; }
  uint32_t failures() const noexcept { return failures_; }

  /// The pause after `failures` failures in a row (0 for the first), for callers that count failures themselves.
  static Duration at(uint32_t failures, Duration smallest, Duration largest, uint64_t random) noexcept {
    Backoff backoff(smallest, largest);
    backoff.failures_ = std::min(failures, kMaxDoublings);
    return jittered(backoff.current(), random);
  }

 private:
  static constexpr uint32_t kMaxDoublings = 62;

  Duration current() const noexcept {
    Duration pause = smallest_;
    for (uint32_t i = 0; i < failures_ && pause < largest_; ++i) {
      pause = pause > largest_ / 2 ? largest_ : pause * 2;
    }
    return pause;
  }
  // pause * (80 % to 120 %), in thousandths, divided first so that no pause can overflow.
  static Duration jittered(Duration pause, uint64_t random) noexcept {
    constexpr int64_t kSpan = static_cast<int64_t>(2 * kJitterPercent * 10);
    const int64_t thousandths = 1000 - kSpan / 2 + static_cast<int64_t>(random % (kSpan + 1));
    const Duration::rep whole = pause.count() / 1000;
    const Duration::rep rest = pause.count() % 1000;
    if (whole > Duration::max().count() / 2000) return pause;
    return Duration(whole * thousandths + rest * thousandths / 1000);
  }

  Duration smallest_;
  Duration largest_;
  uint32_t failures_ = 0;
};

}  // namespace kafka
