// What a session does when it logs in: refusals and their pauses, other credentials, logins that run out.
// Not here: a login on one connection (sasl_handshake_test.cpp), refusals in general (refused_test.cpp).
#include <kafka/producer.hpp>

#include <optional>

#include "sasl_server.hpp"
#include "sim_client.hpp"

using namespace kafka;
using namespace kafka::sim;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;
using Type = Event::Type;

namespace {

constexpr Errc kLoginRefused = Errc::sasl_authentication_failed;
constexpr const char* kWords = "Invalid username or password";

struct Node {
  Node(SimWorld& world, int number)
      : broker(world, "broker-" + std::to_string(number), "10.1.0." + std::to_string(number)), logins(broker) {}
  ScriptedBroker broker;
  SaslServer logins;
};

// A session that logs in with PLAIN at scripted brokers.
struct LoginClient {
  explicit LoginClient(int brokers = 1, std::string password = "secret", SessionOptions options = {}) {
    for (int i = 1; i <= brokers; ++i) {
      nodes.push_back(std::make_unique<Node>(client.world, i));
      options.bootstrap_servers += (i > 1 ? "," : "") + nodes.back()->broker.address();
    }
    client.world.set_latency(1ms, 1ms);
    options.security_protocol = SecurityProtocol::sasl_plaintext;
    options.sasl_mechanism = SaslMechanism::plain;
    options.sasl_allow_plaintext = true;
    options.sasl_username = "alice";
    options.sasl_password = Secret(password);
    client.open(options);
    REQUIRE_FALSE(client.session->error());
  }
  SaslServer& logins(size_t node = 0) { return nodes[node]->logins; }
  // Asks again and again for so long; every answer has to be without an error.
  void ask_for(net::Duration time, net::Duration every) {
    for (const net::TimePoint end = client.reactor.now() + time; client.reactor.now() < end; client.run(every)) {
      CHECK_FALSE(client.cluster(2s).error);
    }
  }
  size_t refusals_told() const {
    return static_cast<size_t>(std::count_if(client.events.begin(), client.events.end(),
                                             [](const Event& event) { return event.error == kLoginRefused; }));
  }
  size_t lines() const {
    return static_cast<size_t>(std::count_if(client.log.begin(), client.log.end(), [](const std::string& line) {
      return line.find(kWords) != std::string::npos;
    }));
  }

  SimClient client{1};
  std::vector<std::unique_ptr<Node>> nodes;
};

void check_login_refusal(const Error& error) {
  CHECK(error.code() == kLoginRefused);
  CHECK_THAT(error.message(), Contains(kWords) && Contains("alice"));
}

}  // namespace

TEST_CASE("H10: a refused login fails calls at once, is told once, and is tried after pauses of 1 s to 30 s") {
  LoginClient login(1, "wrong");
  SimClient& client = login.client;
  check_login_refusal(client.cluster(100ms).error);
  std::vector<net::TimePoint> tried{client.reactor.now()};
  for (int i = 0; i < 1200; ++i) {
    Outcome<ClusterMetadata> outcome;
    const size_t before = login.logins().tokens.size();
    client->cluster(outcome.take());
    client.run(100ms);
    REQUIRE(outcome.calls == 1);
    check_login_refusal(outcome.error);
    if (login.logins().tokens.size() > before) tried.push_back(client.reactor.now());
  }
  REQUIRE(tried.size() >= 7);
  CHECK(tried.size() <= 10);
  net::Duration pause = 1s;
  for (size_t i = 1; i < tried.size(); ++i, pause = std::min<net::Duration>(2 * pause, 30s)) {
    CAPTURE(i);
    CHECK(tried[i] - tried[i - 1] >= pause * 3 / 4);
    CHECK(tried[i] - tried[i - 1] <= pause * 5 / 4 + 200ms);
  }
  CHECK(login.refusals_told() == 1);
  CHECK(login.lines() == 1);
  // Another refusal is news.
  login.logins().mechanisms = {"OTHER"};
  client.run(40s);
  CHECK_THAT(client.cluster(1s).error.message(), Contains("OTHER"));
  CHECK(login.refusals_told() == 2);
  client.close();
}

