#include "auth/token.hpp"

#include <algorithm>

#include "base/error_table.hpp"

namespace kafka::auth {
namespace {

bool letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool digit(char c) { return c >= '0' && c <= '9'; }
// b64token of RFC 6750, section 2.1.
bool in_token(char c) { return letter(c) || digit(c) || std::string_view("-._~+/=").find(c) != std::string_view::npos; }
bool printable(char c) { return (c >= ' ' && c <= '~') || c == '\t' || c == '\r' || c == '\n'; }

}  // namespace

std::string check_extension(std::string_view name, std::string_view value) {
  const std::string named = "the extension \"" + escaped(name, 64) + "\"";
  if (name.empty() || !std::all_of(name.begin(), name.end(), letter)) return named + " may have letters only";
  if (name == "auth") return named + " is the name of the token itself";
  if (!std::all_of(value.begin(), value.end(), printable)) {
    return named + " has a character in its value that no message can carry";
  }
  return {};
}

std::string check(const Token& token, int64_t now_ms) {
  const std::string_view text = token.text.reveal();
  if (text.empty()) return "the token is empty";
  if (text.size() > Token::kLongest) {
    return "the token has " + std::to_string(text.size()) + " bytes; " + std::to_string(Token::kLongest) +
           " are the most";
  }
  const auto odd = std::find_if_not(text.begin(), text.end(), in_token);
  if (odd != text.end()) {
    return "the token has a character that RFC 6750 does not allow (ctl or other), at byte " +
           std::to_string(odd - text.begin());
  }
  if (token.expires_ms <= now_ms) {
    return "the token has expired " + std::to_string((now_ms - token.expires_ms) / 1000) + " s ago";
  }
  size_t size = text.size();
  for (const auto& [name, value] : token.extensions) {
    if (std::string wrong = check_extension(name, value); !wrong.empty()) return wrong;
    size += name.size() + value.size() + 2;
  }
  if (size > Token::kLongest) {
    return "token and extensions have " + std::to_string(size) + " bytes; " + std::to_string(Token::kLongest) +
           " are the most";
  }
  return {};
}

}  // namespace kafka::auth
