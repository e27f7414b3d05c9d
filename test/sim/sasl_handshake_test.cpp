// Logging in, on one connection: what is sent and in which order, and what ends it.
// Not here: what a session does then (sasl_session_test.cpp), mechanisms by themselves (unit/auth).
#include "auth/scram.hpp"
#include "cluster/sasl_step.hpp"
#include "connection_fixture.hpp"
#include "played_kerberos.hpp"
#include "sasl_server.hpp"

using namespace kafka;
using namespace kafka::sim;
using Catch::Matchers::Contains;

namespace {

struct ReadyTickets final : auth::TicketSource {
  std::unique_ptr<Request> get(const std::string&, Done done) override {
    done(std::make_unique<test::PlayedContext>(), {});
    return nullptr;
  }
};

struct LoginFixture {
  explicit LoginFixture(auth::Kind kind = auth::Kind::plain) {
    login->kind = kind;
    login->user = "alice";
    login->password = Secret("secret");
    login->tickets = &tickets;
    connection.peer.logs_in = true;
  }
  void open(net::Duration setup = 10s) {
    connection.more_steps.push_back(std::make_unique<SaslStep>(login));
    connection.open(setup);
  }
  void establish() {
    open();
    // The last token of GSSAPI has no answer where tokens are frames.
    REQUIRE(connection.until([this] { return connection.ready == 1 && server.logins == 1; }, 5s));
  }
  // Ends for good, with these words.
  void refused(const std::string& words) {
    open();
    REQUIRE(connection.until_ended(5s));
    CHECK(connection.ready == 0);
    CHECK(connection.error.code() == Errc::sasl_authentication_failed);
    CHECK_THAT(connection.error.message(), Contains(words) && Contains("alice") && !Contains("secret"));
    CHECK(connection.connection->setup_failure().next == SetupFailure::Next::give_up);
  }
  void limit(ApiKey api, int16_t newest) {
    auto& keys = connection.server.versions.api_keys;
    for (auto& key : keys) {
      if (key.api_key == static_cast<int16_t>(api)) key.max_version = newest;
    }
    std::erase_if(keys, [](const auto& key) { return key.max_version < 0; });
  }

  ConnectionFixture connection;
  SaslServer server{connection.server};
  ReadyTickets tickets;
  std::shared_ptr<auth::Login> login = std::make_shared<auth::Login>();
};

std::vector<auth::Kind> kinds() {
  std::vector<auth::Kind> all{auth::Kind::plain};
  if (auth::crypto_available()) all.insert(all.end(), {auth::Kind::scram_sha_256, auth::Kind::scram_sha_512});
  return all;
}

}  // namespace

TEST_CASE("a login passes with every mechanism, in every version of the messages and with frames without a header") {
  std::vector<auth::Kind> all = kinds();
  all.push_back(auth::Kind::gssapi);
  for (const auth::Kind kind : all) {
    for (const int16_t version : {-1, 0, 1, 2}) {
      CAPTURE(auth::name(kind), version);
      LoginFixture fixture(kind);
      if (version < 0) fixture.limit(ApiKey::sasl_handshake, 0);
      fixture.limit(ApiKey::sasl_authenticate, version);
      fixture.establish();
      CHECK(fixture.server.early.empty());
      const auto answer = fixture.connection.ask();
      REQUIRE(fixture.connection.until([&] { return answer->calls == 1; }, 1s));
      CHECK_FALSE(answer->error);
    }
  }
}

TEST_CASE("a peer that knows no SaslHandshake gets no token and no request") {
  LoginFixture fixture;
  const auto gets_nothing = [&] {
    CHECK(fixture.server.tokens.empty());
    CHECK(fixture.server.handshakes == 0);
    CHECK(fixture.server.early.empty());
  };
  SECTION("it names the APIs that it has") {
    fixture.limit(ApiKey::sasl_handshake, -1);
    fixture.refused("knows no SaslHandshake");
    gets_nothing();
  }
  SECTION("it has shown that it is older") {
    fixture.connection.peer.dialect = Dialect::old;
    fixture.refused("knows no SaslHandshake");
    gets_nothing();
  }
  SECTION("it is only taken for an older one: that may pass") {
    fixture.connection.peer.dialect = Dialect::old_guessed;
    fixture.open();
    REQUIRE(fixture.connection.until_ended(5s));
    CHECK_THAT(fixture.connection.error.message(), Contains("knows no SaslHandshake"));
    CHECK(fixture.connection.connection->setup_failure().next == SetupFailure::Next::try_next_address);
    gets_nothing();
  }
}

