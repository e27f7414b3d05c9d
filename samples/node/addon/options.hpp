// Options by name, as the library knows them. It checks names and values.
#pragma once

#include <kafka/kafka.h>
#include <node_api.h>

#include <memory>

namespace addon {

struct FreeOptions {
  void operator()(kafka_options* options) const { kafka_options_free(options); }
};
using Options = std::unique_ptr<kafka_options, FreeOptions>;

/// From an array [name, value, name, value ...] of strings. Null if one is wrong: then it threw what is.
Options read_options(napi_env env, kafka_options_kind kind, napi_value pairs);

/// describeOptions(kind): what options there are, as an array of objects.
napi_value describe_options(napi_env env, napi_callback_info info);

}  // namespace addon