TEST_CASE("H10: while one of several contact points accepts the login, nothing fails for the others' refusal") {
  const size_t good = GENERATE(0u, 1u, 2u);
  LoginClient login(3);
  for (size_t i = 0; i < 3; ++i) {
    if (i != good) login.logins(i).users.clear();
  }
  CHECK_FALSE(login.client.cluster(1s).error);
  login.client.close();
}

TEST_CASE("H10: a contact point that cannot be reached is no refusal: calls wait for it") {
  LoginClient login(2, "wrong", {.default_api_timeout = 5s});
  login.nodes[1]->broker.stop_listening();
  Outcome<ClusterMetadata> outcome;
  login.client->cluster(outcome.take());
  login.client.run(3s);
  CHECK(outcome.calls == 0);
  login.logins(1).users["alice"] = "wrong";
  login.nodes[1]->broker.listen();
  REQUIRE(login.client.until([&] { return outcome.calls == 1; }, 2s));
  CHECK_FALSE(outcome.error);
  login.client.close();
}

TEST_CASE("H10: once a broker has accepted the login, calls wait for it until their deadline, which says why") {
  LoginClient login(1, "secret", {.default_api_timeout = 4s});
  SimClient& client = login.client;
  CHECK_FALSE(client.cluster(1s).error);
  login.logins().users["alice"] = "another";
  for (auto& connection : login.nodes[0]->broker.connections) connection->close();
  client.run(10ms);
  Outcome<ClusterMetadata> outcome;
  client->cluster(outcome.take());
  client.run(3s);
  CHECK(outcome.calls == 0);
  REQUIRE(client.until([&] { return outcome.calls == 1; }, 2s));
  check_login_refusal(outcome.error);
  CHECK(login.refusals_told() == 1);
  client.close();
}

TEST_CASE("a broker that has no room for logins is asked again, and calls wait") {
  LoginClient login(1, "secret", {.default_api_timeout = 10s});
  login.logins().users.clear();
  login.logins().refusal = "Too many connects";
  Outcome<ClusterMetadata> outcome;
  login.client->cluster(outcome.take());
  login.client.run(2s);
  CHECK(outcome.calls == 0);
  CHECK(login.logins().refused >= 2);
  login.logins().users["alice"] = "secret";
  REQUIRE(login.client.until([&] { return outcome.calls == 1; }, 3s));
  CHECK_FALSE(outcome.error);
  login.client.close();
}

TEST_CASE("other credentials end the pause after a refusal, and the next refusal is news") {
  LoginClient login(1, "wrong");
  SimClient& client = login.client;
  for (int i = 0; i < 5; ++i) {  // the pause has grown
    check_login_refusal(client.cluster(1s).error);
    client.run(8s);
  }
  const size_t tried = login.logins().tokens.size();
  check_login_refusal(client.cluster(1s).error);
  CHECK_FALSE(client->set_credentials("alice", Secret("wrong again")));
  check_login_refusal(client.cluster(100ms).error);
  CHECK(login.logins().tokens.size() > tried);
  CHECK_FALSE(client->set_credentials("alice", Secret("secret")));
  CHECK_FALSE(client.cluster(100ms).error);
  CHECK(client->options().sasl_username == "alice");
  CHECK(client->options().sasl_password.reveal() == kHidden);
  client.close();
}

TEST_CASE("other credentials end the refusal of a topic's records as well") {
  LoginClient login(1, "wrong");
  SimClient& client = login.client;
  login.nodes[0]->broker.add_topic("t", 1, 1, 5);
  Producer producer(*client.session);
  std::optional<Error> told;
  CHECK_FALSE(producer.send({.topic = "t", .value = "a"}, [&](const DeliveryReport& report) { told = report.error; }));
  REQUIRE(client.until([&] { return told.has_value(); }, 1s));
  check_login_refusal(*told);
  check_login_refusal(producer.send({.topic = "t", .value = "b"}));
  CHECK_FALSE(client->set_credentials("alice", Secret("secret")));
  CHECK_FALSE(producer.send({.topic = "t", .value = "c"}));
  CHECK(client.until([&] { return client.core->metadata().leader("t", 0) == 1; }, 3s));
  client.close();
}

