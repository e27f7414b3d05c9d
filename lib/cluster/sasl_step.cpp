#include "cluster/sasl_step.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/error_table.hpp"
#include "codec/writer.hpp"
#include "protocol/header.hpp"
#include "protocol/message.hpp"
#include "protocol/sasl_authenticate.hpp"
#include "protocol/sasl_handshake.hpp"

namespace kafka::cluster {
namespace {

using protocol::ApiKey;

// Longer ones are as good as this one, and would not fit into a count of nanoseconds.
constexpr std::chrono::milliseconds kNoLifetime{0}, kLongestLifetime = std::chrono::hours(24 * 365);
// AWS MSK limits how often clients log in, and says so with the code of a wrong password.
constexpr std::string_view kTooMany = "Too many connects";

std::string in_quotes(std::string_view text) { return "\"" + escaped(text, 64) + "\""; }

std::string list(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text.empty() ? "nothing" : escaped(text);
}

}  // namespace

Error SaslStep::refusal(std::string_view why) const {
  const std::string known = mechanism_ == nullptr ? "" : mechanism_->user();
  const std::string& user = known.empty() ? login_->user : known;
  return Error(
      Errc::sasl_authentication_failed,
      std::string(auth::name(login_->kind)) + (user.empty() ? "" : " as " + in_quotes(user)) + ": " + std::string(why));
}

// What the broker says of a refusal is little. The mechanism may know more.
void SaslStep::refused_by_broker(Handshake& handshake, std::string_view why) {
  std::string text(why.empty() ? "the broker refuses the login" : why);
  if (const std::string more = mechanism_->refused(handshake.reactor().wall_clock_ms()); !more.empty()) {
    text += "; " + more;
  }
  refuse(handshake, text);
}

void SaslStep::refuse(Handshake& handshake, std::string_view why) { handshake.fail_for_good(refusal(why)); }

// A peer that knows no SaslHandshake gets nothing: neither a token nor, later, a request. Otherwise whoever closes two
// connections would pass for an old broker, and get around the login. A broker of 0.9 takes tokens of GSSAPI without
// it. Such a token may go to anybody: only the service that it is for can use it, and the service proves itself as
// well.
void SaslStep::start(Handshake& handshake) {
  if (handshake.dialect() != Dialect::negotiated && login_->kind == auth::Kind::gssapi) return prepare(handshake);
  constexpr std::string_view kUnknown =
      "the peer knows no SaslHandshake, which brokers have from 0.10 on; is it a Kafka broker, and does its port take "
      "logins (SASL)?";
  if (handshake.dialect() == Dialect::old_guessed) return handshake.fail(refusal(kUnknown));
  const auto& versions = handshake.versions();
  int16_t version = -1;
  if (handshake.dialect() != Dialect::negotiated || versions.pick(ApiKey::sasl_handshake, protocol::kNoCap, version)) {
    return refuse(handshake, kUnknown);
  }
  if (version >= protocol::SaslHandshakeRequest::kWrappedFrom &&
      versions.pick(ApiKey::sasl_authenticate, protocol::kNoCap, token_version_)) {
    version = protocol::before(protocol::SaslHandshakeRequest::kWrappedFrom);
  }
  handshake_version_ = version;
  prepare(handshake);
}

// What the first token needs is there before anything is said: a broker would wait for it otherwise.
void SaslStep::prepare(Handshake& handshake) {
  mechanism_ = auth::begin(login_, handshake.peer().host);
  mechanism_->prepare([this, &handshake](auth::Next next) {
    prepared_ = next;
    // The connection may have ended meanwhile. Then nobody wakes this step.
    if (asked_) handshake.wake_at(handshake.reactor().now());
  });
  asked_ = true;
  if (prepared_) return begin(handshake);
  handshake.stop_clock();
}

void SaslStep::begin(Handshake& handshake) {
  handshake.start_clock();
  if (*prepared_ == auth::Next::failed) return go_on(handshake, *prepared_);
  // A connection cannot change whose it is.
  const std::string user = mechanism_->user();
  if (!handshake.login_user().empty() && user != handshake.login_user()) {
    return handshake.fail(Error(Errc::disconnected, "the login has run out, and others are used now"));
  }
  if (without_handshake()) return go_on(handshake, mechanism_->start());
  waits_ = Waits::for_mechanisms;
  id_ = handshake.next_id();
  protocol::SaslHandshakeRequest request;
  request.mechanism = auth::name(login_->kind);
  codec::Writer writer;
  protocol::begin_request(writer, ApiKey::sasl_handshake, handshake_version_, id_, handshake.peer().client_id);
  if (Error error = protocol::encode(request, handshake_version_, writer)) return handshake.fail(std::move(error));
  handshake.write(protocol::end_frame(writer));
}

void SaslStep::on_frame(Handshake& handshake, Bytes frame) {
  if (waits_ == Waits::for_raw_token) return go_on(handshake, mechanism_->answer(frame.view()));
  codec::Reader reader(std::move(frame));
  const int32_t id = reader.i32();
  if (!reader.failed() && (silent() || id != id_)) {
    return handshake.fail(
        Error(Errc::protocol_error, "correlation id " + std::to_string(id) + " during the login with SASL"));
  }
  if (waits_ == Waits::for_mechanisms) return take_mechanisms(handshake, reader);
  take_token(handshake, reader);
}

void SaslStep::take_mechanisms(Handshake& handshake, codec::Reader& body) {
  protocol::skip_response_header(body, ApiKey::sasl_handshake, handshake_version_);
  protocol::SaslHandshakeResponse response;
  if (Error error = protocol::decode(body, handshake_version_, response)) return handshake.fail(std::move(error));
  switch (static_cast<Errc>(response.error_code)) {
    case Errc::none:
      return go_on(handshake, mechanism_->start());
    case Errc::unsupported_sasl_mechanism:
      return refuse(handshake, "the broker does not offer this mechanism; it offers " + list(response.mechanisms));
    case Errc::illegal_sasl_state:
      return refuse(handshake, "the broker takes no login on this port; does security.protocol fit it?");
    default:
      return handshake.fail(broker_error(response.error_code, "SaslHandshake"));
  }
}

void SaslStep::take_token(Handshake& handshake, codec::Reader& body) {
  protocol::skip_response_header(body, ApiKey::sasl_authenticate, token_version_);
  protocol::SaslAuthenticateResponse response;
  if (Error error = protocol::decode(body, token_version_, response)) return handshake.fail(std::move(error));
  const std::string why = escaped(response.error_message.value_or(""));
  switch (static_cast<Errc>(response.error_code)) {
    case Errc::none:
      handshake.set_login_lifetime(
          std::clamp(std::chrono::milliseconds(response.session_lifetime_ms), kNoLifetime, kLongestLifetime));
      return go_on(handshake, mechanism_->answer(response.auth_bytes.view()));
    case Errc::sasl_authentication_failed:
      if (why.find(kTooMany) != std::string::npos) return handshake.fail(refusal(why));
      return refused_by_broker(handshake, why);
    case Errc::illegal_sasl_state:
      return refuse(handshake, why.empty() ? "illegal_sasl_state" : why);
    default:
      return handshake.fail(broker_error(response.error_code, "SaslAuthenticate: " + why));
  }
}

void SaslStep::go_on(Handshake& handshake, auth::Next next) {
  switch (next) {
    case auth::Next::send:
      return send_token(handshake, mechanism_->take_token());
    case auth::Next::work:
      waits_ = Waits::for_work;
      return handshake.wake_at(handshake.reactor().now());
    case auth::Next::done:
      handshake.set_login_user(mechanism_->user());
      if (without_handshake()) {
        handshake.peer().age->showed_0_9(handshake.reactor().now());
        handshake.settle(protocol::legacy_versions(true), Dialect::old);
      }
      mechanism_.reset();  // the connection goes on without what it has logged in with
      return handshake.pass();
    case auth::Next::failed: {
      const Error& error = mechanism_->error();
      if (error == Errc::sasl_authentication_failed) return refuse(handshake, error.detail());
      return handshake.fail(Error(error.code(), std::string(refusal(error.detail()).detail())));
    }
  }
}

void SaslStep::on_wake(Handshake& handshake) {
  if (waits_ == Waits::for_preparation) return begin(handshake);
  go_on(handshake, mechanism_->work());
}

void SaslStep::send_token(Handshake& handshake, Bytes token) {
  codec::Writer writer = codec::Writer::secret();
  if (handshake_version_ < protocol::SaslHandshakeRequest::kWrappedFrom) {
    waits_ = Waits::for_raw_token;
    writer.reserve_length();
    writer.append(token);
  } else {
    waits_ = Waits::for_token;
    id_ = handshake.next_id();
    protocol::SaslAuthenticateRequest request;
    request.auth_bytes = std::move(token);
    protocol::begin_request(writer, ApiKey::sasl_authenticate, token_version_, id_, handshake.peer().client_id);
    if (Error error = protocol::encode(request, token_version_, writer)) return handshake.fail(std::move(error));
  }
  handshake.write(protocol::end_frame(writer));
  if (waits_ == Waits::for_raw_token && mechanism_->said_all()) go_on(handshake, auth::Next::done);
}

// Brokers before 1.0 have no word for a refusal: they close behind the token. From 1.0 on they say it first, so a close
// is an ordinary failure, as it is before any token.
SetupFailure SaslStep::on_closed(Handshake& handshake, Error error, bool mid_frame) {
  if (waits_ != Waits::for_raw_token || mid_frame || error != Errc::disconnected) return {std::move(error)};
  if (handshake.dialect() == Dialect::old_guessed) {
    return {
        refusal("the peer has closed the connection instead of answering ApiVersions, and behind a token without "
                "SaslHandshake as well; is it a Kafka broker, and does its port take logins (SASL)?")};
  }
  return {refusal("the broker has closed the connection behind the login, as brokers before 1.0 refuse one"),
          SetupFailure::Next::give_up};
}

std::string_view SaslStep::waits_for() const {
  if (waits_ == Waits::for_preparation) {
    return login_->kind == auth::Kind::gssapi ? "tickets of Kerberos, for the login" : "a token, for the login";
  }
  return waits_ == Waits::for_mechanisms ? "SaslHandshake" : "the login with SASL";
}

}  // namespace kafka::cluster
