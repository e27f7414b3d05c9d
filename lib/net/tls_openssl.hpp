// OpenSSL's objects with an owner, and its queue of errors as a text. For tls_*.cpp only.
#pragma once

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pkcs12.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <memory>
#include <string>

namespace kafka::net {

template <auto release>
struct OpensslFree {
  template <class Object>
  void operator()(Object* object) const noexcept {
    release(object);
  }
};
using BioOwner = std::unique_ptr<BIO, OpensslFree<BIO_free>>;
using Certificate = std::unique_ptr<X509, OpensslFree<X509_free>>;
using Crl = std::unique_ptr<X509_CRL, OpensslFree<X509_CRL_free>>;
using PrivateKey = std::unique_ptr<EVP_PKEY, OpensslFree<EVP_PKEY_free>>;
using Pkcs12 = std::unique_ptr<PKCS12, OpensslFree<PKCS12_free>>;
using SslContext = std::unique_ptr<SSL_CTX, OpensslFree<SSL_CTX_free>>;
using Ssl = std::unique_ptr<SSL, OpensslFree<SSL_free>>;

/// What OpenSSL's oldest error says, "" without one. The queue is empty afterwards: the thread is the application's.
std::string take_openssl_error();

/// "CN = broker, O = example", escaped and cut.
std::string name_text(const X509_NAME* name);

}  // namespace kafka::net
