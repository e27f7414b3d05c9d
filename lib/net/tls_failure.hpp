// Texts for people: why a certificate was refused, and what a handshake failed of.
#pragma once

#include <kafka/error.hpp>

#include <cstdint>
#include <string>
#include <string_view>

#include "net/tls_openssl.hpp"

namespace kafka::net {

/// Why OpenSSL refused the peer's certificate: the first failed check, and what the certificates say.
struct VerifyFailure {
  int code = 0;   ///< X509_V_ERR_...; 0: none
  int depth = 0;  ///< of the certificate that failed; 0: the peer's own
  std::string subject, issuer;
  std::string names;        ///< of the peer's own certificate: "DNS broker.test, IP 127.0.0.1"; "" without any
  std::string common_name;  ///< of the same

  static VerifyFailure read(X509_STORE_CTX* store);
};

/// `host`: the name that was looked for; "" for none.
std::string refusal_text(const VerifyFailure& failure, std::string_view host);
/// The certificate of this end, as far as texts about failures need it.
enum class OwnCertificate : uint8_t {
  none,
  wanted,  ///< there is none, and the peer has asked for one
  set,
};
/// What the oldest error in OpenSSL's queue means: an alert of the peer, or what is wrong with its bytes.
std::string failure_text(OwnCertificate own);

}  // namespace kafka::net
