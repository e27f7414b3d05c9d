#include "auth/oauthbearer.hpp"

#include "auth/jwt.hpp"
#include "base/error_table.hpp"

namespace kafka::auth {
namespace {

constexpr std::string_view kSeparator = "\x01";

}  // namespace

void OAuthBearer::prepare(Function<void(Next)> done) {
  tokens_.get(
      scope_.wrap([this, done = std::move(done)](std::shared_ptr<const Token> token, const Error& error) mutable {
        token_ = std::move(token);
        done(token_ != nullptr ? Next::done : fail(error));
      }));
}

Next OAuthBearer::start() {
  // The extensions are no secret.
  std::string rest(kSeparator);
  for (const auto& [name, value] : token_->extensions) rest.append(name).append("=").append(value).append(kSeparator);
  rest += kSeparator;
  return send(
      {"n,,\x01"
       "auth=Bearer ",
       token_->text.reveal(), rest});
}

// A broker that accepts the token has nothing to say. One that refuses it says so in JSON, and is to be answered before
// it says the error (RFC 7628, section 3.2.3).
Next OAuthBearer::answer(std::string_view answer) {
  if (answer.empty() && status_.empty()) return Next::done;
  if (!status_.empty()) return fail("the broker says " + status_);
  status_ = escaped(answer);
  return send({kSeparator});
}

std::string OAuthBearer::refused(int64_t now_ms) {
  if (token_ == nullptr) return {};
  tokens_.refused(*token_);
  return (status_.empty() ? "" : "it says " + status_ + "; ") + describe(*token_, now_ms);
}

}  // namespace kafka::auth
