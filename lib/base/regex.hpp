// Regular expressions over names, by RE2: they match in a time that is linear in the name, whatever the expression is.
// Brokers use the same language for the patterns of KIP-848. Without the meson option `re2` every expression is
// refused.
#pragma once

#include <kafka/error.hpp>

#include <memory>
#include <string_view>

namespace re2 {
class RE2;
}  // namespace re2

namespace kafka {

/// Shares one compiled expression.
class Regex {
 public:
  /// Longer ones are refused.
  static constexpr size_t kLongest = 32767;

  /// False if this library was built without RE2.
  static bool built_in();
  /// Sets `compiled`. Errors: invalid_regular_expression with what RE2 says, unsupported_feature without RE2.
  static Error compile(std::string_view text, Regex& compiled);
  /// Whether the whole name matches. One that was never compiled matches nothing.
  bool matches(std::string_view name) const;

 private:
  std::shared_ptr<const re2::RE2> compiled_;
};

}  // namespace kafka
