// Logins at the dev broker, request by request: what is answered when, and what ends the connection. Kafka's own
// brokers do the same.
#include <string>
#include <string_view>
#include <utility>

#include "auth/base64.hpp"
#include "devbroker_client.hpp"
#include "protocol/create_topics.hpp"
#include "protocol/fetch.hpp"
#include "protocol/find_coordinator.hpp"
#include "protocol/init_producer_id.hpp"
#include "protocol/list_groups.hpp"
#include "protocol/metadata.hpp"
#include "protocol/produce.hpp"
#include "protocol/sasl_authenticate.hpp"
#include "protocol/sasl_handshake.hpp"

using namespace kafka;
using namespace kafka::test;
using namespace std::chrono_literals;
using namespace std::string_literals;

namespace {

constexpr int kTokens = 2;  // version of SaslAuthenticate

DevBrokerOptions with_login(const std::string& mechanisms = "PLAIN") {
  DevBrokerOptions options;
  options.sasl.mechanisms = mechanisms;
  if (mechanisms != "OAUTHBEARER") options.sasl.users = {{"alice", Secret("secret")}, {"bob", Secret("word")}};
  return options;
}

protocol::SaslHandshakeResponse shake(Client& client, const std::string& mechanism, int version = 1) {
  protocol::SaslHandshakeRequest request;
  request.mechanism = mechanism;
  return client.call(request, version);
}

protocol::SaslAuthenticateRequest token(std::string_view text) {
  protocol::SaslAuthenticateRequest request;
  request.auth_bytes = Bytes::copy(text);
  return request;
}

protocol::SaslAuthenticateResponse log_in(Client& client, const std::string& user = "alice",
                                          const std::string& password = "secret") {
  REQUIRE(shake(client, "PLAIN").error_code == 0);
  return client.call(token("\0"s + user + "\0"s + password), kTokens);
}

/// Behind SaslHandshake 0 the token is a frame without a header, and so is its answer.
void log_in_raw(Client& client) {
  CHECK(shake(client, "PLAIN", 0).error_code == 0);
  client.send_raw(
      "\x00\x00\x00\x0d\x00"
      "alice\x00secret"s);
  REQUIRE(client.run_until([&] { return client.received() >= 4; }));
}

/// A token of the user that holds so long from now on; negative: it has run out.
std::string unsigned_token(const std::string& user, int64_t seconds, std::string_view algorithm = "none") {
  const int64_t now =
      std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count();
  const auto part = [](const std::string& json) {
    std::string text = auth::to_base64(json);
    for (char& c : text) c = c == '+' ? '-' : c == '/' ? '_' : c;
    return text.substr(0, text.find('='));
  };
  return part(R"({"alg":")" + std::string(algorithm) + R"("})") + "." +
         part(R"({"sub":")" + user + R"(","exp":)" + std::to_string(now + seconds) + "}") + ".";
}

protocol::SaslAuthenticateResponse bear(Client& client, const std::string& jwt) {
  REQUIRE(shake(client, "OAUTHBEARER").error_code == 0);
  return client.call(token("n,,\x01"
                           "auth=Bearer " +
                           jwt + "\x01\x01"),
                     kTokens);
}

bool serves(Client& client) { return client.call(protocol::ApiVersionsRequest(), 0).error_code == 0; }

}  // namespace

TEST_CASE("before a login, everything but ApiVersions and SaslHandshake ends the connection without an answer") {
  BrokerFixture fixture(with_login());
  Client& asks = fixture.connect();
  asks.send(protocol::MetadataRequest(), 9);
  CHECK(asks.is_closed_soon());
  CHECK(asks.received() == 0);

  Client& twice = fixture.connect();
  CHECK(serves(twice));
  twice.send(protocol::ApiVersionsRequest(), 0);
  CHECK(twice.is_closed_soon());
  CHECK(twice.received() == 0);

  Client& early = fixture.connect();
  early.send(token("\0alice\0secret"s), kTokens);
  CHECK(early.is_closed_soon());
  CHECK(early.received() == 0);
}

