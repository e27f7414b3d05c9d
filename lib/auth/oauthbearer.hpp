// OAUTHBEARER (RFC 7628, KIP-255): a token of somebody whom the broker trusts.
#pragma once

#include <memory>
#include <string>

#include "auth/mechanism.hpp"
#include "auth/token.hpp"
#include "base/scope.hpp"

namespace kafka::auth {

class OAuthBearer final : public Mechanism {
 public:
  /// `tokens` outlives it.
  explicit OAuthBearer(TokenSource& tokens) : tokens_(tokens) {}
  void prepare(Function<void(Next)> done) override;
  Next start() override;
  Next answer(std::string_view answer) override;
  std::string user() const override { return token_ == nullptr ? "" : token_->principal; }
  std::string refused(int64_t now_ms) override;

 private:
  TokenSource& tokens_;
  std::shared_ptr<const Token> token_;
  std::string status_;  // what the broker has said of the token
  Scope scope_;
};

}  // namespace kafka::auth
