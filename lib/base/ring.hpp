// A first-in first-out queue in one growing block. It allocates nothing per element and, unlike std::deque, nothing
// while empty. Elements need only be movable.
#pragma once

#include <cassert>
#include <cstddef>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

namespace kafka {

template <class T>
class Ring {
  static_assert(std::is_nothrow_move_constructible_v<T>);

 public:
  Ring() noexcept = default;
  Ring(Ring&& other) noexcept
      : slots_(std::exchange(other.slots_, nullptr)),
        capacity_(std::exchange(other.capacity_, 0)),
        first_(std::exchange(other.first_, 0)),
        size_(std::exchange(other.size_, 0)) {}
  Ring& operator=(Ring&& other) noexcept {
    Ring taken(std::move(other));
    std::swap(slots_, taken.slots_);
    std::swap(capacity_, taken.capacity_);
    std::swap(first_, taken.first_);
    std::swap(size_, taken.size_);
    return *this;
  }
  Ring(const Ring&) = delete;
  ~Ring() {
    clear();
    release(slots_, capacity_);
  }

  bool empty() const noexcept { return size_ == 0; }
  size_t size() const noexcept { return size_; }
  size_t capacity() const noexcept { return capacity_; }

  T& front() noexcept { return (*this)[0]; }
  const T& front() const noexcept { return (*this)[0]; }
  T& back() noexcept { return (*this)[size_ - 1]; }
  const T& back() const noexcept { return (*this)[size_ - 1]; }
  /// The element `index` places behind the front.
  T& operator[](size_t index) noexcept {
    assert(index < size_);
    return *slot(index);
  }
  const T& operator[](size_t index) const noexcept {
    assert(index < size_);
    return *slot(index);
  }

  void push_back(T element) { emplace_back(std::move(element)); }
  template <class... Args>
  T& emplace_back(Args&&... arguments) {
    if (size_ == capacity_) {
      T element(std::forward<Args>(
          arguments)...);  // made before the block grows, because an argument may refer to an element
      grow();
      return *::new (static_cast<void*>(slot(size_++))) T(std::move(element));
    }
    return *::new (static_cast<void*>(slot(size_++))) T(std::forward<Args>(arguments)...);
  }
  /// Puts an element back in front of all others.
  void push_front(T element) {
    if (size_ == capacity_) grow();
    first_ = (first_ - 1) & (capacity_ - 1);
    ++size_;
    ::new (static_cast<void*>(slot(0))) T(std::move(element));
  }
  /// Takes the front element out. Its destructor may use the ring.
  T pop_front() noexcept {
    assert(size_ > 0);
    T* const from = slot(0);
    T element(std::move(*from));
    from->~T();
    first_ = (first_ + 1) & (capacity_ - 1);
    --size_;
    return element;
  }
  void clear() noexcept {
    while (size_ > 0) pop_front();
  }

 private:
  static constexpr size_t kFirstCapacity = 8;  // a power of two; so are all later capacities

  T* slot(size_t index) const noexcept { return slots_ + ((first_ + index) & (capacity_ - 1)); }

  void grow() {
    const size_t larger = capacity_ == 0 ? kFirstCapacity : capacity_ * 2;
    T* const slots = std::allocator<T>().allocate(larger);
    for (size_t i = 0; i < size_; ++i) {
      ::new (static_cast<void*>(slots + i)) T(std::move(*slot(i)));
      slot(i)->~T();
    }
    release(slots_, capacity_);
    slots_ = slots;
    capacity_ = larger;
    first_ = 0;
  }
  static void release(T* slots, size_t capacity) noexcept {
    if (slots != nullptr) std::allocator<T>().deallocate(slots, capacity);
  }

  T* slots_ = nullptr;
  size_t capacity_ = 0;
  size_t first_ = 0;
  size_t size_ = 0;
};

}  // namespace kafka
