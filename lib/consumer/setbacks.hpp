// How often a partition's position is set back, and the pause that follows from it.
//   1. The leader says offset_out_of_range. It is asked where its log begins, and says: at 0.
//   2. Reading goes on at 0, and the leader says offset_out_of_range again. Without a pause this went round 68 times a
//      second, with an event each time.
// Not here: what sets a position back (positions.cpp).
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "cluster/retry_pause.hpp"

namespace kafka::consumer {

/// Owns the count of set-backs in a row: resets and truncations with no record that is newer than all before. The first
/// one needs no pause. Each further one doubles the pause before the next fetch.
class SetBacks {
 public:
  static constexpr net::Duration kLongest = std::chrono::seconds(10);
  /// A set-back this long ago does not count any more.
  static constexpr net::Duration kForgotten = std::chrono::minutes(2);

  /// The position was set back: until() is when the partition may be fetched again.
  void count(net::TimePoint now, uint64_t random, net::Duration smallest) {
    if (now - last_ > kForgotten) pause_.reset();
    last_ = now;
    if (pause_.failures() == 0) return pause_.count();
    pause_.fail(now, random, {smallest, std::max(smallest, kLongest)});
  }
  /// Records up to this offset came. Those that came before a set-back, and come again, are no progress.
  void progress(int64_t offset) {
    if (offset <= furthest_) return;
    furthest_ = offset;
    pause_.succeed();
  }
  /// The application has set the position.
  void reset() { *this = {}; }
  net::TimePoint until() const { return pause_.until(); }

 private:
  cluster::RetryPause pause_;
  net::TimePoint last_{};
  int64_t furthest_ = -1;
};

}  // namespace kafka::consumer
