// One connection's login, step by step (see sasl_session.hpp).
#include "devbroker/sasl_session.hpp"

#include <algorithm>
#include <chrono>
#include <limits>
#include <utility>

#include "devbroker/bearer_server.hpp"
#include "devbroker/plain_server.hpp"
#include "devbroker/scram_server.hpp"
#include "protocol/sasl_authenticate.hpp"
#include "protocol/sasl_handshake.hpp"

namespace kafka::devbroker {

using protocol::SaslAuthenticateRequest;
using protocol::SaslHandshakeRequest;
using std::chrono::milliseconds;

SaslSession::Admission SaslSession::admit(const protocol::RequestHeader& header, const Profile& profile) {
  switch (step_) {
    case Step::open:
      return Admission::served;
    case Step::fresh:
      if (header.api == ApiKey::api_versions) return Admission::served;
      [[fallthrough]];
    case Step::greeted:
      return header.api == ApiKey::sasl_handshake ? Admission::served : Admission::closed;
    case Step::wrapped:
      return header.api == ApiKey::sasl_authenticate ? Admission::served : Admission::refused;
    case Step::raw:
      return Admission::closed;
    case Step::logged_in:
      break;
  }
  if (header.api == ApiKey::sasl_handshake && may_renew(profile)) {
    renewing_ = true;
    renewed_ = reactor_.now();
    step_ = Step::greeted;
    return Admission::served;
  }
  return expired() ? Admission::closed : Admission::served;
}

bool SaslSession::may_renew(const Profile& profile) const {
  const auto tokens = profile.find(ApiKey::sasl_authenticate);
  if (!tokens || tokens->served.max < SaslAuthenticateRequest::kLifetimeFrom) return false;
  return !renewed_ || reactor_.now() - *renewed_ >= kRenewalPause;
}

void SaslSession::told_versions(const Profile& profile) {
  // Releases before SaslAuthenticate tell them again.
  if (step_ == Step::fresh && profile.find(ApiKey::sasl_authenticate)) step_ = Step::greeted;
}

Errc SaslSession::begin(const std::string& mechanism, int16_t version, const Profile& profile) {
  if (step_ != Step::fresh && step_ != Step::greeted) return Errc::illegal_sasl_state;
  const auto& offered = security_.mechanisms();
  if (std::find(offered.begin(), offered.end(), mechanism) == offered.end()) return Errc::unsupported_sasl_mechanism;
  if (renewing_ && mechanism != mechanism_name_) return Errc::sasl_authentication_failed;
  mechanism_name_ = mechanism;
  mechanism_ = make(profile);
  step_ = version < SaslHandshakeRequest::kWrappedFrom ? Step::raw : Step::wrapped;
  return Errc::none;
}

std::unique_ptr<ServerMechanism> SaslSession::make(const Profile& profile) {
  if (mechanism_name_ == "PLAIN") return std::make_unique<PlainServer>(security_.accounts());
  if (mechanism_name_ == "OAUTHBEARER") {
    return std::make_unique<BearerServer>([this] { return reactor_.wall_clock_ms(); });
  }
  const ScramServer::Rules rules{mechanism_name_ == "SCRAM-SHA-256" ? auth::Hash::sha256 : auth::Hash::sha512,
                                 profile.is_kafka4};
  return std::make_unique<ScramServer>(security_.accounts(), rules, [this] { return reactor_.random(); });
}

Verdict SaslSession::take(std::string_view token, const Profile& profile) {
  Verdict verdict = mechanism_->take(token);
  if (verdict.kind == Verdict::Kind::accepted) return accept(std::move(verdict), profile);
  return verdict;
}

Verdict SaslSession::accept(Verdict verdict, const Profile& profile) {
  if (std::exchange(renewing_, false) && verdict.user != user_) {
    return Verdict::refuse("Cannot change principals during re-authentication from User." + user_ + ": User." +
                           verdict.user);
  }
  user_ = verdict.user;
  mechanism_.reset();
  step_ = Step::logged_in;
  const int64_t most = security_.session_lifetime().count();
  lifetime_ms_ = most;
  if (verdict.expires_ms && (most > 0 || profile.ends_with_token())) {
    const int64_t left = std::max<int64_t>(*verdict.expires_ms - reactor_.wall_clock_ms(), 0);
    lifetime_ms_ = most > 0 ? std::min(most, left) : left;
  }
  // What is told is in milliseconds, and a token may hold for longer than the clock can count.
  constexpr auto kLongest = std::chrono::duration_cast<milliseconds>(std::chrono::hours(24 * 365));
  expires_.reset();
  if (lifetime_ms_ > 0 && milliseconds(lifetime_ms_) < kLongest) {
    expires_ = reactor_.now() + milliseconds(lifetime_ms_);
  }
  return verdict;
}

}  // namespace kafka::devbroker
