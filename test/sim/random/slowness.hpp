// An application whose callbacks take time: from a microsecond to a second each. Meanwhile the client's loop stands
// still, and the world goes on.
#pragma once

#include <algorithm>

#include "random/random.hpp"
#include "sim_reactor.hpp"

namespace kafka::sim {

class Slowness {
 public:
  /// All callbacks of a run together take at most this.
  static constexpr Duration kMost = std::chrono::seconds(120);

  /// So many percent of the callbacks take up to `longest`. Zero: all take no time.
  Slowness(SimWorld& world, const char* host, uint64_t seed, Duration longest, int percent)
      : world_(world), host_(host), random_(seed, 12), longest_(longest), percent_(percent) {}

  /// A callback has done its work.
  void callback() {
    if (longest_ == Duration::zero() || left() == Duration::zero() || !random_.percent(percent_)) return;
    const Duration time = std::min(left(), Duration(random_.between(1000, longest_.count())));
    spent_ += time;
    world_.spend(host_, time);
  }
  /// What callbacks have taken until now. The last of them may still be at work.
  Duration spent() const { return spent_ - world_.owed(host_); }
  /// What they may still take.
  Duration left() const { return longest_ == Duration::zero() ? Duration::zero() : kMost - spent_; }

 private:
  SimWorld& world_;
  const char* host_;
  Random random_;
  Duration longest_;
  int percent_;
  Duration spent_{};
};

}  // namespace kafka::sim
