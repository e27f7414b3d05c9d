#include "net/frame_reader.hpp"

#include <algorithm>
#include <cstring>
#include <string>

namespace kafka::net {
namespace {

// The port may belong to another protocol. The first bytes of its answer, read as a length, are absurdly large.
std::string_view looks_like(const unsigned char* bytes) {
  if ((bytes[0] == 0x15 || bytes[0] == 0x16) && bytes[1] == 0x03) return "; the peer speaks TLS";
  if (std::memcmp(bytes, "HTTP", 4) == 0) return "; the peer speaks HTTP";
  if (std::memcmp(bytes, "SSH-", 4) == 0) return "; the peer speaks SSH";
  return "";
}

}  // namespace

std::span<char> FrameReader::buffer() {
  // While small answers come one at a time, and each is released before the next one, this block is all the memory.
  if (begin_ > 0 && begin_ == filled_ && sole_owner()) begin_ = filled_ = 0;
  const size_t needed = length_ < 0 ? kLengthBytes : kLengthBytes + static_cast<size_t>(length_);
  // A new block when the current frame does not fit into the rest of this one. For a large frame it has exactly
  // the frame's size: memory that the peer never fills is never touched, so a mere claim costs no memory.
  if (block_.capacity() - begin_ < needed || block_.capacity() == filled_) {
    Buffer larger(std::max(needed, kBlockBytes));
    const size_t have = filled_ - begin_;
    if (have > 0) std::memcpy(larger.data(), block_.data() + begin_, have);
    block_ = std::move(larger);
    begin_ = 0;
    filled_ = have;
  }
  return {block_.data() + filled_, block_.capacity() - filled_};
}

bool FrameReader::sole_owner() const { return block_.share_raw(0, 0).block()->references == 2; }

bool FrameReader::read_length() {
  unsigned char bytes[kLengthBytes];
  std::memcpy(bytes, block_.data() + begin_, kLengthBytes);
  const auto length = static_cast<int32_t>(uint32_t{bytes[0]} << 24 | uint32_t{bytes[1]} << 16 |
                                           uint32_t{bytes[2]} << 8 | uint32_t{bytes[3]});
  if (length < bounds_.smallest) {
    error_ =
        Error(Errc::protocol_error, "a frame of " + std::to_string(length) + " bytes" + std::string(looks_like(bytes)));
    return false;
  }
  if (static_cast<size_t>(length) > bounds_.largest) {
    const std::string_view other = looks_like(bytes);
    error_ = Error(other.empty() ? Errc::too_large : Errc::protocol_error,
                   "a frame of " + std::to_string(length) + " bytes exceeds " + std::string(bounds_.name) + " (" +
                       std::to_string(bounds_.largest) + ")" + std::string(other));
    return false;
  }
  length_ = length;
  return true;
}

bool FrameReader::next(Bytes& frame) {
  if (error_) return false;
  const size_t have = filled_ - begin_;
  if (length_ < 0 && (have < kLengthBytes || !read_length())) return false;
  const size_t whole = kLengthBytes + static_cast<size_t>(length_);
  if (have < whole) return false;
  frame = block_.share_raw(begin_ + kLengthBytes, static_cast<size_t>(length_));
  begin_ += whole;
  length_ = -1;
  // The reader gives up its reference to a large frame: otherwise the frame would stay in memory until more is
  // received.
  if (begin_ == block_.capacity()) {
    block_ = Buffer();
    begin_ = filled_ = 0;
  }
  return true;
}

}  // namespace kafka::net
