// Errors of the library as errors of JavaScript.
#pragma once

#include <kafka/kafka.h>
#include <node_api.h>

namespace addon {

/// How this environment makes its errors: a function (code, number, message, detail, retriable, fatal), which
/// the JavaScript of the package gives when it loads the addon. Freed with the environment.
void set_error_maker(napi_env env, napi_value maker);

/// An error object. Null for null, and when JavaScript may not run any more.
napi_value make_error(napi_env env, const kafka_error* error);
/// For outcomes that have a code alone.
napi_value make_error(napi_env env, int code);
/// Throws why the last call failed. For `return throw_last_error(env)`.
napi_value throw_last_error(napi_env env);
napi_value throw_error(napi_env env, const kafka_error* error);
/// Undefined if `code` is 0, else it throws why the last call failed.
napi_value outcome(napi_env env, int code);

}  // namespace addon
