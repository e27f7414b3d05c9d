// Error objects of the C API, and the error of the last call of each thread that failed.
#pragma once

#include <kafka/c/error.h>
#include <kafka/error.hpp>

#include <string>
#include <utility>

struct kafka_error {
  kafka_error() = default;
  explicit kafka_error(kafka::Error value) : error(std::move(value)) {}
  /// As callbacks get it.
  const kafka_error* or_null() const { return error ? this : nullptr; }

  kafka::Error error;
  mutable std::string text;  // of kafka_error_message(), made when it is asked for
};

namespace kafka::capi {

inline int number(const Error& error) { return static_cast<int>(error.code()); }
/// Remembers an error for kafka_last_error(), and gives its code. Does nothing without an error.
int failed(const Error& error);

}  // namespace kafka::capi
