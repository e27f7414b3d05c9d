// Cuts a byte stream into Kafka's frames: a length of four bytes, then that many bytes. A large frame is read
// directly into a block of its own. Small frames are slices of one block.
// Not here: sockets, what is in a frame.
//
//   std::span<char> room = frames.buffer();   // hand this to the reactor
//   frames.advance(count);                    // so many bytes came
//   while (frames.next(frame)) ...            // whole frames, without their length
//   if (frames.error()) close();
#pragma once

#include <kafka/error.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/bytes.hpp"

namespace kafka::net {

/// Which lengths of frames are taken.
struct FrameBounds {
  size_t largest = 104857600;
  std::string_view name = "receive_message_max_bytes";  ///< of the upper bound, for errors
  int32_t smallest = 4;                                 ///< a shorter frame cannot hold a correlation id
};

class FrameReader {
 public:
  static constexpr size_t kLengthBytes = 4;
  static constexpr size_t kBlockBytes = 64 * 1024;

  explicit FrameReader(size_t max_frame) : bounds_{.largest = max_frame} {}
  explicit FrameReader(const FrameBounds& bounds) : bounds_(bounds) {}

  /// From the next frame on.
  void set_bounds(const FrameBounds& bounds) { bounds_ = bounds; }

  /// Where the next bytes go; never empty.
  std::span<char> buffer();
  void advance(size_t count) { filled_ += count; }
  /// The next whole frame; false if none is complete, or after an error.
  bool next(Bytes& frame);
  /// protocol_error or too_large: the stream cannot be read any further.
  const Error& error() const { return error_; }
  /// What the current frame lacks; 0 while its length is unknown.
  size_t missing() const { return length_ < 0 ? 0 : kLengthBytes + static_cast<size_t>(length_) - (filled_ - begin_); }
  /// True if part of a frame has come.
  bool mid_frame() const { return filled_ > begin_; }

 private:
  bool read_length();
  bool sole_owner() const;  // no frame of the block is in use

  FrameBounds bounds_;
  Buffer block_;      // its whole capacity is in use; filled_ says how far
  size_t begin_ = 0;  // of the current frame, its length included
  size_t filled_ = 0;
  int64_t length_ = -1;  // of the current frame, -1 while unknown
  Error error_;
};

}  // namespace kafka::net