TEST_CASE("options of other clients that do nothing are told in one line at level info") {
  SessionOptions options;
  for (const char* name : {"api.version.request", "sasl.kerberos.kinit.cmd", "api.version.request"}) {
    CHECK_FALSE(options.set(name, "x"));
  }
  SimClient client(1, {.brokers = 1, .session = options});
  std::vector<std::string> lines;
  client->on_log(LogLevel::info, [&](LogLevel level, std::string_view line) {
    if (level == LogLevel::info) lines.emplace_back(line);
  });
  client.run(1s);
  CHECK(std::count_if(lines.begin(), lines.end(), [](const std::string& line) {
          return line.find("these options do nothing here: api.version.request, sasl.kerberos.kinit.cmd") !=
                 std::string::npos;
        }) == 1);
  client.close();
}

TEST_CASE("H16: a login that was under way with the credentials of before is no refusal of the new ones") {
  LoginClient login(1, "wrong");
  SimClient& client = login.client;
  client.world.set_latency(50ms, 50ms);
  Outcome<ClusterMetadata> outcome;
  client->cluster(outcome.take());
  REQUIRE(client.until([&] { return login.logins().tokens.size() == 1; }, 2s));
  CHECK_FALSE(client->set_credentials("alice", Secret("secret")));
  REQUIRE(client.until([&] { return outcome.calls == 1; }, 2s));
  CHECK_FALSE(outcome.error);
  CHECK(login.refusals_told() == 0);
  client.close();
}

// A link that began its attempt again would wait for itself: others wait for an attempt that is under way.
TEST_CASE("H16: credentials that change during a look-up leave the attempt as it is, and the next ones are made") {
  SessionOptions options;
  options.bootstrap_servers = SimCluster::host(1) + ":9092";
  options.security_protocol = SecurityProtocol::sasl_plaintext;
  options.sasl_mechanism = SaslMechanism::plain;
  options.sasl_allow_plaintext = true;
  options.sasl_username = "alice";
  options.sasl_password = Secret("secret");
  SimClient client(1, {.brokers = 1, .session = options});
  DevBrokerOptions demands;
  demands.sasl.mechanisms = "PLAIN";
  demands.sasl.users = {{"alice", Secret("secret")}};
  REQUIRE_FALSE(client.brokers->cluster().security().configure(demands));
  int asked = 0;
  client->set_resolver([&](const std::string&, Session::ResolveDone done) {
    ++asked;
    CHECK_FALSE(client->set_credentials("alice", Secret("secret")));
    done({}, {SimCluster::ip(1)});
  });
  client.world.refuse(SimCluster::host(1), true);
  Outcome<ClusterMetadata> outcome;
  client->cluster(outcome.take());
  client.run(1s);
  CHECK(outcome.calls == 0);
  CHECK(asked >= 2);
  client.world.refuse(SimCluster::host(1), false);
  CHECK(client.until([&] { return outcome.calls == 1; }, 10s));
  CHECK_FALSE(outcome.error);
  client.close();
}

TEST_CASE("credentials that no login can carry are refused and change nothing, and a session without SASL takes none") {
  LoginClient login;
  SimClient& client = login.client;
  CHECK(client->set_credentials("", Secret("x")) == Errc::invalid_option);
  CHECK(client->set_credentials("bob", Secret("")) == Errc::invalid_option);
  const Error error = client->set_credentials("bob", Secret(std::string_view("a\0hunter2", 9)));
  CHECK(error == Errc::invalid_option);
  CHECK_THAT(error.message(), Contains("sasl.password") && !Contains("hunter2"));
  CHECK_FALSE(client.cluster(1s).error);
  client.close();
  CHECK(client->set_credentials("alice", Secret("secret")) == Errc::closed);
  SimClient plain(2, {.brokers = 1});
  CHECK(plain->set_credentials("alice", Secret("secret")) == Errc::wrong_state);
  plain.close();
}

