// Tokens as JSON Web Tokens (RFC 7519): what they say of themselves, and unsecured ones that nobody has signed.
// Nothing here verifies anything: that is the broker's.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auth/token.hpp"

namespace kafka::auth {

/// What a token says of itself.
struct Claims {
  std::optional<int64_t> expires_ms;  ///< `exp`, since 1970
  std::string issuer;                 ///< `iss`
  std::string subject;                ///< `sub`
  std::vector<std::string> audience;  ///< `aud`
};
/// None if the token is no JWT: it may have any form.
std::optional<Claims> read_claims(std::string_view token);
/// For people who look for why a broker refuses a token: exp, aud and iss, and never the token.
std::string describe(const Token& token, int64_t now_ms);

/// What unsecured tokens are made from (sasl.oauthbearer.config).
struct Unsecured {
  std::string principal;
  std::string principal_claim = "sub", scope_claim = "scope";
  std::vector<std::string> scope;
  int64_t life_seconds = 3600;
  Extensions extensions;
};
/// Returns what is wrong with the option's text; "" if it is well.
std::string read_unsecured(std::string_view text, Unsecured& to);
Token make_unsecured(const Unsecured& from, int64_t now_ms);

}  // namespace kafka::auth
