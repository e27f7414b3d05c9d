// What is to be stored of one partition, and the commits that wait for an earlier answer.
// Not here: the requests (committer.cpp).
#pragma once

#include <kafka/error.hpp>
#include <kafka/function.hpp>
#include <kafka/types.hpp>

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>

#include "base/ring.hpp"

namespace kafka::consumer {

/// A `done` that waits for the outcome of a commit.
struct WaitingDone {
  Function<void(Error)> done;
  int64_t offset = -1;  ///< what it was told will be stored
  Error cut = {};       ///< less is stored than that: this is its outcome if the commit is stored
};

/// One commit: the newest of those that were answered since the last one left. Its outcome is reported to all of them.
struct Commit {
  int64_t offset = -1;  ///< the next one to be read; -1: nothing is to be stored
  bool tail = false;    ///< nobody asked for it: it moves what is stored behind what holds nothing
  int32_t epoch = -1;   ///< of the record before it
  int64_t from = -1;    ///< the first message that comes again if the commit fails
  bool lost = false;    ///< the topic was made anew since: whatever the broker answers, it does not count
  uint32_t moves = 0;   ///< the partition's, when the message was dispatched
  // With `confirmed`, the envelopes that stay open until it is stored, and those of them that `consumption` dispatched.
  size_t open = 0;
  size_t counted = 0;
  uint64_t consumption = 0;
  std::string metadata;
  Ring<WaitingDone> done;

  /// The log ends at `end` now: whoever was promised more hears that, even if the commit is stored.
  void cut(int64_t end, const Error& why) {
    for (size_t i = 0; i < done.size(); ++i) {
      if (done[i].offset > end) done[i].cut = why;
    }
  }
  /// A lower commit takes its place before it was sent: whoever was promised more hears that.
  void replace(int64_t offset, const std::string& where) {
    for (size_t i = 0; i < done.size(); ++i) {
      if (done[i].offset <= offset || done[i].cut) continue;
      done[i].cut = Error(Errc::lost, where + " was set back, and a later commit stored offset " +
                                          std::to_string(offset) + " in place of " + std::to_string(done[i].offset));
    }
  }
  /// The greatest offset up to `end` that a `done` was promised and that still holds; -1: none is known. One that a
  /// lower commit replaced holds no more: what lies behind that one was not answered again since the position was set
  /// back.
  int64_t newest_within(int64_t end) const {
    int64_t newest = -1;
    for (size_t i = 0; i < done.size(); ++i) {
      if (done[i].offset <= end && !done[i].cut) newest = std::max(newest, done[i].offset);
    }
    return newest;
  }
};

/// A commit that waits for the answer of an earlier message.
struct HeldCommit {
  std::string metadata;
  Function<void(Error)> done;
};

/// The newest commit that was wanted, for one that moves on behind it.
struct Tail {
  int64_t offset = -1;  ///< what it stores; -1: there was none
  uint64_t end = 0;     ///< the end of the partition's window then: whatever is handed out moves it
  uint32_t moves = 0;   ///< the partition's then
  std::string metadata;
};

/// All that a partition has to store.
struct PartitionCommits {
  Commit wanted;  ///< not sent yet
  Tail tail;
  bool listed = false;     ///< in the committer's list of partitions with something to send
  bool under_way = false;  ///< an older commit was sent, and not everybody has heard of its outcome
  uint32_t moves = 0;      ///< counts seeks and resets: an older commit that fails does not go back behind them
  std::map<uint64_t, HeldCommit> held;  ///< by the envelope's number
};

}  // namespace kafka::consumer
