// Protects callbacks that capture `this`. A Scope is a member of the object; a callback captures a guard beside `this`;
// the guard tells whether the object still exists.
#pragma once

#include <memory>
#include <utility>

namespace kafka {

class Scope {
 public:
  class Guard {
   public:
    Guard() = default;
    /// True while the object that gave this guard exists and has not called end().
    bool alive() const noexcept { return !token_.expired(); }

   private:
    friend class Scope;
    explicit Guard(std::weak_ptr<int> token) : token_(std::move(token)) {}
    std::weak_ptr<int> token_;
  };

  Scope() : token_(std::make_shared<int>(0)) {}
  Scope(const Scope&) = delete;
  Scope& operator=(const Scope&) = delete;

  Guard guard() const { return Guard(token_); }
  /// From now on, every guard that was given so far is dead.
  void end() { token_ = std::make_shared<int>(0); }

  /// Wraps a callable so that it does nothing once this object is gone.
  template <class F>
  auto wrap(F callable) const {
    return [guard = guard(), callable = std::move(callable)](auto&&... arguments) mutable {
      if (guard.alive()) callable(std::forward<decltype(arguments)>(arguments)...);
    };
  }

 private:
  std::shared_ptr<int> token_;
};

}  // namespace kafka
