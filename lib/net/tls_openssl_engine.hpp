// The engine on OpenSSL. For tls_context.cpp only.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "net/tls_engine.hpp"
#include "net/tls_failure.hpp"
#include "net/tls_openssl.hpp"

namespace kafka::net {

class OpensslEngine final : public TlsEngine {
 public:
  /// `host`: the name that the peer's certificate is verified for, for texts; "" for none.
  OpensslEngine(SSL_CTX* context, std::string host, bool has_certificate);

  SSL* ssl() { return ssl_.get(); }
  /// It is a client's: it notices if the peer asks for a certificate that there is none of.
  void notice_wanted_certificate();
  /// It fails with this, whatever the peer sends.
  void refuse(Error error) { error_ = std::move(error); }

  void feed(std::string_view sealed) override { input_ = sealed; }
  std::string_view unread() const override { return input_; }
  Step handshake() override;
  Step read(std::span<char> to, size_t& count) override;
  bool holds_plain() const override { return SSL_pending(ssl_.get()) > 0; }
  void expect(size_t plain) override;
  Step seal(std::string_view plain) override;
  void end() override;
  Bytes take_output() override { return output_.take(); }
  const Error& error() const override { return error_; }

 private:
  static BIO_METHOD* method();
  static int on_read(BIO* bio, char* to, size_t size, size_t* count);
  static int on_write(BIO* bio, const char* from, size_t size, size_t* count);
  static long on_control(BIO* bio, int command, long, void*);
  static int on_certificate_wanted(SSL* ssl, void* self);
  static int on_verify(int ok, X509_STORE_CTX* store);
  Step stopped(int result);

  std::string host_;
  OwnCertificate own_certificate_;
  std::string_view input_;
  Buffer output_;
  VerifyFailure verify_failure_;
  Error error_;
  Ssl ssl_;
};

}  // namespace kafka::net
