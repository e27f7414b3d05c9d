// The login of one connection: which request may come next, who has logged in, and until when. The steps are those of
// Kafka's SaslServerAuthenticator: ApiVersions, SaslHandshake, tokens (KIP-43, KIP-152), and the same once more before
// the login runs out (KIP-368).
// Not here: what a token says (server_mechanism), frames and answers (connection, handle_sasl).
#pragma once

#include <kafka/error.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "devbroker/profile.hpp"
#include "devbroker/security.hpp"
#include "devbroker/server_mechanism.hpp"
#include "net/reactor.hpp"
#include "protocol/header.hpp"

namespace kafka::devbroker {

/// Owns the state of the login. It begins with nobody if the listeners want no login.
class SaslSession {
 public:
  /// The longest frame before a login.
  static constexpr size_t kMaxFrame = 64 * 1024;
  /// A login is not renewed more often, as in Kafka.
  static constexpr auto kRenewalPause = std::chrono::seconds(1);

  /// What becomes of a request.
  enum class Admission : uint8_t {
    served,
    refused,  ///< answered with illegal_sasl_state; nothing follows
    closed,   ///< the connection ends without a word
  };

  SaslSession(Security& security, net::Reactor& reactor) : security_(security), reactor_(reactor) {
    step_ = security.wants_login() ? Step::fresh : Step::open;
  }

  /// True if the next frame is a token without a header (behind SaslHandshake 0).
  bool takes_raw_tokens() const { return step_ == Step::raw; }
  /// True if SaslAuthenticate is what comes next.
  bool expects_token() const { return step_ == Step::wrapped; }
  /// True if frames may be as long as those of requests.
  bool trusted() const { return step_ == Step::open || step_ == Step::logged_in; }
  /// Who asks: Security::kNobody before a login.
  std::string_view user() const { return user_; }

  /// A request has come. Its handler runs if it is served.
  Admission admit(const protocol::RequestHeader& header, const Profile& profile);
  /// ApiVersions was answered without an error. Only SaslHandshake may follow.
  void told_versions(const Profile& profile);
  /// SaslHandshake. illegal_sasl_state: a login is not what comes next; the connection goes on.
  /// unsupported_sasl_mechanism: nothing follows the answer. Any other error: the connection ends without an answer.
  Errc begin(const std::string& mechanism, int16_t version, const Profile& profile);
  /// A token. After a refusal nothing follows the answer.
  Verdict take(std::string_view token, const Profile& profile);
  /// How long the login that was just accepted holds, in ms; 0: no end.
  int64_t lifetime_ms() const { return lifetime_ms_; }

 private:
  enum class Step : uint8_t {
    open,       // nobody has to log in
    fresh,      // ApiVersions or SaslHandshake
    greeted,    // SaslHandshake
    raw,        // tokens without headers
    wrapped,    // SaslAuthenticate
    logged_in,  // anything
  };

  bool may_renew(const Profile& profile) const;
  bool expired() const { return expires_ && reactor_.now() >= *expires_; }
  Verdict accept(Verdict verdict, const Profile& profile);
  std::unique_ptr<ServerMechanism> make(const Profile& profile);

  Security& security_;
  net::Reactor& reactor_;
  Step step_ = Step::open;
  bool renewing_ = false;
  std::optional<net::TimePoint> renewed_;  // when the last renewal began
  std::string mechanism_name_;
  std::unique_ptr<ServerMechanism> mechanism_;
  std::string user_{Security::kNobody};
  std::optional<net::TimePoint> expires_;
  int64_t lifetime_ms_ = 0;
};

}  // namespace kafka::devbroker
