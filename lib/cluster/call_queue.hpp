// Calls that wait, in order, for a connection or for a broker that is over quota. Each has a deadline of its own.
// Not here: when they may go on, and the timer (link, connection).
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

#include "base/ring.hpp"
#include "cluster/call.hpp"

namespace kafka::cluster {

/// Owns the calls that wait. `throttled` is Throttle::total() of the endpoint (see Call::deadline()).
class CallQueue {
 public:
  void push(std::unique_ptr<Call> call) { calls_.push_back(std::move(call)); }
  std::unique_ptr<Call> pop() { return calls_.pop_front(); }
  bool empty() const noexcept { return calls_.empty(); }
  size_t size() const noexcept { return calls_.size(); }
  const Call& last() const { return *calls_.back(); }

  net::TimePoint earliest_deadline(net::Duration throttled) const {
    net::TimePoint earliest = net::TimePoint::max();
    for (size_t i = 0; i < calls_.size(); ++i) earliest = std::min(earliest, calls_[i]->deadline(throttled));
    return earliest;
  }
  /// Takes out those whose deadline is `now` or earlier; the others keep their order.
  std::vector<std::unique_ptr<Call>> take_overdue(net::TimePoint now, net::Duration throttled) {
    std::vector<std::unique_ptr<Call>> overdue;
    for (size_t left = calls_.size(); left > 0; --left) {
      std::unique_ptr<Call> call = calls_.pop_front();
      if (call->deadline(throttled) > now) {
        calls_.push_back(std::move(call));
      } else {
        overdue.push_back(std::move(call));
      }
    }
    return overdue;
  }

 private:
  Ring<std::unique_ptr<Call>> calls_;
};

}  // namespace kafka::cluster
