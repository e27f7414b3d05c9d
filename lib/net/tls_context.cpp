// The context of a session on OpenSSL: whom it trusts, who it is, what it negotiates.
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <utility>
#include <vector>

#include "base/error_table.hpp"
#include "net/reactor.hpp"
#include "net/tls_engine.hpp"
#include "net/tls_openssl_engine.hpp"
#include "net/tls_reader.hpp"
#include "net/tls_settings.hpp"

namespace kafka::net {
namespace {

// 112 bits: no RSA keys below 2,048 bits, no SHA-1. OpenSSL's own default differs from one distribution to the next.
constexpr int kSecurityLevel = 2;
constexpr std::string_view kProbe = "probe";
// Where systems keep their certificates, for an OpenSSL that was built for another one.
constexpr const char* kSystemStores[] = {"/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt",
                                         "/etc/ssl/ca-bundle.pem", "/etc/ssl/cert.pem",
                                         "/usr/local/share/certs/ca-root-nss.crt"};

Error wrong(std::string_view option, std::string_view what) {
  return Error(Errc::invalid_option, std::string(option) + ": " + std::string(what));
}

bool exists(const char* environment, const char* otherwise) {
  const char* set = std::getenv(environment);
  struct stat status {};
  return stat(set != nullptr ? set : otherwise, &status) == 0;
}

class OpensslContext final : public TlsContext {
 public:
  Error make(const TlsSettings& settings);

  std::unique_ptr<TlsEngine> client(std::string_view host, int64_t wall_clock_ms) const override;
  std::unique_ptr<TlsEngine> server(int64_t wall_clock_ms) const override;

 private:
  Error trust(const TlsTrust& trust);
  Error trust_location(const TlsTrust& trust, std::vector<Certificate>& to) const;
  Error trust_folder(const std::string& path, std::vector<Certificate>& to) const;
  Error trust_system();
  Error revoke(const std::string& location);
  Error identify(const TlsIdentity& identity);
  Error use(const TlsReader& reader, StoreContent content);
  Error choose(const TlsChoices& choices);
  Error choose_suites(const std::string& list);
  std::unique_ptr<OpensslEngine> engine(std::string host, int64_t wall_clock_ms) const;

