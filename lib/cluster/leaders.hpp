// "Who leads this partition, or ask for metadata and wait": what everything that sends to leaders does for each
// partition before it sends.
// Not here: how metadata is asked (metadata.cpp), what is sent to the leader (producer, consumer).
#pragma once

#include <optional>

#include "cluster/metadata.hpp"
#include "cluster/retry_pause.hpp"

namespace kafka::cluster {

/// Owns the wait for a partition's leader: the pause after a failed request, and the pause between two questions for
/// metadata while the partition has no known leader.
///
/// An asker that keeps one per partition calls leader(). One that keeps a single search for all its partitions (the
/// producer) calls missing() after a pass that met partitions without a leader, and found() after a pass that did not.
///
/// A leader that comes back ends the wait early, since the pause was only for asking metadata:
///   1. The leader dies. leader(none) asks for metadata and waits 100 ms, then 200 ms, then 400 ms.
///   2. Metadata names the new leader after 450 ms. leader(2) returns 2 at once; the rest of the 400 ms is not waited
///      for, and a failure after that begins with 100 ms again.
/// After a failed request to a leader that stays known the whole pause counts.
class LeaderSearch : public RetryPause {
 public:
  /// `known` is what metadata says (Metadata::leader(), for a TopicState at hand), or nothing if the caller does not
  /// believe it. Returns the leader if it may be asked now. Otherwise until() says when to look again, and metadata
  /// has been asked for if that was needed.
  std::optional<int32_t> leader(std::optional<int32_t> known, Metadata& metadata, net::TimePoint now) {
    if (known) {
      found();
      return due(now) ? known : std::nullopt;
    }
    missing(metadata, now);
    return {};
  }
  /// The leader is known. Ends a wait that missing() began.
  void found() noexcept {
    if (missing_) *this = {};
  }
  /// Nobody is known to lead: asks for metadata, at most once per pause. Returns when to look again.
  net::TimePoint missing(Metadata& metadata, net::TimePoint now) {
    if (due(now)) {
      missing_ = true;
      metadata.router().delay(*this);
      metadata.refresh();
    }
    return until();
  }

 private:
  bool missing_ = false;  ///< the pause is one between two questions for metadata
};

}  // namespace kafka::cluster
