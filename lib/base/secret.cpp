// Secrets, and the memory that they leave.
#include <kafka/secret.hpp>

#include <cstring>
#include <utility>

#include "base/wipe.hpp"

namespace kafka {

void wipe(void* memory, size_t size) noexcept {
  if (size == 0) return;
  std::memset(memory, 0, size);
  asm volatile("" : : "r"(memory) : "memory");  // as if somebody read it
}

Secret::Secret(std::string_view text) : size_(text.size()) {
  if (text.empty()) return;
  text_ = std::make_unique<char[]>(size_);
  std::memcpy(text_.get(), text.data(), size_);
}

Secret::Secret(Secret&& other) noexcept : text_(std::move(other.text_)), size_(std::exchange(other.size_, 0)) {}

Secret& Secret::operator=(Secret other) noexcept {
  std::swap(text_, other.text_);
  std::swap(size_, other.size_);
  return *this;
}

Secret::~Secret() { wipe(text_.get(), size_); }

}  // namespace kafka
