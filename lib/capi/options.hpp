// The options of one object, as the C API has them.
#pragma once

#include <kafka/c/options.h>
#include <kafka/options.hpp>

#include <variant>

/// In the order of kafka_options_kind.
struct kafka_options {
  std::variant<kafka::SessionOptions, kafka::ProducerOptions, kafka::ConsumerOptions> values;
};

namespace kafka::capi {

/// Those options, or defaults for null. False if they are of another kind.
template <class Options>
bool read(const kafka_options* given, Options& to) {
  if (given == nullptr) return true;
  const auto* values = std::get_if<Options>(&given->values);
  if (values == nullptr) return false;
  to = *values;
  return true;
}

}  // namespace kafka::capi
