// The options of SASL: what a login needs, what would give a password away, and the login that they make.
#pragma once

#include <kafka/options.hpp>

#include <memory>
#include <string>
#include <string_view>

#include "auth/login.hpp"

namespace kafka::session {

/// Names that other clients take for what this one does by itself or does not need: they are taken, and change nothing.
bool ignored_option(std::string_view name);
/// What a session says of the ignored options that were set.
std::string ignored_text(const SessionOptions& options);
/// A protocol without a login or a login without a protocol, half of one, a password in clear, or a mechanism that this
/// build does not have.
Error check_sasl(const SessionOptions& options);
/// Whether a name and a password can be sent as they are.
Error check_credentials(std::string_view user, const Secret& password);
/// Null unless the session logs in. The options must be valid, and know the password still.
std::shared_ptr<auth::Login> make_login(const SessionOptions& options);

}  // namespace kafka::session