TEST_CASE("a broker of 0.9 takes GSSAPI without SaslHandshake, and has shown by it that it is of 0.9") {
  LoginFixture fixture(auth::Kind::gssapi);
  ConnectionFixture& connection = fixture.connection;
  connection.peer.dialect = GENERATE(Dialect::old, Dialect::old_guessed);
  fixture.server.is_0_9 = true;
  fixture.establish();
  CHECK(fixture.server.handshakes == 0);
  CHECK(fixture.server.early.empty());
  CHECK(connection.age.is_0_9());
  CHECK(connection.connection->dialect() == Dialect::old);
  CHECK(connection.connection->versions().range(ApiKey::join_group));
  const auto answer = connection.ask();
  REQUIRE(connection.until([&] { return answer->calls == 1; }, 1s));
  CHECK_FALSE(answer->error);
}

TEST_CASE("a close behind a token without SaslHandshake is a refusal only if the broker is known to be of 0.9") {
  LoginFixture fixture(auth::Kind::gssapi);
  fixture.server.is_0_9 = true;
  fixture.server.closes_on_token = true;
  SECTION("it is known") {
    fixture.connection.peer.dialect = Dialect::old;
    fixture.refused("closed the connection behind the login");
  }
  SECTION("it is a guess") {
    fixture.connection.peer.dialect = Dialect::old_guessed;
    fixture.open();
    REQUIRE(fixture.connection.until_ended(5s));
    CHECK_THAT(fixture.connection.error.message(), Contains("behind a token without SaslHandshake as well"));
    CHECK(fixture.connection.connection->setup_failure().next == SetupFailure::Next::try_next_address);
  }
}

TEST_CASE("a broker that is slow to say its versions is asked nothing else before the login") {
  LoginFixture fixture;
  Function<void()> answer;
  fixture.server.on_request = [&](ScriptedBroker::Connection& peer, const RequestHeader& header, codec::Reader&) {
    if (header.api != ApiKey::api_versions) return false;
    answer = [&, header] { peer.answer(header, fixture.connection.server.versions); };
    return true;
  };
  fixture.open();
  fixture.connection.world.run_for(3s);
  CHECK(fixture.connection.server.seen.size() == 1);
  REQUIRE(answer);
  answer();
  CHECK(fixture.connection.until([&] { return fixture.connection.ready == 1; }, 1s));
}

TEST_CASE("H10: a refused login ends for good, with the broker's words") {
  for (const auth::Kind kind : kinds()) {
    CAPTURE(auth::name(kind));
    LoginFixture fixture(kind);
    fixture.server.users["alice"] = "another";
    fixture.refused("Invalid username or password");
    CHECK(fixture.server.refused == 1);
  }
}

TEST_CASE("H10: brokers before 1.0 refuse a login by closing behind the token, and only that counts as a refusal") {
  LoginFixture fixture;
  fixture.limit(ApiKey::sasl_handshake, 0);
  SECTION("behind the token") {
    fixture.server.users.clear();
    fixture.refused("closed the connection behind the login");
  }
  SECTION("before it") {
    fixture.connection.server.on_request = [](ScriptedBroker::Connection& peer, const RequestHeader& header,
                                              codec::Reader&) {
      if (header.api == ApiKey::sasl_handshake) peer.close();
      return header.api == ApiKey::sasl_handshake;
    };
    fixture.open();
    REQUIRE(fixture.connection.until_ended(5s));
    CHECK(fixture.connection.error.code() == Errc::disconnected);
    CHECK(fixture.connection.connection->setup_failure().next == SetupFailure::Next::try_next_address);
  }
}

TEST_CASE("a broker that closes on SaslAuthenticate, or has no room for logins, is an ordinary failure") {
  LoginFixture fixture;
  Errc code = Errc::disconnected;
  SECTION("closes") { fixture.server.closes_on_token = true; }
  SECTION("too many") {
    fixture.server.users.clear();
    fixture.server.refusal = "Too many connects";  // AWS MSK
    code = Errc::sasl_authentication_failed;
  }
  fixture.open();
  REQUIRE(fixture.connection.until_ended(5s));
  CHECK(fixture.connection.error.code() == code);
  CHECK(fixture.connection.connection->setup_failure().next == SetupFailure::Next::try_next_address);
}

TEST_CASE("H8, A17: a broker that offers other mechanisms, or none, is refused with their names, and gets no token") {
  LoginFixture fixture(kinds().back());
  SECTION("others") {
    fixture.server.mechanisms = {"OTHER", "LESS"};
    fixture.refused("it offers OTHER, LESS");
  }
  SECTION("none") {
    fixture.server.mechanisms = {};
    fixture.refused("it offers nothing");
  }
  CHECK(fixture.server.tokens.empty());
  CHECK(fixture.server.handshakes == 1);
}

TEST_CASE("H12, A17: what a broker says about a login is printed as one harmless line") {
  LoginFixture fixture;
  fixture.server.users.clear();
  fixture.server.refusal = "no\n\x1b[2J" + std::string(5000, 'y');
  fixture.refused("no\\n\\x1b[2Jyyy");
  CHECK(fixture.connection.error.message().size() < 500);
}

