// The addon as Node loads it: once for each environment (the program, and every worker). They share nothing.
#include <kafka/kafka.h>
#include <node_api.h>

#include <iterator>

#include "admin.hpp"
#include "consumer.hpp"
#include "error.hpp"
#include "options.hpp"
#include "producer.hpp"
#include "session.hpp"
#include "value.hpp"

namespace {

/// setErrorMaker(function): see error.hpp
napi_value set_error_maker(napi_env env, napi_callback_info info) {
  addon::set_error_maker(env, addon::Arguments(env, info)[0]);
  return addon::make_undefined(env);
}

/// makeError(code)
napi_value make_error(napi_env env, napi_callback_info info) {
  return addon::make_error(env, addon::Arguments(env, info).int32(0));
}

}  // namespace

NAPI_MODULE_INIT() {
  addon::Session::define(env, exports);
  addon::Producer::define(env, exports);
  addon::Consumer::define(env, exports);
  addon::define_admin(env, exports);
  const napi_property_descriptor others[] = {
      {"setErrorMaker", nullptr, set_error_maker, nullptr, nullptr, nullptr, napi_default, nullptr},
      {"makeError", nullptr, make_error, nullptr, nullptr, nullptr, napi_default, nullptr},
      {"describeOptions", nullptr, addon::describe_options, nullptr, nullptr, nullptr, napi_default, nullptr},
      {"version", nullptr, nullptr, nullptr, nullptr, addon::make_string(env, kafka_version_string()), napi_default,
       nullptr}};
  napi_define_properties(env, exports, std::size(others), others);
  return exports;
}
