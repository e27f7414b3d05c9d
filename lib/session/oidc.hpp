// Tokens from a token endpoint: client credentials of OAuth 2.0 (RFC 6749, section 4.4; KIP-768).
// Not here: when a token is asked for (tokens.hpp), how HTTP is spoken (net/http_post.hpp).
#pragma once

#include <kafka/options.hpp>
#include <kafka/token.hpp>

#include <cstdint>
#include <memory>
#include <string>

#include "auth/token.hpp"
#include "base/scope.hpp"
#include "cluster/resolver.hpp"
#include "cluster/retry_pause.hpp"
#include "net/reactor.hpp"

namespace kafka::session {

/// A token endpoint, as its URL has it.
struct TokenUrl {
  bool https = true;
  std::string host;  ///< without brackets
  uint16_t port = 443;
  std::string text;
};
/// Returns what is wrong with it; "" if it is well.
std::string read_token_url(std::string_view text, TokenUrl& to);
/// Whether a host name or address can only mean this machine.
bool is_loopback(std::string_view host);
/// "name=value,name=value"; returns what is wrong with it.
std::string read_extensions(std::string_view text, auth::Extensions& to);

struct OidcSettings {
  TokenUrl url;
  std::string client_id;
  Secret client_secret;
  std::string scope;
  auth::Extensions extensions;
  std::string ca_location, ca_pem;
  net::Duration connect_timeout{}, read_timeout{};
  cluster::PauseLimits retry{};
};

/// Asks the endpoint, one request at a time.
class Oidc {
 public:
  /// Of an answer, in bytes.
  static constexpr size_t kMostAnswer = 65536;

  Oidc(net::Reactor& reactor, cluster::Resolver& resolver, OidcSettings settings)
      : reactor_(reactor), resolver_(resolver), settings_(std::move(settings)) {}

  /// Answers `request` later. What may pass by itself (a name that is not found, a port that refuses, status 408, 429
  /// and 5xx) is tried again, after pauses, until the time of both timeouts has passed.
  void ask(TokenRequest request);

 private:
  void attempt();
  void post(std::vector<std::string> addresses);
  void take(const Error& error, net::HttpAnswer answer);
  void take_token(std::string_view body);
  void passing(std::string why);
  void fail(std::string why);

  net::Reactor& reactor_;
  cluster::Resolver& resolver_;
  OidcSettings settings_;
  std::unique_ptr<TokenRequest> request_;
  std::unique_ptr<net::HttpExchange> exchange_;
  net::TimePoint give_up_{};
  cluster::RetryPause pause_;
  uint32_t attempts_ = 0;
  net::Timer again_;
  Scope scope_;
};

}  // namespace kafka::session
