// Classes of C++ as classes of JavaScript.
#pragma once

#include <node_api.h>

#include <initializer_list>
#include <memory>
#include <vector>

#include "value.hpp"

namespace addon {

/// A method of `Class` as a function of N-API. On an object of another class it throws a TypeError.
template <class Class, napi_value (Class::*method)(const Arguments&)>
napi_value method_of(napi_env env, napi_callback_info info) {
  const Arguments arguments(env, info);
  void* object = nullptr;
  if (napi_unwrap(env, arguments.self, &object) != napi_ok) {
    napi_throw_type_error(env, nullptr, "not an object of this class");
    return nullptr;
  }
  return (static_cast<Class*>(object)->*method)(arguments);
}

/// Class::make() gives the object of C++, or null if it threw. JavaScript's garbage collector frees it.
template <class Class>
napi_value construct(napi_env env, napi_callback_info info) {
  const Arguments arguments(env, info);
  std::unique_ptr<Class> made = Class::make(arguments);
  if (made == nullptr) return nullptr;
  const napi_status status = napi_wrap(
      env, arguments.self, made.get(), [](napi_env, void* object, void*) { delete static_cast<Class*>(object); },
      nullptr, nullptr);
  if (status == napi_ok) made.release();
  return arguments.self;
}

struct Method {
  const char* name;
  napi_callback call;
};
template <class Class>
void define_class(napi_env env, napi_value exports, const char* name, std::initializer_list<Method> methods) {
  std::vector<napi_property_descriptor> properties;
  for (const Method& each : methods) {
    properties.push_back({each.name, nullptr, each.call, nullptr, nullptr, nullptr, napi_default_method, nullptr});
  }
  napi_value made = nullptr;
  napi_define_class(env, name, NAPI_AUTO_LENGTH, construct<Class>, nullptr, properties.size(), properties.data(),
                    &made);
  set(env, exports, name, made);
}

}  // namespace addon
