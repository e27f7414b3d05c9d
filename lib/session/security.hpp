// What the options of TLS and SASL were made into, for the connections of a session.
// Not here: the options themselves (tls_options.hpp, sasl_options.hpp).
#pragma once

#include <kafka/options.hpp>

#include <memory>
#include <optional>
#include <string_view>

#include "cluster/router.hpp"
#include "session/oidc.hpp"
#include "session/tickets.hpp"
#include "session/tokens.hpp"

namespace kafka::session {

class Core;

struct Security {
  std::shared_ptr<const net::TlsContext> tls;  ///< none: plaintext
  std::shared_ptr<auth::Login> login;          ///< none: the session does not log in
  std::unique_ptr<Tokens> tokens;              ///< of a session that logs in by OAUTHBEARER
  std::optional<OidcSettings> oidc;            ///< none: no endpoint gives it tokens
  std::unique_ptr<Tickets> tickets;            ///< of a session that logs in by GSSAPI
};

/// Reads certificates and keys, unless there is an error already. Afterwards the options know no secret any more.
Security make_security(SessionOptions& options, Error& error);
/// The core has tokens: they get who gives them, and connections use them.
void start_tokens(Core& core, std::optional<OidcSettings> oidc);
/// As the functions of Session.
Error on_token(Core& core, Function<void(TokenRequest)> handler);
Error set_tls(Core& core, TlsFiles files);
Error set_credentials(Core& core, std::string_view user, Secret password);

}  // namespace kafka::session
