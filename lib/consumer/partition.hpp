// One partition of a consumer: where it is, what was fetched, which envelopes are open.
// Not here: how the state changes (positions.cpp, fetcher.cpp, dispatcher.cpp).
#pragma once

#include <kafka/types.hpp>

#include <memory>
#include <string>

#include "codec/types.hpp"
#include "consumer/buffer.hpp"
#include "consumer/commit.hpp"
#include "consumer/log_epochs.hpp"
#include "consumer/position.hpp"
#include "consumer/window.hpp"
#include "net/reactor.hpp"

namespace kafka::consumer {

/// What is asked for next, and what stands in the way. A position that is set anew begins with a new one.
struct FetchState {
  int64_t position = -1;     ///< the next offset to be asked for
  size_t max_bytes = 0;      ///< of the next fetch; grows for a batch that does not fit (B4)
  bool drain_first = false;  ///< nothing more is asked for before the buffer has been read
  bool alone = false;        ///< asked for without other partitions: an answer with it was larger than may be received
  bool leaderless = false;   ///< nobody to ask: metadata is asked for, again at not_before
  uint32_t failures = 0;     ///< in a row
  uint32_t oddities = 0;     ///< answers in a row that lack this partition or lead nowhere (A14)
  net::TimePoint not_before{};
  net::TimePoint missing_since{};  ///< topic or partition are unknown to the cluster since; zero: they are known
};

/// The partition's place in requests: what goes on whatever happens to the position.
struct RequestSlot {
  uint64_t id = 0;      ///< the request under way that asks for the partition, 0: none
  size_t index = 0;     ///< its place in that request
  uint64_t served = 0;  ///< the last request that brought records
  Uuid topic_id{};      ///< as last asked for; zero: not known
};

/// The follower that a partition is read from (KIP-392).
struct Replica {
  int32_t node = -1;                   ///< asked instead of the leader, -1: none
  net::TimePoint until{};              ///< then the leader is asked again
  net::TimePoint leader_only_until{};  ///< the leader's advice led nowhere: it is not followed before
};

struct Partition : std::enable_shared_from_this<Partition> {
  std::shared_ptr<const std::string> topic;
  int32_t number = 0;
  uint32_t slot = 0;
  bool paused = false;
  uint32_t generation = 0;  ///< counts positions set from outside: answers about older ones are dropped
  Origin origin;
  Position position;
  LogEpochs epochs;
  FetchState fetch;
  RequestSlot request;
  Replica replica;
  Buffer buffer;

  Window window;             ///< the open envelopes
  PartitionCommits commits;  ///< what is to be stored
  bool listed = false;       ///< in the dispatcher's list of partitions with something to dispatch
  bool removed = false;      ///< not assigned any more

  std::string where() const { return *topic + "/" + std::to_string(number); }
  /// What the application calls the position: the oldest open envelope's until it is answered.
  int64_t public_position() const {
    return window.empty() || window.front().sought ? position.next : window.front().first;
  }
  /// Everything that was true of the old position ends: answers about it are dropped when they come.
  void start_anew() {
    ++generation;
    buffer.clear();
    position = {};
    epochs = epochs.anew();
    fetch = {};
  }
  bool open() const { return !window.empty(); }
};

}  // namespace kafka::consumer
