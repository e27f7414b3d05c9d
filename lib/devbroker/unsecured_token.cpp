#include "devbroker/unsecured_token.hpp"

#include "auth/base64.hpp"
#include "devbroker/claims.hpp"

namespace kafka::devbroker {
namespace {

// Times beyond the year 9999 are no times.
constexpr double kLastSecond = 253402300799;

// Base64 of the other alphabet and without padding (RFC 7515, section 2).
std::optional<std::string> from_base64url(std::string_view text) {
  std::string plain(text);
  for (char& c : plain) {
    if (c == '+' || c == '/' || c == '=') return std::nullopt;
    if (c == '-') c = '+';
    if (c == '_') c = '/';
  }
  plain.append((4 - plain.size() % 4) % 4, '=');
  return auth::from_base64(plain);
}

std::optional<Claims> claims_of(std::string_view part) {
  const auto json = from_base64url(part);
  return json ? Claims::read(*json) : std::nullopt;
}

std::optional<int64_t> milliseconds_of(std::optional<double> seconds) {
  if (!seconds || *seconds < 0 || *seconds > kLastSecond) return std::nullopt;
  return static_cast<int64_t>(*seconds * 1000);
}

}  // namespace

std::optional<UnsecuredToken> UnsecuredToken::read(std::string_view text) {
  const size_t first = text.find('.');
  if (first == std::string_view::npos || !text.ends_with('.')) return std::nullopt;
  const size_t second = text.find('.', first + 1);
  if (second != text.size() - 1) return std::nullopt;
  const auto header = claims_of(text.substr(0, first));
  const auto claims = claims_of(text.substr(first + 1, second - first - 1));
  if (!header || !claims) return std::nullopt;
  const std::string* algorithm = header->text("alg");
  const std::string* subject = claims->text("sub");
  const auto expires = milliseconds_of(claims->number("exp"));
  const auto issued = milliseconds_of(claims->number("iat"));
  if (algorithm == nullptr || *algorithm != "none" || subject == nullptr || subject->empty() || !expires) {
    return std::nullopt;
  }
  if (claims->has("iat") && !issued) return std::nullopt;
  UnsecuredToken token;
  token.subject = *subject;
  token.expires_ms = *expires;
  token.issued_ms = issued.value_or(0);
  return token;
}

}  // namespace kafka::devbroker