  SslContext context_;
  bool verifies_name_ = true;
  bool has_certificate_ = false;
};

Error OpensslContext::make(const TlsSettings& settings) {
  ERR_clear_error();
  context_.reset(SSL_CTX_new(TLS_method()));
  if (context_ == nullptr) return Error(Errc::unsupported_feature, "OpenSSL: " + take_openssl_error());
  SSL_CTX_set_options(context_.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_mode(context_.get(), SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  // A ticket would be good for one of a broker's network threads only: there is nothing to gain.
  SSL_CTX_set_session_id_context(context_.get(), reinterpret_cast<const unsigned char*>("uvkafka"), 7);
  SSL_CTX_set_session_cache_mode(context_.get(), SSL_SESS_CACHE_OFF);
  SSL_CTX_set_security_level(context_.get(), kSecurityLevel);
  verifies_name_ = settings.trust.verify && settings.trust.verify_name;
  if (Error error = choose(settings.choices)) return error;
  if (Error error = trust(settings.trust)) return error;
  return identify(settings.identity);
}

// --- whom it trusts ---------------------------------------------------------

Error OpensslContext::trust(const TlsTrust& trust) {
  X509_STORE* const store = SSL_CTX_get_cert_store(context_.get());
  // As Java does: whatever lies in the store is trusted, not only roots.
  X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN);
  SSL_CTX_set_verify(context_.get(), trust.verify ? SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT : SSL_VERIFY_NONE,
                     nullptr);
  std::vector<Certificate> trusted;
  if (!trust.pem.empty()) {
    TlsReader reader("ssl.ca.pem");
    reader.open_text(trust.pem);
    if (Error error = reader.read_certificates(trusted)) return error;
  } else if (!trust.location.empty() && trust.location != kProbe) {
    if (Error error = trust_location(trust, trusted)) return error;
  } else if (trust.verify) {
    if (Error error = trust_system()) return error;
  }
  for (const Certificate& one : trusted) {
    if (X509_STORE_add_cert(store, one.get()) == 0) return wrong("ssl.ca.location", take_openssl_error());
  }
  return trust.crl.empty() ? Error() : revoke(trust.crl);
}

Error OpensslContext::trust_location(const TlsTrust& trust, std::vector<Certificate>& to) const {
  std::error_code ignored;
  if (std::filesystem::is_directory(trust.location, ignored)) return trust_folder(trust.location, to);
  TlsReader reader("ssl.ca.location");
  if (Error error = reader.open_file(trust.location)) return error;
  StoreContent content;
  if (Error error = reader.read_store(trust.format, {"ssl.truststore.password", trust.password}, false, content)) {
    return error;
  }
  to = std::move(content.certificates);
  return {};
}

// Every file with certificates in PEM counts. OpenSSL itself would take those only that are named by a hash.
Error OpensslContext::trust_folder(const std::string& path, std::vector<Certificate>& to) const {
  std::error_code failure;
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(path, failure)) {
    std::error_code ignored;
    if (entry.is_regular_file(ignored)) files.push_back(entry.path());
  }
  if (failure) return wrong("ssl.ca.location = \"" + path + "\"", failure.message());
  std::sort(files.begin(), files.end());
  for (const std::string& file : files) {
    TlsReader reader("ssl.ca.location");
    if (!reader.open_file(file)) reader.read_certificates(to);  // others are files of another kind
  }
  return to.empty() ? wrong("ssl.ca.location = \"" + path + "\"", "no file of this folder has a certificate (PEM)")
                    : Error();
}

Error OpensslContext::trust_system() {
  if (exists(X509_get_default_cert_file_env(), X509_get_default_cert_file()) ||
      exists(X509_get_default_cert_dir_env(), X509_get_default_cert_dir())) {
    SSL_CTX_set_default_verify_paths(context_.get());
    ERR_clear_error();
    return {};
  }
  for (const char* file : kSystemStores) {
    if (SSL_CTX_load_verify_file(context_.get(), file) == 1) return {};
    ERR_clear_error();
  }
  return wrong("ssl.ca.location", "the system has no store of certificates; name the file of the CA");
}

Error OpensslContext::revoke(const std::string& location) {
  TlsReader reader("ssl.crl.location");
  if (Error error = reader.open_file(location)) return error;
  std::vector<Crl> lists;
  if (Error error = reader.read_revocations(lists)) return error;
  X509_STORE* const store = SSL_CTX_get_cert_store(context_.get());
  for (const Crl& one : lists) {
    if (X509_STORE_add_crl(store, one.get()) == 0) return reader.wrong(take_openssl_error());
  }
  X509_STORE_set_flags(store, X509_V_FLAG_CRL_CHECK);
  return {};
}

// --- who it is --------------------------------------------------------------

Error OpensslContext::identify(const TlsIdentity& identity) {
  StoreContent content;
  if (!identity.keystore_location.empty()) {
    TlsReader reader("ssl.keystore.location");
    if (Error error = reader.open_file(identity.keystore_location)) return error;
    const bool own = !identity.keystore_password.empty();
    const Password password{own ? "ssl.keystore.password" : "ssl.key.password",
                            own ? identity.keystore_password : identity.key_password};
    if (Error error = reader.read_store(identity.keystore_format, password, true, content)) return error;
    return use(reader, std::move(content));
  }
  const bool of_file = !identity.certificate_location.empty();
  if (!of_file && identity.certificate_pem.empty()) return {};
  TlsReader certificates(of_file ? "ssl.certificate.location" : "ssl.certificate.pem");
  if (of_file) {
    if (Error error = certificates.open_file(identity.certificate_location)) return error;
  } else {
    certificates.open_text(identity.certificate_pem);
  }
  if (Error error = certificates.read_certificates(content.certificates)) return error;
  const bool key_of_file = !identity.key_location.empty();
  TlsReader key(key_of_file ? "ssl.key.location" : "ssl.key.pem");
  if (key_of_file) {
    if (Error error = key.open_file(identity.key_location)) return error;
  } else {
    key.open_text(identity.key_pem.reveal());
  }
  if (Error error = key.read_key({"ssl.key.password", identity.key_password}, content.key)) return error;
  return use(certificates, std::move(content));
}

// The first certificate is the key's; the others are sent behind it.
Error OpensslContext::use(const TlsReader& reader, StoreContent content) {
  ERR_clear_error();
  X509* const own = content.certificates.front().get();
  if (X509_check_private_key(own, content.key.get()) != 1) {
    ERR_clear_error();
    return reader.wrong("the private key does not match the first certificate (" +
                        name_text(X509_get_subject_name(own)) + ")");
  }
  if (SSL_CTX_use_certificate(context_.get(), own) != 1 ||
      SSL_CTX_use_PrivateKey(context_.get(), content.key.get()) != 1) {
    return reader.wrong("OpenSSL refuses it: " + take_openssl_error());
  }
  for (size_t i = 1; i < content.certificates.size(); ++i) {
    if (SSL_CTX_add1_chain_cert(context_.get(), content.certificates[i].get()) != 1) {
      return reader.wrong("OpenSSL refuses a certificate of the chain: " + take_openssl_error());
    }
  }
  has_certificate_ = true;
  return {};
}

// --- what it negotiates -----------------------------------------------------

Error OpensslContext::choose(const TlsChoices& choices) {
  SSL_CTX_set_min_proto_version(context_.get(), choices.tls_1_2 ? TLS1_2_VERSION : TLS1_3_VERSION);
  SSL_CTX_set_max_proto_version(context_.get(), choices.tls_1_3 ? TLS1_3_VERSION : TLS1_2_VERSION);
  if (Error error = choose_suites(choices.ciphers)) return error;
  if (!choices.curves.empty() && SSL_CTX_set1_curves_list(context_.get(), choices.curves.c_str()) != 1) {
    ERR_clear_error();
    return wrong("ssl.curves.list", "OpenSSL knows no such list of curves: \"" + choices.curves + "\"");
  }
  if (!choices.signatures.empty() && SSL_CTX_set1_sigalgs_list(context_.get(), choices.signatures.c_str()) != 1) {
    ERR_clear_error();
    return wrong("ssl.sigalgs.list", "OpenSSL knows no such list of algorithms: \"" + choices.signatures + "\"");
  }
  return {};
}

// Suites of TLS 1.3 stand in a list of their own. A list of IANA's names alone names all that may be used, as in Java:
// without a suite of a version, that version is off. A list in OpenSSL's language leaves those of TLS 1.3 as they are.
Error OpensslContext::choose_suites(const std::string& list) {
  if (list.empty()) return {};
  std::string before_1_3, of_1_3;
  bool only_names = true;
  for (size_t at = 0; at <= list.size();) {
    const size_t end = std::min(list.find_first_of(",:; ", at), list.size());
    const std::string name = list.substr(at, end - at);
    at = end + 1;
    if (name.empty()) continue;
    const std::string own = OPENSSL_cipher_name(name.c_str());
    const bool known = own != "(NONE)";
    only_names &= known;
    std::string& to = known && own == name ? of_1_3 : before_1_3;  // TLS 1.3 has the same names everywhere
    to += (to.empty() ? "" : ":") + (known ? own : name);
  }
  ERR_clear_error();
  if (!of_1_3.empty() && SSL_CTX_set_ciphersuites(context_.get(), of_1_3.c_str()) != 1) {
    return wrong("ssl.cipher.suites", "OpenSSL has no such suites: \"" + of_1_3 + "\"");
  }
  if (!before_1_3.empty() && SSL_CTX_set_cipher_list(context_.get(), before_1_3.c_str()) != 1) {
    ERR_clear_error();
    return wrong("ssl.cipher.suites", "OpenSSL has no such suites: \"" + before_1_3 + "\"");
  }
  if (only_names && of_1_3.empty()) SSL_CTX_set_max_proto_version(context_.get(), TLS1_2_VERSION);
  if (only_names && before_1_3.empty()) SSL_CTX_set_min_proto_version(context_.get(), TLS1_3_VERSION);
  if (SSL_CTX_get_min_proto_version(context_.get()) > SSL_CTX_get_max_proto_version(context_.get())) {
    return wrong("ssl.cipher.suites", "no suite is of a version that ssl.enabled.protocols allows");
  }
  return {};
}

// --- engines ----------------------------------------------------------------

std::unique_ptr<OpensslEngine> OpensslContext::engine(std::string host, int64_t wall_clock_ms) const {
  auto made = std::make_unique<OpensslEngine>(context_.get(), std::move(host), has_certificate_);
  X509_VERIFY_PARAM_set_time(SSL_get0_param(made->ssl()), wall_clock_ms / 1000);
  return made;
}

std::unique_ptr<TlsEngine> OpensslContext::client(std::string_view host, int64_t wall_clock_ms) const {
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  if (host.ends_with('.')) host.remove_suffix(1);  // certificates and SNI have no dot at the end
  const bool numeric = is_numeric(host);
  if (numeric) host = host.substr(0, host.find('%'));  // nor has an address in a certificate a zone
  const std::string name(host);
  auto made = engine(name, wall_clock_ms);
  SSL* const ssl = made->ssl();
  SSL_set_connect_state(ssl);
  made->notice_wanted_certificate();
  if (!numeric) SSL_set_tlsext_host_name(ssl, name.c_str());  // no addresses: RFC 6066
  if (!verifies_name_) return made;
  SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
  X509_VERIFY_PARAM* const wanted = SSL_get0_param(ssl);
  // OpenSSL takes an empty name for "verify none".
  const bool set = !name.empty() && (numeric ? X509_VERIFY_PARAM_set1_ip_asc(wanted, name.c_str()) == 1
                                             : X509_VERIFY_PARAM_set1_host(wanted, name.data(), name.size()) == 1);
  if (!set) made->refuse(Error(Errc::ssl_error, "no certificate can be for the host name \"" + escaped(name) + "\""));
  return made;
}

std::unique_ptr<TlsEngine> OpensslContext::server(int64_t wall_clock_ms) const {
  auto made = engine({}, wall_clock_ms);
  SSL_set_accept_state(made->ssl());
  return made;
}

}  // namespace

std::shared_ptr<const TlsContext> make_tls_context(const TlsSettings& settings, Error& error) {
  auto made = std::make_shared<OpensslContext>();
  error = made->make(settings);
  return error ? nullptr : made;
}

bool tls_available() { return true; }

}  // namespace kafka::net
