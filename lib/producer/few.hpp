// A list whose first elements lie inside its owner. A short list needs no allocation, and is in the CPU's caches when
// its owner is. With thousands of partitions almost all lists of a batch are short. Not here: elements with a
// destructor.
#pragma once

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <type_traits>

namespace kafka::producer {

/// Owns at most 2^31 elements. The first `Inside` of them need no memory of their own.
template <class T, uint32_t Inside>
class Few {
  static_assert(std::is_trivially_copyable_v<T> && std::is_trivially_destructible_v<T>);

 public:
  Few() noexcept {}
  Few(Few&& other) noexcept { take(other); }
  Few& operator=(Few&& other) noexcept {
    if (this != &other) {
      release();
      take(other);
    }
    return *this;
  }
  Few(const Few&) = delete;
  ~Few() { release(); }

  bool empty() const noexcept { return size_ == 0; }
  size_t size() const noexcept { return size_; }
  T* data() noexcept { return data_; }
  const T* data() const noexcept { return data_; }
  const T& operator[](size_t index) const noexcept {
    assert(index < size_);
    return data_[index];
  }
  const T& back() const noexcept { return (*this)[size_ - 1]; }
  [[gnu::always_inline]] void push_back(T element) {
    if (size_ == capacity_) [[unlikely]]
      grow(size_ + size_t{1});
    data_[size_++] = element;
  }
  void reserve(size_t capacity) {
    if (capacity > capacity_) grow(capacity);
  }
  /// Forgets the elements and keeps the memory.
  void clear() noexcept { size_ = 0; }
  /// Bytes of memory held outside.
  size_t kept() const noexcept { return data_ == inside_ ? 0 : capacity_ * sizeof(T); }

 private:
  void grow(size_t least) {
    const size_t capacity = std::max(least, size_t{capacity_} * 2);
    T* const larger = std::allocator<T>().allocate(capacity);
    std::copy(data_, data_ + size_, larger);
    release();
    data_ = larger;
    capacity_ = static_cast<uint32_t>(capacity);
  }
  void release() noexcept {
    if (data_ != inside_) std::allocator<T>().deallocate(data_, capacity_);
  }
  // The memory of this list must have been released.
  void take(Few& other) noexcept {
    size_ = other.size_;
    if (other.data_ == other.inside_) {
      data_ = inside_;
      capacity_ = Inside;
      std::copy(other.data_, other.data_ + size_, data_);
    } else {
      data_ = other.data_;
      capacity_ = other.capacity_;
      other.data_ = other.inside_;
      other.capacity_ = Inside;
    }
    other.size_ = 0;
  }

  T* data_ = inside_;
  uint32_t size_ = 0;
  uint32_t capacity_ = Inside;
  union {  // begin without a value
    T inside_[Inside];
  };
};

}  // namespace kafka::producer
