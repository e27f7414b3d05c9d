// SCRAM against the example of RFC 7677, and against servers that are wrong.
#include "auth/scram.hpp"

#include "auth/base64.hpp"
#include "auth/login.hpp"
#include "catch.hpp"

using namespace kafka;
using namespace kafka::auth;
using Catch::Matchers::Contains;

namespace {

constexpr const char* kNonce = "rOprNGfwEbeRWgbNEkqO";
constexpr const char* kFirst = "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";
constexpr const char* kFinal = "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=";

std::shared_ptr<Login> pencil(Kind kind = Kind::scram_sha_256) {
  auto login = std::make_shared<Login>();
  login->kind = kind;
  login->user = "user";
  login->password = Secret("pencil");
  return login;
}

// Goes on until the mechanism wants something else than time. Counts the turns.
Next finish(Mechanism& mechanism, Next next, int* turns = nullptr) {
  while (next == Next::work) {
    if (turns != nullptr) ++*turns;
    next = mechanism.work();
  }
  return next;
}

// A server that knows a password, for what the example does not have.
std::string server_final(Hash hash_of, std::string_view password, std::string_view client_first_bare,
                         std::string_view server_first, std::string_view client_final) {
  ServerFirst read;
  const std::string nonce(client_first_bare.substr(client_first_bare.find("r=") + 2));
  REQUIRE(read_server_first(server_first, nonce, read).empty());
  KeyDerivation derivation(hash_of, password, read.salt, read.iterations);
  while (!derivation.advance(1000000)) {
  }
  const ScramKeys keys = make_keys(hash_of, derivation.result());
  const std::string_view without = client_final.substr(0, client_final.find(",p="));
  const std::string all = std::string(client_first_bare) + "," + std::string(server_first) + "," + std::string(without);
  return "v=" + to_base64(hmac(hash_of, keys.server.view(), all).view());
}

}  // namespace

TEST_CASE("SCRAM-SHA-256 says what the example of RFC 7677 says, byte by byte, and works in slices") {
  const auto login = pencil();
  Scram scram(Hash::sha256, login, kNonce);
  REQUIRE(scram.start() == Next::send);
  CHECK(scram.take_token().view() == "n,,n=user,r=rOprNGfwEbeRWgbNEkqO");
  int turns = 0;
  REQUIRE(finish(scram, scram.answer(kFirst), &turns) == Next::send);
  CHECK(turns == 4096 / Scram::kSlice - 1);  // the first slice is done in answer()
  CHECK(scram.take_token().view() ==
        "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=");
  CHECK(scram.answer(kFinal) == Next::done);

  // The second login of the session has the keys.
  Scram second(Hash::sha256, login, kNonce);
  CHECK(second.start() == Next::send);
  CHECK(second.answer(kFirst) == Next::send);
}

TEST_CASE("SCRAM-SHA-512 proves itself to a server that knows the password, and the server to it") {
  const auto login = pencil(Kind::scram_sha_512);
  login->user = "a,b=c";
  login->password = Secret("\xc2\xaa\x62\x63");
  Scram scram(Hash::sha512, login, "nonce");
  REQUIRE(scram.start() == Next::send);
  const std::string first(scram.take_token().view());
  CHECK(first == "n,,n=a=2Cb=3Dc,r=nonce");
  const std::string challenge = "r=nonce1234,s=QSXCR+Q6sek8bf92,i=5000";
  REQUIRE(finish(scram, scram.answer(challenge)) == Next::send);
  const std::string last(scram.take_token().view());
  const std::string good = server_final(Hash::sha512, login->password.reveal(), first.substr(3), challenge, last);
  const std::string other = server_final(Hash::sha512, "abc", first.substr(3), challenge, last);
  SECTION("who knows it") { CHECK(scram.answer(good) == Next::done); }
  SECTION("who does not") {
    CHECK(scram.answer(other) == Next::failed);
    CHECK_THAT(scram.error().message(), Contains("does not know the password"));
  }
}

TEST_CASE("H6: a server that does not end with its signature is not believed") {
  Scram scram(Hash::sha256, pencil(), kNonce);
  CHECK(scram.start() == Next::send);
  REQUIRE(finish(scram, scram.answer(kFirst)) == Next::send);
  std::string last = kFinal;
  std::string words = "signature is wrong";
  SECTION("another signature") { last[2] = '7'; }
  SECTION("a shorter one") { last = "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95A=="; }
  SECTION("none") { last = "", words = "no signature"; }
  SECTION("no base64") { last = "v=%%%%", words = "not base64"; }
  SECTION("an error in its place") { last = "e=invalid-proof\n", words = "invalid-proof\\n"; }
  CHECK(scram.answer(last) == Next::failed);
  CHECK(scram.error().code() == Errc::sasl_authentication_failed);
  CHECK_THAT(scram.error().message(), Contains(words));
}

TEST_CASE("H6: iterations below 4096 or above the limit are refused before anything is computed") {
  const auto login = pencil();
  login->most_iterations = 10000;
  const auto [count, taken] =
      GENERATE(table<int, bool>({{4095, false}, {1, false}, {4096, true}, {10000, true}, {10001, false}}));
  Scram scram(Hash::sha256, login, "n");
  CHECK(scram.start() == Next::send);
  const Next next = scram.answer("r=n1,s=QQ==,i=" + std::to_string(count));
  CHECK(next == (taken ? Next::work : Next::failed));
  if (!taken) CHECK_THAT(scram.error().message(), Contains("sasl.scram.max.iterations"));
}

TEST_CASE("H7: logins that overlap have a state each, and derive once") {
  const auto login = pencil();
  Scram one(Hash::sha256, login, kNonce), two(Hash::sha256, login, "other");
  CHECK(one.start() == Next::send);
  CHECK(two.start() == Next::send);
  CHECK(one.take_token().view() != two.take_token().view());
  REQUIRE(one.answer(kFirst) == Next::work);
  REQUIRE(two.answer("r=other9,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096") == Next::work);
  REQUIRE(finish(one, Next::work) == Next::send);
  CHECK(two.work() == Next::send);  // with the keys of the first
  CHECK(one.answer(kFinal) == Next::done);
  CHECK(two.answer(kFinal) == Next::failed);  // the signature of another login
}

TEST_CASE("H6: a token too many is refused") {
  Scram scram(Hash::sha256, pencil(), kNonce);
  CHECK(scram.start() == Next::send);
  REQUIRE(finish(scram, scram.answer(kFirst)) == Next::send);
  CHECK(scram.answer(kFinal) == Next::done);
  CHECK(scram.answer(kFinal) == Next::failed);
}
