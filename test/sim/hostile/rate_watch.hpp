// How often things happen: nothing may happen without a pause while it leads nowhere.
// Not here: what is counted (test/sim/hostile/hostile.cpp, test/sim/random/run.cpp).
#pragma once

#include <algorithm>
#include <chrono>
#include <deque>
#include <map>
#include <string>

#include "net/reactor.hpp"

namespace kafka::sim {

/// Counts events by their name, and notes for each name the greatest number within any second.
class RateWatch {
 public:
  /// Nothing before this time counts.
  explicit RateWatch(net::TimePoint from = {}) : from_(from) {}

  void note(const std::string& what, net::TimePoint at, size_t count = 1) {
    if (at < from_) return;
    Series& series = series_[what];
    for (; count > 0; --count) series.recent.push_back(at);
    while (series.recent.front() + std::chrono::seconds(1) <= at) series.recent.pop_front();
    series.most = std::max(series.most, series.recent.size());
  }
  /// Something got done: what happened until now does not count.
  void progress() {
    for (auto& [what, series] : series_) series.recent.clear();
  }
  /// The greatest number of events with this name within one second.
  size_t most(const std::string& what) const {
    const auto found = series_.find(what);
    return found == series_.end() ? 0 : found->second.most;
  }
  /// The names that begin with `prefix` and had more than `limit` events within a second, as a text; "" if none had.
  std::string above(const std::string& prefix, size_t limit) const {
    std::string text;
    for (const auto& [what, series] : series_) {
      if (what.compare(0, prefix.size(), prefix) != 0 || series.most <= limit) continue;
      text += (text.empty() ? "" : "; ") + what + ": " + std::to_string(series.most) + " a second";
    }
    return text;
  }

 private:
  struct Series {
    std::deque<net::TimePoint> recent;
    size_t most = 0;
  };
  net::TimePoint from_;
  std::map<std::string, Series> series_;
};

}  // namespace kafka::sim
