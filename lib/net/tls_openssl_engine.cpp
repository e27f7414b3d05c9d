#include "net/tls_openssl_engine.hpp"

#include <openssl/err.h>

#include <algorithm>
#include <cstring>
#include <utility>

namespace kafka::net {
namespace {

constexpr size_t kRecord = 16 * 1024;
// What a record adds to its plain bytes, at most: header, explicit nonce, type, padding and tag.
constexpr size_t kOverhead = 64;

}  // namespace

OpensslEngine::OpensslEngine(SSL_CTX* context, std::string host, bool has_certificate)
    : host_(std::move(host)),
      own_certificate_(has_certificate ? OwnCertificate::set : OwnCertificate::none),
      ssl_(SSL_new(context)) {
  BIO* const bio = BIO_new(method());
  BIO_set_data(bio, this);
  BIO_set_init(bio, 1);
  SSL_set_bio(ssl_.get(), bio, bio);
  SSL_set_app_data(ssl_.get(), this);
  SSL_set_verify(ssl_.get(), SSL_get_verify_mode(ssl_.get()), on_verify);
}

TlsEngine::Step OpensslEngine::handshake() {
  if (error_) return Step::failed;
  ERR_clear_error();
  const int result = SSL_do_handshake(ssl_.get());
  return result == 1 ? Step::done : stopped(result);
}

TlsEngine::Step OpensslEngine::read(std::span<char> to, size_t& count) {
  count = 0;
  ERR_clear_error();
  while (count < to.size()) {
    size_t more = 0;
    const int result = SSL_read_ex(ssl_.get(), to.data() + count, to.size() - count, &more);
    if (result != 1) return stopped(result);
    count += more;
  }
  return Step::done;
}

void OpensslEngine::expect(size_t plain) { output_.reserve(plain + (plain / kRecord + 1) * kOverhead); }

TlsEngine::Step OpensslEngine::seal(std::string_view plain) {
  if (plain.empty()) return Step::done;
  ERR_clear_error();
  size_t written = 0;
  const int result = SSL_write_ex(ssl_.get(), plain.data(), plain.size(), &written);
  return result == 1 ? Step::done : stopped(result);
}

void OpensslEngine::end() {
  ERR_clear_error();
  if (!error_) SSL_shutdown(ssl_.get());
  ERR_clear_error();
}

TlsEngine::Step OpensslEngine::stopped(int result) {
  switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_WANT_READ:
      return Step::wants_input;
    case SSL_ERROR_ZERO_RETURN:
      return Step::ended;
    default:
      break;
  }
  if (!error_) {
    error_ = Error(Errc::ssl_error, verify_failure_.code != X509_V_OK ? refusal_text(verify_failure_, host_)
                                                                      : failure_text(own_certificate_));
  }
  ERR_clear_error();
  return Step::failed;
}

void OpensslEngine::notice_wanted_certificate() { SSL_set_cert_cb(ssl_.get(), on_certificate_wanted, this); }

int OpensslEngine::on_certificate_wanted(SSL*, void* self) {
  OwnCertificate& own = static_cast<OpensslEngine*>(self)->own_certificate_;
  if (own == OwnCertificate::none) own = OwnCertificate::wanted;
  return 1;  // go on, perhaps without one
}

int OpensslEngine::on_verify(int ok, X509_STORE_CTX* store) {
  if (ok == 1) return 1;
  auto* ssl = static_cast<SSL*>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
  auto* self = static_cast<OpensslEngine*>(SSL_get_app_data(ssl));
  if (self->verify_failure_.code == X509_V_OK) self->verify_failure_ = VerifyFailure::read(store);
  return 0;
}

// --- OpenSSL's side of the bytes ---------------------------------------------

// Not BIO_s_mem(): that copies once more.
BIO_METHOD* OpensslEngine::method() {
  static BIO_METHOD* const made = [] {
    BIO_METHOD* method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "uvkafka");
    BIO_meth_set_read_ex(method, on_read);
    BIO_meth_set_write_ex(method, on_write);
    BIO_meth_set_ctrl(method, on_control);
    return method;
  }();
  return made;
}

int OpensslEngine::on_read(BIO* bio, char* to, size_t size, size_t* count) {
  auto* self = static_cast<OpensslEngine*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  *count = std::min(size, self->input_.size());
  if (*count == 0) {
    BIO_set_retry_read(bio);
    return 0;
  }
  std::memcpy(to, self->input_.data(), *count);
  self->input_.remove_prefix(*count);
  return 1;
}

int OpensslEngine::on_write(BIO* bio, const char* from, size_t size, size_t* count) {
  auto* self = static_cast<OpensslEngine*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  self->output_.append({from, size});
  *count = size;
  return 1;
}

long OpensslEngine::on_control(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }

}  // namespace kafka::net
