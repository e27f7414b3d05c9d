#include "session/sasl_options.hpp"

#include <algorithm>
#include <string>

#include "session/ticket_options.hpp"
#include "session/tls_options.hpp"
#include "session/token_options.hpp"
#include "session/wrong_option.hpp"

namespace kafka::session {
namespace {

constexpr std::string_view kIgnored[] = {"api.version.request", "broker.version.fallback", "sasl.kerberos.kinit.cmd",
                                         "sasl.kerberos.ticket.renew.jitter",
                                         "sasl.kerberos.ticket.renew.window.factor"};
constexpr size_t kLongest = 65535;  // bytes; what is longer is a mistake, such as a file that is none of a password

auth::Kind kind(SaslMechanism mechanism) {
  switch (mechanism) {
    case SaslMechanism::scram_sha_256:
      return auth::Kind::scram_sha_256;
    case SaslMechanism::scram_sha_512:
      return auth::Kind::scram_sha_512;
    case SaslMechanism::oauthbearer:
      return auth::Kind::oauthbearer;
    case SaslMechanism::gssapi:
      return auth::Kind::gssapi;
    default:
      return auth::Kind::plain;
  }
}

bool logs_in(const SessionOptions& options) {
  return options.security_protocol == SecurityProtocol::sasl_plaintext ||
         options.security_protocol == SecurityProtocol::sasl_ssl;
}

// The first option of SASL that is set.
std::string_view set_option(const SessionOptions& o) {
  const SessionOptions defaults;
  if (o.sasl_mechanism != defaults.sasl_mechanism) return "sasl.mechanism";
  if (!o.sasl_username.empty()) return "sasl.username";
  if (!o.sasl_password.empty()) return "sasl.password";
  if (o.sasl_allow_plaintext) return "sasl.allow.plaintext";
  if (o.sasl_scram_max_iterations != defaults.sasl_scram_max_iterations) return "sasl.scram.max.iterations";
  if (const std::string_view set = set_kerberos_option(o); !set.empty()) return set;
  return set_token_option(o);
}

// Without OpenSSL there is no SCRAM, without libkrb5 no GSSAPI.
Error no_such_mechanism(auth::Kind mechanism) {
  const bool kerberos = mechanism == auth::Kind::gssapi;
  return wrong_option("sasl.mechanism = \"" + std::string(auth::name(mechanism)) + "\": this build of uvkafka has no " +
                      (kerberos ? "GSSAPI (it was built with -Dgssapi=disabled, or without libgssapi_krb5)"
                                : "SCRAM (it was built with -Dtls=disabled, or without OpenSSL)"));
}

Error not_of(std::string_view set, auth::Kind mechanism, std::string_view owner) {
  return wrong_option(std::string(set) + " is set, but sasl.mechanism is " + std::string(auth::name(mechanism)) +
                      ": it belongs to " + std::string(owner));
}

}  // namespace

bool ignored_option(std::string_view name) {
  return std::find(std::begin(kIgnored), std::end(kIgnored), name) != std::end(kIgnored);
}

std::string ignored_text(const SessionOptions& options) {
  std::string names;
  for (const std::string& name : options.ignored_options) names += (names.empty() ? "" : ", ") + name;
  return "these options do nothing here: " + names;
}

Error check_credentials(std::string_view user, const Secret& password) {
  for (const auto& [name, text] :
       {std::pair<std::string_view, std::string_view>("sasl.username", user), {"sasl.password", password.reveal()}}) {
    if (text.empty()) return wrong_option(std::string(name) + " is empty: a login needs a name and a password");
    if (text.size() > kLongest) {
      return wrong_option(std::string(name) + " has " + std::to_string(text.size()) + " bytes; " +
                          std::to_string(kLongest) + " are the most");
    }
    if (text.find('\0') != std::string_view::npos) return wrong_option(std::string(name) + " has a zero byte in it");
  }
  return {};
}

Error check_sasl(const SessionOptions& o) {
  if (!logs_in(o)) {
    const std::string_view set = set_option(o);
    if (set.empty()) return {};
    return wrong_option(
        std::string(set) + " is set, but security.protocol is " +
        (speaks_tls(o) ? "ssl: set it to sasl_ssl" : "plaintext: set it to sasl_ssl or sasl_plaintext"));
  }
  const std::string protocol = speaks_tls(o) ? "sasl_ssl" : "sasl_plaintext";
  if (o.sasl_mechanism == SaslMechanism::none) {
    return wrong_option(
        "security.protocol is " + protocol +
        ", but sasl.mechanism is not set: it must be PLAIN, SCRAM-SHA-256, SCRAM-SHA-512, OAUTHBEARER or GSSAPI");
  }
  const auth::Kind mechanism = kind(o.sasl_mechanism);
  if (!auth::available(mechanism)) return no_such_mechanism(mechanism);
  const bool takes_tokens = mechanism == auth::Kind::oauthbearer, takes_tickets = mechanism == auth::Kind::gssapi;
  if (Error error = takes_tokens    ? check_tokens(o)
                    : takes_tickets ? check_tickets(o)
                                    : check_credentials(o.sasl_username, o.sasl_password)) {
    return error;
  }
  if (const std::string_view set = set_token_option(o); !takes_tokens && !set.empty()) {
    return not_of(set, mechanism, "OAUTHBEARER");
  }
  if (const std::string_view set = set_kerberos_option(o); !takes_tickets && !set.empty()) {
    return not_of(set, mechanism, "GSSAPI");
  }
  if ((mechanism == auth::Kind::plain || takes_tokens) && !speaks_tls(o) && !o.sasl_allow_plaintext) {
    return wrong_option(
        "sasl.mechanism = \"" + std::string(auth::name(mechanism)) +
        "\" with security.protocol=sasl_plaintext would send the " + (takes_tokens ? "token" : "password") +
        " in clear: set security.protocol=sasl_ssl, or sasl.allow.plaintext=true if everybody on the way may "
        "read it");
  }
  return {};
}

std::shared_ptr<auth::Login> make_login(const SessionOptions& options) {
  if (!logs_in(options)) return nullptr;
  auto login = std::make_shared<auth::Login>();
  login->kind = kind(options.sasl_mechanism);
  login->user = options.sasl_username;
  login->password = options.sasl_password;
  login->most_iterations = options.sasl_scram_max_iterations;
  return login;
}

}  // namespace kafka::session
