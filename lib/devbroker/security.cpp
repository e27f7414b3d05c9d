// The options of the listeners, checked and made into what they mean (see security.hpp).
#include "devbroker/security.hpp"

#include <algorithm>
#include <utility>

#include "net/tls_maker.hpp"
#include "net/tls_settings.hpp"

namespace kafka::devbroker {
namespace {

constexpr std::string_view kPlain = "PLAIN", kScram = "SCRAM-", kBearer = "OAUTHBEARER";
constexpr std::string_view kMechanisms[] = {kPlain, "SCRAM-SHA-256", "SCRAM-SHA-512", kBearer};
constexpr std::string_view kMechanismNames = "PLAIN, SCRAM-SHA-256, SCRAM-SHA-512 and OAUTHBEARER";

Error wrong(std::string text) { return Error(Errc::invalid_option, std::move(text)); }

/// The TLS of sessions has options of other names.
Error renamed(const Error& error) {
  constexpr std::pair<std::string_view, std::string_view> kNames[] = {
      {"ssl.certificate.location", "tls.cert"}, {"ssl.key.location", "tls.key"}, {"ssl.ca.location", "tls.client_ca"}};
  std::string text(error.detail());
  for (const auto& [old, own] : kNames) {
    for (size_t at = text.find(old); at != std::string::npos; at = text.find(old)) text.replace(at, old.size(), own);
  }
  return Error(error.code(), std::move(text));
}

bool is_among(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

Error Security::configure(const DevBrokerOptions& options) {
  if (Error error = configure_tls(options)) return error;
  if (Error error = configure_logins(options)) return error;
  return configure_users(options);
}

Error Security::configure_tls(const DevBrokerOptions& options) {
  const bool files = !options.tls.cert.empty() || !options.tls.key.empty();
  if (!files && options.tls.make.empty() && options.tls.client_ca.empty()) return {};
  if (!net::tls_available()) {
    return Error(Errc::unsupported_feature, std::string(files                      ? "tls.cert"
                                                        : options.tls.make.empty() ? "tls.client_ca"
                                                                                   : "tls.make") +
                                                ": this build of uvkafka has no TLS (meson option `tls`)");
  }
  net::TlsSettings settings;
  if (files || options.tls.make.empty()) {
    if (!options.tls.make.empty()) return wrong("tls.make and tls.cert exclude each other: it makes a certificate");
    if (options.tls.cert.empty()) return wrong("tls.cert must be set, too: the file with the brokers' certificate");
    if (options.tls.key.empty()) return wrong("tls.key must be set, too: the file with the key of tls.cert");
    settings.identity.certificate_location = options.tls.cert;
    settings.identity.key_location = options.tls.key;
  } else {
    if (const Error error = net::TestCertificates::make(options.tls.make)) {
      return Error(error.code(), "tls.make: " + std::string(error.detail()));
    }
    const std::string folder = options.tls.make + "/";
    settings.identity.certificate_location = folder + net::TestCertificates::kBroker;
    settings.identity.key_location = folder + net::TestCertificates::kBrokerKey;
  }
  settings.trust.location = options.tls.client_ca;
  settings.trust.verify = !options.tls.client_ca.empty();
  settings.trust.verify_name = false;
  Error error;
  tls_ = net::make_tls_context(settings, error);
  return error ? renamed(error) : Error();
}

Error Security::configure_logins(const DevBrokerOptions& options) {
  const std::string& list = options.sasl.mechanisms;
  for (size_t begin = 0; !list.empty() && begin <= list.size();) {
    const size_t comma = std::min(list.find(',', begin), list.size());
    const std::string name = list.substr(begin, comma - begin);
    begin = comma + 1;
    if (std::find(std::begin(kMechanisms), std::end(kMechanisms), name) == std::end(kMechanisms)) {
      return wrong("sasl.mechanisms: there is no mechanism \"" + name + "\"; the dev broker knows " +
                   std::string(kMechanismNames));
    }
    if (is_among(mechanisms_, name)) return wrong("sasl.mechanisms: it names " + name + " twice");
    if (name.starts_with(kScram) && !auth::crypto_available()) {
      return Error(Errc::unsupported_feature,
                   "sasl.mechanisms: this build of uvkafka has no SCRAM (meson option `tls`)");
    }
    mechanisms_.push_back(name);
  }
  if (wants_login() && (options.version == "0.8.2" || options.version == "0.9")) {
    return wrong("sasl.mechanisms: Kafka " + options.version +
                 " knows none of these mechanisms; `version` must be 0.10 or later");
  }
  if (options.sasl.session_lifetime.count() < 0) return wrong("sasl.session_lifetime must be 0 or more");
  if (options.sasl.session_lifetime.count() > 0 && !wants_login()) {
    return wrong("sasl.session_lifetime is of logins, and sasl.mechanisms is not set");
  }
  session_lifetime_ = options.sasl.session_lifetime;
  return {};
}

Error Security::configure_users(const DevBrokerOptions& options) {
  const bool by_password =
      std::any_of(mechanisms_.begin(), mechanisms_.end(), [](const std::string& name) { return name != kBearer; });
  if (!options.sasl.users.empty() && !by_password) {
    return wrong("sasl.users have passwords, and sasl.mechanisms names no mechanism with passwords");
  }
  if (by_password && options.sasl.users.empty()) return wrong("sasl.users: nobody can log in; it must name somebody");
  for (const DevUser& user : options.sasl.users) {
    if (user.name.empty()) return wrong("sasl.users: a user has no name");
    if (user.password.empty()) return wrong("sasl.users: " + user.name + " has no password");
    if (!accounts_.add(user.name, user.password)) return wrong("sasl.users: " + user.name + " is there twice");
  }
  for (const std::string& name : options.sasl.deny) {
    // Users of OAUTHBEARER are known when they come.
    const bool may_come = wants_login() ? accounts_.has(name) || is_among(mechanisms_, kBearer) : name == kNobody;
    if (!may_come) {
      return wrong("sasl.deny: there is no user \"" + name + "\"" +
                   (wants_login() ? "" : "; without sasl.mechanisms everybody is " + std::string(kNobody)));
    }
    accounts_.deny(name);
  }
  return {};
}

}  // namespace kafka::devbroker
