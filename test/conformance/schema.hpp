// The visitor that lists the fields of a message with all that is declared about them. Random messages cannot show
// everything: a wrong default, for example, is the same at both ends of a round trip. Tab-separated, one line per
// field, a structure before its fields:
//
//     PATH  TYPE  FROM-TO  NULLABLE_FROM-TO  TAG  TAGGED_FROM  ignorable|-  DEFAULT
//
// PATH has a dot for each structure; an array's TYPE starts with [] as in Kafka's schemas. `-` stands for none; a
// structure and an element of an array have no DEFAULT.
// Not here: Kafka's schemas (schemas.py).
#pragma once

#include <string>

#include "codec/traits.hpp"

namespace kafka::conformance {

class SchemaLister {
 public:
  SchemaLister(std::string prefix, std::string& out) : prefix_(std::move(prefix)), out_(out) {}

  template <class T>
  void operator()(const T& field, const char* name, const codec::Field& how) {
    line(name, type<T>(how), how, value(field));
    inside<T>(name);
  }

 private:
  using Field = codec::Field;

  static std::string range(int from, int to) {
    if (from == Field::kNever) return "-";
    return std::to_string(from) + (to == Field::kNever ? "+" : "-" + std::to_string(to));
  }

  void line(const char* name, const std::string& type, const Field& how, const std::string& value) {
    out_ += prefix_ + name + '\t' + type + '\t' + range(how.from, how.to) + '\t';
    out_ += range(how.null_from, how.null_to) + '\t';
    out_ += (how.tag_number < 0 ? "-\t-" : std::to_string(how.tag_number) + '\t' + std::to_string(how.tag_from)) + '\t';
    out_ += std::string(how.is_ignorable ? "ignorable" : "-") + '\t' + value + '\n';
  }

  template <class T>
  static std::string type(const Field& how) {
    if constexpr (codec::is_optional<T>) {
      return type<typename T::value_type>(how);
    } else if constexpr (codec::is_vector<T>) {
      return "[]" + type<typename T::value_type>(how);
    } else if constexpr (std::is_same_v<T, std::string>) {
      return "string";
    } else if constexpr (std::is_same_v<T, Bytes>) {
      return how.is_records ? "records" : "bytes";
    } else if constexpr (std::is_same_v<T, Uuid>) {
      return "uuid";
    } else if constexpr (std::is_same_v<T, bool>) {
      return "bool";
    } else if constexpr (std::is_same_v<T, double>) {
      return "float64";
    } else if constexpr (codec::is_structure<T>) {
      return "struct";
    } else {
      return (std::is_signed_v<T> ? "int" : "uint") + std::to_string(8 * sizeof(T));
    }
  }

  template <class T>
  static std::string value(const T& field) {
    if constexpr (codec::is_optional<T>) {
      return field ? value(*field) : "null";
    } else if constexpr (codec::is_vector<T>) {
      return field.empty() ? "[]" : "not empty";
    } else if constexpr (std::is_same_v<T, std::string>) {
      return '"' + field + '"';
    } else if constexpr (std::is_same_v<T, Bytes>) {
      return field.empty() ? "\"\"" : "not empty";  // null and empty are written the same way if null is not allowed
    } else if constexpr (std::is_same_v<T, Uuid>) {
      return field.to_string();
    } else if constexpr (std::is_same_v<T, bool>) {
      return field ? "true" : "false";
    } else if constexpr (codec::is_structure<T>) {
      return "-";
    } else {
      return std::to_string(field);
    }
  }

  /// The fields of the structure that T is, may be, or consists of.
  template <class T>
  void inside(const char* name) {
    if constexpr (codec::is_optional<T> || codec::is_vector<T>) {
      inside<typename T::value_type>(name);
    } else if constexpr (codec::is_structure<T>) {
      const T structure{};
      SchemaLister inner(prefix_ + name + '.', out_);
      T::fields(inner, structure);
    }
  }

  std::string prefix_;
  std::string& out_;
};

}  // namespace kafka::conformance
