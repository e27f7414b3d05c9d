// Memory of small objects that come and go with each message.
#pragma once

#include <cstddef>
#include <new>
#include <utility>

namespace kafka::capi {

/// Blocks for objects of one type.
class Spares {
 public:
  /// So many are kept.
  static constexpr size_t kMost = 64;

  Spares() = default;
  Spares(const Spares&) = delete;
  ~Spares() {
    while (first_ != nullptr) ::operator delete(std::exchange(first_, first_->next));
  }

  /// Memory for a T, which goes back with put().
  template <class T>
  void* take() {
    static_assert(sizeof(T) >= sizeof(Spare));
    if (first_ == nullptr) [[unlikely]]
      return ::operator new(sizeof(T));
    --count_;
    return std::exchange(first_, first_->next);
  }
  void put(void* block) {
    if (count_ == kMost) return ::operator delete(block);
    ++count_;
    first_ = ::new (block) Spare{first_};
  }

 private:
  struct Spare {
    Spare* next;
  };
  Spare* first_ = nullptr;
  size_t count_ = 0;
};

}  // namespace kafka::capi
