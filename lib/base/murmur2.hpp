// MurmurHash2, exactly as Kafka's Java client hashes record keys. So a key goes to the same partition, whichever client
// sends it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace kafka {

/// The Java client's default partitioner uses this hash: `(murmur2(key) & 0x7fffffff) % partitions`.
inline uint32_t murmur2(std::string_view bytes) noexcept {
  constexpr uint32_t kSeed = 0x9747b28c;
  constexpr uint32_t kMultiplier = 0x5bd1e995;
  constexpr int kShift = 24;
  const auto* at = reinterpret_cast<const unsigned char*>(bytes.data());
  size_t left = bytes.size();
  uint32_t hash = kSeed ^ static_cast<uint32_t>(left);
  for (; left >= 4; at += 4, left -= 4) {
    uint32_t word = at[0] | uint32_t{at[1]} << 8 | uint32_t{at[2]} << 16 | uint32_t{at[3]} << 24;
    word *= kMultiplier;
    word ^= word >> kShift;
    word *= kMultiplier;
    hash = hash * kMultiplier ^ word;
  }
  if (left > 0) {
    for (size_t i = left; i-- > 0;) hash ^= uint32_t{at[i]} << (8 * i);
    hash *= kMultiplier;
  }
  hash ^= hash >> 13;
  hash *= kMultiplier;
  hash ^= hash >> 15;
  return hash;
}

}  // namespace kafka
