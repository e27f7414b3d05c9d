// A text that Kafka takes as null where it is not set.
#pragma once

#include <optional>
#include <string>

namespace kafka::group {

inline std::optional<std::string> unless_empty(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional(text);
}

}  // namespace kafka::group
