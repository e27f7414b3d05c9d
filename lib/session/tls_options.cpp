#include "session/tls_options.hpp"

#include <string>
#include <type_traits>
#include <utility>

#include "base/error_table.hpp"
#include "session/option_fields.hpp"
#include "session/wrong_option.hpp"

namespace kafka::session {
namespace {

constexpr std::string_view kNoJava =
    "is refused: a Java keystore (JKS) must be converted: keytool -importkeystore -srckeystore FILE -destkeystore "
    "FILE.p12 -deststoretype PKCS12";

struct Refused {
  std::string_view name;  ///< with * at its end: every name that begins so; at its beginning: that ends so
  std::string_view text;
};
constexpr Refused kRefused[] = {
    {"sasl.jaas.config", "is refused: it is Java's; set sasl.mechanism, sasl.username and sasl.password"},
    {"ssl.engine.*", "is refused: certificates and keys come from files or texts (ssl.keystore.location, ssl.key.pem)"},
    {"ssl.provider", "is refused: TLS is OpenSSL's, configured by the system's openssl.cnf"},
    {"ssl.providers", "is refused: TLS is OpenSSL's, configured by the system's openssl.cnf"},
    {"*.class", "is refused: it names a Java class, and this library has none"},
    {"ssl.protocol", "is refused: set ssl.enabled.protocols"},
    {"ssl.keymanager.algorithm", "is refused: it is Java's; set ssl.keystore.location, or certificate and key"},
    {"ssl.trustmanager.algorithm", "is refused: it is Java's; set ssl.ca.location"},
};

bool fits(std::string_view name, std::string_view pattern) {
  if (pattern.starts_with('*')) return name.ends_with(pattern.substr(1));
  if (pattern.ends_with('*')) return name.starts_with(pattern.substr(0, pattern.size() - 1));
  return name == pattern;
}

Error exclude(std::string_view a, bool a_set, std::string_view b, bool b_set) {
  if (!a_set || !b_set) return {};
  return wrong_option(std::string(a) + " and " + std::string(b) + " are both set: one of them must do");
}

Error need(std::string_view name, bool set, std::string_view other, bool other_set) {
  if (!set || other_set) return {};
  return wrong_option(std::string(name) + " is set without " + std::string(other));
}

struct Hider {
  void operator()(std::string_view, auto& member, auto&&...) {
    if constexpr (std::is_same_v<decltype(member), Secret&>) {
      if (!member.empty()) member = Secret(kHidden);
    }
  }
};

// The versions in ssl.enabled.protocols.
Error read_versions(const SessionOptions& options, net::TlsChoices& to) {
  to.tls_1_2 = to.tls_1_3 = false;
  for (const std::string_view version : strategies(options.ssl_enabled_protocols)) {
    if (version == "TLSv1.2") {
      to.tls_1_2 = true;
    } else if (version == "TLSv1.3") {
      to.tls_1_3 = true;
    } else {
      return wrong_option("ssl.enabled.protocols = \"" + escaped(options.ssl_enabled_protocols) +
                          "\": it must be TLSv1.2, TLSv1.3 or both, separated by a comma; older versions are refused");
    }
  }
  if (to.tls_1_2 || to.tls_1_3) return {};
  return wrong_option("ssl.enabled.protocols is empty: it must be TLSv1.2, TLSv1.3 or both, separated by a comma");
}

// In a build without TLS no option of it may be set: it would have no effect.
Error check_build(const SessionOptions& options) {
  if (net::tls_available()) return {};
  constexpr std::string_view kText =
      ": this build of uvkafka has no TLS (it was built with -Dtls=disabled, or without "
      "OpenSSL)";
  const std::vector<OptionInfo> defaults = SessionOptions().list(), set = options.list();
  for (size_t i = 0; i < set.size(); ++i) {
    const bool of_tls = set[i].name.starts_with("ssl.") || set[i].name == "enable.ssl.certificate.verification";
    if (of_tls && set[i].value != defaults[i].value) return wrong_option(set[i].name + std::string(kText));
  }
  if (!speaks_tls(options)) return {};
  const bool logs_in = options.security_protocol == SecurityProtocol::sasl_ssl;
  return wrong_option(std::string("security.protocol = \"") + (logs_in ? "sasl_ssl" : "ssl") + "\"" +
                      std::string(kText));
}

}  // namespace

bool speaks_tls(const SessionOptions& options) {
  return options.security_protocol == SecurityProtocol::ssl || options.security_protocol == SecurityProtocol::sasl_ssl;
}

Error refused_option(std::string_view name, std::string_view value) {
  for (const Refused& refused : kRefused) {
    if (fits(name, refused.name)) return wrong_option(std::string(name) + " " + std::string(refused.text));
  }
  const bool type = name == "ssl.truststore.type" || name == "ssl.keystore.type";
  if (type && (value == "JKS" || value == "jks"))
    return wrong_option(std::string(name) + " = JKS " + std::string(kNoJava));
  return {};
}

Error check_tls(const SessionOptions& o) {
  if (Error error = check_build(o)) return error;
  const bool certificate_file = !o.ssl_certificate_location.empty(), certificate_text = !o.ssl_certificate_pem.empty();
  const bool key_file = !o.ssl_key_location.empty(), key_text = !o.ssl_key_pem.empty();
  const bool store = !o.ssl_keystore_location.empty();
  const std::string_view certificate = certificate_text ? "ssl.certificate.pem" : "ssl.certificate.location";
  const std::string_view key = key_text ? "ssl.key.pem" : "ssl.key.location";
  const bool has_certificate = certificate_file || certificate_text, has_key = key_file || key_text;
  net::TlsChoices ignored;
  for (Error error : {
           exclude("ssl.ca.location", !o.ssl_ca_location.empty(), "ssl.ca.pem", !o.ssl_ca_pem.empty()),
           exclude("ssl.certificate.location", certificate_file, "ssl.certificate.pem", certificate_text),
           exclude("ssl.key.location", key_file, "ssl.key.pem", key_text),
           exclude("ssl.keystore.location", store, certificate, has_certificate),
           exclude("ssl.keystore.location", store, key, has_key),
           need(certificate, has_certificate, "its private key (ssl.key.location or ssl.key.pem)", has_key),
           need(key, has_key, "its certificate (ssl.certificate.location or ssl.certificate.pem)", has_certificate),
           read_versions(o, ignored),
       }) {
    if (error) return error;
  }
  return {};
}

net::TlsSettings tls_settings(const SessionOptions& o) {
  net::TlsSettings settings;
  settings.trust = {.location = o.ssl_ca_location,
                    .pem = o.ssl_ca_pem,
                    .format = o.ssl_truststore_type,
                    .password = o.ssl_truststore_password,
                    .crl = o.ssl_crl_location,
                    .verify = o.enable_ssl_certificate_verification,
                    .verify_name = o.ssl_endpoint_identification_algorithm == EndpointIdentification::https};
  settings.identity = {.certificate_location = o.ssl_certificate_location,
                       .certificate_pem = o.ssl_certificate_pem,
                       .key_location = o.ssl_key_location,
                       .key_pem = o.ssl_key_pem,
                       .key_password = o.ssl_key_password,
                       .keystore_location = o.ssl_keystore_location,
                       .keystore_format = o.ssl_keystore_type,
                       .keystore_password = o.ssl_keystore_password};
  settings.choices.ciphers = o.ssl_cipher_suites;
  settings.choices.curves = o.ssl_curves_list;
  settings.choices.signatures = o.ssl_sigalgs_list;
  read_versions(o, settings.choices);
  return settings;
}

std::vector<std::string_view> tls_warnings(const SessionOptions& options) {
  if (!speaks_tls(options)) return {};
  if (!options.enable_ssl_certificate_verification) {
    return {"enable.ssl.certificate.verification is false: anybody may pose as a broker"};
  }
  if (options.ssl_endpoint_identification_algorithm == EndpointIdentification::none) {
    return {
        "ssl.endpoint.identification.algorithm is none: whoever has a certificate of a trusted authority may pose as "
        "a broker"};
  }
  return {};
}

void hide_secrets(SessionOptions& options) {
  Hider hider;
  OptionFields::walk(hider, options);
}

std::shared_ptr<const net::TlsContext> make_tls(SessionOptions& options, Error& error) {
  std::shared_ptr<const net::TlsContext> made;
  if (!error && speaks_tls(options)) {
    made = net::make_tls_context(tls_settings(options), error);
  }
  hide_secrets(options);
  return made;
}

std::shared_ptr<const net::TlsContext> renew_tls(const SessionOptions& options, TlsFiles files, Error& error) {
  SessionOptions o = options;
  // The session has wiped its secrets: [hidden] stands in their place.
  o.ssl_key_password = std::move(files.key_password);
  o.ssl_keystore_password = std::move(files.keystore_password);
  o.ssl_truststore_password = std::move(files.truststore_password);
  const bool store = !files.keystore_location.empty();
  const bool pair = !files.certificate_location.empty() || !files.key_location.empty();
  if (store) {
    o.ssl_certificate_location = o.ssl_certificate_pem = o.ssl_key_location = "";
    o.ssl_key_pem = {};
    o.ssl_keystore_location = files.keystore_location;
  }
  if (pair && !store) o.ssl_keystore_location = "";
  if (!files.certificate_location.empty()) {
    o.ssl_certificate_location = files.certificate_location;
    o.ssl_certificate_pem = "";
  }
  if (!files.key_location.empty()) {
    o.ssl_key_location = files.key_location;
    o.ssl_key_pem = {};
  }
  if (!files.ca_location.empty()) {
    o.ssl_ca_location = files.ca_location;
    o.ssl_ca_pem = "";
  }
  if (!files.crl_location.empty()) o.ssl_crl_location = files.crl_location;
  if (!o.ssl_key_pem.empty()) {
    error = wrong_option("ssl.key.pem was given as a text, which the session does not keep: name a file with the key");
    return nullptr;
  }
  std::shared_ptr<const net::TlsContext> made;
  error = check_tls(o);
  if (!error) made = net::make_tls_context(tls_settings(o), error);
  return made;
}

}  // namespace kafka::session
