// How a partition takes part in fetching: what is asked for next, what stands in the way, and its place in requests.
// Not here: sending requests (sources.hpp), what the answers do (intake.hpp).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "cluster/leaders.hpp"
#include "codec/types.hpp"
#include "net/reactor.hpp"

namespace kafka::consumer {

/// What is asked for next. A position that is set anew begins with a new one.
struct FetchState {
  /// Answers in a row that lack the partition, or lead nowhere, before it stops (A14).
  static constexpr uint32_t kMaxOddities = 5;

  int64_t position = -1;     ///< the next offset to be asked for
  size_t max_bytes = 0;      ///< of the next fetch; grows for a batch that does not fit (B4)
  bool drain_first = false;  ///< nothing more is asked for before the buffer has been read
  bool alone = false;        ///< asked for without other partitions: an answer with it was larger than may be received
  uint32_t oddities = 0;     ///< answers in a row that lack the partition or lead nowhere
  cluster::LeaderSearch retry;     ///< the pause after a failure, or while nobody leads the partition
  net::TimePoint missing_since{};  ///< since then the cluster does not know topic or partition; zero: it does

  /// An answer without error. What the partition lacked before is there.
  void succeed() {
    retry.succeed();
    alone = false;
    missing_since = {};
  }
};

/// The partition's place in requests. It stays when the position is set anew: a request under way goes on.
struct RequestSlot {
  uint64_t id = 0;      ///< the request under way that asks for the partition, 0: none
  size_t index = 0;     ///< its place in that request
  uint64_t served = 0;  ///< the last request that brought records
};

struct Partition;

/// A partition as it was when something was asked about it.
struct Question {
  std::shared_ptr<Partition> partition;
  uint32_t generation = 0;
  bool answered = false;
  int32_t last_epoch = -1;    ///< the epoch that was sent, if the version carries it
  int32_t leader_epoch = -1;  ///< the leader's epoch, as metadata had it

  Question() = default;
  explicit Question(Partition& about);
  /// The answer counts: the position was not set since.
  bool holds() const;
  /// The same, and the partition is still fetched from.
  bool fetching() const;
};

}  // namespace kafka::consumer
