// A session that logs in with tokens: when it asks for one, how long it uses it, and what it does without.
// Not here: the bytes of OAUTHBEARER (unit/auth), logins in general (sasl_session_test.cpp).
#include "auth/base64.hpp"
#include "sasl_server.hpp"
#include "sim_client.hpp"

using namespace kafka;
using namespace kafka::sim;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;
using Type = Event::Type;

namespace {

constexpr Errc kNoLogin = Errc::sasl_authentication_failed;

std::string jwt(const std::string& claims) {
  return auth::to_base64url(R"({"alg":"RS256"})") + "." + auth::to_base64url(claims) + ".c2ln";
}

// A session with one broker that takes tokens, and an application that is asked for them.
struct TokenClient {
  explicit TokenClient(SessionOptions options = {}) : broker(client.world, "broker-1", "10.1.0.1"), logins(broker) {
    client.world.set_latency(1ms, 1ms);
    options.bootstrap_servers = broker.address();
    options.security_protocol = SecurityProtocol::sasl_plaintext;
    options.sasl_mechanism = SaslMechanism::oauthbearer;
    options.sasl_allow_plaintext = true;
    client.open(options);
    REQUIRE_FALSE(client.session->error());
  }
  // Keeps what it is asked.
  void keep() {
    CHECK_FALSE(client->on_token([this](TokenRequest request) {
      asked.push_back(client.reactor.now());
      requests.push_back(std::move(request));
    }));
  }
  // Answers at once, each time with another token.
  void answer() {
    CHECK_FALSE(client->on_token([this](TokenRequest request) {
      asked.push_back(client.reactor.now());
      CHECK_FALSE(give(request, "token-" + std::to_string(asked.size())));
    }));
  }
  Error give(TokenRequest& request, const std::string& text) {
    return request.set(Secret(text), expires(life), principal);
  }
  std::chrono::system_clock::time_point expires(std::chrono::milliseconds in) {
    return std::chrono::system_clock::time_point(std::chrono::milliseconds(client.reactor.wall_clock_ms()) + in);
  }
  void ask_for(net::Duration time, net::Duration every) {
    for (const net::TimePoint end = client.reactor.now() + time; client.reactor.now() < end; client.run(every)) {
      CHECK_FALSE(client.cluster(2s).error);
    }
  }
  size_t sent(const std::string& token) const {
    return static_cast<size_t>(std::count_if(
        logins.tokens.begin(), logins.tokens.end(),
        [&](const std::string& message) { return message.find(" " + token + "\x01") != std::string::npos; }));
  }

  SimClient client{1};
  ScriptedBroker broker;
  SaslServer logins;
  std::chrono::milliseconds life = 100s;
  std::string principal = "alice";
  std::vector<net::TimePoint> asked;
  std::vector<TokenRequest> requests;
};

}  // namespace

TEST_CASE("a token is asked for once, before anything is said of a login, and serves all connections") {
  TokenClient tokens;
  tokens.keep();
  Outcome<ClusterMetadata> outcome;
  tokens.client->cluster(outcome.take());
  tokens.client.run(15s);  // longer than the set-up of a connection may take
  CHECK(outcome.calls == 0);
  CHECK(tokens.logins.handshakes == 0);
  CHECK(tokens.client.count(Type::connect_failed) == 0);
  REQUIRE(tokens.requests.size() == 1);
  CHECK_FALSE(tokens.give(tokens.requests[0], "abc"));
  REQUIRE(tokens.client.until([&] { return outcome.calls == 1; }, 1s));
  CHECK_FALSE(outcome.error);
  CHECK_FALSE(tokens.client.cluster(1s).error);
  CHECK(tokens.sent("abc") == 2);  // the contact point, and the broker of the metadata
  CHECK(tokens.asked.size() == 1);
  CHECK(tokens.give(tokens.requests[0], "abc") == Errc::wrong_state);
  CHECK(tokens.requests[0].fail("x") == Errc::wrong_state);
  tokens.client.close();
}

