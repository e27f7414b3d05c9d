#include "options.hpp"

#include <string>
#include <vector>

#include "error.hpp"
#include "value.hpp"

namespace addon {

Options read_options(napi_env env, kafka_options_kind kind, napi_value pairs) {
  Options options(kafka_options_new(kind));
  const std::vector<std::string> strings = read_strings(env, pairs);
  for (size_t k = 0; k + 1 < strings.size(); k += 2) {
    if (kafka_options_set(options.get(), strings[k].c_str(), strings[k + 1].c_str()) == 0) continue;
    throw_last_error(env);
    return nullptr;
  }
  return options;
}

napi_value describe_options(napi_env env, napi_callback_info info) {
  const Arguments arguments(env, info);
  const int kind = arguments.int32(0);
  const size_t count = kafka_options_count(kind);
  const napi_value array = make_array(env, count);
  for (size_t k = 0; k < count; ++k) {
    kafka_option_info option = KAFKA_INIT(kafka_option_info);
    kafka_options_describe(kind, k, &option);
    const napi_value made = make_object(env);
    set(env, made, "name", make_string(env, option.name));
    set(env, made, "type", make_string(env, option.type));
    set(env, made, "values", make_string(env, option.values));
    set(env, made, "default",
        option.default_value == nullptr ? make_null(env) : make_string(env, option.default_value));
    set(env, made, "documentation", make_string(env, option.documentation));
    set(env, made, "least", make_number(env, static_cast<double>(option.least)));
    set(env, made, "most", make_number(env, static_cast<double>(option.most)));
    set(env, array, static_cast<uint32_t>(k), made);
  }
  return array;
}

}  // namespace addon
