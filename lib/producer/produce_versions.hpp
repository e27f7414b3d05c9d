// What changed in Produce at which version, as far as the producer has to know.
#pragma once

#include <cstdint>

namespace kafka::producer {

inline constexpr int16_t kFirstMagic1 = 2;  // 0.10: message sets with timestamps
inline constexpr int16_t kFirstV2 = 3;      // 0.11: record batches, with headers and sequences
inline constexpr int16_t kFirstZstd = 7;    // 2.1: brokers refuse zstd in older versions (KIP-110)
inline constexpr int16_t kLastByName = 12;  // 13 names topics by id (KIP-516)

}  // namespace kafka::producer
