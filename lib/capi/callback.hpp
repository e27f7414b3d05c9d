// The program's C callbacks as callables of the C++ API. Each knows its user, and says so if it is destroyed before it
// has run: that is a drop, unless the call that made it was refused.
#pragma once

#include <cstdint>
#include <utility>

#include <kafka/c/types.h>
#include <kafka/function.hpp>

#include "capi/error.hpp"
#include "capi/ground.hpp"

namespace kafka::capi {

/// A callback that ends an operation: it runs once, or is dropped.
template <class... Arguments>
class Once {
 public:
  using Pointer = void (*)(void*, Arguments...);
  Once(Ground& ground, Pointer callback, void* user)
      : ground_(ground), callback_(callback), user_(user), call_(ground.call()) {}
  Once(Once&&) noexcept = default;
  ~Once() {
    if (ground_) ground_->uncalled(user_, call_);
  }
  /// It may destroy this object.
  void operator()(Arguments... arguments) {
    ground_.release();
    const Pointer callback = callback_;
    void* const user = user_;
    callback(user, arguments...);
  }

 private:
  Hold ground_;  // empty once called or moved from
  Pointer callback_;
  void* user_;
  uint64_t call_;
};

template <class Signature>
class Repeated;
/// A callback that may run many times. It is dropped once, when it is over.
template <class Result, class... Arguments>
class Repeated<Result(Arguments...)> {
 public:
  using Pointer = Result (*)(void*, Arguments...);
  Repeated(Ground& ground, Pointer callback, void* user)
      : ground_(ground), callback_(callback), user_(user), call_(ground.call()) {}
  Repeated(Repeated&&) noexcept = default;
  ~Repeated() {
    if (ground_) ground_->uncalled(user_, call_);
  }
  /// It may destroy this object.
  Result operator()(Arguments... arguments) const { return callback_(user_, arguments...); }

 private:
  Hold ground_;
  Pointer callback_;
  void* user_;
  uint64_t call_;
};

/// kafka_plain_cb as a callback of the C++ API; none for NULL.
inline Function<void()> plain(Ground& ground, kafka_plain_cb callback, void* user) {
  if (callback == nullptr) return {};
  return Once<>(ground, callback, user);
}
/// kafka_done_cb as a callback of the C++ API; none for NULL.
inline Function<void(Error)> done(Ground& ground, kafka_done_cb callback, void* user) {
  if (callback == nullptr) return {};
  return [once = Once<const kafka_error*>(ground, callback, user)](Error error) mutable {
    const kafka_error told(std::move(error));
    once(told.or_null());
  };
}

}  // namespace kafka::capi
