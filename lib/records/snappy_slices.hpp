// Decompresses a large snappy block in steps. The snappy library reads a block as a whole only: one of 64 MiB would
// hold the loop for longer than a turn may take. Not here: small blocks, which the library reads faster (snappy.cpp).
#pragma once

#include <kafka/error.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/bytes.hpp"

namespace kafka::records {

/// One raw block: the elements behind its size, each of them bytes to be copied from the stream or from what was
/// decompressed before.
class SnappySlices {
 public:
  /// `elements`: the block without its size, which is `size`.
  SnappySlices(std::string_view elements, size_t size) : rest_(elements), size_(size) {}

  /// Appends up to about `most` bytes to `out`, which is the same in all steps. Errors: corrupt_message.
  Error step(size_t most, Buffer& out);
  bool done() const noexcept { return produced_ == size_ && rest_.empty(); }

 private:
  enum class Kind : uint8_t { literal = 0, near = 1, far = 2, farthest = 3 };

  bool next();
  bool take_number(size_t bytes, size_t& number);

  std::string_view rest_;
  size_t size_;
  size_t produced_ = 0;
  size_t literal_ = 0;  // bytes of the present element that are still to be copied: from the stream
  size_t copy_ = 0;     // or from what lies this far back
  size_t back_ = 0;
};

}  // namespace kafka::records
