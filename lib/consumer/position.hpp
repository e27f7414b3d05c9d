// Where a partition begins, and how far its reading has come.
// Not here: looking the position up (positions.cpp).
#pragma once

#include <kafka/types.hpp>

#include <cstdint>

#include "codec/types.hpp"

namespace kafka::consumer {

/// Where a partition begins when nothing is known of its position.
struct Origin {
  enum class Kind : uint8_t {
    committed,  ///< at the group's offset
    place,      ///< at `place`
  };
  Kind kind = Kind::place;
  TopicOffset place;   ///< also what the leader is being asked for, whatever the kind
  bool newer = false;  ///< the partition was made after the consumer began: all of its records are new
};

/// The reading position. A position that is set anew is a new object.
struct Position {
  enum class State : uint8_t {
    unknown,    ///< nothing was asked yet
    committed,  ///< the group is being asked for its offset
    listing,    ///< the leader is being asked where earliest, latest or a time is
    ready,      ///< `next` is known
    stopped,    ///< until a seek, or the next consumption
  };
  State state = State::unknown;
  bool asked = false;         ///< a question about where to begin is under way
  bool named = false;         ///< the application named this offset, and no broker has confirmed that it exists
  bool end_reported = false;  ///< the application has heard that the end was reached
  bool needs_seek = false;    ///< stopped by what lies at the position: the next consumption would stop there again
  int64_t next = -1;          ///< the next record to be dispatched
  int64_t end = -1;           ///< as the last answer said: the last stable offset with read_committed
  Error reset_reason;         ///< why the reset policy chose the position, told once the offset is known
  bool recreated = false;     ///< that reason is another topic under the same name
  int64_t restart = -1;       ///< the log's start, where reading goes on once the leader has said where the log ends
  int32_t restart_epoch = -1;
  Error stop_reason;
  /// The topic as metadata knew it when a leader was asked for this position. Zero: nobody was asked, metadata had no
  /// id, or a broker has confirmed since that the position exists.
  Uuid asked_of{};

  bool ready() const { return state == State::ready; }
  bool at_end() const { return ready() && end >= 0 && next >= end; }
};

}  // namespace kafka::consumer
