// Cache lines. With thousands of partitions neither they nor their batches are in the CPU's caches, and waiting for
// memory is most of what a record costs. So a loop over many of them asks for the next ones while it works on one.
#pragma once

#include <cstddef>

namespace kafka::producer {

inline constexpr size_t kLine = 64;

/// Asks for memory that will be needed soon, and changes nothing. Without the empty asm statement GCC takes a function
/// that does nothing else for one without effect, and leaves the calls of it out.
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
