#include "tables.hpp"

#include "value.hpp"

namespace addon {

napi_value make_tables(napi_env env, const kafka_result* result) {
  char* const json = kafka_result_json(result);
  const napi_value text = json == nullptr ? make_null(env) : make_string(env, json);
  kafka_free(json);
  return text;
}

napi_value take_tables(napi_env env, kafka_result* result) {
  const napi_value text = make_tables(env, result);
  kafka_result_free(result);
  return text;
}

}  // namespace addon
