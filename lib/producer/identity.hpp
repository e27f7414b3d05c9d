// The names under which an idempotent producer numbers its records (KIP-98).
// Not here: how an identity is asked for (idempotence.hpp), which sequence a batch gets (chain.hpp).
#pragma once

#include <cstdint>
#include <limits>

namespace kafka::producer {

/// A producer id with its epoch.
struct Identity {
  int64_t id = -1;  ///< -1: none
  int16_t epoch = -1;
  bool known() const noexcept { return id >= 0; }
  bool newer_than(const Identity& other) const noexcept { return known() && (id != other.id || epoch > other.epoch); }
  friend bool operator==(const Identity&, const Identity&) = default;
};

/// Sequences go from 0 to 2^31 - 1 and then to 0 again.
constexpr int32_t next_sequence(int32_t sequence, int32_t count) noexcept {
  return static_cast<int32_t>((static_cast<int64_t>(sequence) + count) & std::numeric_limits<int32_t>::max());
}

}  // namespace kafka::producer
