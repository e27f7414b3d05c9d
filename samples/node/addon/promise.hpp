// A promise of JavaScript that a callback of the library settles. It frees itself then.
#pragma once

#include <kafka/kafka.h>
#include <node_api.h>

#include "waiter.hpp"

namespace addon {

class Host;

class Promise final : public Waiter {
 public:
  /// Makes a promise in `made`. It is refused, and freed, with refuse().
  static Promise* make(Host& host, napi_value* made);
  void dropped() override;

  /// The call that was to settle it failed: throws why.
  napi_value refuse();
  /// What the call that was to settle it says: the promise if it took it, else it throws why not.
  napi_value unless(int code, napi_value made) { return code == 0 ? made : refuse(); }

  // The callbacks. Each settles the promise that is its user.
  static void on_plain(void* user);                           ///< resolves with nothing
  static void on_done(void* user, const kafka_error* error);  ///< resolves with nothing, or rejects
  /// Resolves with [error or null, JSON of the tables].
  static void on_result(void* user, const kafka_error* error, const kafka_result* result);
  /// Resolves with [error or null, places].
  static void on_places(void* user, const kafka_error* error, const kafka_partitions* places);

 private:
  Promise(Host& host, napi_deferred deferred) : host_(host), deferred_(deferred) {}
  template <class Make>
  void settle(bool well, Make make);

  Host& host_;
  const napi_deferred deferred_;
};

}  // namespace addon
