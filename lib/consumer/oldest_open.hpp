// How long the oldest envelope of a consumer has been open.
#pragma once

#include <vector>

#include "consumer/assignment.hpp"
#include "net/reactor.hpp"

namespace kafka::consumer {

/// Owns what was last seen of each partition. It costs nothing per message: partitions are looked at now and then, and
/// an envelope that is still the oldest one has been open since it was first seen.
class OldestOpen {
 public:
  struct Found {
    const Partition* partition = nullptr;  ///< null: no envelope is open
    net::Duration age{};
  };

  explicit OldestOpen(const Assignment& assignment) : assignment_(assignment) {}

  /// The partition whose oldest envelope has been open longest. One that waits for the broker's answer does not count.
  Found look(net::TimePoint now);

 private:
  struct Seen {
    uint64_t number = 0;  // of the envelope
    net::TimePoint since{};
  };

  const Assignment& assignment_;
  std::vector<Seen> seen_;  // by the partition's slot
};

}  // namespace kafka::consumer
