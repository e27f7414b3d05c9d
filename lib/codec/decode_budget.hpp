// What one message may cost while it is decoded: memory, and work. A frame of 100 MB full of the smallest elements
// would take gigabytes, and hold the loop for seconds. Not here: what the walk charges for (decode).
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace kafka::codec {

/// Owns what is left of the limits of one message.
class DecodeBudget {
 public:
  /// The memory that every message may take, and what a large one may take for each of its bytes. An honest answer for
  /// 100,000 partitions takes up to 8 times its size, which is far below the first limit.
  static constexpr size_t kHeap = size_t{64} << 20;
  static constexpr size_t kHeapPerByte = 4;
  /// The work that every message may take: less than 50 ms. An array, a string with memory of its own, a tagged field,
  /// and this many numbers are one step each, a structure in an array is two. Metadata of 100,000 topics with three
  /// replicas takes 800,000 steps.
  static constexpr size_t kSteps = 900'000;
  static constexpr size_t kNumbersPerStep = 16;
  static constexpr size_t kStructure = 2;
  /// What the allocator adds to a block.
  static constexpr size_t kBlock = 16;

  explicit DecodeBudget(size_t frame) noexcept : heap_(std::max(kHeap, kHeapPerByte * frame)) {}

  /// False if the memory is used up.
  bool take_heap(size_t bytes) noexcept {
    if (bytes + kBlock > heap_) return false;
    heap_ -= bytes + kBlock;
    return true;
  }
  /// False if the work is.
  bool take_steps(size_t steps) noexcept {
    if (steps > steps_) return false;
    steps_ -= steps;
    return true;
  }

 private:
  size_t heap_;
  size_t steps_ = kSteps;
};

}  // namespace kafka::codec
