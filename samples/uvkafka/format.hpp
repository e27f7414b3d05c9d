// How `uvkafka consume -f` prints a message: a format as kcat's.
#pragma once

#include <kafka/envelope.hpp>

#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace cli {

/// Owns a parsed format.
class Format {
 public:
  /// Nothing if the text has an unknown sequence.
  static std::optional<Format> parse(std::string_view text);
  /// To stdout.
  void print(const kafka::MessageEnvelope& message) const;

 private:
  std::vector<std::pair<char, bool>> parts_;  // a character, and whether it stands for itself
};

}  // namespace cli
