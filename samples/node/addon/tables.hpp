// Results of the library, handed to JavaScript as the JSON of their tables.
#pragma once

#include <kafka/kafka.h>
#include <node_api.h>

namespace addon {

/// null if there is no result.
napi_value make_tables(napi_env env, const kafka_result* result);
/// The same, and frees the result.
napi_value take_tables(napi_env env, kafka_result* result);

}  // namespace addon
