// Makes certificates with OpenSSL (see tls_maker.hpp).
#include "net/tls_maker.hpp"

#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>
#include <vector>

#include "net/tls_openssl.hpp"

namespace kafka::net {
namespace {

constexpr long kDay = 86400;
constexpr int kVersion3 = 2;  // as X.509 counts

Error wrong(std::string text) { return Error(Errc::invalid_option, std::move(text)); }

/// A key, and the certificate that says whose it is.
struct Issued {
  PrivateKey key;
  Certificate certificate;
};

bool add_extension(X509* certificate, X509* issuer, int kind, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* const made = X509V3_EXT_conf_nid(nullptr, &context, kind, value);
  const bool added = made != nullptr && X509_add_ext(certificate, made, -1) == 1;
  X509_EXTENSION_free(made);
  return added;
}

bool set_serial(X509* certificate) {
  unsigned char bytes[16];
  if (RAND_bytes(bytes, sizeof bytes) != 1) return false;
  bytes[0] &= 0x7f;  // a positive number
  BIGNUM* const number = BN_bin2bn(bytes, sizeof bytes, nullptr);
  const bool set = number != nullptr && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate)) != nullptr;
  BN_free(number);
  return set;
}

/// Issued by `authority`, or by itself without one. False: OpenSSL's queue says why.
bool issue(const char* name, const Issued* authority, Issued& to) {
  to.key.reset(EVP_EC_gen("P-256"));
  to.certificate.reset(X509_new());
  if (to.key == nullptr || to.certificate == nullptr) return false;
  X509* const made = to.certificate.get();
  X509* const issuer = authority == nullptr ? made : authority->certificate.get();
  X509_NAME* const subject = X509_get_subject_name(made);
  const auto* text = reinterpret_cast<const unsigned char*>(name);
  const bool named = X509_set_version(made, kVersion3) == 1 && set_serial(made) &&
                     X509_gmtime_adj(X509_getm_notBefore(made), -kDay) != nullptr &&
                     X509_gmtime_adj(X509_getm_notAfter(made), kDay * TestCertificates::kDays) != nullptr &&
                     X509_set_pubkey(made, to.key.get()) == 1 &&
                     X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, text, -1, -1, 0) == 1 &&
                     X509_set_issuer_name(made, X509_get_subject_name(issuer)) == 1;
  if (!named) return false;
  const bool extended =
      authority == nullptr ? add_extension(made, issuer, NID_basic_constraints, "critical,CA:TRUE") &&
                                 add_extension(made, issuer, NID_key_usage, "critical,keyCertSign,cRLSign") &&
                                 add_extension(made, issuer, NID_subject_key_identifier, "hash")
                           : add_extension(made, issuer, NID_basic_constraints, "critical,CA:FALSE") &&
                                 add_extension(made, issuer, NID_key_usage, "critical,digitalSignature") &&
                                 add_extension(made, issuer, NID_ext_key_usage, "serverAuth,clientAuth") &&
                                 add_extension(made, issuer, NID_authority_key_identifier, "keyid") &&
                                 add_extension(made, issuer, NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1,IP:::1");
  EVP_PKEY* const signs = authority == nullptr ? to.key.get() : authority->key.get();
  return extended && X509_sign(made, signs, EVP_sha256()) > 0;
}

std::string content(BIO* memory) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(memory, &data);
  return {data, static_cast<size_t>(size)};
}

std::string pem(X509* certificate) {
  const BioOwner memory(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509(memory.get(), certificate);
  return content(memory.get());
}

std::string pem(EVP_PKEY* key) {
  const BioOwner memory(BIO_new(BIO_s_secmem()));
  PEM_write_bio_PKCS8PrivateKey(memory.get(), key, nullptr, nullptr, 0, nullptr, nullptr);
  return content(memory.get());
}

/// A file that is not there yet.
std::string write_file(const std::string& path, const std::string& text, mode_t mode) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
  if (file < 0) return std::strerror(errno);
  size_t done = 0;
  while (done < text.size()) {
    const ssize_t count = ::write(file, text.data() + done, text.size() - done);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    done += static_cast<size_t>(count);
  }
  std::string why = done == text.size() ? "" : std::strerror(errno);
  if (::close(file) != 0 && why.empty()) why = std::strerror(errno);
  return why;
}

}  // namespace

Error TestCertificates::make(const std::string& folder) {
  const std::filesystem::path home(folder);
  std::error_code failure;
  std::filesystem::create_directories(home, failure);
  if (failure) return wrong(folder + ": " + failure.message());
  std::string there, missing;
  for (const char* name : {kAuthority, kBroker, kBrokerKey, kClient, kClientKey}) {
    std::error_code ignored;
    (std::filesystem::exists(home / name, ignored) ? there : missing) = name;
  }
  if (missing.empty()) return {};
  if (!there.empty()) {
    return wrong(folder + " has " + there + " and no " + missing + "; it must have all of the files or none");
  }
  ERR_clear_error();
  Issued authority, broker, client;
  if (!issue("uvkafka dev authority", nullptr, authority) || !issue("broker", &authority, broker) ||
      !issue("client", &authority, client)) {
    return wrong("OpenSSL makes no certificate: " + take_openssl_error());
  }
  constexpr mode_t kForAll = 0644, kForOwner = 0600;
  const struct {
    const char* name;
    std::string text;
    mode_t mode;
  } files[] = {{kAuthority, pem(authority.certificate.get()), kForAll},
               {kBroker, pem(broker.certificate.get()), kForAll},
               {kBrokerKey, pem(broker.key.get()), kForOwner},
               {kClient, pem(client.certificate.get()), kForAll},
               {kClientKey, pem(client.key.get()), kForOwner}};
  std::vector<std::filesystem::path> written;
  for (const auto& file : files) {
    const std::string why = write_file(home / file.name, file.text, file.mode);
    if (why.empty()) {
      written.push_back(home / file.name);
      continue;
    }
    for (const auto& path : written) std::filesystem::remove(path, failure);
    return wrong((home / file.name).string() + ": " + why);
  }
  return {};
}

}  // namespace kafka::net
