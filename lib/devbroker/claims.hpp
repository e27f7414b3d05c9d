// The members of one JSON object, as far as tokens have them: texts and numbers. Others are checked and passed over.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace kafka::devbroker {

class Claims {
 public:
  /// Values lie in each other at most so deep.
  static constexpr int kMostDepth = 16;

  /// None if the text is not one JSON object (RFC 8259).
  static std::optional<Claims> read(std::string_view json);

  /// Null if there is no such member, or no text.
  const std::string* text(std::string_view name) const;
  std::optional<double> number(std::string_view name) const;
  bool has(std::string_view name) const;

 private:
  friend class ClaimsReader;
  std::map<std::string, std::string, std::less<>> texts_;
  std::map<std::string, double, std::less<>> numbers_;
  std::map<std::string, bool, std::less<>> others_;
};

}  // namespace kafka::devbroker