TEST_CASE("before a login, a frame has at most 64 KiB") {
  BrokerFixture fixture(with_login());
  Client& large = fixture.connect();
  large.send_raw("\x00\x01\x00\x01"s);  // one byte too many, and nothing of it has come
  CHECK(large.is_closed_soon());
  Client& fits = fixture.connect();
  fits.send_raw("\x00\x01\x00\x00"s);
  CHECK(fits.stays_silent(50ms));
}

TEST_CASE("a password logs in, and then every request is served") {
  BrokerFixture fixture(with_login());
  Client& client = fixture.connect();
  CHECK(serves(client));
  const auto answer = log_in(client);
  CHECK(answer.error_code == 0);
  CHECK_FALSE(answer.error_message);
  CHECK(answer.session_lifetime_ms == 0);
  CHECK(client.call(protocol::MetadataRequest(), 9).brokers.size() == 1);
  CHECK(serves(client));
}

TEST_CASE("a wrong password and an unknown user are told alike, and then the connection ends") {
  BrokerFixture fixture(with_login());
  for (const auto& [user, password] : {std::pair("alice", "wrong"), std::pair("nobody", "secret")}) {
    Client& client = fixture.connect();
    const auto answer = log_in(client, user, password);
    CHECK(answer.error_code == code(Errc::sasl_authentication_failed));
    CHECK(answer.error_message == "Authentication failed: Invalid username or password");
    CHECK(client.is_closed_soon());
  }
}

TEST_CASE("a mechanism that is not offered is refused with those that are, and then the connection ends") {
  BrokerFixture fixture(with_login("PLAIN,OAUTHBEARER"));
  Client& client = fixture.connect();
  const auto answer = shake(client, "SCRAM-SHA-256");
  CHECK(answer.error_code == code(Errc::unsupported_sasl_mechanism));
  CHECK(answer.mechanisms == std::vector<std::string>{"PLAIN", "OAUTHBEARER"});
  CHECK(client.is_closed_soon());
}

TEST_CASE("amid a login, another request gets an answer without content, and then the connection ends") {
  BrokerFixture fixture(with_login());
  Client& client = fixture.connect();
  CHECK(shake(client, "PLAIN").error_code == 0);
  const auto answer = client.call(protocol::MetadataRequest(), 9);
  CHECK(answer.brokers.empty());
  CHECK(client.is_closed_soon());

  Client& other = fixture.connect();
  CHECK(shake(other, "PLAIN").error_code == 0);
  CHECK(other.call(protocol::ApiVersionsRequest(), 0).error_code == code(Errc::illegal_sasl_state));
  CHECK(other.is_closed_soon());
}

TEST_CASE("behind SaslHandshake 0, tokens are frames without a header") {
  BrokerFixture fixture(with_login());
  Client& client = fixture.connect();
  log_in_raw(client);
  CHECK(client.bytes() == "\x00\x00\x00\x00"s);

  Client& wrong = fixture.connect();
  CHECK(shake(wrong, "PLAIN", 0).error_code == 0);
  wrong.send_raw("\x00\x00\x00\x03\x00x\x00"s);
  CHECK(wrong.is_closed_soon());
  CHECK(wrong.received() == 0);
}

TEST_CASE("brokers like 0.10 know SaslHandshake 0 only, and no SaslAuthenticate") {
  auto options = with_login();
  options.version = "0.10";
  BrokerFixture fixture(options);
  Client& client = fixture.connect();
  log_in_raw(client);
  Client& newer = fixture.connect();
  protocol::SaslHandshakeRequest request;
  request.mechanism = "PLAIN";
  newer.send(request, 1);
  CHECK(newer.is_closed_soon());
}

