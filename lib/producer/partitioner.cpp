#include "producer/partitioner.hpp"

#include <array>

#include "base/murmur2.hpp"

namespace kafka::producer {
namespace {

// Sarama takes the hash for a signed number and drops the sign at the end, and librdkafka follows it.
uint32_t fnv1a(std::string_view key) noexcept {
  constexpr uint32_t kOffset = 0x811C9DC5;
  constexpr uint32_t kPrime = 0x01000193;
  uint32_t hash = kOffset;
  for (const char byte : key) hash = (hash ^ static_cast<unsigned char>(byte)) * kPrime;
  return (hash & 0x80000000u) != 0 ? ~hash + 1 : hash;
}

// Half a byte at a time: keys are short, and this room does not know zlib.
uint32_t crc_32(std::string_view key) noexcept {
  constexpr auto kTable = [] {
    std::array<uint32_t, 16> table{};
    for (uint32_t n = 0; n < 16; ++n) {
      uint32_t crc = n;
      for (int bit = 0; bit < 4; ++bit) crc = (crc & 1) != 0 ? crc >> 1 ^ 0xEDB88320u : crc >> 1;
      table[n] = crc;
    }
    return table;
  }();
  uint32_t crc = ~0u;
  for (const char byte : key) {
    crc ^= static_cast<unsigned char>(byte);
    crc = kTable[crc & 15] ^ crc >> 4;
    crc = kTable[crc & 15] ^ crc >> 4;
  }
  return ~crc;
}

}  // namespace

int32_t partition_of(Partitioner how, std::string_view key, int32_t count) noexcept {
  uint32_t hash = 0;
  switch (how) {
    case Partitioner::consistent:
    case Partitioner::consistent_random:
      hash = crc_32(key);
      break;
    case Partitioner::fnv1a:
    case Partitioner::fnv1a_random:
      hash = fnv1a(key);
      break;
    default:
      hash = murmur2(key) & 0x7fffffffu;
  }
  return static_cast<int32_t>(hash % static_cast<uint32_t>(count));
}

}  // namespace kafka::producer
