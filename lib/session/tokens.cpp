#include "session/tokens.hpp"

#include <algorithm>
#include <utility>

#include "auth/jwt.hpp"
#include "base/error_table.hpp"

namespace kafka {

TokenRequest::TokenRequest(std::unique_ptr<session::TokenAnswer> answer) : answer_(std::move(answer)) {}
TokenRequest::TokenRequest(TokenRequest&&) noexcept = default;
TokenRequest& TokenRequest::operator=(TokenRequest&&) noexcept = default;
TokenRequest::~TokenRequest() = default;

namespace {

Error answered() { return Error(Errc::wrong_state, "the request for a token was answered before"); }

}  // namespace

Error TokenRequest::set(Secret token, std::chrono::system_clock::time_point expires, std::string principal,
                        std::map<std::string, std::string> extensions) {
  if (answer_ == nullptr) return answered();
  auth::Token made;
  made.text = std::move(token);
  made.expires_ms = std::chrono::duration_cast<std::chrono::milliseconds>(expires.time_since_epoch()).count();
  made.principal = std::move(principal);
  made.extensions = std::move(extensions);
  return answer_->set(std::move(made));
}

Error TokenRequest::fail(std::string_view text) {
  if (answer_ == nullptr) return answered();
  return answer_->fail(Error(Errc::sasl_authentication_failed, "no token: " + escaped(text)));
}

namespace session {
namespace {

// Longer ones are as good as this one, and would not fit into a count of nanoseconds.
constexpr int64_t kLongestLifeMs = int64_t{365} * 24 * 3600 * 1000;

net::Duration part_of(net::Duration life, double part) {
  return net::Duration(static_cast<int64_t>(static_cast<double>(life.count()) * part));
}

}  // namespace

void TokenInUse::take(auth::Token token, net::TimePoint now, net::Duration life, double refresh) {
  came_ = now;
  good_until_ = came_ + std::max(part_of(life, kUsed), life - kLastUse);
  refresh_at_ = std::min(came_ + part_of(life, refresh), good_until_);
  token_ = std::make_shared<const auth::Token>(std::move(token));
  refused_ = false;
}

TokenAnswer::TokenAnswer(Tokens& tokens, uint64_t question)
    : tokens_(tokens), guard_(tokens.scope_.guard()), question_(question) {}

TokenAnswer::~TokenAnswer() {
  fail(Error(Errc::sasl_authentication_failed, "no token: the application has dropped the request without an answer"));
}

Error TokenAnswer::set(auth::Token token) {
  if (!open_) return answered();
  if (!guard_.alive()) return open_ = false, Error();
  const std::string wrong = auth::check(token, tokens_.reactor_.wall_clock_ms());
  if (!wrong.empty()) return Error(Errc::invalid_argument, wrong);
  open_ = false;
  tokens_.take(question_, std::move(token));
  return {};
}

Error TokenAnswer::fail(Error why) {
  if (!open_) return answered();
  open_ = false;
  if (guard_.alive()) tokens_.fail(question_, std::move(why));
  return {};
}

void Tokens::set_supplier(Supplier supplier) {
  supplier_ = std::move(supplier);
  retry_.reset();
}

void Tokens::get(Done done) {
  const net::TimePoint now = reactor_.now();
  const bool pauses = now < retry_.until();
  if (usable()) {
    // An old one is replaced meanwhile: nobody waits while it is good.
    if (now >= in_use_.refresh_at() && !asking_ && !pauses) ask();
    return done(in_use_.token(), {});
  }
  // Connections to all brokers share the pause.
  if (!asking_ && pauses) return done(nullptr, last_error_);
  waiting_.push_back(std::move(done));
  if (!asking_) ask();
}

void Tokens::refused(const auth::Token& token) { in_use_.refuse(token); }

void Tokens::ask() {
  asking_ = true;
  refresh_.cancel();
  const uint64_t question = ++question_;
  if (!supplier_) {
    return fail(question,
                Error(Errc::sasl_authentication_failed, "no token: nobody gives one; set a handler with on_token()"));
  }
  if (times_.patience < net::Duration::max()) {
    patience_ = reactor_.after(times_.patience, [this, question] {
      patience_.cancel();
      const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(times_.patience).count();
      fail(question, Error(Errc::sasl_authentication_failed,
                           "no token: the application has not answered within " + std::to_string(ms) +
                               " ms (sasl.login.connect.timeout.ms and sasl.login.read.timeout.ms)"));
    });
  }
  supplier_(TokenRequest(std::make_unique<TokenAnswer>(*this, question)));
}

// An answer that comes too late, or to a question of before, is as good: unless it expires sooner.
void Tokens::take(uint64_t question, auth::Token token) {
  const bool awaited = asking_ && question == question_;
  if (!awaited && usable() && in_use_.token()->expires_ms >= token.expires_ms) return;
  if (token.principal.empty()) {
    if (const auto claims = auth::read_claims(token.text.reveal())) token.principal = claims->subject;
  }
  const int64_t life_ms = std::clamp<int64_t>(token.expires_ms - reactor_.wall_clock_ms(), 0, kLongestLifeMs);
  constexpr uint64_t kSteps = 1024;
  const double random = static_cast<double>(reactor_.random() % kSteps) / static_cast<double>(kSteps);
  in_use_.take(std::move(token), reactor_.now(), std::chrono::milliseconds(life_ms),
               times_.refresh_factor + times_.refresh_jitter * random);
  if (awaited) {
    asking_ = false;
    patience_.cancel();
  }
  retry_.reset();
  last_error_ = {};
  arm(std::max(in_use_.refresh_at(), in_use_.came() + kLeastRefresh));
  tell({});
}

void Tokens::fail(uint64_t question, Error why) {
  if (!asking_ || question != question_) return;
  asking_ = false;
  patience_.cancel();
  const net::TimePoint now = reactor_.now();
  retry_.fail(now, reactor_.random(), times_.retry);
  last_error_ = std::move(why);
  if (usable()) arm(retry_.until());
  tell(last_error_);
}

// Those who wait may ask again at once.
void Tokens::tell(const Error& why) {
  const Scope::Guard guard = scope_.guard();
  const Error copy = why;
  const auto token = usable() ? in_use_.token() : nullptr;
  std::vector<Done> waiting = std::move(waiting_);
  waiting_.clear();
  if (on_outcome_) on_outcome_(copy);
  for (Done& done : waiting) {
    if (!guard.alive()) return;
    done(token, token != nullptr ? Error() : copy);
  }
}

void Tokens::arm(net::TimePoint at) {
  refresh_.cancel();
  if (at >= in_use_.good_until()) return;
  refresh_ = reactor_.after(at - reactor_.now(), [this] { on_timer(); });
}

// Without a connection that was used, the next login asks, if ever there is one.
void Tokens::on_timer() {
  refresh_.cancel();
  if (asking_ || (used_since_ && !used_since_(in_use_.came()))) return;
  ask();
}

}  // namespace session
}  // namespace kafka
