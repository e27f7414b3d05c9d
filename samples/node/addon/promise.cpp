#include "promise.hpp"

#include <memory>

#include "error.hpp"
#include "host.hpp"
#include "partitions.hpp"
#include "tables.hpp"

namespace addon {

Promise* Promise::make(Host& host, napi_value* made) {
  napi_deferred deferred = nullptr;
  if (napi_create_promise(host.env, &deferred, made) != napi_ok) *made = nullptr;
  return new Promise(host, deferred);
}

template <class Make>
void Promise::settle(bool well, Make make) {
  const std::unique_ptr<Promise> self(this);
  host_.tell();  // what happened before comes first
  if (!host_.talks() || deferred_ == nullptr) return;
  const CallbackScope scope(host_.env, host_.context);
  const napi_value value = make(host_.env);
  if (value == nullptr) return;
  well ? napi_resolve_deferred(host_.env, deferred_, value) : napi_reject_deferred(host_.env, deferred_, value);
}

void Promise::dropped() {
  settle(false, [](napi_env env) { return make_error(env, KAFKA_CLOSED); });
}

napi_value Promise::refuse() {
  const std::unique_ptr<Promise> self(this);
  // A promise that nobody will see is resolved, so that Node keeps nothing for it.
  if (deferred_ != nullptr) napi_resolve_deferred(host_.env, deferred_, make_undefined(host_.env));
  return throw_last_error(host_.env);
}

void Promise::on_plain(void* user) { static_cast<Promise*>(static_cast<Waiter*>(user))->settle(true, make_undefined); }

void Promise::on_done(void* user, const kafka_error* error) {
  static_cast<Promise*>(static_cast<Waiter*>(user))->settle(error == nullptr, [error](napi_env env) {
    return error == nullptr ? make_undefined(env) : make_error(env, error);
  });
}

void Promise::on_result(void* user, const kafka_error* error, const kafka_result* result) {
  static_cast<Promise*>(static_cast<Waiter*>(user))->settle(true, [=](napi_env env) {
    const napi_value pair = make_array(env, 2);
    set(env, pair, uint32_t{0}, error == nullptr ? make_null(env) : make_error(env, error));
    set(env, pair, uint32_t{1}, make_tables(env, result));
    return pair;
  });
}

void Promise::on_places(void* user, const kafka_error* error, const kafka_partitions* places) {
  static_cast<Promise*>(static_cast<Waiter*>(user))->settle(true, [=](napi_env env) {
    const napi_value pair = make_array(env, 2);
    set(env, pair, uint32_t{0}, error == nullptr ? make_null(env) : make_error(env, error));
    set(env, pair, uint32_t{1}, make_places(env, places));
    return pair;
  });
}

}  // namespace addon
