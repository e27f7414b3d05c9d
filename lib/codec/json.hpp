// The visitor that prints a message as Kafka's own tools do: one line, the fields in the order of the schema, bytes in
// base64. Tagged fields are printed only if they differ from their default, `records` fields without their contents,
// and secrets are masked.
#pragma once

#include <kafka/error.hpp>

#include <string>

#include "codec/encode.hpp"

namespace kafka::codec {

void json_string(std::string_view text, std::string& out);
void json_base64(std::string_view bytes, std::string& out);
void json_number(double number, std::string& out);
void json_number(int64_t number, std::string& out);

class JsonPrinter {
 public:
  JsonPrinter(int version, std::string& out) noexcept : version_(version), out_(out) {}

  template <class T>
  void operator()(const T& field, const char* name, const Field& how) {
    if (!how.has(version_)) {
      if (!error_ && !how.is_ignorable && !equal(field, place_.default_for(field))) {
        error_ = not_in_version(name, version_);
      }
      return;
    }
    if (how.tagged(version_) && equal(field, place_.default_for(field))) return;
    if (!first_) out_ += ',';
    first_ = false;
    json_string(name, out_);
    out_ += ':';
    value(field, name, how);
  }

  template <class M>
  void structure(const M& structure) {
    const Place outer = std::exchange(place_, Place::of(structure));
    const bool outer_first = std::exchange(first_, true);
    out_ += '{';
    M::fields(*this, structure);
    out_ += '}';
    place_ = outer;
    first_ = outer_first;
  }

  Error take_error() { return std::move(error_); }

 private:
  template <class T>
  void value(const T& field, const char* name, const Field& how) {
    if constexpr (is_optional<T>) {
      if (field) return value(*field, name, how);
      if (!error_ && !how.nullable(version_)) error_ = null_not_allowed(name, version_);
      out_ += "null";
    } else if constexpr (std::is_same_v<T, std::string>) {
      json_string(how.is_secret ? std::string_view("***") : std::string_view(field), out_);
    } else if constexpr (std::is_same_v<T, Bytes>) {
      if (field.is_null() && how.nullable(version_)) {
        out_ += "null";
      } else if (how.is_secret) {
        out_ += "\"***\"";
      } else {
        json_base64(how.is_records ? std::string_view() : field.view(), out_);
      }
    } else if constexpr (std::is_same_v<T, Uuid>) {
      json_string(field.to_string(), out_);
    } else if constexpr (is_vector<T>) {
      out_ += '[';
      bool first = true;
      for (const auto& element : field) {
        if (!first) out_ += ',';
        first = false;
        value<typename T::value_type>(element, name, how);
      }
      out_ += ']';
    } else if constexpr (is_structure<T>) {
      structure(field);
    } else if constexpr (std::is_same_v<T, bool>) {
      out_ += field ? "true" : "false";
    } else if constexpr (std::is_same_v<T, double>) {
      json_number(field, out_);
    } else {
      json_number(static_cast<int64_t>(field), out_);
    }
  }

  int version_;
  std::string& out_;
  bool first_ = true;
  Place place_;
  Error error_;
};

/// Appends `message` to `out`.
template <class M>
Error to_json(const M& message, int version, std::string& out) {
  JsonPrinter printer(version, out);
  printer.structure(message);
  return printer.take_error();
}

}  // namespace kafka::codec
