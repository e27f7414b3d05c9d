// Whether somebody waits for batches to leave, so that none may linger.
#pragma once

#include "producer/flushes.hpp"
#include "producer/memory.hpp"

namespace kafka::producer {

/// Owns nothing: it asks those who know.
class Urgency {
 public:
  Urgency(const Flushes& flushes, const Memory& memory) : flushes_(flushes), memory_(memory) {}

  /// A flush waits, or somebody waits for memory that lingering batches hold. Linger would be the pause of that wait.
  bool is_on() const { return flushes_.under_way() || memory_.wanted(); }

 private:
  const Flushes& flushes_;
  const Memory& memory_;
};

}  // namespace kafka::producer
