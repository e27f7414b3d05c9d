#include "session/token_options.hpp"

#include <string>
#include <utility>

#include "auth/jwt.hpp"
#include "base/error_table.hpp"
#include "base/file.hpp"
#include "net/http_post.hpp"
#include "session/wrong_option.hpp"

namespace kafka::session {
namespace {

struct Named {
  std::string_view name;
  bool set;
};

// The first of these that is set.
std::string_view first(std::initializer_list<Named> options) {
  for (const Named& option : options) {
    if (option.set) return option.name;
  }
  return {};
}

// What belongs to a token endpoint alone.
std::string_view set_endpoint_option(const SessionOptions& o) {
  return first({{"sasl.oauthbearer.token.endpoint.url", !o.sasl_oauthbearer_token_endpoint_url.empty()},
                {"sasl.oauthbearer.client.id", !o.sasl_oauthbearer_client_id.empty()},
                {"sasl.oauthbearer.client.secret", !o.sasl_oauthbearer_client_secret.empty()},
                {"sasl.oauthbearer.scope", !o.sasl_oauthbearer_scope.empty()},
                {"sasl.oauthbearer.extensions", !o.sasl_oauthbearer_extensions.empty()},
                {"sasl.oauthbearer.allow.http", o.sasl_oauthbearer_allow_http},
                {"https.ca.location", !o.https_ca_location.empty()},
                {"https.ca.pem", !o.https_ca_pem.empty()}});
}

Error check_endpoint(const SessionOptions& o) {
  if (const std::string why = net::http_missing(); !why.empty()) {
    return wrong_option("sasl.oauthbearer.method = \"oidc\": " + why);
  }
  constexpr std::string_view kUrl = "sasl.oauthbearer.token.endpoint.url";
  for (const Named& needed : {Named{kUrl, !o.sasl_oauthbearer_token_endpoint_url.empty()},
                              Named{"sasl.oauthbearer.client.id", !o.sasl_oauthbearer_client_id.empty()},
                              Named{"sasl.oauthbearer.client.secret", !o.sasl_oauthbearer_client_secret.empty()}}) {
    if (!needed.set)
      return wrong_option(std::string(needed.name) + " is not set: sasl.oauthbearer.method=oidc needs it");
  }
  if (!o.sasl_oauthbearer_config.empty()) {
    return wrong_option(
        "sasl.oauthbearer.config is set, but sasl.oauthbearer.method is oidc: it is for unsecured tokens");
  }
  TokenUrl url;
  if (const std::string text = read_token_url(o.sasl_oauthbearer_token_endpoint_url, url); !text.empty()) {
    return wrong_option(std::string(kUrl) + " = \"" + escaped(o.sasl_oauthbearer_token_endpoint_url) + "\": " + text);
  }
  if (!url.https && !is_loopback(url.host) && !o.sasl_oauthbearer_allow_http) {
    return wrong_option(
        std::string(kUrl) +
        " begins with http://, which would send the secret in clear to another machine: use https://, or set "
        "sasl.oauthbearer.allow.http=true if everybody on the way may read it");
  }
  auth::Extensions ignored;
  if (const std::string text = read_extensions(o.sasl_oauthbearer_extensions, ignored); !text.empty()) {
    return wrong_option("sasl.oauthbearer.extensions: " + text);
  }
  if (!o.https_ca_location.empty() && !o.https_ca_pem.empty()) {
    return wrong_option("https.ca.location and https.ca.pem are both set: one of them must do");
  }
  return {};
}

}  // namespace

std::string_view set_token_option(const SessionOptions& o) {
  const SessionOptions defaults;
  const std::string_view own =
      first({{"sasl.oauthbearer.method", o.sasl_oauthbearer_method != defaults.sasl_oauthbearer_method},
             {"sasl.oauthbearer.config", !o.sasl_oauthbearer_config.empty()},
             {"enable.sasl.oauthbearer.unsecure.jwt", o.enable_sasl_oauthbearer_unsecure_jwt}});
  return own.empty() ? set_endpoint_option(o) : own;
}

bool asks_application(const SessionOptions& o) {
  return o.sasl_oauthbearer_method == OAuthBearerMethod::callback && !o.enable_sasl_oauthbearer_unsecure_jwt;
}

Error check_tokens(const SessionOptions& o) {
  if (!o.sasl_username.empty() || !o.sasl_password.empty()) {
    return wrong_option(std::string(o.sasl_username.empty() ? "sasl.password" : "sasl.username") +
                        " is set, but sasl.mechanism is OAUTHBEARER, which logs in with a token");
  }
  if (o.sasl_oauthbearer_method == OAuthBearerMethod::oidc) {
    if (o.enable_sasl_oauthbearer_unsecure_jwt) {
      return wrong_option(
          "enable.sasl.oauthbearer.unsecure.jwt and sasl.oauthbearer.method=oidc are both set: one must do");
    }
    return check_endpoint(o);
  }
  if (const std::string_view set = set_endpoint_option(o); !set.empty()) {
    return wrong_option(std::string(set) + " is set, but sasl.oauthbearer.method is not oidc");
  }
  if (!o.enable_sasl_oauthbearer_unsecure_jwt) {
    if (o.sasl_oauthbearer_config.empty()) return {};
    return wrong_option("sasl.oauthbearer.config is set without enable.sasl.oauthbearer.unsecure.jwt=true");
  }
  auth::Unsecured ignored;
  const std::string text = auth::read_unsecured(o.sasl_oauthbearer_config, ignored);
  return text.empty() ? Error() : wrong_option("sasl.oauthbearer.config: " + text);
}

std::unique_ptr<Tokens> make_tokens(net::Reactor& reactor, const SessionOptions& o) {
  const bool asks = asks_application(o);
  return std::make_unique<Tokens>(
      reactor,
      TokenTimes{.patience = asks ? o.sasl_login_connect_timeout + o.sasl_login_read_timeout : net::Duration::max(),
                 .refresh_factor = o.sasl_login_refresh_window_factor,
                 .refresh_jitter = o.sasl_login_refresh_window_jitter,
                 .retry = {o.sasl_login_retry_backoff, o.sasl_login_retry_backoff_max}});
}

std::optional<OidcSettings> make_oidc(const SessionOptions& o, Error& error) {
  const bool bearer = o.sasl_mechanism == SaslMechanism::oauthbearer;
  if (!bearer || o.sasl_oauthbearer_method != OAuthBearerMethod::oidc) return {};
  constexpr size_t kLargestFile = 4 * 1024 * 1024;
  if (!o.https_ca_location.empty()) {
    WipedString ignored;
    const std::string why = read_file(o.https_ca_location, kLargestFile, ignored);
    if (!why.empty()) error = wrong_option("https.ca.location = \"" + escaped(o.https_ca_location) + "\": " + why);
  }
  OidcSettings settings;
  read_token_url(o.sasl_oauthbearer_token_endpoint_url, settings.url);
  read_extensions(o.sasl_oauthbearer_extensions, settings.extensions);
  settings.client_id = o.sasl_oauthbearer_client_id;
  settings.client_secret = o.sasl_oauthbearer_client_secret;
  settings.scope = o.sasl_oauthbearer_scope;
  settings.ca_location = o.https_ca_location;
  settings.ca_pem = o.https_ca_pem;
  settings.connect_timeout = o.sasl_login_connect_timeout;
  settings.read_timeout = o.sasl_login_read_timeout;
  settings.retry = {o.sasl_login_retry_backoff, o.sasl_login_retry_backoff_max};
  return settings;
}

void supply(Tokens& tokens, net::Reactor& reactor, cluster::Resolver& resolver, const SessionOptions& o,
            std::optional<OidcSettings> oidc) {
  if (oidc) {
    tokens.set_supplier([endpoint = std::make_shared<Oidc>(reactor, resolver, std::move(*oidc))](TokenRequest request) {
      endpoint->ask(std::move(request));
    });
  } else if (o.enable_sasl_oauthbearer_unsecure_jwt) {
    auth::Unsecured from;
    auth::read_unsecured(o.sasl_oauthbearer_config, from);
    tokens.set_supplier([&reactor, from = std::move(from)](TokenRequest request) {
      auth::Token made = auth::make_unsecured(from, reactor.wall_clock_ms());
      const std::chrono::system_clock::time_point expires{std::chrono::milliseconds(made.expires_ms)};
      request.set(std::move(made.text), expires, std::move(made.principal), std::move(made.extensions));
    });
  }
}

}  // namespace kafka::session
