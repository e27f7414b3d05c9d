#include "base/bytes.hpp"

#include <algorithm>
#include <cstdlib>
#include <exception>
#include <iterator>
#include <new>

namespace kafka {
namespace {

#if defined(__SANITIZE_ADDRESS__)
constexpr bool kRecycles = false;  // it would not see a block used after it was let go of
#elif defined(__has_feature)
constexpr bool kRecycles = !__has_feature(address_sanitizer);
#else
constexpr bool kRecycles = true;
#endif

// Large blocks wait here for their next use. Frames and unfolded batches come and go by the hundred a second, and the
// allocator gets memory of that size from the system anew each time, which has to clear every page of it: half of
// the time of a fast consumer went there.
class Recycler {
 public:
  /// One that has room for `pages`, and not much more; null: none.
  BufferBlock* take(uint32_t pages) noexcept {
    // The latest first: its bytes are the likeliest to be in the CPU's caches.
    for (size_t i = count_; i-- > 0;) {
      BufferBlock* const block = blocks_[i];
      if (block->pages < pages || block->pages - pages > pages / kWaste) continue;
      remove(i);
      return block;
    }
    return nullptr;
  }
  /// False: there is no place for it.
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
  static constexpr uint32_t kWaste = 2;  // at most half of what is needed is left over

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

// Needs no destructor, so it can be asked until the very end of the thread; the other one empties it before that.
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

void BufferBlock::destroy() noexcept {
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
  BufferBlock* larger = BufferBlock::make(std::max({size_ + more, capacity() * 2, kSmallest}));
  if (size_ > 0) std::memcpy(larger->data(), data(), size_);
  if (block_ != nullptr) block_->release();
  block_ = larger;
}

void Buffer::give_back() {
  assert(block_->references == 1);
  if (block_->pages > 0) {  // a copy of the little that is used is cheaper than to lose the block for others
    BufferBlock* const smaller = BufferBlock::make(size_);
    if (size_ > 0) std::memcpy(smaller->data(), data(), size_);
    block_->release();
    block_ = smaller;
    return;
  }
  void* memory = std::realloc(block_, sizeof(BufferBlock) + size_);
  if (memory == nullptr) return;  // it is as it was
  block_ = static_cast<BufferBlock*>(memory);
  block_->capacity = size_;
}

}  // namespace kafka