TEST_CASE("A12: a peer that closes connections, or drops what it does not know, does not get around the login") {
  const bool closes = GENERATE(true, false);
  LoginClient login(1, "secret", {.default_api_timeout = 20s, .socket_connection_setup_timeout = 1s});
  std::vector<protocol::ApiKey> asked;
  login.nodes[0]->broker.on_request = [&](ScriptedBroker::Connection& peer, const protocol::RequestHeader& header,
                                          codec::Reader&) {
    asked.push_back(header.api);
    if (closes) peer.close();
    return header.api != protocol::ApiKey::metadata;
  };
  const auto described = login.client.cluster(30s);
  CHECK(described.error);
  CHECK_THAT(described.error.message(), Contains(closes ? "knows no SaslHandshake" : "no "));
  CHECK_FALSE(asked.empty());
  CHECK(std::all_of(asked.begin(), asked.end(), [](auto api) { return api == protocol::ApiKey::api_versions; }));
  login.client.close();
}

// --- logins that run out ----------------------------------------------------

TEST_CASE("C10: a login that runs out is renewed on the same connection, at 85 to 95 % of its lifetime") {
  LoginClient login;
  login.logins().lifetime_ms = 10000;
  CHECK_FALSE(login.client.cluster(1s).error);
  login.ask_for(100s, 200ms);
  // One connection to the contact point, which had one request, and one to the broker of the metadata.
  CHECK(login.nodes[0]->broker.connections.size() == 2);
  CHECK(login.logins().logins >= 11);
  CHECK(login.logins().logins <= 14);
  CHECK(login.logins().early.empty());
  CHECK(login.client.count(Type::broker_disconnected) == 0);
  login.client.close();
}

TEST_CASE("C10: what is under way is answered, what comes meanwhile waits, and nothing is sent twice") {
  LoginClient login;
  SimClient& client = login.client;
  login.logins().lifetime_ms = 10000;
  for (int i = 0; i < 2; ++i) CHECK_FALSE(client.cluster(1s).error);
  const int logins = login.logins().logins;
  client.run(8s);
  login.logins().hold = true;
  Outcome<ClusterMetadata> first, second;
  client->cluster(first.take());
  client.run(2s);                         // the login is asked for behind the request
  CHECK(login.logins().held() == 2 + 1);  // the contact point's connection was used, too
  client->cluster(second.take());
  client.run(10ms);
  CHECK(login.logins().held() == 3);  // it waits
  const size_t seen = login.nodes[0]->broker.seen.size();
  login.logins().release();
  REQUIRE(client.until([&] { return first.calls == 1 && second.calls == 1; }, 1s));
  CHECK_FALSE(first.error);
  CHECK_FALSE(second.error);
  CHECK(login.logins().early.empty());
  CHECK(login.logins().logins == logins + 2);
  CHECK(login.nodes[0]->broker.seen.size() == seen + 3);  // two tokens and the request that waited
  client.close();
}

TEST_CASE("C10: a connection without requests does nothing, and its next request comes behind a login") {
  LoginClient login;
  SimClient& client = login.client;
  login.logins().lifetime_ms = 10000;
  for (int i = 0; i < 2; ++i) CHECK_FALSE(client.cluster(1s).error);
  client.run(20s);
  const int logins = login.logins().logins;
  CHECK(logins == 4);  // each connection was used once since its login
  client.run(100s);
  CHECK(login.logins().logins == logins);
  CHECK_FALSE(client.cluster(1s).error);
  CHECK(login.logins().logins == logins + 1);
  CHECK(login.logins().early.empty());
  CHECK(login.nodes[0]->broker.connections.size() == 2);
  client.close();
}

