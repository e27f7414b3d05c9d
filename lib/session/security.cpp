#include "session/security.hpp"

#include <utility>

#include "session/core.hpp"
#include "session/sasl_options.hpp"
#include "session/ticket_options.hpp"
#include "session/tls_options.hpp"
#include "session/token_options.hpp"

namespace kafka::session {

Security make_security(SessionOptions& options, Error& error) {
  Security security;
  if (!error) security.login = make_login(options);
  if (!error) security.oidc = make_oidc(options, error);
  if (!error) error = check_keytab(options);
  security.tls = make_tls(options, error);
  return security;
}

namespace {

// Whether any connection was used since then.
bool used_since(const cluster::Router& router, net::TimePoint time) {
  bool used = false;
  for (const auto* list : {&router.brokers(), &router.contacts()}) {
    for (const auto& [id, broker] : *list) {
      broker.each_link(
          [&](cluster::Link& link) { used |= link.connection() != nullptr && link.connection()->last_used() > time; });
    }
  }
  return used;
}

// The session would offer something else now. Brokers that have refused what it offered before are tried at once, and
// what a topic owes to such a refusal is forgotten.
void try_refused_again(Core& core) {
  for (const auto* list : {&core.router().brokers(), &core.router().contacts()}) {
    for (const auto& [id, broker] : *list) {
      if (broker.endpoint->refusal) {
        broker.endpoint->forget_refusal();
        broker.endpoint->reconnect.cut_short();
      }
      broker.each_link([](cluster::Link& link) { link.credentials_changed(); });
    }
  }
  core.metadata().forget_refusal();
}

}  // namespace

void start_tokens(Core& core, std::optional<OidcSettings> oidc) {
  static constexpr std::string_view kSubject = "OAUTHBEARER";
  Tokens& tokens = *core.tokens();
  core.router().links().login->tokens = &tokens;
  tokens.set_use([&core](net::TimePoint since) { return used_since(core.router(), since); });
  tokens.on_outcome([&core](const Error& error) {
    if (!error) return core.log().forget(kSubject);
    core.log().failure(LogLevel::warning, kSubject, error);
  });
  supply(tokens, core.reactor(), core.router().resolver(), core.options(), std::move(oidc));
}

// The handler is a callback of the application: it runs from the queue, and lives while it runs.
Error on_token(Core& core, Function<void(TokenRequest)> handler) {
  if (Error error = core.refusal()) return error;
  if (core.tokens() == nullptr) return Error(Errc::wrong_state, "the session does not log in by OAUTHBEARER");
  if (!asks_application(core.options())) {
    return Error(Errc::wrong_state,
                 "the session gets its tokens itself: sasl.oauthbearer.method is oidc, or "
                 "enable.sasl.oauthbearer.unsecure.jwt is true");
  }
  Tokens::Supplier supplier;
  if (handler) {
    auto pinned = std::make_shared<Function<void(TokenRequest)>>(std::move(handler));
    supplier = [&core, lane = Lane(), pinned](TokenRequest request) {
      core.callbacks().run(lane, [pinned, request = std::move(request)]() mutable { (*pinned)(std::move(request)); });
    };
  }
  core.tokens()->set_supplier(std::move(supplier));
  try_refused_again(core);
  return {};
}

Error set_tls(Core& core, TlsFiles files) {
  if (Error error = core.refusal()) return error;
  if (!speaks_tls(core.options())) {
    return Error(Errc::wrong_state, "the session speaks no TLS: its security.protocol is not ssl or sasl_ssl");
  }
  Error error;
  std::shared_ptr<const net::TlsContext> made = renew_tls(core.options(), std::move(files), error);
  if (error) return error;
  core.router().links().tls = std::move(made);
  try_refused_again(core);
  return {};
}

Error set_credentials(Core& core, std::string_view user, Secret password) {
  if (Error error = core.refusal()) return error;
  const std::shared_ptr<auth::Login> before = core.router().links().login;
  if (before == nullptr) {
    return Error(Errc::wrong_state, "the session does not log in: its security.protocol has no SASL");
  }
  if (before->kind == auth::Kind::oauthbearer) {
    return Error(Errc::wrong_state, "the session logs in with tokens (OAUTHBEARER): see on_token()");
  }
  if (before->kind == auth::Kind::gssapi) {
    return Error(Errc::wrong_state, "the session logs in with Kerberos tickets (GSSAPI): see sasl.kerberos.keytab");
  }
  if (Error error = check_credentials(user, password)) return error;
  auto login = std::make_shared<auth::Login>();
  login->kind = before->kind;
  login->user = user;
  login->password = std::move(password);
  login->most_iterations = before->most_iterations;
  core.router().links().login = std::move(login);
  try_refused_again(core);
  return {};
}

}  // namespace kafka::session
