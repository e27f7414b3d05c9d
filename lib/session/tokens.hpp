// The token of a session that logs in by OAUTHBEARER: when it is asked for, how long it is used, and when it is
// replaced. Not here: who gives it (the application, session/oidc), how it is sent (auth/oauthbearer).
#pragma once

#include <kafka/function.hpp>
#include <kafka/token.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "auth/token.hpp"
#include "base/scope.hpp"
#include "cluster/retry_pause.hpp"
#include "net/reactor.hpp"

namespace kafka::session {

class Tokens;

/// The inside of a TokenRequest: one answer, for one question. It may outlive the Tokens.
class TokenAnswer {
 public:
  TokenAnswer(Tokens& tokens, uint64_t question);
  TokenAnswer(const TokenAnswer&) = delete;
  ~TokenAnswer();
  Error set(auth::Token token);
  Error fail(Error why);

 private:
  Tokens& tokens_;
  Scope::Guard guard_;
  uint64_t question_;
  bool open_ = true;
};

/// When a session's token is asked for, and for how long.
struct TokenTimes {
  /// An answer that takes longer counts as a failure; if it comes all the same, it is taken.
  net::Duration patience;
  double refresh_factor = 0.8, refresh_jitter = 0.05;  ///< parts of a token's life
  cluster::PauseLimits retry{};                        ///< after a failure
};

/// The token that logins use, and how long they may.
class TokenInUse {
 public:
  /// A token has to be good when the broker reads it. It is not used in its last 10 s, or, if its life is short, not in
  /// the last part of it.
  static constexpr net::Duration kLastUse = std::chrono::seconds(10);
  static constexpr double kUsed = 0.95;

  /// In place of the one before. It is to be replaced when `refresh` of its `life` is over.
  void take(auth::Token token, net::TimePoint now, net::Duration life, double refresh);
  /// A broker has refused this token.
  void refuse(const auth::Token& token) { refused_ = refused_ || token_.get() == &token; }

  bool good(net::TimePoint now) const { return token_ != nullptr && !refused_ && now < good_until_; }
  const std::shared_ptr<const auth::Token>& token() const { return token_; }
  net::TimePoint came() const { return came_; }
  net::TimePoint refresh_at() const { return refresh_at_; }
  net::TimePoint good_until() const { return good_until_; }

 private:
  std::shared_ptr<const auth::Token> token_;
  net::TimePoint came_{}, refresh_at_{}, good_until_{};
  bool refused_ = false;
};

/// Owns the token, and the question for the next one. All connections use the same token, and there is one question at
/// a time.
class Tokens final : public auth::TokenSource {
 public:
  /// The timer does not ask more often, however short the tokens live.
  static constexpr net::Duration kLeastRefresh = std::chrono::seconds(1);

  using Supplier = Function<void(TokenRequest)>;

  Tokens(net::Reactor& reactor, const TokenTimes& times) : reactor_(reactor), times_(times) {}

  /// Who is asked. He may answer from inside the call. None: every question fails.
  void set_supplier(Supplier supplier);
  /// Whether a connection was used since then. Otherwise no timer asks for the next token.
  void set_use(Function<bool(net::TimePoint)> used_since) { used_since_ = std::move(used_since); }
  /// Told of each failure, and with no error when a token came.
  void on_outcome(Function<void(const Error&)> handler) { on_outcome_ = std::move(handler); }

  void get(Done done) override;
  void refused(const auth::Token& token) override;

 private:
  friend class TokenAnswer;

  bool usable() const { return in_use_.good(reactor_.now()); }
  void ask();
  void take(uint64_t question, auth::Token token);
  void fail(uint64_t question, Error why);
  void tell(const Error& why);
  void arm(net::TimePoint at);
  void on_timer();

  net::Reactor& reactor_;
  TokenTimes times_;
  Supplier supplier_;
  Function<bool(net::TimePoint)> used_since_;
  Function<void(const Error&)> on_outcome_;
  TokenInUse in_use_;
  uint64_t question_ = 0;
  bool asking_ = false;
  std::vector<Done> waiting_;
  cluster::RetryPause retry_;
  Error last_error_;
  net::Timer refresh_, patience_;
  Scope scope_;
};

}  // namespace kafka::session
