// The options of OAUTHBEARER: where tokens come from, and what excludes each other.
// Not here: other mechanisms of SASL (sasl_options.hpp), the token of a session (tokens.hpp).
#pragma once

#include <kafka/options.hpp>

#include <memory>
#include <optional>
#include <string_view>

#include "session/oidc.hpp"
#include "session/tokens.hpp"

namespace kafka::session {

/// The first option of tokens that is set; "" if none is.
std::string_view set_token_option(const SessionOptions& options);
/// Options that miss others or exclude each other, and what this build does not have.
Error check_tokens(const SessionOptions& options);
/// Whether Session::on_token() is asked.
bool asks_application(const SessionOptions& options);
/// What a token endpoint is asked with; none unless the session has one. Reads the certificates that are to be trusted.
/// The options are valid, and know the secret still.
std::optional<OidcSettings> make_oidc(const SessionOptions& options, Error& error);
/// For a session that logs in by OAUTHBEARER. The options are valid.
std::unique_ptr<Tokens> make_tokens(net::Reactor& reactor, const SessionOptions& options);
/// The tokens come from the endpoint, or are unsecured ones; nothing if the application gives them.
void supply(Tokens& tokens, net::Reactor& reactor, cluster::Resolver& resolver, const SessionOptions& options,
            std::optional<OidcSettings> oidc);

}  // namespace kafka::session
