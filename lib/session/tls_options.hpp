// The options of TLS: what excludes each other, what other clients have and this one refuses, and what the net room
// gets.
#pragma once

#include <kafka/options.hpp>

#include <memory>
#include <string_view>
#include <vector>

#include "net/tls_engine.hpp"
#include "net/tls_settings.hpp"

namespace kafka::session {

bool speaks_tls(const SessionOptions& options);
/// Names and values that other clients take and this one cannot: the text says what to use instead.
Error refused_option(std::string_view name, std::string_view value);
/// Two sources for one thing, half of a pair, an old version of TLS, or TLS in a build without it.
Error check_tls(const SessionOptions& options);
net::TlsSettings tls_settings(const SessionOptions& options);
/// One line for each check that the options turn off.
std::vector<std::string_view> tls_warnings(const SessionOptions& options);
/// Puts kHidden in place of every secret that is set.
void hide_secrets(SessionOptions& options);
/// Reads certificates and keys, unless there is an error already or the session speaks no TLS. Afterwards the
/// options do not know the secrets any more.
std::shared_ptr<const net::TlsContext> make_tls(SessionOptions& options, Error& error);
/// Reads certificates and keys for new connections, see Session::set_tls(). Null with an error.
std::shared_ptr<const net::TlsContext> renew_tls(const SessionOptions& options, TlsFiles files, Error& error);

}  // namespace kafka::session
