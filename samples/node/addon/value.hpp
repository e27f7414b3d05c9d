// Values of JavaScript: how they are made, and read from the arguments of a call.
// A call of N-API fails when the environment may not run JavaScript any more (exit, a worker that is terminated). Then
// what is made is null, and what is read is empty; nothing here fails in another way.
#pragma once

#include <kafka/kafka.h>
#include <node_api.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace addon {

inline napi_value make_undefined(napi_env env) {
  napi_value made = nullptr;
  napi_get_undefined(env, &made);
  return made;
}
inline napi_value make_null(napi_env env) {
  napi_value made = nullptr;
  napi_get_null(env, &made);
  return made;
}
inline napi_value make_number(napi_env env, double number) {
  napi_value made = nullptr;
  napi_create_double(env, number, &made);
  return made;
}
inline napi_value make_boolean(napi_env env, bool flag) {
  napi_value made = nullptr;
  napi_get_boolean(env, flag, &made);
  return made;
}
inline napi_value make_string(napi_env env, std::string_view text) {
  napi_value made = nullptr;
  napi_create_string_utf8(env, text.data(), text.size(), &made);
  return made;
}
inline napi_value make_object(napi_env env) {
  napi_value made = nullptr;
  napi_create_object(env, &made);
  return made;
}
inline napi_value make_array(napi_env env, size_t length) {
  napi_value made = nullptr;
  napi_create_array_with_length(env, length, &made);
  return made;
}
inline void set(napi_env env, napi_value object, const char* name, napi_value value) {
  if (value != nullptr) napi_set_named_property(env, object, name, value);
}
inline void set(napi_env env, napi_value array, uint32_t index, napi_value value) {
  if (value != nullptr) napi_set_element(env, array, index, value);
}

inline bool is(napi_env env, napi_value value, napi_valuetype type) {
  napi_valuetype found = napi_undefined;
  return value != nullptr && napi_typeof(env, value, &found) == napi_ok && found == type;
}
inline double read_number(napi_env env, napi_value value, double otherwise = 0) {
  double number = otherwise;
  if (value == nullptr || napi_get_value_double(env, value, &number) != napi_ok) return otherwise;
  return number;
}
inline bool read_boolean(napi_env env, napi_value value) {
  bool flag = false;
  return value != nullptr && napi_get_value_bool(env, value, &flag) == napi_ok && flag;
}
std::string read_string(napi_env env, napi_value value);
std::vector<std::string> read_strings(napi_env env, napi_value array);
/// Undefined properties read as undefined.
napi_value read_property(napi_env env, napi_value object, const char* name);

/// The bytes of a Buffer or of another typed array. They stay where they are as long as the value is reachable.
struct Bytes {
  char* data = nullptr;
  size_t length = 0;  ///< in bytes
};
Bytes read_bytes(napi_env env, napi_value value);

/// Strings that a call takes as `const char* const*`.
class StringList {
 public:
  explicit StringList(std::vector<std::string> strings) : strings_(std::move(strings)) {
    for (const std::string& each : strings_) pointers_.push_back(each.c_str());
  }
  const char* const* data() const { return pointers_.data(); }
  size_t size() const { return pointers_.size(); }

 private:
  std::vector<std::string> strings_;
  std::vector<const char*> pointers_;
};

/// The arguments of a call, and the object that it was made on. What was not given is undefined.
class Arguments {
 public:
  static constexpr size_t kMost = 8;
  Arguments(napi_env its_env, napi_callback_info info) : env(its_env) {
    size_t count = kMost;
    napi_get_cb_info(env, info, &count, values_, &self, &data);
  }
  napi_value operator[](size_t index) const { return values_[index]; }
  double number(size_t index, double otherwise = 0) const { return read_number(env, values_[index], otherwise); }
  int32_t int32(size_t index) const { return static_cast<int32_t>(number(index)); }
  bool flag(size_t index) const { return read_boolean(env, values_[index]); }
  std::string string(size_t index) const { return read_string(env, values_[index]); }
  StringList strings(size_t index) const { return StringList(read_strings(env, values_[index])); }

  const napi_env env;
  napi_value self = nullptr;
  void* data = nullptr;

 private:
  napi_value values_[kMost] = {};
};

/// A value that is kept. Not copied; given up when it is destroyed or reset, on its environment's thread.
class Kept {
 public:
  Kept() = default;
  Kept(napi_env env, napi_value value) : env_(env) {
    if (value != nullptr) napi_create_reference(env, value, 1, &reference_);
  }
  Kept(Kept&& other) noexcept : env_(other.env_), reference_(other.reference_) { other.reference_ = nullptr; }
  Kept& operator=(Kept&& other) noexcept {
    if (this == &other) return *this;
    reset();
    env_ = other.env_;
    reference_ = other.reference_;
    other.reference_ = nullptr;
    return *this;
  }
  ~Kept() { reset(); }
  void reset() {
    if (reference_ != nullptr) napi_delete_reference(env_, reference_);
    reference_ = nullptr;
  }
  explicit operator bool() const { return reference_ != nullptr; }
  napi_value get() const {
    napi_value value = nullptr;
    if (reference_ != nullptr) napi_get_reference_value(env_, reference_, &value);
    return value;
  }

 private:
  napi_env env_ = nullptr;
  napi_ref reference_ = nullptr;
};

}  // namespace addon
