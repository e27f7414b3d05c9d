// What the visitors have in common: what kind of type a field has, and whether it has its default.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "base/bytes.hpp"
#include "codec/fields.hpp"
#include "codec/uuid.hpp"

namespace kafka::codec {

template <class T>
inline constexpr bool is_vector = false;
template <class T>
inline constexpr bool is_vector<std::vector<T>> = true;
template <class T>
inline constexpr bool is_optional = false;
template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;
template <class T>
inline constexpr bool is_structure =
    std::is_class_v<T> && !is_vector<T> && !is_optional<T> && !std::is_same_v<T, std::string> &&
    !std::is_same_v<T, Bytes> && !std::is_same_v<T, Uuid>;

/// A message or structure with the values of its member initialisers.
template <class M>
const void* default_of() {
  static const M value{};
  return &value;
}

/// The structure that the visitor walks. A field's default is found in the default structure, at the same distance from
/// the start.
struct Place {
  const char* base = nullptr;
  const void* (*defaults)() = nullptr;

  template <class M>
  static Place of(const M& structure) noexcept {
    return {reinterpret_cast<const char*>(&structure), &default_of<M>};
  }
  template <class T>
  const T& default_for(const T& field) const {
    const auto distance = reinterpret_cast<const char*>(&field) - base;
    return *reinterpret_cast<const T*>(static_cast<const char*>(defaults()) + distance);
  }
};

template <class T>
bool equal(const T& a, const T& b);

/// Compares two structures of one type field by field.
class Equality {
 public:
  Equality(const char* a, const char* b) noexcept : a_(a), b_(b) {}
  template <class T>
  void operator()(const T& field, const char*, Field) {
    if (!same_) return;
    const auto distance = reinterpret_cast<const char*>(&field) - a_;
    same_ = equal(field, *reinterpret_cast<const T*>(b_ + distance));
  }
  bool same() const noexcept { return same_; }

 private:
  const char* a_;
  const char* b_;
  bool same_ = true;
};

template <class T>
bool equal(const T& a, const T& b) {
  if constexpr (is_structure<T>) {
    Equality compare(reinterpret_cast<const char*>(&a), reinterpret_cast<const char*>(&b));
    T::fields(compare, a);
    return compare.same();
  } else if constexpr (is_optional<T>) {
    return a.has_value() == b.has_value() && (!a.has_value() || equal(*a, *b));
  } else if constexpr (is_vector<T>) {
    if (a.size() != b.size()) return false;
    for (size_t i = 0; i < a.size(); ++i) {
      if (!equal<typename T::value_type>(a[i], b[i])) return false;
    }
    return true;
  } else {
    return a == b;
  }
}

}  // namespace kafka::codec
