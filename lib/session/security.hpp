// What the options of TLS and SASL were made into, for the connections of a session.
// Not here: the options themselves (tls_options.hpp, sasl_options.hpp).
#pragma once

#include <kafka/options.hpp>

#include <memory>
#include <string_view>

#include "cluster/router.hpp"

namespace kafka::session {

struct Security {
  std::shared_ptr<const net::TlsContext> tls;  ///< none: plaintext
  std::shared_ptr<auth::Login> login;          ///< none: the session does not log in
};

/// Reads certificates and keys, unless there is an error already. Afterwards the options know no secret any more.
Security make_security(SessionOptions& options, Error& error);
/// Other credentials for logins from now on, by the same mechanism.
Error set_credentials(cluster::Router& router, std::string_view user, Secret password);

}  // namespace kafka::session
