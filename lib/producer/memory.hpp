// The memory of batches, used again and again: taking a megabyte from the system and giving it back costs more
// than filling it. Blocks that a write or a request still refers to are never handed out.
// Not here: how much may be used at all (buffer_memory, producer.cpp).
#pragma once

#include <cstddef>
#include <vector>

#include "base/bytes.hpp"

namespace kafka::producer {

class BatchMemory {
 public:
  /// Smaller blocks are left to the allocator, which is quick with them.
  static constexpr size_t kSmallest = 8 * 1024;
  static constexpr size_t kMostBlocks = 64;

  /// A block of at least `capacity` bytes.
  Buffer take(size_t capacity) {
    // The latest first: its bytes are the likeliest to be in the CPU's caches.
    for (size_t i = spare_.size(); i-- > 0;) {
      const BufferBlock& block = *spare_[i].block();
      if (block.references != 1 || block.capacity < capacity || block.capacity / kWaste > capacity) continue;
      Bytes found = std::move(spare_[i]);
      spare_.erase(spare_.begin() + static_cast<ptrdiff_t>(i));
      bytes_ -= found.block()->capacity;
      return Buffer::reclaim(std::move(found));
    }
    return Buffer(capacity);
  }
  /// Keeps a block for later while what is kept stays within `limit` bytes. Others may still read it.
  void give(Bytes bytes, size_t limit) {
    if (bytes.block() == nullptr || bytes.block()->capacity < kSmallest) return;
    const size_t capacity = bytes.block()->capacity;
    if (spare_.size() >= kMostBlocks || bytes_ + capacity > limit) return;
    bytes_ += capacity;
    spare_.push_back(std::move(bytes));
  }
  /// Lets go of the oldest until no more than `limit` bytes are kept.
  void trim(size_t limit) {
    size_t first = 0;
    for (; first < spare_.size() && bytes_ > limit; ++first) bytes_ -= spare_[first].block()->capacity;
    spare_.erase(spare_.begin(), spare_.begin() + static_cast<ptrdiff_t>(first));
  }
  size_t bytes() const noexcept { return bytes_; }

 private:
  static constexpr size_t kWaste = 4;  // a block this many times too large is too good for it

  std::vector<Bytes> spare_;
  size_t bytes_ = 0;
};

}  // namespace kafka::producer
