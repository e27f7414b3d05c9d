// Writes Kafka's primitive types. The output is a list of segments for a gathering write. Small values are copied into
// the writer's own memory. Large Bytes are borrowed, so that a batch of records is not copied again. Not here: which
// fields a message has (encode), headers (protocol/header).
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "codec/uuid.hpp"

namespace kafka::codec {

class Writer {
 public:
  /// Bytes from this size on are borrowed.
  static constexpr size_t kBorrowFrom = 1024;

  Writer() = default;
  /// What is written is a secret: its memory is wiped before it is freed.
  static Writer secret() {
    Writer writer;
    writer.is_secret_ = true;
    return writer;
  }
  Writer(Writer&&) = default;
  Writer& operator=(Writer&&) = default;

  /// Bytes written so far.
  size_t size() const noexcept { return cut_size_ + (buffer_.size() - cut_); }
  /// Hands all segments over, in order. The writer is empty afterwards.
  std::vector<Bytes> take();

  /// Leaves room for a frame's length. Must come before everything else.
  void reserve_length() { i32(0); }
  /// Fills the length in: the number of bytes after it.
  void patch_length() noexcept { patch_i32(static_cast<int32_t>(size() - sizeof(int32_t))); }
  /// Overwrites the first four bytes.
  void patch_i32(int32_t value) noexcept;

  void i8(int8_t value) { fixed(static_cast<uint8_t>(value)); }
  void u8(uint8_t value) { fixed(value); }
  void i16(int16_t value) { fixed(static_cast<uint16_t>(value)); }
  void u16(uint16_t value) { fixed(value); }
  void i32(int32_t value) { fixed(static_cast<uint32_t>(value)); }
  void u32(uint32_t value) { fixed(value); }
  void i64(int64_t value) { fixed(static_cast<uint64_t>(value)); }
  void u64(uint64_t value) { fixed(value); }
  void boolean(bool value) { fixed(static_cast<uint8_t>(value)); }
  void f64(double value) {
    uint64_t bits;
    std::memcpy(&bits, &value, sizeof bits);
    fixed(bits);
  }
  void uuid(const Uuid& value) { raw({reinterpret_cast<const char*>(value.bytes.data()), value.bytes.size()}); }

  void uvarint(uint32_t value) { uvarlong(value); }
  void varint(int32_t value) { uvarint(static_cast<uint32_t>(value) << 1 ^ static_cast<uint32_t>(value >> 31)); }
  void uvarlong(uint64_t value) {
    char* at = room(10);
    size_t count = 0;
    for (; value >= 0x80; value >>= 7) at[count++] = static_cast<char>(value | 0x80);
    at[count++] = static_cast<char>(value);
    buffer_.advance(count);
  }
  void varlong(int64_t value) { uvarlong(static_cast<uint64_t>(value) << 1 ^ static_cast<uint64_t>(value >> 63)); }

  /// Lengths: -1 is null. The caller has checked that they fit.
  void string_length(int64_t length, bool compact) {
    if (compact) {
      uvarint(static_cast<uint32_t>(length + 1));
    } else {
      i16(static_cast<int16_t>(length));
    }
  }
  void length(int64_t length, bool compact) {
    if (compact) {
      uvarint(static_cast<uint32_t>(length + 1));
    } else {
      i32(static_cast<int32_t>(length));
    }
  }
  /// A view whose data() is null is written as null.
  void string(std::string_view view, bool compact) {
    if (view.data() == nullptr) return string_length(-1, compact);
    string_length(static_cast<int64_t>(view.size()), compact);
    raw(view);
  }
  /// Length and content, borrowed when large.
  void bytes(const Bytes& bytes, bool compact) {
    if (bytes.is_null()) return length(-1, compact);
    length(static_cast<int64_t>(bytes.size()), compact);
    append(bytes);
  }
  /// Content alone, copied.
  void raw(std::string_view view) {
    if (view.empty()) return;
    std::memcpy(room(view.size()), view.data(), view.size());
    buffer_.advance(view.size());
  }
  /// Content alone, borrowed when large.
  void append(const Bytes& bytes);

 private:
  static constexpr size_t kFirstChunk = 256;
  static constexpr size_t kLongest = 16 * 1024;  // a longer buffer is not moved to larger memory
  static constexpr size_t kChunk = 64 * 1024;    // the size of the next buffer then

  template <class U>
  void fixed(U value) {
    char* at = room(sizeof(U));
    for (size_t i = 0; i < sizeof(U); ++i) at[i] = static_cast<char>(value >> (8 * (sizeof(U) - 1 - i)));
    buffer_.advance(sizeof(U));
  }
  char* room(size_t more) {
    if (buffer_.capacity() - buffer_.size() < more) grow(more);
    return buffer_.data() + buffer_.size();
  }
  void grow(size_t more);
  Buffer fresh(size_t size) const { return is_secret_ ? Buffer::wiped(size) : Buffer(size); }
  void cut();

  Buffer buffer_;
  size_t cut_ = 0;       // this much of buffer_ is in segments_ already
  size_t cut_size_ = 0;  // the size of all segments_
  std::vector<Bytes> segments_;
  bool is_secret_ = false;
};

}  // namespace kafka::codec
