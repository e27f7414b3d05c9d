#include "devbroker/unsecured_token.hpp"

#include "auth/base64.hpp"
#include "auth/json.hpp"

namespace kafka::devbroker {
namespace {

// Times beyond the year 9999 are no times.
constexpr double kLastSecond = 253402300799;

bool read_part(std::string_view part, auth::JsonObject& to) {
  const auto json = auth::from_base64url(part);
  return json && auth::read_object(*json, to);
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
  auth::JsonObject header, claims;
  if (!read_part(text.substr(0, first), header)) return std::nullopt;
  if (!read_part(text.substr(first + 1, second - first - 1), claims)) return std::nullopt;
  const std::string* algorithm = auth::text_of(header, "alg");
  const std::string* subject = auth::text_of(claims, "sub");
  const auto expires = milliseconds_of(auth::number_of(claims, "exp"));
  const auto issued = milliseconds_of(auth::number_of(claims, "iat"));
  if (algorithm == nullptr || *algorithm != "none" || subject == nullptr || subject->empty() || !expires) {
    return std::nullopt;
  }
  if (claims.contains("iat") && !issued) return std::nullopt;
  UnsecuredToken token;
  token.subject = *subject;
  token.expires_ms = *expires;
  token.issued_ms = issued.value_or(0);
  return token;
}

}  // namespace kafka::devbroker