TEST_CASE("C10: a lifetime that is tiny costs one login per request, and one that is absurd or negative none") {
  LoginClient login;
  const int64_t lifetime = GENERATE(as<int64_t>{}, 1, -1, 0, INT64_MIN, INT64_MAX);
  login.logins().lifetime_ms = lifetime;
  login.ask_for(10s, 1s);
  CHECK(login.logins().logins >= (lifetime == 1 ? 10 : 2));
  CHECK(login.logins().logins <= (lifetime == 1 ? 24 : 2));
  login.client.close();
}

TEST_CASE("C10: a login that is refused when it is renewed ends the connection, and calls wait until their deadline") {
  LoginClient login(1, "secret", {.default_api_timeout = 8s});
  SimClient& client = login.client;
  login.logins().lifetime_ms = 10000;
  for (int i = 0; i < 2; ++i) CHECK_FALSE(client.cluster(1s).error);
  client.run(20s);
  login.logins().users["alice"] = "another";
  Outcome<ClusterMetadata> outcome;
  client->cluster(outcome.take());
  client.run(4s);
  CHECK(outcome.calls == 0);
  CHECK(login.refusals_told() == 1);
  login.logins().users["alice"] = "secret";
  REQUIRE(client.until([&] { return outcome.calls == 1; }, 5s));
  CHECK_FALSE(outcome.error);
  client.close();
}

TEST_CASE("C10: a broker that is silent when a login is renewed loses the connection, and the request goes on") {
  LoginClient login(1, "secret", {.socket_connection_setup_timeout = 2s});
  SimClient& client = login.client;
  login.logins().lifetime_ms = 10000;
  for (int i = 0; i < 2; ++i) CHECK_FALSE(client.cluster(1s).error);
  client.run(20s);
  login.logins().silent_on_token = true;
  Outcome<ClusterMetadata> outcome;
  client->cluster(outcome.take());
  client.run(1s);
  login.logins().silent_on_token = false;
  REQUIRE(client.until([&] { return outcome.calls == 1; }, 4s));
  CHECK_FALSE(outcome.error);
  client.close();
}

TEST_CASE("C10: a connection cannot change whose it is: with another name it is replaced when its login runs out") {
  LoginClient login;
  SimClient& client = login.client;
  login.logins().lifetime_ms = 10000;
  login.logins().users["bob"] = "builder";
  login.ask_for(5s, 200ms);
  const size_t connections = login.nodes[0]->broker.connections.size();
  CHECK_FALSE(client->set_credentials("bob", Secret("builder")));
  login.ask_for(2s, 200ms);
  CHECK(login.nodes[0]->broker.connections.size() == connections);
  login.ask_for(10s, 200ms);
  CHECK(login.nodes[0]->broker.connections.size() == connections + 1);
  CHECK_THAT(login.logins().tokens.back(), Contains("bob"));
  CHECK(login.logins().early.empty());
  client.close();
}

TEST_CASE("C10: a request that is under way when its connection is to be replaced is not waited for without end") {
  LoginClient login(1, "secret", {.default_api_timeout = 30s, .request_timeout = 6s});
  SimClient& client = login.client;
  login.logins().lifetime_ms = 10000;
  login.logins().users["bob"] = "builder";
  for (int i = 0; i < 2; ++i) CHECK_FALSE(client.cluster(1s).error);
  client.run(7s);
  CHECK_FALSE(client->set_credentials("bob", Secret("builder")));
  login.logins().hold = true;
  Outcome<ClusterMetadata> outcome;
  client->cluster(outcome.take());
  client.run(4s);  // the login has run out
  CHECK(login.logins().held() == 1);
  CHECK(outcome.calls == 0);
  login.logins().hold = false;  // what comes from now on is answered, and that request never is
  REQUIRE(client.until([&] { return outcome.calls == 1; }, 4s));
  CHECK_FALSE(outcome.error);
  CHECK_THAT(login.logins().tokens.back(), Contains("bob"));
  client.close();
}
