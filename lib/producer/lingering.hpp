// Partitions whose open batch waits for linger to pass. Nobody looks at them before that: of thousands of partitions
// only few have something to do at any time.
// Not here: what leaves then (sender.cpp).
#pragma once

#include <kafka/options.hpp>

#include "base/ring.hpp"
#include "producer/topic.hpp"

namespace kafka::producer {

/// Owns the queue of partitions that linger, the first due first.
class Lingering {
 public:
  explicit Lingering(net::Duration linger) : linger_(linger) {}

  /// When the open batch of the partition has to leave.
  net::TimePoint due(const Partition& partition) const { return partition.open->created + linger_; }
  /// Puts the partition into the queue. False if its batch is due before the last one there (its record was parked
  /// before): the sender has to look at it each time.
  bool add(Partition& partition);
  /// The next partition whose batch is due by `now`, or any if `all`; null without one. A batch that was filled
  /// meanwhile is in the send queue already.
  Partition* take_due(net::TimePoint now, bool all);
  /// When take_due() has the next one.
  net::TimePoint next() const { return entries_.empty() ? net::TimePoint::max() : entries_.front().due; }
  void clear() { entries_.clear(); }

 private:
  struct Entry {
    Partition* partition;
    net::TimePoint due;
  };

  net::Duration linger_;
  Ring<Entry> entries_;
};

}  // namespace kafka::producer
