// Commits that nobody asked for: what lies behind the last committed record turned out to hold nothing for the
// application (transaction markers, aborted records, compacted ends), and the group's offset moves behind it.
// Not here: commits that were asked for, which take along what is known then (committer.hpp).
#pragma once

#include <chrono>
#include <memory>
#include <vector>

#include "consumer/committer.hpp"
#include "session/core.hpp"

namespace kafka::consumer {

/// Owns the list of partitions whose stored offset can move on, and the pause between two such commits.
///
///   1. The application commits the record at 9. Behind it lies the marker that ends its transaction, at 10, which was
///      not fetched yet. So 10 is stored, and the group seems to lag by one, for ever if nothing more is produced.
///   2. The marker is fetched, and passed. The position is 11.
///   3. Nothing was handed out since, so 11 promises no more than 10 did: it is stored.
class TailCommits {
 public:
  /// A stream of short transactions moves on with nearly every one. So many extra commits would be a load.
  static constexpr net::Duration kPause = std::chrono::seconds(1);

  TailCommits(session::Core& core, Committer& committer) : core_(core), committer_(committer) {}

  /// The partition's buffer was read to its end.
  void drained(Partition& partition);
  /// The consumption has ended: nothing moves on any more.
  void rest();

 private:
  static bool behind(const Partition& partition);
  void flush();

  session::Core& core_;
  Committer& committer_;
  std::vector<std::shared_ptr<Partition>> waiting_;
  net::TimePoint not_before_{};
  net::Timer timer_;
};

}  // namespace kafka::consumer
