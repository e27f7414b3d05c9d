// GSSAPI as messages, with a Kerberos that the test plays.
#include <memory>
#include <string>
#include <utility>

#include "auth/login.hpp"
#include "catch.hpp"
#include "played_kerberos.hpp"

using namespace kafka;
using namespace kafka::auth;
using namespace std::string_literals;
using Catch::Matchers::Contains;

namespace {

constexpr Errc kNotIn = Errc::sasl_authentication_failed;

struct TestTickets final : TicketSource {
  struct Asked final : Request {
    explicit Asked(int& of) : open(of) { ++open; }
    ~Asked() override { --open; }
    int& open;
  };
  std::unique_ptr<Request> get(const std::string& host, Done done) override {
    asked += host;
    waiting = std::move(done);
    return std::make_unique<Asked>(open);
  }
  void give(int steps = 1) {
    auto context = std::make_unique<test::PlayedContext>();
    context->needed = steps;
    waiting(std::move(context), {});
  }
  std::string asked;
  Done waiting;
  int open = 0;
};

struct GssapiRig {
  GssapiRig() {
    login->kind = Kind::gssapi;
    login->tickets = &tickets;
    mechanism = begin(login, "broker.example");
    mechanism->prepare([this](Next next) { prepared = next; });
  }
  // Up to where the broker offers layers.
  void establish() {
    tickets.give();
    REQUIRE(prepared == Next::done);
    REQUIRE(mechanism->start() == Next::send);
    REQUIRE(mechanism->answer("proof") == Next::send);
  }
  void refused(const std::string& token, const std::string& words) {
    CHECK(mechanism->answer(token) == Next::failed);
    CHECK(mechanism->error() == kNotIn);
    CHECK_THAT(mechanism->error().message(), Contains(words));
  }
  std::string token() { return std::string(mechanism->take_token().view()); }

  TestTickets tickets;
  std::shared_ptr<Login> login = std::make_shared<Login>();
  std::unique_ptr<Mechanism> mechanism;
  Next prepared = Next::work;  // not told
};

}  // namespace

TEST_CASE("GSSAPI asks for the host that the broker has, proves, and agrees on no security layer") {
  GssapiRig rig;
  const int steps = GENERATE(1, 2);
  CHECK(rig.tickets.asked == "broker.example");
  CHECK(rig.prepared == Next::work);
  CHECK(rig.mechanism->user().empty());
  rig.tickets.give(steps);
  REQUIRE(rig.prepared == Next::done);
  CHECK(rig.tickets.open == 0);
  CHECK(rig.mechanism->user() == "alice@REALM");
  REQUIRE(rig.mechanism->start() == Next::send);
  CHECK(rig.token() == "first");
  if (steps == 2) {
    REQUIRE(rig.mechanism->answer("proof") == Next::send);
    CHECK(rig.token() == "more");
  }
  REQUIRE(rig.mechanism->answer("proof") == Next::send);
  CHECK(rig.token().empty());
  // Java's brokers tell the size of their buffer, though they have no layer.
  REQUIRE(rig.mechanism->answer(GENERATE("[\x07\0\xff\xff]"s, "[\x01\x01\0\0]"s, "[\x01\0\0\0]"s)) == Next::send);
  CHECK(rig.token() == "[\x01\0\0\0]"s);
  CHECK(rig.mechanism->answer("") == Next::done);
}

TEST_CASE("GSSAPI without a ticket, with a wrong proof, and with offers that it cannot take") {
  GssapiRig rig;
  SECTION("no ticket") {
    rig.tickets.waiting(nullptr, Error(Errc::connect_failed, "no KDC"));
    CHECK(rig.prepared == Next::failed);
    CHECK(rig.mechanism->error() == Errc::connect_failed);
    CHECK(rig.tickets.open == 0);
  }
  SECTION("a proof") {
    rig.tickets.give();
    rig.mechanism->start();
    CHECK_THAT(rig.mechanism->refused(0), Contains("keytab") && Contains("clock"));
    rig.refused("something else", "a bad proof");
  }
  SECTION("success before the proof") {
    rig.tickets.give();
    rig.mechanism->start();
    rig.refused("", "a bad proof");
  }
  SECTION("an offer") {
    rig.establish();
    SECTION("not signed") { rig.refused("\x01\0\0\0"s, "a bad signature"); }
    SECTION("nothing") { rig.refused("", "a bad signature"); }
    SECTION("of another size") { rig.refused("[\x01\0\0]"s, "not the form"); }
    SECTION("without no layer") { rig.refused("[\x06\0\xff\xff]"s, "insists on a security layer"); }
  }
  SECTION("more than there is") {
    rig.establish();
    REQUIRE(rig.mechanism->answer("[\x01\0\0\0]"s) == Next::send);
    rig.refused("x", "more than GSSAPI has to say");
  }
}

TEST_CASE("a login that is gone drops its question, and is not told") {
  GssapiRig rig;
  CHECK(rig.tickets.open == 1);
  rig.mechanism.reset();
  CHECK(rig.tickets.open == 0);
  rig.tickets.give();
  CHECK(rig.prepared == Next::work);
}
