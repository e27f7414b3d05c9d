// The blocks into which batches are written, used again and again: to take one from the system and give it back costs
// more than to fill it. A block that a write or a request still refers to is never handed out.
// Not here: how much may be used in all (memory.hpp).
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <vector>

#include "base/bytes.hpp"
#include "producer/lines.hpp"

namespace kafka::producer {

/// Owns the blocks that are not in use, by size.
class BlockPool {
 public:
  /// The allocator is quick with smaller blocks, so they are not kept.
  static constexpr size_t kSmallest = 1024;

  /// A block of at least `capacity` bytes.
  Buffer take(size_t capacity) {
    const size_t first = size_class(capacity);
    for (size_t at = first; at < std::min(first + kClassesAbove, spare_.size()); ++at) {
      std::vector<Bytes>& blocks = spare_[at];
      // The latest first: its bytes are most likely still in the CPU's caches.
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
  /// Brings the start of the block that take() will find next into the CPU's caches.
  void fetch(size_t capacity) const noexcept {
    const std::vector<Bytes>& blocks = spare_[size_class(capacity)];
    if (!blocks.empty()) kafka::producer::fetch(blocks.back().block(), 4 * kLine);
  }
  /// Keeps a block for later, unless more than `limit` bytes would be kept then. Others may still read it.
  void give(Bytes bytes, size_t limit) {
    if (bytes.block() == nullptr || bytes.block()->capacity < kSmallest) return;
    const size_t capacity = bytes.block()->capacity;
    if (bytes_ + capacity > limit) return bytes.discard();  // its memory goes back to the system at once
    bytes_ += capacity;
    spare_[size_class(capacity)].push_back(std::move(bytes));
  }
  /// Gives the largest blocks back until no more than `limit` bytes are kept.
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
  static constexpr size_t kWaste = 4;         // a block more than this many times too large is not taken
  static constexpr size_t kClassesAbove = 3;  // size classes that can hold a block which is small enough
  static constexpr size_t kProbes = 8;        // blocks to look at: a write may still read the latest ones

  /// Powers of two.
  static size_t size_class(size_t capacity) noexcept {
    return std::min<size_t>(static_cast<size_t>(std::bit_width(capacity)), kClasses - 1);
  }
  static constexpr size_t kClasses = 32;

  std::array<std::vector<Bytes>, kClasses> spare_;
  size_t bytes_ = 0;
};

}  // namespace kafka::producer
