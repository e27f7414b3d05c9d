#include "base/bytes.hpp"

#include <algorithm>
#include <cstdlib>
#include <exception>
#include <iterator>
#include <new>

#include "base/sanitizer.hpp"
#include "base/wipe.hpp"

namespace kafka {
namespace {

// The address sanitizer would not see that a kept block is used after its end.
constexpr bool kRecycles = !UVKAFKA_ADDRESS_SANITIZER;

// Large blocks wait here for their next use. Hundreds of frames and decompressed batches come and go in a second. For a
// block of this size, the allocator gets new memory from the system each time, and the system clears every page of it.
// Half of the time of a fast consumer went into that.
class Recycler {
 public:
  /// A block that has room for `pages` and not much more; null if there is none.
  BufferBlock* take(uint32_t pages) noexcept {
    // The latest block first: it is the likeliest to be in the CPU's caches.
    for (size_t i = count_; i-- > 0;) {
      BufferBlock* const block = blocks_[i];
      if (block->pages < pages || block->pages - pages > pages / kWaste) continue;
      remove(i);
      return block;
    }
    return nullptr;
  }
  /// False if there is no place for it.
  bool give(BufferBlock* block) noexcept {
    if (closed_ || block->pages > BufferBlock::kSparePages) return false;
    while (count_ == kMost || pages_ + block->pages > BufferBlock::kSparePages) {
      BufferBlock* const oldest = blocks_[0];
      remove(0);
      std::free(oldest);
    }
    blocks_[count_++] = block;
    pages_ += block->pages;
    return true;
  }
  void close() noexcept {
    closed_ = true;
    while (count_ > 0) std::free(blocks_[--count_]);
    pages_ = 0;
  }

 private:
  static constexpr size_t kMost = 32;
  static constexpr uint32_t kWaste = 2;  // at most as much again as is needed may be left over

  void remove(size_t at) noexcept {
    pages_ -= blocks_[at]->pages;
    std::copy(std::next(blocks_, static_cast<ptrdiff_t>(at) + 1), std::next(blocks_, static_cast<ptrdiff_t>(count_)),
              std::next(blocks_, static_cast<ptrdiff_t>(at)));
    --count_;
  }

  BufferBlock* blocks_[kMost] = {};  // oldest first
  size_t count_ = 0;
  uint32_t pages_ = 0;
  bool closed_ = false;
};

// It has no destructor, so it can be used until the very end of the thread. `closer` empties it before that.
constinit thread_local Recycler recycler;
struct Closer {
  ~Closer() { recycler.close(); }
};
thread_local Closer closer;

}  // namespace

BufferBlock* BufferBlock::make(size_t capacity) {
  size_t bytes = sizeof(BufferBlock) + capacity;
  uint32_t pages = 0;
  if (kRecycles && bytes >= kRecycled && bytes <= size_t{kSparePages} * kPage) {
    pages = static_cast<uint32_t>((bytes + kPage - 1) / kPage);
    (void)&closer;  // it exists from the first use on
    if (BufferBlock* const found = recycler.take(pages)) {
      const uint32_t has = found->pages;
      return ::new (static_cast<void*>(found)) BufferBlock{1, has, capacity};
    }
    bytes = size_t{pages} * kPage;
  }
  void* memory = std::malloc(bytes);
  if (memory == nullptr) std::terminate();
  return ::new (memory) BufferBlock{1, pages, capacity};
}

BufferBlock* BufferBlock::make_wiped(size_t capacity) {
  void* memory = std::malloc(sizeof(BufferBlock) + capacity);
  if (memory == nullptr) std::terminate();
  return ::new (memory) BufferBlock{1, kWiped, capacity};
}

void BufferBlock::destroy() noexcept {
  if (pages == kWiped) {
    wipe(data(), capacity);
    return std::free(this);
  }
  if (pages == 0 || !recycler.give(this)) std::free(this);
}

Bytes Bytes::copy(std::string_view view) {
  if (view.data() == nullptr) return Bytes();
  BufferBlock* block = BufferBlock::make(view.size());
  if (!view.empty()) std::memcpy(block->data(), view.data(), view.size());
  return Bytes(block, block->data(), view.size());
}

void Buffer::grow(size_t more) {
  constexpr size_t kSmallest = 256;
  const size_t enough = std::max({size_ + more, capacity() * 2, kSmallest});
  BufferBlock* larger = block_ == nullptr ? BufferBlock::make(enough) : block_->another(enough);
  if (size_ > 0) std::memcpy(larger->data(), data(), size_);
  if (block_ != nullptr) block_->release();
  block_ = larger;
}

void Buffer::give_back() {
  assert(block_->references == 1);
  if (block_->pages > 0) {  // copying the little that is used is cheaper than losing the block
    BufferBlock* const smaller = block_->another(size_);
    if (size_ > 0) std::memcpy(smaller->data(), data(), size_);
    block_->release();
    block_ = smaller;
    return;
  }
  void* memory = std::realloc(block_, sizeof(BufferBlock) + size_);
  if (memory == nullptr) return;  // there was not enough memory: the block stays as it is
  block_ = static_cast<BufferBlock*>(memory);
  block_->capacity = size_;
}

}  // namespace kafka
