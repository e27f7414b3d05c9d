// The long and the rare functions of the reader (see reader.hpp).
#include "codec/reader.hpp"

#include <string>

namespace kafka::codec {

Error Reader::error() const {
  if (!failed()) return {};
  return Error(Errc::protocol_error, std::string(what_) + " at byte " + std::to_string(failed_at_));
}

void Reader::fail(const char* what) noexcept {
  if (failed()) return;
  what_ = what;
  failed_at_ = static_cast<size_t>(at_ - frame_.data());
  end_ = at_;
}

Uuid Reader::uuid() noexcept {
  Uuid uuid;
  const std::string_view bytes = raw(uuid.bytes.size());
  if (!bytes.empty()) std::memcpy(uuid.bytes.data(), bytes.data(), bytes.size());
  return uuid;
}

uint64_t Reader::uvarint_slow(int longest, unsigned char last_mask) noexcept {
  uint64_t value = 0;
  for (int i = 0; i < longest; ++i) {
    if (at_ == end_) {
      fail("end of data");
      return 0;
    }
    const auto byte = static_cast<unsigned char>(*at_);
    if (i == longest - 1 && byte > last_mask) {
      fail("varint too long");
      return 0;
    }
    ++at_;
    value |= uint64_t{byte & 0x7fu} << (7 * i);
    if (byte < 0x80) return value;
  }
  return value;
}

Bytes Reader::nullable_bytes(bool compact) noexcept {
  const int32_t length = bytes_length(compact);
  if (length < 0) return {};
  const std::string_view view = raw(static_cast<size_t>(length));
  return Bytes::share(frame_.block(), view.data(), view.size());
}

void Reader::skip_tagged() noexcept {
  uint32_t count = uvarint();
  if (count > remaining() / 2) fail("tagged field count");  // each has a tag and a size, of at least one byte
  for (; count > 0 && !failed(); --count) {
    uvarint();
    skip(uvarint());
  }
}

const char* Reader::enter(size_t size) noexcept {
  const char* end = end_;
  if (size > remaining()) {
    fail("tagged field size");
    return end_;
  }
  end_ = at_ + size;
  return end;
}

void Reader::leave(const char* end) noexcept {
  if (failed()) return;
  at_ = end_;
  end_ = end;
}

}  // namespace kafka::codec
