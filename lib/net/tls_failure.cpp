#include "net/tls_failure.hpp"

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <array>

#include "base/error_table.hpp"
#include "net/reactor.hpp"

namespace kafka::net {
namespace {

constexpr size_t kLongestName = 256;
constexpr size_t kMostNames = 10;  // in a text
constexpr std::string_view kPlaintext = "; does the port speak plaintext?";

std::string text_of(const ASN1_STRING* string) {
  if (string == nullptr) return {};
  const auto* data = reinterpret_cast<const char*>(ASN1_STRING_get0_data(string));
  return escaped({data, static_cast<size_t>(ASN1_STRING_length(string))}, kLongestName);
}

std::string ip_text(const ASN1_OCTET_STRING* ip) {
  const unsigned char* bytes = ASN1_STRING_get0_data(ip);
  const int size = ASN1_STRING_length(ip);
  std::string text;
  char group[8];
  if (size == 4) {
    for (int i = 0; i < size; ++i) {
      if (i > 0) text += '.';
      text += std::to_string(bytes[i]);
    }
  } else {
    for (int i = 0; i + 1 < size; i += 2) {
      std::snprintf(group, sizeof group, "%x", static_cast<unsigned>(bytes[i]) << 8 | bytes[i + 1]);
      if (i > 0) text += ':';
      text += group;
    }
  }
  return text;
}

std::string alternative_names(X509* certificate) {
  auto* names = static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
  std::string text;
  size_t shown = 0;
  for (int i = 0; i < sk_GENERAL_NAME_num(names); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names, i);
    std::string one;
    if (name->type == GEN_DNS) one = "DNS " + text_of(name->d.dNSName);
    if (name->type == GEN_IPADD) one = "IP " + ip_text(name->d.iPAddress);
    if (one.empty()) continue;
    if (shown++ == kMostNames) {
      text += ", ...";
      break;
    }
    text += (text.empty() ? "" : ", ") + one;
  }
  GENERAL_NAMES_free(names);
  return text;
}

std::string common_name_of(X509* certificate) {
  const X509_NAME* subject = X509_get_subject_name(certificate);
  const int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  return at < 0 ? std::string() : text_of(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
}

bool about_name(int code) { return code == X509_V_ERR_HOSTNAME_MISMATCH || code == X509_V_ERR_IP_ADDRESS_MISMATCH; }

// OpenSSL 3.0 has no text for some of them.
std::string alert_text(int alert) {
  constexpr std::array<std::pair<int, const char*>, 3> kOwn = {
      {{116, "certificate required"}, {109, "missing extension"}, {120, "no application protocol"}}};
  for (const auto& [number, text] : kOwn) {
    if (number == alert) return text;
  }
  return SSL_alert_desc_string_long(alert);
}

bool about_client_certificate(int alert) {
  constexpr int kAbout[] = {SSL_AD_HANDSHAKE_FAILURE,   SSL_AD_BAD_CERTIFICATE,     SSL_AD_UNSUPPORTED_CERTIFICATE,
                            SSL_AD_CERTIFICATE_REVOKED, SSL_AD_CERTIFICATE_EXPIRED, SSL_AD_CERTIFICATE_UNKNOWN,
                            SSL_AD_UNKNOWN_CA,          SSL_AD_CERTIFICATE_REQUIRED};
  for (const int one : kAbout) {
    if (one == alert) return true;
  }
  return false;
}

}  // namespace

std::string name_text(const X509_NAME* name) {
  const BioOwner bio(BIO_new(BIO_s_mem()));
  X509_NAME_print_ex(bio.get(), name, 0, XN_FLAG_ONELINE & ~ASN1_STRFLGS_ESC_MSB);
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return escaped({data, static_cast<size_t>(size)}, kLongestName);
}

std::string take_openssl_error() {
  const unsigned long code = ERR_peek_error();
  std::string text;
  if (code != 0) {
    const char* reason = ERR_reason_error_string(code);
    text = reason != nullptr ? reason : "OpenSSL's error " + std::to_string(code);
  }
  ERR_clear_error();
  return text;
}

VerifyFailure VerifyFailure::read(X509_STORE_CTX* store) {
  VerifyFailure failure;
  failure.code = X509_STORE_CTX_get_error(store);
  failure.depth = X509_STORE_CTX_get_error_depth(store);
  if (X509* at = X509_STORE_CTX_get_current_cert(store); at != nullptr) {
    failure.subject = name_text(X509_get_subject_name(at));
    failure.issuer = name_text(X509_get_issuer_name(at));
  }
  if (X509* own = X509_STORE_CTX_get0_cert(store); own != nullptr) {
    failure.names = alternative_names(own);
    failure.common_name = common_name_of(own);
  }
  return failure;
}

std::string refusal_text(const VerifyFailure& failure, std::string_view host) {
  const std::string check = X509_verify_cert_error_string(failure.code);
  std::string text;
  if (about_name(failure.code)) {
    text = "the certificate is not for the " + std::string(is_numeric(host) ? "IP address " : "host name ") +
           std::string(host) + " (" + check + "): ";
    if (!failure.names.empty()) {
      text += "it is for " + failure.names;
    } else if (!failure.common_name.empty()) {
      text += "it names nothing but the common name " + failure.common_name +
              ", which does not count; it needs a subjectAltName";
    } else {
      text += "it names no host";
    }
  } else {
    text = "the certificate was refused: " + check;
    if (failure.depth > 0) text += ", " + std::to_string(failure.depth) + " above the peer's own";
    if (!failure.names.empty()) text += "; the peer's own is for " + failure.names;
  }
  text += "; subject: " + failure.subject + "; issuer: " + failure.issuer;
  switch (failure.code) {
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
      return text + "; ssl.ca.location must name the CA that issued it";
    case X509_V_ERR_UNABLE_TO_GET_CRL:
      return text + "; ssl.crl.location has no list of this issuer";
    default:
      return text;
  }
}

std::string failure_text(OwnCertificate own) {
  const unsigned long code = ERR_peek_error();
  const int reason = ERR_GET_REASON(code);
  const bool of_tls = ERR_GET_LIB(code) == ERR_LIB_SSL;
  if (of_tls && reason >= SSL_AD_REASON_OFFSET) {
    const int alert = reason - SSL_AD_REASON_OFFSET;
    ERR_clear_error();
    std::string text = "the peer has sent the TLS alert " + alert_text(alert) + " (" + std::to_string(alert) + ")";
    if (about_client_certificate(alert)) {
      text += own == OwnCertificate::set ? ": is it our certificate (ssl.certificate.location, ssl.keystore.location)?"
                                         : ": perhaps it wants a client certificate (ssl.certificate.location, "
                                           "ssl.keystore.location)";
    }
    return text;
  }
  std::string text = code == 0 ? "TLS: failed without a reason" : "TLS: " + take_openssl_error();
  // Brokers of some releases of Java refuse a client without a certificate by an alert with keys that nobody uses any
  // more. It cannot be read, and the reason would be a wrong one.
  if (own == OwnCertificate::wanted) {
    text +=
        "; the peer has asked for a client certificate, and there is none (ssl.certificate.location, "
        "ssl.keystore.location)";
  }
  if (!of_tls) return text;
  switch (reason) {
    case SSL_R_WRONG_VERSION_NUMBER:
    case SSL_R_HTTP_REQUEST:
    case SSL_R_PACKET_LENGTH_TOO_LONG:
    case SSL_R_BAD_RECORD_TYPE:
      text += kPlaintext;
      break;
    default:
      break;
  }
  return text;
}

}  // namespace kafka::net
