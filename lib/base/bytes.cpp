#include "base/bytes.hpp"

#include <algorithm>
#include <cstdlib>
#include <exception>
#include <new>

namespace kafka {

BufferBlock* BufferBlock::make(size_t capacity) {
  void* memory = std::malloc(sizeof(BufferBlock) + capacity);
  if (memory == nullptr) std::terminate();
  return ::new (memory) BufferBlock{1, 0, capacity};
}

void BufferBlock::destroy() noexcept { std::free(this); }

Bytes Bytes::copy(std::string_view view) {
  if (view.data() == nullptr) return Bytes();
  BufferBlock* block = BufferBlock::make(view.size());
  if (!view.empty()) std::memcpy(block->data(), view.data(), view.size());
  return Bytes(block, block->data(), view.size());
}

void Buffer::grow(size_t more) {
  constexpr size_t kSmallest = 256;
  BufferBlock* larger = BufferBlock::make(std::max({size_ + more, capacity() * 2, kSmallest}));
  if (size_ > 0) std::memcpy(larger->data(), data(), size_);
  if (block_ != nullptr) block_->release();
  block_ = larger;
}

void Buffer::give_back() {
  assert(block_->references == 1);
  void* memory = std::realloc(block_, sizeof(BufferBlock) + size_);
  if (memory == nullptr) return;  // it is as it was
  block_ = static_cast<BufferBlock*>(memory);
  block_->capacity = size_;
}

}  // namespace kafka
