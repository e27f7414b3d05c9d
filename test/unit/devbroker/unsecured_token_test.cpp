// Tokens that nobody signed, and the JSON inside: what is taken, and what is not.
#include "devbroker/unsecured_token.hpp"

#include <string>

#include "auth/base64.hpp"
#include "catch.hpp"
#include "devbroker/bearer_server.hpp"
#include "devbroker/claims.hpp"

using kafka::devbroker::BearerServer;
using kafka::devbroker::Claims;
using kafka::devbroker::UnsecuredToken;
using kafka::devbroker::Verdict;

namespace {

std::string part(std::string_view json) {
  std::string text = kafka::auth::to_base64(json);
  for (char& c : text) c = c == '+' ? '-' : c == '/' ? '_' : c;
  return text.substr(0, text.find('='));
}

std::string jwt(std::string_view claims, std::string_view header = R"({"alg":"none"})") {
  return part(header) + "." + part(claims) + ".";
}

}  // namespace

TEST_CASE("claims are the texts and numbers of an object, and the rest is only checked") {
  const auto claims =
      Claims::read(R"( {"a":"x\n\u00e4\ud83d\ude00","b":-1.5e2,"c":[1,{"a":"no"},null],"d":true,"e":{}} )");
  REQUIRE(claims);
  CHECK(*claims->text("a") == "x\n\xc3\xa4\xf0\x9f\x98\x80");
  CHECK(claims->number("b") == -150);
  CHECK(claims->text("b") == nullptr);
  CHECK(claims->has("c"));
  CHECK(claims->has("d"));
  CHECK_FALSE(claims->has("f"));
  CHECK(Claims::read("{}"));
}

TEST_CASE("what is no JSON object has no claims") {
  const std::string deep = R"({"a":)" + std::string(20, '[') + std::string(20, ']') + "}";
  for (const std::string& text :
       {std::string(""), std::string("[]"), std::string("{"), std::string(R"({"a"})"), std::string(R"({"a":1,})"),
        std::string(R"({"a":01})"), std::string(R"({"a":1.})"), std::string(R"({"a":+1})"),
        std::string(R"({"a":"\x"})"), std::string(R"({"a":"\ud800"})"), std::string(R"({"a":"\udc00"})"),
        std::string("{\"a\":\"\n\"}"), std::string(R"({"a":"b)"), std::string("{} x"), std::string(R"({"a":nul})"),
        deep}) {
    INFO(text);
    CHECK_FALSE(Claims::read(text));
  }
}

TEST_CASE("a token of alg none says who it is for and until when") {
  const auto token = UnsecuredToken::read(jwt(R"({"sub":"carol","exp":2000.5,"iat":1000,"scope":["a"]})"));
  REQUIRE(token);
  CHECK(token->subject == "carol");
  CHECK(token->expires_ms == 2000500);
  CHECK(token->holds_at(1000000));
  CHECK(token->holds_at(2000499));
  CHECK_FALSE(token->holds_at(2000500));
  CHECK_FALSE(token->holds_at(999999));
}

TEST_CASE("other tokens are refused") {
  const std::string good = R"({"sub":"carol","exp":2000})";
  for (const std::string& text :
       {std::string(""), std::string("."), std::string(".."), jwt(good) + "c2ln", jwt(good, R"({"alg":"RS256"})"),
        jwt(good, R"({"alg":1})"), jwt(good, "none"), jwt(R"({"exp":2000})"), jwt(R"({"sub":"","exp":2000})"),
        jwt(R"({"sub":"carol"})"), jwt(R"({"sub":"carol","exp":"2000"})"), jwt(R"({"sub":"carol","exp":-1})"),
        jwt(R"({"sub":"carol","exp":1e300})"), jwt(R"({"sub":"carol","exp":2000,"iat":"x"})"), jwt(good) + ".",
        part(R"({"alg":"none"})") + "." + part(good), jwt(good).replace(0, 1, "+")}) {
    INFO(text);
    CHECK_FALSE(UnsecuredToken::read(text));
  }
}

TEST_CASE("a bearer may act for itself only, and its message has the form of RFC 7628") {
  const std::string token = jwt(R"({"sub":"carol","exp":2000})");
  const auto take = [&](const std::string& message) {
    return BearerServer([] { return int64_t{1000000}; }).take(message).kind;
  };
  const std::string auth =
      "\x01"
      "auth=Bearer " +
      token + "\x01";
  CHECK(take("n,," + auth + "\x01") == Verdict::Kind::accepted);
  CHECK(take("n,a=carol," + auth + "\x01") == Verdict::Kind::accepted);
  CHECK(take("n,," + auth + "traceId=7\x01\x01") == Verdict::Kind::accepted);
  CHECK(take("n,a=dave," + auth + "\x01") == Verdict::Kind::refused);
  CHECK(take("n,," + auth) == Verdict::Kind::refused);
  CHECK(take("n,," + auth + "\x01x") == Verdict::Kind::refused);
  CHECK(take("n,," + auth + "traceId\x01\x01") == Verdict::Kind::refused);
  CHECK(take("y,," + auth + "\x01") == Verdict::Kind::refused);
  CHECK(take("n,,\x01\x01") == Verdict::Kind::refused);
  CHECK(take("") == Verdict::Kind::refused);
}
