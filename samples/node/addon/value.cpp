#include "value.hpp"

namespace addon {

std::string read_string(napi_env env, napi_value value) {
  size_t length = 0;
  if (value == nullptr || napi_get_value_string_utf8(env, value, nullptr, 0, &length) != napi_ok) return {};
  std::string text(length, '\0');
  napi_get_value_string_utf8(env, value, text.data(), length + 1, &length);
  return text;
}

std::vector<std::string> read_strings(napi_env env, napi_value array) {
  std::vector<std::string> strings;
  uint32_t length = 0;
  if (array == nullptr || napi_get_array_length(env, array, &length) != napi_ok) return strings;
  for (uint32_t k = 0; k < length; ++k) {
    napi_value each = nullptr;
    if (napi_get_element(env, array, k, &each) == napi_ok) strings.push_back(read_string(env, each));
  }
  return strings;
}

napi_value read_property(napi_env env, napi_value object, const char* name) {
  napi_value value = nullptr;
  if (object == nullptr || napi_get_named_property(env, object, name, &value) != napi_ok) return make_undefined(env);
  return value;
}

Bytes read_bytes(napi_env env, napi_value value) {
  bool typed = false;
  if (value == nullptr || napi_is_typedarray(env, value, &typed) != napi_ok || !typed) return {};
  napi_typedarray_type type = napi_uint8_array;
  size_t count = 0;
  void* data = nullptr;
  if (napi_get_typedarray_info(env, value, &type, &count, &data, nullptr, nullptr) != napi_ok) return {};
  size_t width = 1;
  if (type == napi_float64_array) width = sizeof(double);
  if (type == napi_int32_array || type == napi_uint32_array) width = sizeof(int32_t);
  return {static_cast<char*>(data), count * width};
}

}  // namespace addon
