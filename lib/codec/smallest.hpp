// The fewest bytes that a field, an element or a structure can take in a version: what a count is checked against
// before memory is reserved. Not here: reading (decode), the bytes that are left (reader).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "codec/traits.hpp"

namespace kafka::codec {

/// No message has more versions.
inline constexpr size_t kMostVersions = 64;

template <class T>
size_t smallest_size(int version, bool flexible);

/// The visitor that adds up the fields of a structure.
class Smallest {
 public:
  Smallest(int version, bool flexible) noexcept : version_(version), flexible_(flexible) {}

  template <class T>
  void operator()(const T&, const char*, const Field& how) {
    if (how.has(version_) && !how.tagged(version_)) sum_ += value<T>(how.nullable(version_));
  }

  /// Of a field that may be null, or may not.
  template <class T>
  size_t value(bool nullable) const {
    if constexpr (is_optional<T>) {
      using Inner = typename T::value_type;
      if constexpr (is_structure<Inner>) {
        if (nullable) return 1;
      }
      return value<Inner>(nullable);
    } else if constexpr (std::is_same_v<T, std::string>) {
      return flexible_ ? 1 : sizeof(int16_t);
    } else if constexpr (std::is_same_v<T, Bytes> || is_vector<T>) {
      return flexible_ ? 1 : sizeof(int32_t);
    } else if constexpr (std::is_same_v<T, Uuid>) {
      return sizeof(Uuid::bytes);
    } else if constexpr (is_structure<T>) {
      return smallest_size<T>(version_, flexible_);
    } else if constexpr (std::is_same_v<T, bool>) {
      return 1;
    } else {
      return sizeof(T);
    }
  }
  size_t sum() const noexcept { return sum_; }

 private:
  int version_;
  bool flexible_;
  size_t sum_ = 0;
};

/// The fewest bytes of an element of type T, and at least one.
template <class T>
size_t smallest_size(int version, bool flexible) {
  if constexpr (is_structure<T>) {
    // An answer has many arrays of the same structure.
    static const auto sizes = [] {
      std::array<std::array<uint16_t, 2>, kMostVersions> all{};
      for (size_t i = 0; i < kMostVersions; ++i) {
        for (const bool compact : {false, true}) {
          Smallest walk(static_cast<int>(i), compact);
          T::fields(walk, *static_cast<const T*>(default_of<T>()));
          const size_t tags = compact ? 1 : 0;
          all[i][compact ? 1 : 0] = static_cast<uint16_t>(std::max<size_t>(walk.sum() + tags, 1));
        }
      }
      return all;
    }();
    return sizes[std::min(static_cast<size_t>(version), kMostVersions - 1)][flexible ? 1 : 0];
  } else {
    return Smallest(version, flexible).template value<T>(false);
  }
}

}  // namespace kafka::codec
