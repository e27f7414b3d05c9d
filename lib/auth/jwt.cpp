#include "auth/jwt.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdio>

#include "auth/base64.hpp"
#include "auth/json.hpp"
#include "base/error_table.hpp"
#include "base/wipe.hpp"

namespace kafka::auth {
namespace {

constexpr int64_t kSecond = 1000;

std::string text_or_none(const JsonObject& object, std::string_view name) {
  const std::string* text = text_of(object, name);
  return text != nullptr ? *text : "";
}

// "2026-11-30T02:15:00Z"
std::string date(int64_t ms) {
  using namespace std::chrono;
  constexpr int64_t kYear10000 = 253402300800;
  const int64_t whole = ms / kSecond;
  if (whole < 0 || whole >= kYear10000) return std::to_string(whole) + " s after 1970";
  const sys_seconds time{seconds(whole)};
  const sys_days day = floor<days>(time);
  const year_month_day ymd(day);
  const hh_mm_ss hms(time - day);
  char text[64];
  std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02dZ", static_cast<int>(ymd.year()),
                static_cast<unsigned>(ymd.month()), static_cast<unsigned>(ymd.day()),
                static_cast<int>(hms.hours().count()), static_cast<int>(hms.minutes().count()),
                static_cast<int>(hms.seconds().count()));
  return text;
}

std::string in_quotation_marks(std::string_view text) { return "\"" + escaped(text, 128) + "\""; }

std::string json_text(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const size_t end = std::min(text.find(separator), text.size());
    if (end > 0) parts.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

bool plain(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

}  // namespace

std::optional<Claims> read_claims(std::string_view token) {
  const size_t first = token.find('.');
  if (first == std::string_view::npos) return {};
  const size_t second = token.find('.', first + 1);
  if (second == std::string_view::npos) return {};
  auto payload = from_base64url(token.substr(first + 1, second - first - 1));
  JsonObject object;
  const bool good = payload && read_object(*payload, object);
  if (payload) wipe(payload->data(), payload->size());
  if (!good) return {};
  Claims claims;
  claims.issuer = text_or_none(object, "iss");
  claims.subject = text_or_none(object, "sub");
  if (const auto exp = object.find("exp"); exp != object.end()) {
    if (const auto seconds = exp->second.whole(); seconds && *seconds<INT64_MAX / kSecond&& * seconds> 0) {
      claims.expires_ms = *seconds * kSecond;
    }
  }
  if (const auto aud = object.find("aud"); aud != object.end()) {
    claims.audience = aud->second.texts;
    if (aud->second.kind == JsonField::Kind::text) claims.audience = {aud->second.text};
  }
  return claims;
}

std::string describe(const Token& token, int64_t now_ms) {
  const std::optional<Claims> claims = read_claims(token.text.reveal());
  const int64_t expires = claims && claims->expires_ms ? *claims->expires_ms : token.expires_ms;
  const int64_t rest = (expires - now_ms) / kSecond;
  std::string text = "our token: exp " + date(expires) +
                     (expires > now_ms ? " (in " + std::to_string(rest) : " (since " + std::to_string(-rest)) + " s)";
  if (!claims) return text + ", and it is no JWT";
  text += ", aud ";
  if (claims->audience.empty()) text += "none";
  for (size_t i = 0; i < claims->audience.size(); ++i)
    text += (i > 0 ? ", " : "") + in_quotation_marks(claims->audience[i]);
  return text + ", iss " + (claims->issuer.empty() ? "none" : in_quotation_marks(claims->issuer));
}

std::string read_unsecured(std::string_view text, Unsecured& to) {
  constexpr std::string_view kExtension = "extension_";
  constexpr int64_t kLongestLife = int64_t{365} * 24 * 3600;
  for (const std::string& part : split(text, ' ')) {
    const size_t equals = part.find('=');
    const std::string name = part.substr(0, equals);
    if (equals == std::string::npos) return in_quotation_marks(part) + " has no value: NAME=VALUE, separated by blanks";
    const std::string value = part.substr(equals + 1);
    if (!plain(value)) return name + " has a character in its value that cannot be printed";
    if (name == "principal") {
      to.principal = value;
    } else if (name == "principalClaimName") {
      to.principal_claim = value;
    } else if (name == "scopeClaimName") {
      to.scope_claim = value;
    } else if (name == "scope") {
      to.scope = split(value, ',');
    } else if (name == "lifeSeconds") {
      const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), to.life_seconds);
      const bool whole = error == std::errc() && end == value.data() + value.size();
      if (!whole || to.life_seconds < 1 || to.life_seconds > kLongestLife) {
        return "lifeSeconds=" + escaped(value) + ": it must be 1 to " + std::to_string(kLongestLife);
      }
    } else if (name.starts_with(kExtension)) {
      const std::string extension = name.substr(kExtension.size());
      if (std::string wrong = check_extension(extension, value); !wrong.empty()) return wrong;
      to.extensions[extension] = value;
    } else {
      return in_quotation_marks(name) +
             " is not known: principal, principalClaimName, scope, scopeClaimName, lifeSeconds and extension_NAME are";
    }
  }
  if (to.principal.empty()) return "principal=NAME is missing";
  if (to.principal_claim.empty()) return "principalClaimName is empty";
  return {};
}

Token make_unsecured(const Unsecured& from, int64_t now_ms) {
  const int64_t issued = now_ms / kSecond, expires = issued + from.life_seconds;
  std::string claims = "{" + json_text(from.principal_claim) + ":" + json_text(from.principal) +
                       ",\"iat\":" + std::to_string(issued) + ",\"exp\":" + std::to_string(expires);
  if (!from.scope.empty()) {
    claims += "," + json_text(from.scope_claim) + ":[";
    for (size_t i = 0; i < from.scope.size(); ++i) claims += (i > 0 ? "," : "") + json_text(from.scope[i]);
    claims += "]";
  }
  claims += "}";
  Token token;
  token.text = Secret(to_base64url(R"({"alg":"none"})") + "." + to_base64url(claims) + ".");
  token.expires_ms = expires * kSecond;
  token.principal = from.principal;
  token.extensions = from.extensions;
  return token;
}

}  // namespace kafka::auth
