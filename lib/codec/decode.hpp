// The visitor that reads a message of one version. Only the files that instantiate messages include it.
// A count is believed only if the bytes left can hold that many elements, and if their memory is within the budget.
// Not here: primitive types and their limits (reader).
#pragma once

#include <kafka/error.hpp>

#include <algorithm>

#include "codec/decode_budget.hpp"
#include "codec/reader.hpp"
#include "codec/smallest.hpp"
#include "codec/traits.hpp"

namespace kafka::codec {

class Decoder {
 public:
  Decoder(Reader& reader, int version, bool flexible) noexcept
      : reader_(reader), budget_(reader.remaining()), version_(version), flexible_(flexible) {}

  template <class T>
  void operator()(T& field, const char*, const Field& how) {
    if (!how.has(version_)) return;
    if (how.tagged(version_)) {
      if (wanted_tag_ == how.tag_number) {
        wanted_tag_ = kNoTag;
        value(field, how.nullable(version_));
      }
      return;
    }
    if (!in_tags_) value(field, how.nullable(version_));
  }

  template <class M>
  void structure(M& structure) {
    const bool outer_in_tags = std::exchange(in_tags_, false);
    const int64_t outer_wanted = std::exchange(wanted_tag_, kNoTag);
    M::fields(*this, structure);
    if (flexible_) {
      uint32_t count = reader_.uvarint();
      if (count > reader_.remaining() / 2) reader_.fail("tagged field count");
      if (!budget_.take_steps(count)) reader_.fail(kTooMuchWork);
      for (; count > 0 && !reader_.failed(); --count) {
        const uint32_t tag = reader_.uvarint();
        const char* end = reader_.enter(reader_.uvarint());
        in_tags_ = true;
        wanted_tag_ = tag;
        M::fields(*this, structure);
        reader_.leave(end);
      }
    }
    in_tags_ = outer_in_tags;
    wanted_tag_ = outer_wanted;
  }

 private:
  static constexpr int64_t kNoTag = -1;
  static constexpr const char* kTooMuchWork = "more entries than one message may have";
  static constexpr const char* kTooMuchMemory = "entries that need more memory than one message may take";

  template <class T>
  void value(T& field, bool nullable) {
    if constexpr (is_optional<T>) {
      optional(field, nullable);
    } else if constexpr (std::is_same_v<T, std::string>) {
      const std::string_view view = reader_.string(flexible_);
      if (charge_text(view)) field.assign(view.data() == nullptr ? "" : view.data(), view.size());
    } else if constexpr (std::is_same_v<T, Bytes>) {
      field = reader_.nullable_bytes(flexible_);
      if (field.is_null() && !nullable) reader_.fail("null bytes");
    } else if constexpr (std::is_same_v<T, Uuid>) {
      field = reader_.uuid();
    } else if constexpr (is_vector<T>) {
      const int32_t count = reader_.array_count(flexible_);
      if (count < 0) return reader_.fail("null array");
      elements(field, count);
    } else if constexpr (is_structure<T>) {
      structure(field);
    } else if constexpr (std::is_same_v<T, bool>) {
      field = reader_.boolean();
    } else if constexpr (std::is_same_v<T, double>) {
      field = reader_.f64();
    } else if constexpr (sizeof(T) == 1) {
      field = static_cast<T>(reader_.i8());
    } else if constexpr (sizeof(T) == 2) {
      field = static_cast<T>(reader_.i16());
    } else if constexpr (sizeof(T) == 4) {
      field = static_cast<T>(reader_.i32());
    } else {
      static_assert(sizeof(T) == 8 && std::is_integral_v<T>);
      field = static_cast<T>(reader_.i64());
    }
  }

  template <class T>
  void optional(std::optional<T>& field, bool nullable) {
    if constexpr (is_structure<T>) {
      if (nullable && reader_.i8() < 0) {
        field.reset();
      } else {
        structure(field.emplace(T{}));  // clang refuses emplace() for a nested T with initialisers
      }
    } else if constexpr (is_vector<T>) {
      const int32_t count = reader_.array_count(flexible_);
      if (count < 0) {
        field.reset();
        if (!nullable) reader_.fail("null array");
      } else {
        elements(field.emplace(), count);
      }
    } else if constexpr (std::is_same_v<T, Bytes>) {
      field = reader_.nullable_bytes(flexible_);
      if (!field->is_null()) return;
      field.reset();
      if (!nullable) reader_.fail("null bytes");
    } else {
      static_assert(std::is_same_v<T, std::string>);
      const std::string_view view = reader_.nullable_string(flexible_);
      if (view.data() != nullptr) {
        if (charge_text(view)) field.emplace(view);
      } else {
        field.reset();
        if (!nullable) reader_.fail("null string");
      }
    }
  }

  // Short strings lie inside their field.
  bool charge_text(std::string_view view) {
    if (view.size() < sizeof(std::string) / 2) return true;
    return charge(1, view.size());
  }

  bool charge(size_t steps, size_t heap) {
    if (!budget_.take_steps(steps)) {
      reader_.fail(kTooMuchWork);
    } else if (!budget_.take_heap(heap)) {
      reader_.fail(kTooMuchMemory);
    }
    return !reader_.failed();
  }

  template <class T>
  void elements(std::vector<T>& field, int32_t count) {
    field.clear();
    if (count == 0) return;
    const auto size = static_cast<size_t>(count);
    if (size > reader_.remaining() / smallest_size<T>(version_, flexible_)) return reader_.fail("array count");
    if constexpr (std::is_arithmetic_v<T> && !std::is_same_v<T, bool>) {
      if (charge(1 + size / DecodeBudget::kNumbersPerStep, size * sizeof(T))) numbers(field, size);
    } else {
      constexpr size_t kEach = is_structure<T> ? DecodeBudget::kStructure : 1;
      if (!charge(1 + size * kEach, size * sizeof(T))) return;
      field.reserve(size);
      for (; count > 0 && !reader_.failed(); --count) {
        if constexpr (std::is_same_v<T, bool>) {
          field.push_back(reader_.boolean());
        } else {
          value(field.emplace_back(), false);
        }
      }
    }
  }

  // The bytes are there: the count has been checked against those left.
  template <class T>
  void numbers(std::vector<T>& field, size_t count) {
    static_assert(std::is_integral_v<T>);
    field.resize(count);
    const auto* from = reinterpret_cast<const unsigned char*>(reader_.raw(count * sizeof(T)).data());
    for (T& number : field) {
      uint64_t bits = 0;
      for (size_t i = 0; i < sizeof(T); ++i) bits = bits << 8 | *from++;
      number = static_cast<T>(bits);
    }
  }

  Reader& reader_;
  DecodeBudget budget_;
  int version_;
  bool flexible_;
  bool in_tags_ = false;         // this walk reads one tagged field
  int64_t wanted_tag_ = kNoTag;  // that field
};

/// Reads `message`. `flexible`: lengths are compact and there are tagged fields. Unknown tagged fields are skipped.
template <class M>
Error decode(Reader& reader, int version, bool flexible, M& message) {
  Decoder decoder(reader, version, flexible);
  decoder.structure(message);
  return reader.error();
}

}  // namespace kafka::codec
