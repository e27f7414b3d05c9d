// The visitor that fills a message with random values that a version can carry, extreme ones included. For tests and
// benchmarks.
#pragma once

#include <algorithm>
#include <limits>

#include "codec/traits.hpp"

namespace kafka::codec {

class Filler {
 public:
  Filler(uint64_t seed, int version) noexcept : state_(seed), version_(version) {}

  template <class T>
  void operator()(T& field, const char*, const Field& how) {
    if (!how.has(version_)) return;
    if (how.tagged(version_) && next() % 2 == 0) return;
    value(field, how.nullable(version_));
  }

  template <class M>
  void structure(M& structure) {
    ++depth_;
    M::fields(*this, structure);
    --depth_;
  }

  /// splitmix64
  uint64_t next() noexcept {
    uint64_t z = (state_ += 0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
  }

 private:
  std::string text(size_t longest) {
    std::string text(next() % (longest + 1), '\0');
    for (char& c : text) c = static_cast<char>(next());
    return text;
  }

  template <class T>
  void value(T& field, bool nullable) {
    if constexpr (is_optional<T>) {
      if (nullable && next() % 4 == 0) {
        field.reset();
      } else {
        typename T::value_type inner{};
        value(inner, false);
        field = std::move(inner);
      }
    } else if constexpr (std::is_same_v<T, std::string>) {
      field = text(next() % 8 == 0 ? 300 : 12);
    } else if constexpr (std::is_same_v<T, Bytes>) {
      field = nullable && next() % 4 == 0 ? Bytes() : Bytes::copy(text(next() % 8 == 0 ? 3000 : 40));
    } else if constexpr (std::is_same_v<T, Uuid>) {
      for (uint8_t& byte : field.bytes) byte = static_cast<uint8_t>(next());
    } else if constexpr (is_vector<T>) {
      field.clear();
      for (uint64_t count = next() % (depth_ > 2 ? 3 : 4); count > 0; --count) {
        typename T::value_type element{};
        value(element, false);
        field.push_back(std::move(element));
      }
    } else if constexpr (is_structure<T>) {
      structure(field);
    } else if constexpr (std::is_same_v<T, bool>) {
      field = next() % 2 == 0;
    } else if constexpr (std::is_same_v<T, double>) {
      field = static_cast<double>(static_cast<int64_t>(next())) / 1024;
    } else {
      switch (next() % 4) {
        case 0:
          field = std::numeric_limits<T>::max();
          break;
        case 1:
          field = std::numeric_limits<T>::min();
          break;
        case 2:
          field = static_cast<T>(-1);
          break;
        default:
          field = static_cast<T>(next());
      }
    }
  }

  uint64_t state_;
  int version_;
  int depth_ = 0;
};

/// Fills `message`, which must have its defaults.
template <class M>
void fill(M& message, int version, uint64_t seed) {
  Filler filler(seed, version);
  filler.structure(message);
}

}  // namespace kafka::codec
