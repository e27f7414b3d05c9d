// A session of the library on the loop of a Node environment, and how it ends: by close(), or with the environment.
// Not here: what it asks brokers (admin).
#pragma once

#include <kafka/kafka.h>
#include <node_api.h>

#include <memory>

#include "host.hpp"
#include "news.hpp"
#include "value.hpp"

namespace addon {

class Session final {
 public:
  static std::unique_ptr<Session> make(const Arguments& arguments);
  ~Session();
  static void define(napi_env env, napi_value exports);

  // Null once it is closed; then every call of the library says so.
  kafka_session* handle() const { return handle_; }
  const std::shared_ptr<Host>& host() const { return host_; }

 private:
  explicit Session(napi_env env);

  napi_value close(const Arguments& arguments);
  napi_value set_handler(const Arguments& arguments);
  napi_value set_log(const Arguments& arguments);
  napi_value ref(const Arguments& arguments);
  napi_value unref(const Arguments& arguments);
  napi_value stats(const Arguments& arguments);
  napi_value prometheus(const Arguments& arguments);

  /// The environment ends: the session has to leave the loop first.
  static void on_environment_end(napi_async_cleanup_hook_handle hook, void* session);
  void free();

  std::shared_ptr<Host> host_;
  News news_;
  kafka_session* handle_ = nullptr;
  napi_async_cleanup_hook_handle hook_ = nullptr;
  Kept self_;  // as long as it is open, the object of JavaScript is not collected
};

/// The session whose object this is, or null.
Session* session_of(napi_env env, napi_value object);

}  // namespace addon
