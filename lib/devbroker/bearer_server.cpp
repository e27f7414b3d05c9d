#include "devbroker/bearer_server.hpp"

#include <optional>
#include <string>

#include "devbroker/unsecured_token.hpp"

namespace kafka::devbroker {
namespace {

constexpr char kSeparator = '\x01';
constexpr std::string_view kAuthorization = "auth=Bearer ";
// What Kafka answers, whatever was wrong with the token.
constexpr std::string_view kInvalidToken = R"({"status":"invalid_token"})";

struct FirstMessage {
  std::string_view acts_for;  // "" for nobody
  std::string_view token;
};

// "n,[a=name],^Aauth=Bearer TOKEN^A[key=value^A]...^A"
std::optional<FirstMessage> read_first(std::string_view message) {
  FirstMessage first;
  if (!message.starts_with("n,")) return std::nullopt;
  message.remove_prefix(2);
  const size_t comma = message.find(',');
  if (comma == std::string_view::npos) return std::nullopt;
  if (comma > 0) {
    if (!message.starts_with("a=")) return std::nullopt;
    first.acts_for = message.substr(2, comma - 2);
  }
  message.remove_prefix(comma + 1);
  if (!message.starts_with(kSeparator)) return std::nullopt;
  message.remove_prefix(1);
  while (!message.starts_with(kSeparator)) {
    const size_t end = message.find(kSeparator);
    if (end == std::string_view::npos) return std::nullopt;
    const std::string_view pair = message.substr(0, end);
    if (pair.starts_with(kAuthorization)) {
      first.token = pair.substr(kAuthorization.size());
    } else if (pair.find('=') == std::string_view::npos || pair.find('=') == 0) {
      return std::nullopt;
    }
    message.remove_prefix(end + 1);
  }
  return message.size() == 1 && !first.token.empty() ? std::optional(first) : std::nullopt;
}

}  // namespace

Verdict BearerServer::take(std::string_view message) {
  if (refused_) return Verdict::refuse(std::string(kInvalidToken));
  const auto first = read_first(message);
  if (!first) {
    return Verdict::refuse(
        "Authentication failed during authentication due to invalid credentials with SASL mechanism OAUTHBEARER");
  }
  const auto token = UnsecuredToken::read(first->token);
  if (!token || !token->holds_at(wall_clock_ms_())) {
    refused_ = true;
    return Verdict::ask(std::string(kInvalidToken));
  }
  if (!first->acts_for.empty() && first->acts_for != token->subject) {
    return Verdict::refuse("Authentication failed: Client requested an authorization id (" +
                           std::string(first->acts_for) + ") that is different from the token's principal name (" +
                           token->subject + ")");
  }
  Verdict verdict;
  verdict.kind = Verdict::Kind::accepted;
  verdict.user = token->subject;
  verdict.expires_ms = token->expires_ms;
  return verdict;
}

}  // namespace kafka::devbroker
