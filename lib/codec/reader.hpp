// Reads Kafka's primitive types from a received frame. Failure is sticky: after the first error every read returns
// zero, empty or null and the position stays, so a caller may check once at the end. Bytes and records are slices that
// share the frame's memory. A length or a count that is larger than the bytes left is a failure, so no memory is ever
// reserved for it. Not here: which fields a message has (decode), frames (net).
#pragma once

#include <kafka/error.hpp>

#include <cstdint>
#include <cstring>
#include <string_view>

#include "base/bytes.hpp"
#include "codec/uuid.hpp"

namespace kafka::codec {

class Reader {
 public:
  Reader() = default;
  explicit Reader(Bytes frame) noexcept
      : frame_(std::move(frame)), at_(frame_.data()), end_(frame_.data() + frame_.size()) {}

  bool failed() const noexcept { return what_ != nullptr; }
  /// protocol_error with the text "<what> at byte N", or no error.
  Error error() const;
  size_t remaining() const noexcept { return static_cast<size_t>(end_ - at_); }
  size_t offset() const noexcept { return failed() ? failed_at_ : static_cast<size_t>(at_ - frame_.data()); }
  /// Fails with `what`, which must be a literal. Does nothing if the reader has failed before.
  void fail(const char* what) noexcept;

  int8_t i8() noexcept { return static_cast<int8_t>(fixed<uint8_t>()); }
  uint8_t u8() noexcept { return fixed<uint8_t>(); }
  int16_t i16() noexcept { return static_cast<int16_t>(fixed<uint16_t>()); }
  uint16_t u16() noexcept { return fixed<uint16_t>(); }
  int32_t i32() noexcept { return static_cast<int32_t>(fixed<uint32_t>()); }
  uint32_t u32() noexcept { return fixed<uint32_t>(); }
  int64_t i64() noexcept { return static_cast<int64_t>(fixed<uint64_t>()); }
  uint64_t u64() noexcept { return fixed<uint64_t>(); }
  bool boolean() noexcept { return fixed<uint8_t>() != 0; }
  double f64() noexcept {
    const uint64_t bits = fixed<uint64_t>();
    double value;
    std::memcpy(&value, &bits, sizeof value);
    return value;
  }
  Uuid uuid() noexcept;

  /// In base 128, at most 5 bytes and 32 bits.
  uint32_t uvarint() noexcept {
    if (at_ != end_ && static_cast<signed char>(*at_) >= 0) return static_cast<unsigned char>(*at_++);
    return static_cast<uint32_t>(uvarint_slow(5, 0x0f));
  }
  /// The same, zig-zag encoded.
  int32_t varint() noexcept {
    const uint32_t raw = uvarint();
    return static_cast<int32_t>((raw >> 1) ^ (~(raw & 1) + 1));
  }
  /// In base 128, at most 10 bytes and 64 bits.
  uint64_t uvarlong() noexcept {
    if (at_ != end_ && static_cast<signed char>(*at_) >= 0) return static_cast<unsigned char>(*at_++);
    return uvarint_slow(10, 0x01);
  }
  int64_t varlong() noexcept {
    const uint64_t raw = uvarlong();
    return static_cast<int64_t>((raw >> 1) ^ (~(raw & 1) + 1));
  }

  /// The length of a string, -1 for null. `compact`: as in flexible versions. Never more than the bytes left.
  int32_t string_length(bool compact) noexcept {
    return checked_length(compact ? compact_length() : int64_t{i16()}, "string length");
  }
  int32_t bytes_length(bool compact) noexcept {
    return checked_length(compact ? compact_length() : int64_t{i32()}, "bytes length");
  }
  /// The number of elements, -1 for null. Never more than the bytes left, since no element is smaller than a byte.
  int32_t array_count(bool compact) noexcept {
    return checked_length(compact ? compact_length() : int64_t{i32()}, "array count");
  }

  /// A view into the frame. If the string is null, data() is null.
  std::string_view nullable_string(bool compact) noexcept {
    const int32_t length = string_length(compact);
    return length < 0 ? std::string_view() : raw(static_cast<size_t>(length));
  }
  std::string_view string(bool compact) noexcept {
    const std::string_view view = nullable_string(compact);
    if (view.data() == nullptr) fail("null string");
    return view;
  }
  /// A slice that shares the frame's memory; null if the field is.
  Bytes nullable_bytes(bool compact) noexcept;

  /// The next `size` bytes, or a failure.
  std::string_view raw(size_t size) noexcept {
    if (size > remaining()) {
      fail("end of data");
      return {};
    }
    const char* start = at_;
    at_ += size;
    return {start, size};
  }
  void skip(size_t size) noexcept { raw(size); }
  /// Skips a section of tagged fields.
  void skip_tagged() noexcept;
  /// The bytes left as a slice.
  Bytes rest() const noexcept { return Bytes::share(frame_.block(), at_, remaining()); }

  /// Makes the reader end `size` bytes from here. Returns the end it had before, for leave(). Fails if fewer bytes are
  /// left.
  const char* enter(size_t size) noexcept;
  /// Continues after the bytes of enter(), even if not all of them were read. A failure inside remains.
  void leave(const char* end) noexcept;

 private:
  template <class U>
  U fixed() noexcept {
    if (remaining() < sizeof(U)) {
      fail("end of data");
      return 0;
    }
    U value = 0;
    for (size_t i = 0; i < sizeof(U); ++i) {
      value = static_cast<U>(static_cast<uint64_t>(value) << 8 | static_cast<unsigned char>(at_[i]));
    }
    at_ += sizeof(U);
    return value;
  }
  uint64_t uvarint_slow(int longest, unsigned char last_mask) noexcept;
  int64_t compact_length() noexcept { return int64_t{uvarint()} - 1; }
  int32_t checked_length(int64_t length, const char* what) noexcept {
    if (length >= -1 && length <= static_cast<int64_t>(remaining()) && length <= INT32_MAX) {
      return failed() ? -1 : static_cast<int32_t>(length);
    }
    fail(what);
    return -1;
  }

  Bytes frame_ = {};
  const char* at_ = nullptr;
  const char* end_ = nullptr;
  const char* what_ = nullptr;
  size_t failed_at_ = 0;
};

}  // namespace kafka::codec
