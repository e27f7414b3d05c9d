// What every function of the C API does first and last: refuses NULL and other threads, and tells drops at its end.
#pragma once

#include <new>
#include <string>
#include <utility>

#include "capi/error.hpp"
#include "capi/ground.hpp"

namespace kafka::capi {

inline Error wrong_argument(const char* function, const char* what) {
  std::string text(function);
  return Error(Errc::invalid_argument, text.append(": ").append(what));
}

/// The argument is NULL, or its object belongs to another thread; else no error.
template <class Handle>
Error check(const char* function, const Handle* handle) {
  if (handle == nullptr) return wrong_argument(function, "the object is NULL");
  if (!handle->ground->on_its_thread()) return Error(Errc::wrong_thread, function);
  return {};
}

/// The same without the error: what nearly every call finds.
template <class Handle>
bool usable(const Handle* handle) {
  return handle != nullptr && handle->ground->on_its_thread();
}

/// A call is under way. It frees no handle, so the ground lives longer.
class CallScope {
 public:
  explicit CallScope(Ground& ground) : ground_(ground), outer_(ground.begin_call()) {}
  CallScope(const CallScope&) = delete;
  ~CallScope() { ground_.end_call(outer_, accepted_); }
  void refuse() { accepted_ = false; }

 private:
  Ground& ground_;
  const uint64_t outer_;
  bool accepted_ = true;
};

/// One call that returns a code: `body` gives an Error.
template <class Handle, class Body>
int call(const char* function, Handle* handle, Body body) {
  if (!usable(handle)) [[unlikely]]
    return failed(check(function, handle));
  CallScope scope(*handle->ground);
  const Error error = body(*handle);
  if (!error) [[likely]]
    return KAFKA_OK;
  scope.refuse();
  return failed(error);
}

/// Makes a handle that belongs to `owner`: `make` gives it, or an error in a std::pair.
template <class Made, class Owner, class Make>
Made* made(const char* function, Owner* owner, Make make) {
  if (const Error wrong = check(function, owner)) return failed(wrong), nullptr;
  CallScope scope(*owner->ground);
  return make(*owner);
}

template <class Handle>
void free_handle(const char* function, Handle* handle) {
  if (handle == nullptr) return;
  if (!usable(handle)) [[unlikely]]
    return static_cast<void>(failed(check(function, handle)));
  const Hold ground(*handle->ground);
  CallScope scope(*ground);
  delete handle;
}

/// Copies a struct that the program filled in. False if its size is not one that this library knows.
template <class Struct>
bool sized(const Struct* given) {
  return given != nullptr && given->size == sizeof(Struct);
}

}  // namespace kafka::capi
