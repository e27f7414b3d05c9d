// Calls from the loop into JavaScript. A scope makes what happens in it one piece of work for Node: at its end the
// queues of process.nextTick() and of promises run. Without one, promises that were settled wait for whatever comes
// next.
#pragma once

#include <node_api.h>

#include <initializer_list>

#include "value.hpp"

namespace addon {

class CallbackScope {
 public:
  CallbackScope(napi_env env, napi_async_context context) : env_(env) {
    napi_open_handle_scope(env, &handles_);
    napi_open_callback_scope(env, nullptr, context, &scope_);
  }
  CallbackScope(const CallbackScope&) = delete;
  ~CallbackScope() {
    if (scope_ != nullptr) napi_close_callback_scope(env_, scope_);
    tell_exception(env_);  // of what ran at the end of the scope
    if (handles_ != nullptr) napi_close_handle_scope(env_, handles_);
  }

  /// Calls a function. What it throws becomes an uncaught exception of the process, and the result is null.
  napi_value call(napi_value function, std::initializer_list<napi_value> arguments) {
    napi_value result = nullptr;
    const napi_status status =
        napi_call_function(env_, make_undefined(env_), function, arguments.size(), arguments.begin(), &result);
    if (status == napi_ok) return result;
    tell_exception(env_);
    return nullptr;
  }

 private:
  static void tell_exception(napi_env env) {
    bool pending = false;
    napi_value thrown = nullptr;
    if (napi_is_exception_pending(env, &pending) != napi_ok || !pending) return;
    if (napi_get_and_clear_last_exception(env, &thrown) == napi_ok) napi_fatal_exception(env, thrown);
  }

  const napi_env env_;
  napi_handle_scope handles_ = nullptr;
  napi_callback_scope scope_ = nullptr;
};

}  // namespace addon