TEST_CASE("H13: a token is replaced at 80 to 85 % of its life while a connection is used, and by no timer otherwise") {
  TokenClient tokens;
  tokens.answer();
  tokens.ask_for(300s, 5s);
  REQUIRE(tokens.asked.size() == 4);
  for (size_t i = 1; i < tokens.asked.size(); ++i) {
    CHECK(tokens.asked[i] - tokens.asked[i - 1] >= 80s);
    CHECK(tokens.asked[i] - tokens.asked[i - 1] <= 86s);
  }
  tokens.client.run(200s);  // the last one that was used is replaced once more
  const size_t count = tokens.asked.size();
  CHECK(count <= 5);
  tokens.client.run(1000s);
  CHECK(tokens.asked.size() == count);
  CHECK_FALSE(tokens.client.cluster(1s).error);  // on the connection that stands
  tokens.client.close();
}

TEST_CASE("the options say when a token is replaced") {
  TokenClient tokens(SessionOptions{.sasl_login_refresh_window_factor = 0.5, .sasl_login_refresh_window_jitter = 0});
  tokens.answer();
  tokens.ask_for(120s, 5s);
  REQUIRE(tokens.asked.size() == 3);
  CHECK(tokens.asked[1] - tokens.asked[0] >= 50s);
  CHECK(tokens.asked[1] - tokens.asked[0] <= 51s);
  tokens.client.close();
}

TEST_CASE("C10: a login that runs out is renewed with the next token, on the same connection") {
  TokenClient tokens;
  tokens.logins.lifetime_ms = 100000;
  tokens.answer();
  tokens.ask_for(95s, 1s);
  CHECK(tokens.broker.connections.size() == 2);
  CHECK(tokens.sent("token-1") == 2);
  CHECK(tokens.sent("token-2") == 2);
  CHECK(tokens.logins.early.empty());
  tokens.client.close();
}

TEST_CASE("C10: a connection is replaced when its login runs out and the next token is somebody else's") {
  TokenClient tokens;
  tokens.logins.lifetime_ms = 100000;
  tokens.answer();
  tokens.ask_for(50s, 1s);
  tokens.principal = "bob";
  const size_t connections = tokens.broker.connections.size();
  tokens.ask_for(60s, 1s);
  CHECK(tokens.broker.connections.size() == connections + 1);
  CHECK(tokens.logins.early.empty());
  tokens.client.close();
}