TEST_CASE("a login that has run out is renewed on its connection, and anything else ends it") {
  auto options = with_login();
  options.sasl.session_lifetime = 100ms;
  BrokerFixture fixture(options);
  Client& renews = fixture.connect();
  CHECK(log_in(renews).session_lifetime_ms == 100);
  CHECK(serves(renews));
  Client& stays = fixture.connect();
  log_in(stays);
  CHECK(stays.stays_silent(150ms));  // nobody closes a connection that asks for nothing
  stays.send(protocol::MetadataRequest(), 9);
  CHECK(stays.is_closed_soon());
  CHECK(stays.received() == 0);

  CHECK(log_in(renews).session_lifetime_ms == 100);
  CHECK(serves(renews));
}

TEST_CASE("a second renewal within a second is no renewal") {
  BrokerFixture fixture(with_login());
  Client& client = fixture.connect();
  log_in(client);
  CHECK(log_in(client).error_code == 0);
  CHECK(shake(client, "PLAIN").error_code == code(Errc::illegal_sasl_state));
  CHECK(serves(client));
}

TEST_CASE("a renewal keeps its user and its mechanism") {
  BrokerFixture fixture(with_login("PLAIN,OAUTHBEARER"));
  Client& other = fixture.connect();
  log_in(other);
  const auto answer = log_in(other, "bob", "word");
  CHECK(answer.error_code == code(Errc::sasl_authentication_failed));
  CHECK(answer.error_message == "Cannot change principals during re-authentication from User.alice: User.bob");
  CHECK(other.is_closed_soon());

  Client& mechanism = fixture.connect();
  log_in(mechanism);
  protocol::SaslHandshakeRequest request;
  request.mechanism = "OAUTHBEARER";
  mechanism.send(request, 1);
  CHECK(mechanism.is_closed_soon());
}

TEST_CASE("an unsigned token logs its subject in, for as long as it holds") {
  BrokerFixture fixture(with_login("OAUTHBEARER"));
  Client& client = fixture.connect();
  const auto answer = bear(client, unsigned_token("carol", 60));
  CHECK(answer.error_code == 0);
  CHECK(answer.session_lifetime_ms > 50000);
  CHECK(answer.session_lifetime_ms <= 60000);
  CHECK(serves(client));
}

TEST_CASE("a token is refused without a reason, which the client acknowledges") {
  BrokerFixture fixture(with_login("OAUTHBEARER"));
  for (const std::string& jwt : {unsigned_token("carol", -1), unsigned_token("", 60),
                                 unsigned_token("carol", 60, "RS256"), unsigned_token("carol", 60) + "c2ln", "a.b."s}) {
    Client& client = fixture.connect();
    const auto answer = bear(client, jwt);
    CHECK(answer.error_code == 0);
    CHECK(answer.auth_bytes.view() == R"({"status":"invalid_token"})");
    CHECK(client.call(token("\x01"), kTokens).error_code == code(Errc::sasl_authentication_failed));
    CHECK(client.is_closed_soon());
  }
}

TEST_CASE("releases before 3.0 do not end a login with its token") {
  auto options = with_login("OAUTHBEARER");
  options.version = "2.8";
  BrokerFixture fixture(options);
  CHECK(bear(fixture.connect(), unsigned_token("carol", 60)).session_lifetime_ms == 0);
  CHECK(!fixture.broker->as_version("3.9"));
  CHECK(bear(fixture.connect(), unsigned_token("carol", 60)).session_lifetime_ms > 0);
}

