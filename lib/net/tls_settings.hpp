// What a TLS context is made from: whom to trust, who we are, and what may be negotiated. Texts and file names are as
// the options have them (ssl.*); errors about them name those options.
// Not here: the options, and which of them exclude each other (session/tls_options).
#pragma once

#include <kafka/options.hpp>
#include <kafka/secret.hpp>

#include <string>

namespace kafka::net {

struct TlsTrust {
  std::string location;  ///< ssl.ca.location: a file or a folder; "" or "probe": the system's store
  std::string pem;       ///< ssl.ca.pem
  StoreFormat format = StoreFormat::by_content;
  Secret password;     ///< of a PKCS#12 file
  std::string crl;     ///< ssl.crl.location
  bool verify = true;  ///< of a server: whether clients must have a certificate
  bool verify_name = true;
};

struct TlsIdentity {
  std::string certificate_location, certificate_pem;
  std::string key_location;
  Secret key_pem, key_password;
  std::string keystore_location;  ///< in place of certificate and key
  StoreFormat keystore_format = StoreFormat::by_content;
  Secret keystore_password;
};

struct TlsChoices {
  std::string ciphers;  ///< OpenSSL's list, or IANA's names separated by commas
  std::string curves;
  std::string signatures;
  bool tls_1_2 = true;
  bool tls_1_3 = true;
};

struct TlsSettings {
  TlsTrust trust;
  TlsIdentity identity;
  TlsChoices choices;
};

}  // namespace kafka::net
