// Overwrites memory that held a secret. The compiler may not leave it out, though nothing reads the memory afterwards.
#pragma once

#include <cstddef>
#include <string>

namespace kafka {

void wipe(void* memory, size_t size) noexcept;

/// A string with a secret in it, wiped when this object ends. It must not grow beyond its reserve: a string that moves
/// leaves its old bytes behind.
struct WipedString {
  std::string text;

  WipedString() = default;
  explicit WipedString(size_t size) : text(size, '\0') {}
  WipedString(const WipedString&) = delete;
  ~WipedString() { wipe(text.data(), text.capacity()); }
};

}  // namespace kafka
