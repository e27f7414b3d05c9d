// OAUTHBEARER as bytes.
#include <memory>
#include <string>
#include <utility>

#include "auth/login.hpp"
#include "catch.hpp"

using namespace kafka;
using namespace kafka::auth;
using Catch::Matchers::Contains;

namespace {

// Gives what it was told to give, at once or later.
struct TestTokens final : TokenSource {
  void get(Done done) override {
    if (later) return void(waiting = std::move(done));
    give(done);
  }
  void give(Done& done) { done(error ? nullptr : std::make_shared<const Token>(token), error); }
  void refused(const Token&) override { ++refusals; }

  Token token;
  Error error;
  bool later = false;
  Done waiting;
  int refusals = 0;
};

struct Bearer {
  Bearer() {
    tokens.token.text = Secret("abc.def");
    tokens.token.principal = "alice";
    login->kind = Kind::oauthbearer;
    login->tokens = &tokens;
    mechanism = begin(login);
  }
  Next prepare() {
    Next result = Next::work;  // not told
    mechanism->prepare([&](Next next) { result = next; });
    return result;
  }
  TestTokens tokens;
  std::shared_ptr<Login> login = std::make_shared<Login>();
  std::unique_ptr<Mechanism> mechanism;
};

}  // namespace

TEST_CASE("OAUTHBEARER sends the token and its extensions, and takes an empty answer as success") {
  Bearer bearer;
  bearer.tokens.token.extensions = {{"logicalCluster", "lkc-1"}, {"trace", "2"}};
  REQUIRE(bearer.prepare() == Next::done);
  REQUIRE(bearer.mechanism->start() == Next::send);
  CHECK(bearer.mechanism->take_token().view() ==
        "n,,\x01"
        "auth=Bearer abc.def\x01logicalCluster=lkc-1\x01trace=2\x01\x01");
  CHECK(bearer.mechanism->answer("") == Next::done);
  CHECK(bearer.mechanism->user() == "alice");
}

TEST_CASE("OAUTHBEARER answers a refusal, and its words say what is known of the token") {
  Bearer bearer;
  REQUIRE(bearer.prepare() == Next::done);
  bearer.mechanism->start();
  REQUIRE(bearer.mechanism->answer(R"({"status":"invalid_token"})") == Next::send);
  CHECK(bearer.mechanism->take_token().view() == "\x01");
  CHECK_THAT(bearer.mechanism->refused(0), Contains("invalid_token") && Contains("no JWT") && !Contains("abc"));
  CHECK(bearer.tokens.refusals == 1);
  CHECK(bearer.mechanism->answer("") == Next::failed);
  CHECK(bearer.mechanism->error() == Errc::sasl_authentication_failed);
}

TEST_CASE("OAUTHBEARER waits for a token that comes later, and fails as its source does") {
  Bearer bearer;
  bearer.tokens.later = true;
  int told = 0;
  bearer.mechanism->prepare([&](Next next) { told += next == Next::failed ? 1 : 100; });
  CHECK(told == 0);
  bearer.tokens.error = Error(Errc::timed_out, "no word of it");
  bearer.tokens.give(bearer.tokens.waiting);
  CHECK(told == 1);
  CHECK(bearer.mechanism->error() == Errc::timed_out);
  CHECK(bearer.mechanism->error().detail() == "no word of it");
}

TEST_CASE("a token that comes when the login is over is nobody's") {
  Bearer bearer;
  bearer.tokens.later = true;
  int told = 0;
  bearer.mechanism->prepare([&](Next) { ++told; });
  bearer.mechanism.reset();
  bearer.tokens.give(bearer.tokens.waiting);
  CHECK(told == 0);
}
