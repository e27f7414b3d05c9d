// The options of GSSAPI: which Kerberos tickets a session logs in with.
// Not here: other mechanisms of SASL (sasl_options.hpp), the tickets of a session (tickets.hpp).
#pragma once

#include <kafka/options.hpp>

#include <memory>
#include <string_view>

#include "session/tickets.hpp"

namespace kafka::session {

/// The first option of Kerberos that is set; "" if none is.
std::string_view set_kerberos_option(const SessionOptions& options);
/// What excludes each other in a session that logs in by GSSAPI.
Error check_tickets(const SessionOptions& options);
/// Whether the keytab can be read, and is one.
Error check_keytab(const SessionOptions& options);
/// For a session that logs in by GSSAPI. The options are valid.
std::unique_ptr<Tickets> make_tickets(net::Reactor& reactor, const SessionOptions& options);

}  // namespace kafka::session