TEST_CASE("H10: a refused token fails calls with its exp, aud and iss, and the next login asks for another") {
  TokenClient tokens;
  const std::string bad = jwt(R"({"iss":"https://issuer","aud":"somebody","exp":1})");
  tokens.logins.accepts = [](const std::string& token) { return token == "good"; };
  tokens.logins.refusal = "Authentication failed";
  bool good = false;
  CHECK_FALSE(tokens.client->on_token([&](TokenRequest request) {
    tokens.asked.push_back(tokens.client.reactor.now());
    CHECK_FALSE(tokens.give(request, good ? "good" : bad));
  }));
  const Error error = tokens.client.cluster(100ms).error;
  CHECK(error == kNoLogin);
  CHECK_THAT(error.message(), Contains("OAUTHBEARER as \"alice\"") && Contains("Authentication failed") &&
                                  Contains("invalid_token") && Contains("exp 1970-01-01T00:00:01Z") &&
                                  Contains("aud \"somebody\"") && Contains("iss \"https://issuer\""));
  CHECK_THAT(error.message(), !Contains(bad) && !Contains("c2ln") && !Contains(bad.substr(0, 20)));
  for (const std::string& line : tokens.client.log) CHECK_THAT(line, !Contains("c2ln"));
  good = true;
  tokens.client.run(2s);
  CHECK_FALSE(tokens.client.cluster(1s).error);
  CHECK(tokens.asked.size() == 2);
  tokens.client.close();
}

TEST_CASE("H10: an application without a token lets calls fail with its words, and a new handler is asked at once") {
  TokenClient tokens;
  CHECK_THAT(tokens.client.cluster(100ms).error.message(), Contains("no token: nobody gives one"));
  CHECK_FALSE(tokens.client->on_token([&](TokenRequest request) {
    tokens.asked.push_back(tokens.client.reactor.now());
    CHECK_FALSE(request.fail("the vault is closed\n"));
  }));
  const Error error = tokens.client.cluster(100ms).error;
  CHECK(error == kNoLogin);
  CHECK_THAT(error.message(), Contains("OAUTHBEARER: no token: the vault is closed\\n"));
  for (int i = 0; i < 600; ++i) {  // it is asked after pauses of 1 s to 30 s
    CHECK(tokens.client.cluster(100ms).error == kNoLogin);
    tokens.client.run(100ms);
  }
  CHECK(tokens.asked.size() >= 5);
  CHECK(tokens.asked.size() <= 8);
  CHECK_FALSE(tokens.client->on_token([](TokenRequest) {}));
  CHECK_THAT(tokens.client.cluster(100ms).error.message(), Contains("dropped the request"));
  tokens.answer();
  CHECK_FALSE(tokens.client.cluster(100ms).error);
  tokens.client.close();
}

TEST_CASE("H10: a new handler ends the refusal of a topic's records as well") {
  TokenClient tokens;
  SimClient& client = tokens.client;
  tokens.broker.add_topic("t", 1, 1, 5);
  CHECK_FALSE(client->on_token([](TokenRequest request) { CHECK_FALSE(request.fail("the vault is closed")); }));
  Producer producer(*client.session);
  std::optional<Error> told;
  CHECK_FALSE(producer.send({.topic = "t", .value = "a"}, [&](const DeliveryReport& report) { told = report.error; }));
  REQUIRE(client.until([&] { return told.has_value(); }, 1s));
  CHECK(*told == kNoLogin);
  CHECK(producer.send({.topic = "t", .value = "b"}) == kNoLogin);
  tokens.answer();
  CHECK_FALSE(producer.send({.topic = "t", .value = "c"}));
  CHECK(client.until([&] { return client.core->metadata().leader("t", 0) == 1; }, 3s));
  client.close();
}

TEST_CASE(
    "an application that does not answer lets the login fail after the time of the options; a late token is taken") {
  TokenClient tokens(SessionOptions{.sasl_login_connect_timeout = 1s, .sasl_login_read_timeout = 2s});
  tokens.keep();
  const net::TimePoint begun = tokens.client.reactor.now();
  CHECK_THAT(tokens.client.cluster(4s).error.message(), Contains("has not answered within 3000 ms"));
  CHECK(tokens.client.reactor.now() - begun >= 3s);
  CHECK_FALSE(tokens.give(tokens.requests[0], "late"));
  tokens.client.run(2s);
  CHECK_FALSE(tokens.client.cluster(1s).error);
  CHECK(tokens.sent("late") == 1);
  CHECK(tokens.asked.size() == 1);
  tokens.client.close();
}

TEST_CASE("while a token is good, failures to replace it change nothing, and the next question comes after a pause") {
  TokenClient tokens;
  tokens.logins.lifetime_ms = 30000;
  tokens.answer();
  tokens.ask_for(10s, 1s);
  int failed = 0;
  CHECK_FALSE(tokens.client->on_token([&](TokenRequest request) {
    ++failed;
    CHECK_FALSE(request.fail("not now"));
  }));
  tokens.ask_for(83s, 1s);
  CHECK(failed >= 5);
  CHECK(failed <= 12);
  CHECK(std::count_if(tokens.client.log.begin(), tokens.client.log.end(),
                      [](const std::string& line) { return line.find("not now") != std::string::npos; }) == 1);
  CHECK(tokens.client.count(Type::broker_disconnected) == 0);
  tokens.answer();
  tokens.ask_for(100s, 1s);
  CHECK(tokens.client.count(Type::broker_disconnected) == 0);
  tokens.client.close();
}

TEST_CASE("tokens that live for a moment are asked for as often as a login needs one, and by the timer once a second") {
  TokenClient tokens;
  tokens.life = 1500ms;
  tokens.answer();
  tokens.ask_for(20s, 200ms);
  CHECK(tokens.asked.size() >= 10);
  CHECK(tokens.asked.size() <= 21);
  tokens.client.close();
}

TEST_CASE("H13: a token that cannot be sent is an error of the call, and the request stays open") {
  TokenClient tokens;
  tokens.keep();
  Outcome<ClusterMetadata> outcome;
  tokens.client->cluster(outcome.take());
  tokens.client.run(100ms);
  REQUIRE(tokens.requests.size() == 1);
  TokenRequest& request = tokens.requests[0];
  const auto later = tokens.expires(60s);
  CHECK(request.set(Secret(""), later) == Errc::invalid_argument);
  CHECK_THAT(request.set(Secret("a\x01hunter2"), later).message(), Contains("ctl") && !Contains("hunter2"));
  CHECK_THAT(request.set(Secret("abc"), tokens.expires(-30s)).message(), Contains("expired 30 s ago"));
  CHECK(request.set(Secret("abc"), later, "", {{"a1", "x"}}) == Errc::invalid_argument);
  CHECK_FALSE(request.set(Secret("abc"), later, "", {{"a", "x"}}));
  REQUIRE(tokens.client.until([&] { return outcome.calls == 1; }, 1s));
  CHECK_FALSE(outcome.error);
  CHECK_THAT(tokens.logins.tokens[0], Contains("\x01"
                                               "a=x\x01\x01"));
  tokens.client.close();
}

TEST_CASE("a request may outlive the session") {
  std::vector<TokenRequest> left;
  {
    TokenClient tokens;
    tokens.keep();
    tokens.client->cluster([](Error, ClusterMetadata) {});
    tokens.client.run(100ms);
    REQUIRE(tokens.requests.size() == 1);
    left = std::move(tokens.requests);
    if (GENERATE(true, false)) tokens.client.close();
  }
  CHECK_FALSE(left[0].fail("too late"));
}

TEST_CASE("close() does not wait for a token") {
  TokenClient tokens;
  tokens.keep();
  Outcome<ClusterMetadata> outcome;
  tokens.client->cluster(outcome.take());
  tokens.client.run(100ms);
  tokens.client.close(100ms);
  CHECK(outcome.error == Errc::closed);
}

TEST_CASE("unsecured tokens are made by the session itself") {
  TokenClient tokens(SessionOptions{.enable_sasl_oauthbearer_unsecure_jwt = true,
                                    .sasl_oauthbearer_config = "principal=admin lifeSeconds=100 extension_trace=on"});
  CHECK_FALSE(tokens.client.cluster(1s).error);
  const std::string begin = "auth=Bearer " + auth::to_base64url(R"({"alg":"none"})") + ".";
  CHECK_THAT(tokens.logins.tokens[0], Contains(begin) && Contains("\x01trace=on\x01"));
  CHECK(tokens.client->on_token([](TokenRequest) {}) == Errc::wrong_state);
  tokens.client.close();
}

TEST_CASE("credentials and tokens do not mix") {
  TokenClient tokens;
  CHECK(tokens.client->set_credentials("alice", Secret("secret")) == Errc::wrong_state);
  tokens.client.close();
  CHECK(tokens.client->on_token([](TokenRequest) {}) == Errc::closed);
  SimClient plain(2, {.brokers = 1});
  CHECK(plain->on_token([](TokenRequest) {}) == Errc::wrong_state);
  CHECK(plain->set_tls({}) == Errc::wrong_state);
  plain.close();
}