TEST_CASE("a denied user gets Kafka's authorization errors, and sees no topic and no group") {
  auto options = with_login();
  options.sasl.deny = {"bob"};
  BrokerFixture fixture(options);
  REQUIRE(!fixture.broker->create_topic("t"));
  Client& bob = fixture.connect();
  log_in(bob, "bob", "word");
  const auto all = bob.call(protocol::MetadataRequest(), 9);
  CHECK(all.brokers.size() == 1);
  CHECK(all.topics.empty());
  protocol::MetadataRequest one;
  one.topics.emplace().emplace_back().name = "t";
  CHECK(bob.call(one, 9).topics.at(0).error_code == code(Errc::topic_authorization_failed));
  one.topics->front().name = "new";
  CHECK(bob.call(one, 9).topics.at(0).error_code == code(Errc::topic_authorization_failed));
  CHECK(fixture.broker->topics() == std::vector<std::string>{"t"});

  protocol::ProduceRequest produce;
  produce.acks = -1;
  auto& topic = produce.topic_data.emplace_back();
  topic.name = "t";
  topic.partition_data.emplace_back().records = batch_of({"x"});
  CHECK(bob.call(produce, 9).responses.at(0).partition_responses.at(0).error_code ==
        code(Errc::topic_authorization_failed));
  CHECK(fixture.broker->end_offset("t", 0) == 0);

  protocol::FindCoordinatorRequest group;
  group.key = "g";
  CHECK(bob.call(group, 3).error_code == code(Errc::group_authorization_failed));
  group.key_type = 1;
  CHECK(bob.call(group, 3).error_code == code(Errc::transactional_id_authorization_failed));
  protocol::InitProducerIdRequest id;
  id.transactional_id.reset();
  CHECK(bob.call(id, 4).error_code == code(Errc::cluster_authorization_failed));
  CHECK(bob.call(protocol::ListGroupsRequest(), 4).error_code == 0);

  Client& alice = fixture.connect();
  log_in(alice);
  CHECK(alice.call(produce, 9).responses.at(0).partition_responses.at(0).error_code == 0);
}

TEST_CASE("options of logins that cannot work are refused, each by its name") {
  const auto refusal = [](auto change) {
    DevBrokerOptions options = with_login();
    change(options);
    uv_loop_t loop;
    REQUIRE(uv_loop_init(&loop) == 0);
    Error error;
    {
      DevBroker broker(&loop, options);
      error = broker.error();
      broker.close();
      uv_run(&loop, UV_RUN_DEFAULT);
    }
    CHECK(uv_loop_close(&loop) == 0);
    CHECK(error.code() == Errc::invalid_option);
    return std::string(error.detail());
  };
  using Options = DevBrokerOptions;
  CHECK(
      refusal([](Options& o) { o.sasl.mechanisms = "plain"; }) ==
      "sasl.mechanisms: there is no mechanism \"plain\"; the dev broker knows PLAIN, SCRAM-SHA-256, SCRAM-SHA-512 and "
      "OAUTHBEARER");
  CHECK(refusal([](Options& o) {
          o.sasl.mechanisms = "PLAIN,";
        }).starts_with("sasl.mechanisms: there is no mechanism \"\""));
  CHECK(refusal([](Options& o) { o.sasl.mechanisms = "PLAIN,PLAIN"; }) == "sasl.mechanisms: it names PLAIN twice");
  CHECK(refusal([](Options& o) { o.sasl.mechanisms = ""; }) ==
        "sasl.users have passwords, and sasl.mechanisms names no mechanism with passwords");
  CHECK(refusal([](Options& o) { o.sasl.users.clear(); }) == "sasl.users: nobody can log in; it must name somebody");
  CHECK(refusal([](Options& o) { o.sasl.users[1].name = "alice"; }) == "sasl.users: alice is there twice");
  CHECK(refusal([](Options& o) { o.sasl.users[1].password = {}; }) == "sasl.users: bob has no password");
  CHECK(refusal([](Options& o) { o.sasl.users[1].name = ""; }) == "sasl.users: a user has no name");
  CHECK(refusal([](Options& o) { o.sasl.deny = {"carol"}; }) == "sasl.deny: there is no user \"carol\"");
  CHECK(refusal([](Options& o) { o.sasl.session_lifetime = -1ms; }) == "sasl.session_lifetime must be 0 or more");
  CHECK(refusal([](Options& o) { o.version = "0.9"; }).starts_with("sasl.mechanisms: Kafka 0.9 knows none"));
  CHECK(refusal([](Options& o) {
          o = {};
          o.sasl.session_lifetime = 1s;
        }) == "sasl.session_lifetime is of logins, and sasl.mechanisms is not set");
  CHECK(refusal([](Options& o) {
          o = {};
          o.sasl.deny = {"bob"};
        }) == "sasl.deny: there is no user \"bob\"; without sasl.mechanisms everybody is ANONYMOUS");
}
