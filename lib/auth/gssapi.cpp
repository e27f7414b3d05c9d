#include "auth/gssapi.hpp"

namespace kafka::auth {
namespace {

// The broker's offer (RFC 4752, section 3.3): a set of layers in one byte, and the size of its buffer in three. The
// size means nothing without a layer; Java tells one all the same.
constexpr size_t kOfferSize = 4;
constexpr unsigned char kNoLayer = 1;
// Our answer: no layer, and so no buffer. The name to act for is empty: that of the ticket.
constexpr std::string_view kChoice("\x01\0\0\0", 4);

}  // namespace

void Gssapi::prepare(Function<void(Next)> done) {
  request_ = tickets_.get(host_, scope_.wrap([this, done = std::move(done)](std::unique_ptr<SecurityContext> context,
                                                                            const Error& error) mutable {
    const auto ended = std::move(request_);
    context_ = std::move(context);
    done(context_ != nullptr ? Next::done : fail(error));
  }));
}

Next Gssapi::start() { return send({context_->first()}); }

Next Gssapi::answer(std::string_view token) {
  if (agreed_) {
    return token.empty() ? Next::done : fail("the broker sends more than GSSAPI has to say");
  }
  if (context_->established()) return agree_on_layer(token);
  std::string reply;
  if (Error error = context_->step(token, reply)) return fail(std::move(error));
  return send({reply});
}

Next Gssapi::agree_on_layer(std::string_view offer) {
  std::string text, reply;
  if (Error error = context_->unwrap(offer, text)) return fail(std::move(error));
  if (text.size() != kOfferSize) return fail("the broker's offer of security layers has not the form of RFC 4752");
  const auto layers = static_cast<unsigned char>(text[0]);
  if ((layers & kNoLayer) == 0) {
    return fail("the broker insists on a security layer of GSSAPI, which Kafka has none of; TLS takes its place");
  }
  if (Error error = context_->wrap(kChoice, reply)) return fail(std::move(error));
  agreed_ = true;
  return send({reply});
}

// Brokers say little of what they think of a ticket.
std::string Gssapi::refused(int64_t) {
  if (context_ != nullptr && context_->established()) return {};
  return "it may have no key for its service, or an older one than the KDC: check the broker's keytab, "
         "sasl.kerberos.service.name, and the clocks";
}

}  // namespace kafka::auth
