#include "devbroker/plain_server.hpp"

#include <algorithm>
#include <string>

namespace kafka::devbroker {
namespace {

constexpr char kNul = '\0';

}  // namespace

// The texts are Kafka's.
Verdict PlainServer::take(std::string_view token) {
  if (std::count(token.begin(), token.end(), kNul) != 2) {
    return Verdict::refuse(
        "Authentication failed during authentication due to invalid credentials with SASL mechanism PLAIN");
  }
  const size_t first = token.find(kNul);
  const size_t second = token.find(kNul, first + 1);
  const std::string_view acts_for = token.substr(0, first);
  const std::string_view name = token.substr(first + 1, second - first - 1);
  const std::string_view password = token.substr(second + 1);
  if (name.empty()) return Verdict::refuse("Authentication failed: username not specified");
  if (password.empty()) return Verdict::refuse("Authentication failed: password not specified");
  if (!accounts_.is_password(name, password)) {
    return Verdict::refuse("Authentication failed: Invalid username or password");
  }
  if (!acts_for.empty() && acts_for != name) {
    return Verdict::refuse(
        "Authentication failed: Client requested an authorization id that is different from username");
  }
  return {.kind = Verdict::Kind::accepted, .user = std::string(name)};
}

}  // namespace kafka::devbroker
