// PLAIN, and what a login is made of.
#include <memory>
#include <string>

#include "auth/login.hpp"
#include "catch.hpp"

using namespace kafka;
using namespace kafka::auth;

TEST_CASE("PLAIN sends the name and the password behind a zero byte each, and takes any answer") {
  auto login = std::make_shared<Login>();
  login->user = "alice";
  login->password = Secret("pass,=word");
  const auto mechanism = begin(login);
  REQUIRE(mechanism->start() == Next::send);
  CHECK(mechanism->take_token().view() == std::string_view("\0alice\0pass,=word", 17));
  CHECK(mechanism->answer("") == Next::done);
}

TEST_CASE("mechanisms have the names that brokers know, and PLAIN is in every build") {
  CHECK(name(Kind::plain) == "PLAIN");
  CHECK(name(Kind::scram_sha_256) == "SCRAM-SHA-256");
  CHECK(name(Kind::scram_sha_512) == "SCRAM-SHA-512");
  CHECK(name(Kind::oauthbearer) == "OAUTHBEARER");
  CHECK(available(Kind::plain));
  CHECK(available(Kind::oauthbearer));
}
