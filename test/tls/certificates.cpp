#include "tls/certificates.hpp"

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/x509v3.h>

#include <stdexcept>

namespace kafka::test {
namespace {

constexpr long kDay = 86400;
constexpr int kAuthorityDays = 4000;

std::string text_of(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  std::string text(data, static_cast<size_t>(size));
  BIO_free(bio);
  return text;
}

std::string pem_of(X509* certificate) {
  BIO* bio = BIO_new(BIO_s_mem());
  PEM_write_bio_X509(bio, certificate);
  return text_of(bio);
}

EVP_PKEY* key_of(const std::string& pem) {
  BIO* bio = BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()));
  EVP_PKEY* key = PEM_read_bio_PrivateKey(bio, nullptr, nullptr, nullptr);
  BIO_free(bio);
  return key;
}

X509* certificate_of(const std::string& pem) {
  BIO* bio = BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()));
  X509* certificate = PEM_read_bio_X509(bio, nullptr, nullptr, nullptr);
  BIO_free(bio);
  return certificate;
}

void extend(X509* certificate, X509* issuer, int id, const std::string& value) {
  if (value.empty()) return;
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, id, value.c_str());
  if (extension == nullptr) throw std::runtime_error("no extension " + value);
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

X509* make(const std::string& name, EVP_PKEY* key, int from_day, int to_day) {
  static long serial = 1;
  X509* certificate = X509_new();
  X509_set_version(certificate, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), serial++);
  X509_gmtime_adj(X509_getm_notBefore(certificate), from_day * kDay);
  X509_gmtime_adj(X509_getm_notAfter(certificate), to_day * kDay);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  X509_set_pubkey(certificate, key);
  return certificate;
}

void sign(X509* certificate, X509* issuer, EVP_PKEY* key) {
  X509_set_issuer_name(certificate, X509_get_subject_name(issuer));
  X509_sign(certificate, key, EVP_sha256());
}

}  // namespace

Authority::Authority(const std::string& name, const Authority* above)
    : key_(EVP_EC_gen("P-256")), certificate_(make(name, key_, -kAuthorityDays, kAuthorityDays)) {
  X509* issuer = above != nullptr ? above->certificate_ : certificate_;
  extend(certificate_, issuer, NID_basic_constraints, "critical,CA:TRUE");
  extend(certificate_, issuer, NID_key_usage, "keyCertSign,cRLSign");
  sign(certificate_, issuer, above != nullptr ? above->key_ : key_);
  pem_ = pem_of(certificate_);
}

Authority::~Authority() {
  X509_free(certificate_);
  EVP_PKEY_free(key_);
}

Identity Authority::issue(const CertificateText& text) const {
  EVP_PKEY* key = EVP_EC_gen("P-256");
  X509* certificate = make(text.common_name, key, text.from_day, text.to_day);
  extend(certificate, certificate_, NID_basic_constraints, "CA:FALSE");
  extend(certificate, certificate_, NID_ext_key_usage, text.usage);
  extend(certificate, certificate_, NID_subject_alt_name, text.alternative_names);
  sign(certificate, certificate_, key_);
  Identity made{pem_of(certificate), {}};
  BIO* bio = BIO_new(BIO_s_mem());
  PEM_write_bio_PKCS8PrivateKey(bio, key, nullptr, nullptr, 0, nullptr, nullptr);
  made.key = text_of(bio);
  X509_free(certificate);
  EVP_PKEY_free(key);
  return made;
}

std::string encrypted_key(const Identity& identity, const std::string& password) {
  EVP_PKEY* key = key_of(identity.key);
  BIO* bio = BIO_new(BIO_s_mem());
  PEM_write_bio_PKCS8PrivateKey(bio, key, EVP_aes_256_cbc(), password.data(), static_cast<int>(password.size()),
                                nullptr, nullptr);
  EVP_PKEY_free(key);
  return text_of(bio);
}

std::string pkcs12(const Identity& identity, const std::string& others, const std::string& password) {
  EVP_PKEY* key = key_of(identity.key);
  X509* own = certificate_of(identity.certificate);
  STACK_OF(X509)* chain = sk_X509_new_null();
  if (!others.empty()) sk_X509_push(chain, certificate_of(others));
  PKCS12* store = PKCS12_create(password.c_str(), "test", key, own, chain, 0, 0, 0, 0, 0);
  BIO* bio = BIO_new(BIO_s_mem());
  i2d_PKCS12_bio(bio, store);
  PKCS12_free(store);
  sk_X509_pop_free(chain, X509_free);
  X509_free(own);
  EVP_PKEY_free(key);
  return text_of(bio);
}

}  // namespace kafka::test
