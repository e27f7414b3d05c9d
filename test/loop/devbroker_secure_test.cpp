// The dev broker with TLS and logins, and this library's client: what a program sees.
#include <kafka/devbroker.hpp>
#include <kafka/kafka.hpp>

#include <optional>
#include <string>

#include "loop_test.hpp"
#include "net/tls_engine.hpp"
#include "scratch_folder.hpp"

using namespace kafka;
using namespace std::chrono_literals;
using kafka::test::Loop;
using kafka::test::ScratchFolder;

namespace {

/// Brokers that make their certificates in a folder, and know alice.
DevBrokerOptions secure_brokers(const std::string& folder, const std::string& mechanisms) {
  DevBrokerOptions options;
  options.brokers = 3;
  options.tls.make = folder;
  options.sasl.mechanisms = mechanisms;
  options.sasl.users = {{"alice", Secret("secret")}};
  return options;
}

SessionOptions secure_client(const DevBroker& broker, const std::string& folder, SaslMechanism mechanism) {
  SessionOptions options;
  options.bootstrap_servers = broker.bootstrap_servers();
  options.security_protocol = SecurityProtocol::sasl_ssl;
  options.ssl_ca_location = folder + "/ca.pem";
  options.sasl_mechanism = mechanism;
  options.sasl_username = "alice";
  options.sasl_password = Secret("secret");
  return options;
}

/// A loop, brokers on it, and at most one session.
struct SecureWorld {
  explicit SecureWorld(DevBrokerOptions options) : broker(std::in_place, loop, std::move(options)) {
    INFO(broker->error().message());
    REQUIRE_FALSE(broker->error());
    REQUIRE_FALSE(broker->create_topic("t", 3));
  }
  ~SecureWorld() {
    producer.reset();
    session.reset();
    bool closed = false;
    broker->close([&] { closed = true; });
    CHECK(loop.run_until([&] { return closed; }));
    broker.reset();
  }

  void open(SessionOptions options) {
    producer.reset();
    session.emplace(loop, std::move(options));
    INFO(session->error().message());
    REQUIRE_FALSE(session->error());
    producer.emplace(*session);
  }
  /// Sends one record to each partition; what became of the last one that ended otherwise than well.
  Error send() {
    int told = 0;
    Error error;
    for (int partition = 0; partition < 3; ++partition) {
      producer->send({.topic = "t", .partition = partition, .value = "v"}, [&](const DeliveryReport& report) {
        if (report.error) error = report.error;
        ++told;
      });
    }
    REQUIRE(loop.run_until([&] { return told == 3; }));
    return error;
  }

  Loop loop;
  std::optional<DevBroker> broker;
  std::optional<Session> session;
  std::optional<Producer> producer;
};

}  // namespace

TEST_CASE("a build without TLS refuses its options, and says which") {
  if (net::tls_available()) return;
  const ScratchFolder folder;
  Loop loop;
  DevBroker made(loop, secure_brokers(folder.path(), "PLAIN"));
  CHECK(made.error() == Errc::unsupported_feature);
  CHECK(made.error().detail().starts_with("tls.make: this build of uvkafka has no TLS"));
}

TEST_CASE("a session writes to brokers with TLS by every mechanism with passwords") {
  if (!net::tls_available()) return;
  const ScratchFolder folder;
  SecureWorld world(secure_brokers(folder.path(), "PLAIN,SCRAM-SHA-256,SCRAM-SHA-512"));
  for (const SaslMechanism mechanism :
       {SaslMechanism::plain, SaslMechanism::scram_sha_256, SaslMechanism::scram_sha_512}) {
    world.open(secure_client(*world.broker, folder.path(), mechanism));
    CHECK_FALSE(world.send());
  }
  CHECK(world.broker->end_offset("t", 0) == 3);
}

TEST_CASE("a session renews logins that run out, and nothing is sent twice") {
  if (!net::tls_available()) return;
  const ScratchFolder folder;
  auto options = secure_brokers(folder.path(), "SCRAM-SHA-256");
  options.sasl.session_lifetime = 1500ms;
  SecureWorld world(options);
  world.open(secure_client(*world.broker, folder.path(), SaslMechanism::scram_sha_256));
  CHECK_FALSE(world.send());
  const int64_t connections = world.broker->accepted_connections();
  const int64_t logins = world.broker->requests(ApiKey::sasl_handshake);
  for (int i = 0; i < 30; ++i) {
    CHECK_FALSE(world.send());
    world.loop.run_until([] { return false; }, 100ms);
  }
  CHECK(world.broker->requests(ApiKey::sasl_handshake) > logins);
  CHECK(world.broker->accepted_connections() == connections);
  CHECK(world.broker->end_offset("t", 0) == 31);
}

TEST_CASE("a wrong password and a denied user end a send with the reason") {
  if (!net::tls_available()) return;
  const ScratchFolder folder;
  auto options = secure_brokers(folder.path(), "PLAIN");
  options.sasl.users.push_back({"bob", Secret("word")});
  options.sasl.deny = {"bob"};
  SecureWorld world(options);
  auto wrong = secure_client(*world.broker, folder.path(), SaslMechanism::plain);
  wrong.sasl_password = Secret("wrong");
  world.open(wrong);
  CHECK(world.send() == Errc::sasl_authentication_failed);
  auto denied = secure_client(*world.broker, folder.path(), SaslMechanism::plain);
  denied.sasl_username = "bob";
  denied.sasl_password = Secret("word");
  world.open(denied);
  CHECK(world.send() == Errc::topic_authorization_failed);
  CHECK(world.broker->end_offset("t", 0) == 0);
}

TEST_CASE("with a client authority, brokers take sessions with a certificate of it only") {
  if (!net::tls_available()) return;
  const ScratchFolder folder;
  DevBrokerOptions options;
  options.tls.make = folder.path();
  options.tls.client_ca = folder.path() + "/ca.pem";
  SecureWorld world(options);
  SessionOptions session;
  session.bootstrap_servers = world.broker->bootstrap_servers();
  session.security_protocol = SecurityProtocol::ssl;
  session.ssl_ca_location = folder.path() + "/ca.pem";
  world.open(session);
  CHECK(world.send() == Errc::ssl_error);
  session.ssl_certificate_location = folder.path() + "/client.pem";
  session.ssl_key_location = folder.path() + "/client.key";
  world.open(session);
  CHECK_FALSE(world.send());
}
