// What is to be stored of one partition, where answers do not wait for it (`pipelined`, `unordered`).
#pragma once

#include <kafka/function.hpp>
#include <kafka/types.hpp>

#include <cstdint>
#include <string>

#include "base/ring.hpp"

namespace kafka::consumer {

/// One commit: the newest of those that were answered since the last one left. The outcome is told to all of them.
struct Storing {
  int64_t offset = -1;  ///< the next one to be read; -1: nothing is to be stored
  int32_t epoch = -1;   ///< of the record before it
  int64_t from = -1;    ///< the first message that comes again if it fails
  uint32_t moves = 0;   ///< the partition's, when the message was dispatched
  // Envelopes that stay open until it is confirmed, and those of them that `consumption` dispatched.
  size_t open = 0;
  size_t counted = 0;
  uint64_t consumption = 0;
  std::string metadata;
  Ring<Function<void(Error)>> done;
};

/// A commit that waits for an answer below it.
struct Waiting {
  std::string metadata;
  Function<void(Error)> done;
};

}  // namespace kafka::consumer
