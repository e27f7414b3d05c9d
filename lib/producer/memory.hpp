// The memory of batches, used again and again: taking it from the system and giving it back costs more than filling
// it. Blocks that a write or a request still refers to are never handed out.
// Not here: how much may be used at all (the option buffer_memory: producer.cpp).
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <vector>

#include "base/bytes.hpp"
#include "producer/lines.hpp"

namespace kafka::producer {

class BatchMemory {
 public:
  /// Smaller blocks are left to the allocator, which is quick with them.
  static constexpr size_t kSmallest = 1024;

  /// A block of at least `capacity` bytes.
  Buffer take(size_t capacity) {
    const size_t first = size_class(capacity);
    for (size_t at = first; at < std::min(first + kClassesAbove, spare_.size()); ++at) {
      std::vector<Bytes>& blocks = spare_[at];
      // The latest first: its bytes are the likeliest to be in the CPU's caches.
      for (size_t i = blocks.size(); i > 0 && blocks.size() - i < kProbes;) {
        const BufferBlock& block = *blocks[--i].block();
        if (block.references != 1 || block.capacity < capacity || block.capacity / kWaste > capacity) continue;
        Bytes found = std::move(blocks[i]);
        blocks.erase(blocks.begin() + static_cast<ptrdiff_t>(i));
        bytes_ -= found.block()->capacity;
        return Buffer::reclaim(std::move(found));
      }
    }
    return Buffer(capacity);
  }
  /// What take() will find next comes into the CPU's caches, as far as its first records need it.
  void fetch(size_t capacity) const noexcept {
    const std::vector<Bytes>& blocks = spare_[size_class(capacity)];
    if (!blocks.empty()) kafka::producer::fetch(blocks.back().block(), 4 * kLine);
  }
  /// Keeps a block for later while what is kept stays within `limit` bytes. Others may still read it.
  void give(Bytes bytes, size_t limit) {
    if (bytes.block() == nullptr || bytes.block()->capacity < kSmallest) return;
    const size_t capacity = bytes.block()->capacity;
    if (bytes_ + capacity > limit) return bytes.discard();  // it would wait for its next use all the same
    bytes_ += capacity;
    spare_[size_class(capacity)].push_back(std::move(bytes));
  }
  /// Lets go of the largest until no more than `limit` bytes are kept.
  void trim(size_t limit) {
    for (size_t at = spare_.size(); at-- > 0 && bytes_ > limit;) {
      std::vector<Bytes>& blocks = spare_[at];
      while (!blocks.empty() && bytes_ > limit) {
        bytes_ -= blocks.back().block()->capacity;
        blocks.back().discard();
        blocks.pop_back();
      }
      blocks.shrink_to_fit();
    }
  }
  size_t bytes() const noexcept { return bytes_; }

 private:
  static constexpr size_t kWaste = 4;         // a block this many times too large is too good for it
  static constexpr size_t kClassesAbove = 3;  // those that may hold blocks which are not
  static constexpr size_t kProbes = 8;        // the latest may still be read by a write

  /// Powers of two.
  static size_t size_class(size_t capacity) noexcept {
    return std::min<size_t>(static_cast<size_t>(std::bit_width(capacity)), kClasses - 1);
  }
  static constexpr size_t kClasses = 32;

  std::array<std::vector<Bytes>, kClasses> spare_;
  size_t bytes_ = 0;
};

}  // namespace kafka::producer
