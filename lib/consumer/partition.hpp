// One partition of a consumer: where it is, what was fetched, which envelopes are open.
// Not here: how the state changes (positions.hpp, sources.hpp, intake.hpp, dispatcher.hpp, answers.hpp).
#pragma once

#include <kafka/types.hpp>

#include <memory>
#include <string>

#include "consumer/buffer.hpp"
#include "consumer/commit.hpp"
#include "consumer/fetch_state.hpp"
#include "consumer/log_epochs.hpp"
#include "consumer/position.hpp"
#include "consumer/read_topic.hpp"
#include "consumer/replica.hpp"
#include "consumer/setbacks.hpp"
#include "consumer/window.hpp"

namespace kafka::consumer {

/// Owns nothing but its parts. Each of them has a header of its own.
struct Partition : std::enable_shared_from_this<Partition> {
  std::shared_ptr<const std::string> topic;
  int32_t number = 0;
  uint32_t slot = 0;
  bool paused = false;
  uint32_t generation = 0;  ///< counts positions set from outside: answers about older ones are dropped
  Origin origin;
  Position position;
  ReadTopic read_topic;
  LogEpochs epochs;
  FetchState fetch;
  RequestSlot request;
  Replica replica;
  SetBacks setbacks;
  Buffer buffer;

  Window window;             ///< the open envelopes
  PartitionCommits commits;  ///< what is to be stored
  bool listed = false;       ///< in the dispatcher's list of partitions with something to dispatch
  bool removed = false;      ///< not assigned any more
  int32_t untold = 0;        ///< events that a handler has not heard of yet: no message comes before them

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
  /// Nothing is here to be dispatched, and a message could be dispatched if it came.
  bool starving() const { return buffer.empty() && !window.full(); }
};

inline Question::Question(Partition& about) : partition(about.shared_from_this()), generation(about.generation) {}
inline bool Question::holds() const { return partition->generation == generation; }
inline bool Question::fetching() const { return holds() && partition->position.ready(); }

}  // namespace kafka::consumer
