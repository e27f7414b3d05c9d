#include "session/security.hpp"

#include <utility>

#include "session/sasl_options.hpp"
#include "session/tls_options.hpp"

namespace kafka::session {

Security make_security(SessionOptions& options, Error& error) {
  Security security;
  if (!error) security.login = make_login(options);
  security.tls = make_tls(options, error);
  return security;
}

Error set_credentials(cluster::Router& router, std::string_view user, Secret password) {
  const std::shared_ptr<auth::Login> before = router.links().login;
  if (before == nullptr) {
    return Error(Errc::wrong_state, "the session does not log in: its security.protocol has no SASL");
  }
  if (Error error = check_credentials(user, password)) return error;
  auto login = std::make_shared<auth::Login>();
  login->kind = before->kind;
  login->user = user;
  login->password = std::move(password);
  login->most_iterations = before->most_iterations;
  router.links().login = std::move(login);
  // Brokers that have refused what was offered before are tried at once.
  for (const auto* list : {&router.brokers(), &router.contacts()}) {
    for (const auto& [id, broker] : *list) {
      if (broker.endpoint->refusal) {
        broker.endpoint->forget_refusal();
        broker.endpoint->reconnect.cut_short();
      }
      broker.each_link([](cluster::Link& link) { link.credentials_changed(); });
    }
  }
  return {};
}

}  // namespace kafka::session
