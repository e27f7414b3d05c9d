// The type of every callback in this library: a move-only callable.
// std::function cannot hold a callable that owns a MessageEnvelope, and std::move_only_function is C++23. This type
// keeps small callables inline, so a callback usually needs no allocation.
#pragma once

#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

namespace kafka {

template <class Signature>
class Function;

/// A move-only callable. It is empty if it was default-constructed, moved from, or made from a null function pointer.
/// Calling an empty one terminates the program.
template <class R, class... Args>
class Function<R(Args...)> {
 public:
  Function() noexcept = default;
  Function(std::nullptr_t) noexcept {}

  template <class F>
  requires(!std::is_same_v<std::remove_cvref_t<F>, Function> && std::is_invocable_r_v<R, std::decay_t<F>&, Args...>)
      Function(F&& callable) {
    using Callable = std::decay_t<F>;
    // A function that is given by its name is never null, and compilers warn if it is compared with null.
    using Given = std::remove_cvref_t<F>;
    if constexpr (std::is_pointer_v<Given> || std::is_member_pointer_v<Given>) {
      if (callable == nullptr) return;
    }
    if constexpr (fits_inline<Callable>) {
      ::new (static_cast<void*>(storage_)) Callable(std::forward<F>(callable));
    } else {
      ::new (static_cast<void*>(storage_)) Callable*(new Callable(std::forward<F>(callable)));
    }
    operations_ = &operations_for<Callable>;
  }

  Function(Function&& other) noexcept { take(other); }
  Function& operator=(Function&& other) noexcept {
    if (this != &other) {
      reset();
      take(other);
    }
    return *this;
  }
  Function& operator=(std::nullptr_t) noexcept {
    reset();
    return *this;
  }
  Function(const Function&) = delete;
  Function& operator=(const Function&) = delete;
  ~Function() { reset(); }

  explicit operator bool() const noexcept { return operations_ != nullptr; }

  R operator()(Args... arguments) {
    if (operations_ == nullptr) std::terminate();
    return operations_->call(storage_, std::forward<Args>(arguments)...);
  }

 private:
  static constexpr std::size_t kInlineBytes = 4 * sizeof(void*);

  template <class Callable>
  static constexpr bool fits_inline =
      sizeof(Callable) <= kInlineBytes &&
      alignof(Callable) <= alignof(std::max_align_t) && std::is_nothrow_move_constructible_v<Callable>;

  struct Operations {
    R (*call)(unsigned char*, Args&&...);
    void (*move)(unsigned char* from, unsigned char* to) noexcept;
    void (*destroy)(unsigned char*) noexcept;
  };

  template <class Callable>
  static Callable& in(unsigned char* storage) noexcept {
    if constexpr (fits_inline<Callable>) {
      return *std::launder(reinterpret_cast<Callable*>(storage));
    } else {
      return **std::launder(reinterpret_cast<Callable**>(storage));
    }
  }

  template <class Callable>
  static constexpr Operations operations_for{
      [](unsigned char* storage, Args&&... arguments) -> R {
        if constexpr (std::is_void_v<R>) {
          std::invoke(in<Callable>(storage), std::forward<Args>(arguments)...);
        } else {
          return std::invoke(in<Callable>(storage), std::forward<Args>(arguments)...);
        }
      },
      [](unsigned char* from, unsigned char* to) noexcept {
        if constexpr (fits_inline<Callable>) {
          ::new (static_cast<void*>(to)) Callable(std::move(in<Callable>(from)));
          in<Callable>(from).~Callable();
        } else {
          ::new (static_cast<void*>(to)) Callable*(&in<Callable>(from));
        }
      },
      [](unsigned char* storage) noexcept {
        if constexpr (fits_inline<Callable>) {
          in<Callable>(storage).~Callable();
        } else {
          delete &in<Callable>(storage);
        }
      },
  };

  void take(Function& other) noexcept {
    if (other.operations_ == nullptr) return;
    other.operations_->move(other.storage_, storage_);
    operations_ = std::exchange(other.operations_, nullptr);
  }
  void reset() noexcept {
    if (operations_ == nullptr) return;
    std::exchange(operations_, nullptr)->destroy(storage_);
  }

  const Operations* operations_ = nullptr;
  alignas(std::max_align_t) unsigned char storage_[kInlineBytes];
};

}  // namespace kafka
