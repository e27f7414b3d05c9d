// What tokens say of themselves, and tokens that nobody has signed.
#include <string>

#include "auth/base64.hpp"
#include "auth/jwt.hpp"
#include "catch.hpp"

using namespace kafka;
using namespace kafka::auth;
using Catch::Matchers::Contains;

namespace {

constexpr int64_t kNow = 1700000000000;

std::string jwt(const std::string& claims) {
  return to_base64url(R"({"alg":"RS256"})") + "." + to_base64url(claims) + ".c2ln";
}

Token token(const std::string& text, int64_t expires_ms = kNow + 60000) {
  Token made;
  made.text = Secret(text);
  made.expires_ms = expires_ms;
  return made;
}

}  // namespace

TEST_CASE("the claims of a token are read; what is no JWT has none") {
  const auto claims = read_claims(jwt(R"({"iss":"https://a","sub":"alice","aud":["kafka","x"],"exp":1700000060.9})"));
  REQUIRE(claims);
  CHECK(claims->issuer == "https://a");
  CHECK(claims->subject == "alice");
  CHECK(claims->audience == std::vector<std::string>{"kafka", "x"});
  CHECK(claims->expires_ms == 1700000060000);
  CHECK(read_claims(jwt(R"({"aud":"kafka"})"))->audience == std::vector<std::string>{"kafka"});
  for (const char* none : {"", "opaque", "a.b", "a.b.c", "..", "a.e30=.c"}) CHECK_FALSE(read_claims(none));
}

TEST_CASE("the words about a refused token have exp, aud and iss, and nothing of the token") {
  const std::string text = jwt(R"({"iss":"https://a","aud":"kafka","exp":1699999990})");
  const std::string words = describe(token(text), kNow);
  CHECK_THAT(words, Contains("2023-11-14T22:13:10Z (since 10 s)") && Contains("aud \"kafka\"") &&
                        Contains("iss \"https://a\""));
  CHECK_THAT(words, !Contains(text.substr(0, 10)) && !Contains("c2ln"));
  CHECK_THAT(describe(token("opaque-token"), kNow), Contains("(in 60 s)") && Contains("no JWT") && !Contains("opaque"));
  CHECK_THAT(describe(token(jwt("{}")), kNow), Contains("aud none, iss none"));
}

TEST_CASE("an unsecured token is made of the option's text") {
  Unsecured from;
  REQUIRE(read_unsecured("principal=ad\"min scope=a,b lifeSeconds=60 extension_traceId=1=2", from) == "");
  const Token made = make_unsecured(from, kNow);
  CHECK(made.text.reveal() ==
        to_base64url(R"({"alg":"none"})") + "." +
            to_base64url(R"({"sub":"ad\"min","iat":1700000000,"exp":1700000060,"scope":["a","b"]})") + ".");
  CHECK(made.expires_ms == kNow + 60000);
  CHECK(made.principal == "ad\"min");
  CHECK(made.extensions == Extensions{{"traceId", "1=2"}});
  CHECK(check(made, kNow) == "");
}

TEST_CASE("wrong texts for unsecured tokens are refused with what is wrong") {
  const auto [text, words] = GENERATE(table<std::string, std::string>({
      {"", "principal=NAME is missing"},
      {"scope=a", "principal=NAME is missing"},
      {"principal", "has no value"},
      {"principal=a lifeSeconds=0", "1 to 31536000"},
      {"principal=a lifeSeconds=1x", "1 to 31536000"},
      {"principal=a extension_a1=x", "letters only"},
      {"principal=a extension_auth=x", "the token itself"},
      {"principal=a colour=red", "\"colour\" is not known"},
      {"principal=\x01", "cannot be printed"},
      {"principal=a principalClaimName=", "principalClaimName is empty"},
  }));
  CAPTURE(text);
  Unsecured to;
  CHECK_THAT(read_unsecured(text, to), Contains(words));
}

TEST_CASE("a token that cannot be sent is refused, and the text has nothing of it") {
  CHECK(check(token("abc._~+/-09=="), kNow) == "");
  CHECK_THAT(check(token(""), kNow), Contains("empty"));
  CHECK_THAT(check(token("hunter2\x01x"), kNow), Contains("at byte 7") && !Contains("hunter2"));
  CHECK_THAT(check(token("a b"), kNow), Contains("at byte 1"));
  CHECK_THAT(check(token("abc", kNow), kNow), Contains("expired 0 s ago"));
  CHECK_THAT(check(token(std::string(Token::kLongest + 1, 'a')), kNow), Contains("are the most"));
  Token with = token("abc");
  with.extensions = {{"a", "\x01"}};
  CHECK_THAT(check(with, kNow), Contains("\"a\"") && Contains("no message can carry"));
  with.extensions = {{"a", std::string(Token::kLongest, 'x')}};
  CHECK_THAT(check(with, kNow), Contains("are the most"));
}
