// Reads the members of a JSON object (RFC 8259), as token endpoints and tokens have them: strictly, and within limits.
// Not here: writing JSON (codec/json.hpp).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/wipe.hpp"

namespace kafka::auth {

/// The value of a member. Its text is wiped when it ends: it may be a token.
struct JsonField {
  enum class Kind : uint8_t { text, number, texts, other };

  Kind kind = Kind::other;
  std::string text;                ///< of a text, decoded; of a number, as it stands there
  std::vector<std::string> texts;  ///< of a list of texts alone

  JsonField() = default;
  JsonField(JsonField&&) = delete;
  ~JsonField() { wipe(text.data(), text.capacity()); }
  /// None if it is no number, or too large for one.
  std::optional<double> number() const;
  /// The whole part of a number; none if it is none, or too large.
  std::optional<int64_t> whole() const;
};
using JsonObject = std::map<std::string, JsonField, std::less<>>;

/// Objects and lists inside each other; more are refused.
inline constexpr int kDeepestJson = 32;

/// False unless `text` is one JSON object and nothing else. Of a name that stands there twice the last one counts.
bool read_object(std::string_view text, JsonObject& to);
/// Null if there is no such member, or no text.
const std::string* text_of(const JsonObject& object, std::string_view name);
/// None if there is no such member, or no number.
std::optional<double> number_of(const JsonObject& object, std::string_view name);

}  // namespace kafka::auth
