// Certificates and keys made at run time, as PEM: an authority, and what it issues.
#pragma once

#include <openssl/evp.h>
#include <openssl/x509.h>

#include <cstdint>
#include <memory>
#include <string>

namespace kafka::test {

/// What a certificate says. Days count from now.
struct CertificateText {
  std::string common_name = "broker";
  std::string alternative_names = "DNS:localhost,IP:127.0.0.1";  ///< "": none
  std::string usage = "serverAuth,clientAuth";
  int from_day = -1;
  int to_day = 30;
};

struct Identity {
  std::string certificate;  ///< PEM
  std::string key;          ///< PEM
};

class Authority {
 public:
  /// Issued by itself, or by `above`.
  explicit Authority(const std::string& name, const Authority* above = nullptr);
  ~Authority();
  Authority(const Authority&) = delete;

  const std::string& certificate() const { return pem_; }
  Identity issue(const CertificateText& text) const;

 private:
  EVP_PKEY* key_;
  X509* certificate_;
  std::string pem_;
};

/// The key as PEM, encrypted with the password.
std::string encrypted_key(const Identity& identity, const std::string& password);
/// PKCS#12 with the key, its certificate, and `others` (PEM of one certificate, or "").
std::string pkcs12(const Identity& identity, const std::string& others, const std::string& password);

}  // namespace kafka::test