TEST_CASE("H15: until the login is done no frame is longer than 64 KiB, and afterwards the session's limit counts") {
  LoginFixture fixture;
  const size_t size = GENERATE(size_t{ConnectionConfig::kLoginFrameMax + 1}, size_t{1} << 30);
  fixture.connection.server.on_request = [&](ScriptedBroker::Connection& peer, const RequestHeader&, codec::Reader&) {
    peer.raw(std::string({static_cast<char>(size >> 24), static_cast<char>(size >> 16), static_cast<char>(size >> 8),
                          static_cast<char>(size)}));
    return true;
  };
  fixture.open();
  REQUIRE(fixture.connection.until_ended(5s));
  CHECK(fixture.connection.error.code() == Errc::too_large);
  CHECK_THAT(fixture.connection.error.message(), Contains("before the login is done (65536)"));
  LoginFixture other;
  other.connection.server.metadata.topics.front().name = std::string(20000, 'x');
  for (int i = 0; i < 5; ++i) {
    other.connection.server.metadata.topics.push_back(other.connection.server.metadata.topics.front());
  }
  other.establish();
  const auto answer = other.connection.ask();
  REQUIRE(other.connection.until([&] { return answer->calls == 1; }, 1s));
  CHECK_FALSE(answer->error);
}

TEST_CASE("C4: a broker that is silent during the login costs one setup timeout") {
  LoginFixture fixture;
  fixture.server.silent_on_token = true;
  fixture.open(3s);
  CHECK(fixture.connection.until_ended(4s));
  CHECK(fixture.connection.error.code() == Errc::timed_out);
  CHECK_THAT(fixture.connection.error.message(), Contains("no answer to the login with SASL"));
}

TEST_CASE("H6: a SCRAM exchange that is wrong in any of its parts ends for good") {
  if (!auth::crypto_available()) return;
  struct Case {
    int at;  // which answer of the server
    const char* token;
    const char* words;
  };
  for (const auto& [at, token, words] : {
           Case{0, "r=other,s=QQ==,i=4096", "nonce does not continue ours"},
           Case{0, "", "has not the form"},
           Case{1, "v=QQ==", "signature is wrong"},
           Case{1, "e=other-error", "other-error"},
           Case{1, "", "no signature"},
       }) {
    CAPTURE(at, token);
    LoginFixture fixture(auth::Kind::scram_sha_256);
    int answered = 0;
    fixture.server.tamper = [&, at = at, token = token](std::string& answer) {
      if (answered++ == at) answer = token;
    };
    fixture.refused(words);
  }
  LoginFixture fixture(auth::Kind::scram_sha_512);
  fixture.server.iterations = 4000;
  fixture.refused("4000 iterations");
}

TEST_CASE("H6: keys are derived in slices, each in a turn of its own") {
  if (!auth::crypto_available()) return;
  struct Owner final : HandshakeOwner {
    int32_t next_correlation_id() override { return 7; }
    void write_frame(std::vector<Bytes> frame) override {
      last.clear();
      for (const Bytes& segment : frame) last += segment.view();
      ++frames;
    }
    void on_wake_changed() override { ++wakes; }
    void on_handshake_passed() override {}
    void on_handshake_failed() override {}
    std::string last;
    int frames = 0, wakes = 0;
  } owner;
  struct Settled final : HandshakeStep {
    void start(Handshake& handshake) override {
      protocol::ApiVersionSet versions;
      versions.set(ApiKey::sasl_handshake, 0, 0);
      handshake.settle(versions, Dialect::negotiated);
      handshake.pass();
    }
    void on_frame(Handshake&, Bytes) override {}
    std::string_view waits_for() const override { return "nothing"; }
  };
  constexpr int kSlices = 20;
  LoginFixture fixture(auth::Kind::scram_sha_256);
  HandshakeSteps steps;
  steps.push_back(std::make_unique<Settled>());
  steps.push_back(std::make_unique<SaslStep>(fixture.login));
  Handshake handshake(fixture.connection.reactor, fixture.connection.peer, std::move(steps), owner);
  handshake.start();
  const RequestHeader asked{ApiKey::sasl_handshake, 0, 7};
  handshake.on_frame(Bytes::copy(response_frame(asked, protocol::SaslHandshakeResponse{}).substr(4)));
  const std::string nonce = owner.last.substr(owner.last.find("r=") + 2);
  const std::string rounds = std::to_string(kSlices * auth::Scram::kSlice);
  handshake.on_frame(Bytes::copy("r=" + nonce + "x,s=QQ==,i=" + rounds));
  int turns = 1;
  while (owner.frames == 2 && handshake.wake() != net::TimePoint::max()) {
    handshake.on_wake();
    ++turns;
  }
  CHECK(turns == kSlices);
  CHECK(owner.wakes == kSlices - 1);
  CHECK(owner.frames == 3);
}
