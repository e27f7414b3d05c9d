// Tokens that nobody signed: what is taken, and what is not.
#include "devbroker/unsecured_token.hpp"

#include <string>

#include "auth/base64.hpp"
#include "catch.hpp"
#include "devbroker/bearer_server.hpp"

using kafka::devbroker::BearerServer;
using kafka::devbroker::UnsecuredToken;
using kafka::devbroker::Verdict;

namespace {

std::string part(std::string_view json) { return kafka::auth::to_base64url(json); }

std::string jwt(std::string_view claims, std::string_view header = R"({"alg":"none"})") {
  return part(header) + "." + part(claims) + ".";
}

}  // namespace

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
        part(R"({"alg":"none"})") + "." + part(good), jwt(good).replace(0, 1, "+"),
        jwt(std::string(R"({"sub":"carol","exp":2000,"x":)") + std::string(40, '[') + std::string(40, ']') + "}")}) {
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
