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

/// Why nothing of a partition is fetched or dispatched.
enum class Hold : uint8_t {
  paused = 1,    ///< the application wants nothing of it now
  revoking = 2,  ///< the group takes it away: open envelopes may still be answered
};

/// Owns nothing but its parts. Each of them has a header of its own.
struct Partition : std::enable_shared_from_this<Partition> {
  std::shared_ptr<const std::string> topic;
  int32_t number = 0;
  uint32_t slot = 0;
  uint8_t holds = 0;        ///< of Hold
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

  bool held(Hold why) const { return (holds & static_cast<uint8_t>(why)) != 0; }
  void hold(Hold why, bool on) {
    const auto bit = static_cast<uint8_t>(why);
    holds = static_cast<uint8_t>(on ? holds | bit : holds & ~bit);
  }
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
