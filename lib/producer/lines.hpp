// Lines of the CPU's caches. With thousands of partitions neither they nor their batches are in them, and waiting for
// memory is most of what a record costs; who goes through many asks for the next ones while one is seen to.
#pragma once

#include <cstddef>

namespace kafka::producer {

inline constexpr size_t kLine = 64;

/// Asks for memory that will be needed soon; nothing happens to it. Without the empty statement GCC takes a function
/// that does no more than this for one without any effect, and leaves its calls out.
[[gnu::always_inline]] inline void fetch(const void* memory, size_t size) noexcept {
  const auto* const at = static_cast<const char*>(memory);
  for (size_t i = 0; i < size; i += kLine) __builtin_prefetch(at + i);
  asm volatile("");
}
template <class T>
[[gnu::always_inline]] inline void fetch(const T& object) noexcept {
  fetch(&object, sizeof object);
}

}  // namespace kafka::producer
