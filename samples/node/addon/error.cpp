#include "error.hpp"

#include "value.hpp"

namespace addon {
namespace {

napi_value make(napi_env env, int code, const char* message, const char* detail, bool retriable, bool fatal) {
  void* maker = nullptr;
  if (napi_get_instance_data(env, &maker) != napi_ok || maker == nullptr) return nullptr;
  const napi_value arguments[] = {make_string(env, kafka_code_name(code)),
                                  make_number(env, code),
                                  make_string(env, message),
                                  make_string(env, detail),
                                  make_boolean(env, retriable),
                                  make_boolean(env, fatal)};
  napi_value made = nullptr;
  napi_call_function(env, make_undefined(env), static_cast<Kept*>(maker)->get(), 6, arguments, &made);
  return made;
}

}  // namespace

void set_error_maker(napi_env env, napi_value maker) {
  napi_set_instance_data(
      env, new Kept(env, maker), [](napi_env, void* data, void*) { delete static_cast<Kept*>(data); }, nullptr);
}

napi_value make_error(napi_env env, const kafka_error* error) {
  if (error == nullptr) return nullptr;
  return make(env, kafka_error_code(error), kafka_error_message(error), kafka_error_detail(error),
              kafka_error_retriable(error) != 0, kafka_error_fatal(error) != 0);
}

napi_value make_error(napi_env env, int code) { return make(env, code, kafka_code_text(code), "", false, false); }

napi_value throw_error(napi_env env, const kafka_error* error) {
  if (const napi_value made = make_error(env, error); made != nullptr) napi_throw(env, made);
  return nullptr;
}
napi_value throw_last_error(napi_env env) { return throw_error(env, kafka_last_error()); }

napi_value outcome(napi_env env, int code) { return code == 0 ? make_undefined(env) : throw_last_error(env); }

}  // namespace addon
