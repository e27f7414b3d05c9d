// Byte slices with a reference count. The records of a received frame share its memory through them, and a batch stays
// in memory until the last write that needs it has ended. They are not thread-safe: a slice never leaves the loop on
// which it was made.
#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <utility>

namespace kafka {

/// A heap block with a reference count in front of its bytes.
struct BufferBlock {
  static constexpr size_t kPage = 4096;
  /// Blocks of this size and more are kept and used again.
  static constexpr size_t kRecycled = 64 * 1024;
  /// How much may be kept per thread: 20 MiB.
  static constexpr uint32_t kSparePages = 20 * 1024 * 1024 / kPage;

  /// In place of the number of pages: the block held a secret, and is overwritten when nobody needs it any more.
  static constexpr uint32_t kWiped = UINT32_MAX;

  uint32_t references;
  uint32_t pages;  ///< of this block; 0: it is not kept
  size_t capacity;
  char* data() noexcept { return reinterpret_cast<char*>(this + 1); }

  static BufferBlock* make(size_t capacity);  // with one reference; terminates the program if there is no memory
  static BufferBlock* make_wiped(size_t capacity);
  /// Of the same kind as this one.
  BufferBlock* another(size_t size) const { return pages == kWiped ? make_wiped(size) : make(size); }
  void retain() noexcept { ++references; }
  void release() noexcept {
    if (--references == 0) destroy();
  }

 private:
  void destroy() noexcept;
};

/// An immutable view that keeps its memory alive. Null (no bytes at all) is not the same as empty.
class Bytes {
 public:
  Bytes() noexcept = default;
  Bytes(const Bytes& other) noexcept : block_(other.block_), data_(other.data_), size_(other.size_) {
    if (block_ != nullptr) block_->retain();
  }
  Bytes(Bytes&& other) noexcept
      : block_(std::exchange(other.block_, nullptr)),
        data_(std::exchange(other.data_, nullptr)),
        size_(std::exchange(other.size_, 0)) {}
  Bytes& operator=(Bytes other) noexcept {
    std::swap(block_, other.block_);
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    return *this;
  }
  ~Bytes() {
    if (block_ != nullptr) block_->release();
  }

  /// Copies `view`; a view whose data() is null gives null Bytes.
  static Bytes copy(std::string_view view);
  /// Refers to memory that the caller keeps alive, for example a literal.
  static Bytes unowned(std::string_view view) noexcept { return Bytes(nullptr, view.data(), view.size()); }
  /// Drops the memory. If no other slice shares it, it goes back to the system at once and is not kept for its next
  /// use.
  void discard() noexcept {
    if (block_ != nullptr && block_->references == 1 && block_->pages != BufferBlock::kWiped) block_->pages = 0;
    *this = Bytes();
  }
  /// A slice of `block`. The block gets one more reference.
  static Bytes share(BufferBlock* block, const char* data, size_t size) noexcept {
    if (block != nullptr) block->retain();
    return Bytes(block, data, size);
  }

  bool is_null() const noexcept { return data_ == nullptr; }
  bool empty() const noexcept { return size_ == 0; }
  const char* data() const noexcept { return data_; }
  size_t size() const noexcept { return size_; }
  std::string_view view() const noexcept { return {data_, size_}; }
  BufferBlock* block() const noexcept { return block_; }

  /// The part [offset, offset + size), sharing ownership; must lie inside.
  Bytes slice(size_t offset, size_t size) const noexcept {
    assert(offset <= size_ && size <= size_ - offset);
    return share(block_, data_ + offset, size);
  }

 private:
  Bytes(BufferBlock* block, const char* data, size_t size) noexcept : block_(block), data_(data), size_(size) {}

  BufferBlock* block_ = nullptr;
  const char* data_ = nullptr;
  size_t size_ = 0;
};

inline bool operator==(const Bytes& a, const Bytes& b) noexcept {
  return a.is_null() == b.is_null() && a.view() == b.view();
}

/// A growing byte buffer. Its content can be taken as Bytes without a copy.
class Buffer {
 public:
  Buffer() noexcept = default;
  explicit Buffer(size_t capacity) : block_(BufferBlock::make(capacity)) {}
  /// For secrets: the memory is overwritten before it is freed, also that of slices.
  static Buffer wiped(size_t capacity) {
    Buffer buffer;
    buffer.block_ = BufferBlock::make_wiped(capacity);
    return buffer;
  }
  Buffer(Buffer&& other) noexcept
      : block_(std::exchange(other.block_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  Buffer& operator=(Buffer&& other) noexcept {
    std::swap(block_, other.block_);
    std::swap(size_, other.size_);
    return *this;
  }
  Buffer(const Buffer&) = delete;
  ~Buffer() {
    if (block_ != nullptr) block_->release();
  }

  char* data() noexcept { return block_ == nullptr ? nullptr : block_->data(); }
  const char* data() const noexcept { return block_ == nullptr ? nullptr : block_->data(); }
  size_t size() const noexcept { return size_; }
  size_t capacity() const noexcept { return block_ == nullptr ? 0 : block_->capacity; }
  std::string_view view() const noexcept { return {data(), size_}; }

  /// Makes room for `more` bytes behind the content. Returns where they start.
  char* reserve(size_t more) {
    if (capacity() - size_ < more) grow(more);
    return data() + size_;
  }
  /// Declares `count` of the reserved bytes as written.
  void advance(size_t count) noexcept { size_ += count; }
  void append(std::string_view bytes) {
    if (bytes.empty()) return;
    std::memcpy(reserve(bytes.size()), bytes.data(), bytes.size());
    size_ += bytes.size();
  }
  void truncate(size_t size) noexcept { size_ = size; }
  /// Gives the unused memory back if it is much. No slice may share the memory.
  void shrink() {
    constexpr size_t kWorthIt = 1024;
    if (capacity() - size_ > kWorthIt + size_ / 4) give_back();
  }
  void clear() noexcept { size_ = 0; }

  /// Takes the memory of `bytes` for new content if no other slice shares it; otherwise a buffer without memory.
  static Buffer reclaim(Bytes bytes) noexcept {
    Buffer buffer;
    if (bytes.block() == nullptr || bytes.block()->references != 1) return buffer;
    buffer.block_ = bytes.block();
    buffer.block_->retain();
    return buffer;
  }
  /// Gives the content away. Afterwards the buffer is empty and has no memory.
  Bytes take() noexcept {
    if (block_ == nullptr) return Bytes::unowned({"", 0});
    Bytes all = Bytes::share(block_, block_->data(), size_);
    block_->release();
    block_ = nullptr;
    size_ = 0;
    return all;
  }
  /// The content so far, as a shared slice. Nothing below size() may be overwritten any more.
  Bytes share(size_t offset, size_t size) const noexcept {
    assert(offset <= size_ && size <= size_ - offset);
    return Bytes::share(block_, data() + offset, size);
  }
  /// The same by capacity, for callers that fill the memory themselves.
  Bytes share_raw(size_t offset, size_t size) const noexcept {
    assert(offset <= capacity() && size <= capacity() - offset);
    return Bytes::share(block_, data() + offset, size);
  }

 private:
  void grow(size_t more);
  void give_back();

  BufferBlock* block_ = nullptr;
  size_t size_ = 0;
};

}  // namespace kafka
