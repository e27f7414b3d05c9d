// The arithmetic of a pause before a retry: it doubles from a smallest to a largest pause. Each pause is up to 20 %
// longer or shorter at random, so that many clients do not come back at the same moment.
// Not here: counting failures (cluster/retry_pause.hpp), the clock and the random number (net/reactor.hpp).
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace kafka {

struct Backoff {
  using Duration = std::chrono::nanoseconds;
  static constexpr uint64_t kJitterPercent = 20;

  /// The pause after `failures` failures in a row (0 for the first one). Before jitter it is at least `smallest` and at
  /// most `largest`. `random` is any 64-bit random number.
  static Duration at(uint32_t failures, Duration smallest, Duration largest, uint64_t random) noexcept {
    Duration pause = std::max(smallest, Duration::zero());
    largest = std::max(largest, pause);
    for (uint32_t i = 0; i < failures && pause < largest && pause > Duration::zero(); ++i) {
      pause = pause > largest / 2 ? largest : pause * 2;
    }
    return jittered(pause, random);
  }

 private:
  // pause * (80 % to 120 %), in thousandths. It divides first, so that no pause can overflow.
  static Duration jittered(Duration pause, uint64_t random) noexcept {
    constexpr int64_t kSpan = static_cast<int64_t>(2 * kJitterPercent * 10);
    const int64_t thousandths = 1000 - kSpan / 2 + static_cast<int64_t>(random % (kSpan + 1));
    const Duration::rep whole = pause.count() / 1000;
    const Duration::rep rest = pause.count() % 1000;
    if (whole > Duration::max().count() / 2000) return pause;
    return Duration(whole * thousandths + rest * thousandths / 1000);
  }
};

}  // namespace kafka
