// Big-endian integers and zigzag varints on raw pointers, for the two hot paths of this room.
// Not here: the general reader and writer of messages (codec/).
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace kafka::records {

template <class T>
inline T load_be(const char* at) noexcept {
  const auto* bytes = reinterpret_cast<const unsigned char*>(at);
  uint64_t value = 0;
  for (size_t i = 0; i < sizeof(T); ++i) value = value << 8 | bytes[i];
  return static_cast<T>(value);
}

template <class T>
inline void store_be(char* at, T value) noexcept {
  const auto bits = static_cast<uint64_t>(value);
  for (size_t i = 0; i < sizeof(T); ++i) at[i] = static_cast<char>(bits >> (8 * (sizeof(T) - 1 - i)));
}

inline constexpr size_t kMaxVarint32 = 5;
inline constexpr size_t kMaxVarint64 = 10;

constexpr uint64_t zigzag(int64_t value) noexcept {
  return static_cast<uint64_t>(value) << 1 ^ static_cast<uint64_t>(value >> 63);
}
constexpr int64_t unzigzag(uint64_t value) noexcept { return static_cast<int64_t>(value >> 1 ^ (~(value & 1) + 1)); }

constexpr int64_t wrapping_sum(int64_t a, int64_t b) noexcept {
  return static_cast<int64_t>(static_cast<uint64_t>(a) + static_cast<uint64_t>(b));
}

/// The bytes that `value` takes as a zigzag varint: 1 to 10.
inline size_t varint_size(int64_t value) noexcept {
  const uint64_t zigzagged = zigzag(value);
  if (zigzagged < 0x80) [[likely]]
    return 1;  // the branch is predicted well, and counting bits is slow on some CPUs
  if (zigzagged < 0x4000) [[likely]]
    return 2;
  const auto bits = static_cast<size_t>(64 - __builtin_clzll(zigzagged));
  return (bits * 9 + 64) / 64;  // ceil(bits / 7) for 1 to 64
}

[[gnu::noinline]] inline char* store_varint_slow(char* at, uint64_t bits) noexcept {
  while (bits >= 0x80) {
    *at++ = static_cast<char>(bits | 0x80);
    bits >>= 7;
  }
  *at++ = static_cast<char>(bits);
  return at;
}

[[gnu::always_inline]] inline char* store_varint(char* at, int64_t value) noexcept {
  const uint64_t bits = zigzag(value);
  if (bits < 0x80) [[likely]] {
    at[0] = static_cast<char>(bits);
    return at + 1;
  }
  if (bits < 0x4000) [[likely]] {
    at[0] = static_cast<char>(bits | 0x80);
    at[1] = static_cast<char>(bits >> 7);
    return at + 2;
  }
  if (bits < 0x200000) {
    at[0] = static_cast<char>(bits | 0x80);
    at[1] = static_cast<char>(bits >> 7 | 0x80);
    at[2] = static_cast<char>(bits >> 14);
    return at + 3;
  }
  return store_varint_slow(at, bits);
}

/// Reads a zigzag varint of at most `max_bytes` (5 or 10). Returns null if it does not end in time, or if its type
/// cannot hold it.
[[gnu::noinline]] inline const char* load_varint_slow(const char* at, const char* end, size_t max_bytes,
                                                      int64_t& value) noexcept {
  uint64_t bits = 0;
  for (size_t i = 0; i < max_bytes && at < end; ++i) {
    const auto byte = static_cast<unsigned char>(*at++);
    if (i == 9 && byte > 1) return nullptr;
    if (i == 4 && max_bytes == kMaxVarint32 && byte > 15) return nullptr;
    bits |= static_cast<uint64_t>(byte & 0x7F) << (7 * i);
    if (byte < 0x80) {
      value = unzigzag(bits);
      return at;
    }
  }
  return nullptr;
}

[[gnu::always_inline]] inline const char* load_varint(const char* at, const char* end, size_t max_bytes,
                                                      int64_t& value) noexcept {
  if (at < end && static_cast<unsigned char>(*at) < 0x80) [[likely]] {
    value = unzigzag(static_cast<unsigned char>(*at));
    return at + 1;
  }
  if (end - at >= 2 && static_cast<unsigned char>(at[1]) < 0x80) [[likely]] {
    value = unzigzag((static_cast<unsigned char>(at[0]) & 0x7Fu) | static_cast<uint64_t>(at[1]) << 7);
    return at + 2;
  }
  if (end - at >= 3 && static_cast<unsigned char>(at[2]) < 0x80) {
    value = unzigzag((static_cast<unsigned char>(at[0]) & 0x7Fu) | (static_cast<unsigned char>(at[1]) & 0x7Fu) << 7 |
                     static_cast<uint64_t>(at[2]) << 14);
    return at + 3;
  }
  return load_varint_slow(at, end, max_bytes, value);
}

/// How many bytes load_short() may read; also the longest varint that it takes.
inline constexpr ptrdiff_t kShortVarint = 3;

/// Reads the bits of a varint of one to three bytes. Three bytes must be readable. False for a longer varint.
[[gnu::always_inline]] inline bool load_short(const char*& at, uint64_t& bits) noexcept {
  bits = static_cast<unsigned char>(at[0]);
  if (bits >= 0x80) {
    const uint64_t second = static_cast<unsigned char>(at[1]);
    bits = (bits & 0x7F) | (second & 0x7F) << 7;
    if (second >= 0x80) {
      const uint64_t third = static_cast<unsigned char>(at[2]);
      if (third >= 0x80) return false;
      bits |= third << 14;
      ++at;
    }
    ++at;
  }
  ++at;
  return true;
}

}  // namespace kafka::records
