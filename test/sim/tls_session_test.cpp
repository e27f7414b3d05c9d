// A session over TLS in the simulated world: a dev broker behind TLS, certificates that are right or wrong, and what
// calls are told then.
#include <kafka/producer.hpp>

#include "net/tls_settings.hpp"
#include "secure_reactor.hpp"
#include "sim_client.hpp"
#include "tls/certificates.hpp"

using namespace kafka;
using namespace kafka::sim;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;
using kafka::test::Authority;
using kafka::test::CertificateText;
using kafka::test::Identity;

namespace {

CertificateText valid(std::string names) {
  return {.alternative_names = std::move(names), .from_day = -3000, .to_day = 3000};
}

struct Tls {
  CertificateText broker = valid("DNS:broker-1");
  bool wants_certificate = false;
  SessionOptions client = {};  // ssl_ca_pem is the authority's unless it is set
};

// One dev broker, "broker-1", which speaks TLS alone.
struct Secured {
  explicit Secured(Tls tls = {}) {
    tls.client.bootstrap_servers = "broker-1:9092";
    tls.client.security_protocol = SecurityProtocol::ssl;
    if (tls.client.ssl_ca_pem.empty()) tls.client.ssl_ca_pem = authority.certificate();
    secure.emplace(client.world.node("broker-1", "10.1.0.1"), context(tls), "");
    node.emplace(brokers, *secure, 1, net::Address{"10.1.0.1", 9092}, "broker-1");
    if (Error error = node->start()) FAIL(error.message());
    brokers.topics().create("t", 2);
    client.open(tls.client);
  }
  ~Secured() { client.session.reset(); }

  std::shared_ptr<const net::TlsContext> context(const Tls& tls) const {
    const Identity identity = authority.issue(tls.broker);
    net::TlsSettings settings;
    settings.trust.pem = authority.certificate();
    settings.trust.verify = tls.wants_certificate;
    settings.identity.certificate_pem = identity.certificate;
    settings.identity.key_pem = Secret(identity.key);
    Error error;
    auto made = net::make_tls_context(settings, error);
    if (error) FAIL(error.message());
    return made;
  }

  Authority authority{"authority"};
  SimClient client{3};
  std::optional<kafka::test::SecureReactor> secure;
  devbroker::Cluster brokers{devbroker::ClusterOptions{}};
  std::optional<devbroker::Node> node;
};

// Accepts connections and never answers.
class Mute final : public net::StreamHandler {
 public:
  explicit Mute(net::Reactor& reactor) {
    Error error;
    listener_ = reactor.listen(
        {"10.1.0.1", 9092},
        [this](std::unique_ptr<net::Stream> stream, net::StreamHandler*& handler) {
          streams_.push_back(std::move(stream));
          handler = this;
        },
        error);
  }
  std::span<char> read_buffer() override { return room_; }
  void on_read(size_t) override {}
  void on_closed(Error) override {}

 private:
  char room_[4096];
  std::unique_ptr<net::Listener> listener_;
  std::vector<std::unique_ptr<net::Stream>> streams_;
};

}  // namespace

TEST_CASE("records go to a broker behind TLS, and the session closes as any other") {
  Secured secured;
  SimClient& client = secured.client;
  const auto described = client.cluster();
  CHECK_FALSE(described.error);
  CHECK(described.value.topics.count("t") == 1);
  int stored = 0;
  {
    Producer producer(*client.session);
    const std::string value(5000, 'x');
    for (int i = 0; i < 100; ++i) {
      CHECK_FALSE(producer.send({.topic = "t", .value = value}, [&](const DeliveryReport& report) {
        CHECK_FALSE(report.error);
        ++stored;
      }));
    }
    CHECK(client.until([&] { return stored == 100; }));
  }
  client.close();
}

TEST_CASE("H2, H14: a certificate that does not verify fails the calls at once, with the check and the names") {
  const Authority stranger("stranger");
  Tls tls;
  std::string words;
  SECTION("another authority") {
    tls.client.ssl_ca_pem = stranger.certificate();
    words = "ssl.ca.location";
  }
  SECTION("another host") {
    tls.broker = valid("DNS:broker-2");
    words = "it is for DNS broker-2";
  }
  SECTION("expired") {
    tls.broker.to_day = -2000;
    words = "expired";
  }
  Secured secured(tls);
  SimClient& client = secured.client;
  const auto described = client.cluster(1s);
  CHECK(described.error.code() == Errc::ssl_error);
  CHECK_THAT(described.error.message(), Contains(words));
  CHECK(client.count(Event::Type::connect_failed) == 1);
  // The next call tries again once the pause is over, and is refused in the same way.
  client.run(2s);
  CHECK(client.cluster(1s).error.code() == Errc::ssl_error);
  client.close();
}

TEST_CASE("a broker that wants a certificate: its alert comes behind the handshake, and is no old broker's refusal") {
  Tls tls;
  tls.wants_certificate = true;
  SECTION("TLS 1.3") {}
  SECTION("TLS 1.2") { tls.client.ssl_enabled_protocols = "TLSv1.2"; }
  Secured secured(tls);
  SimClient& client = secured.client;
  const auto described = client.cluster(1s);
  CHECK(described.error.code() == Errc::ssl_error);
  CHECK_THAT(described.error.message(), Contains("wants a client certificate"));
  client.close();
}

TEST_CASE("a client with a certificate is served by a broker that wants one") {
  Tls tls;
  tls.wants_certificate = true;
  Secured secured(tls);
  const Identity own = secured.authority.issue(valid("DNS:client"));
  SessionOptions options = secured.client.session->options();
  options.ssl_certificate_pem = own.certificate;
  options.ssl_key_pem = Secret(own.key);
  secured.client.session.reset();
  secured.client.open(options);
  CHECK_FALSE(secured.client.cluster().error);
  CHECK(secured.client.session->options().ssl_key_pem.reveal() == "[hidden]");
  secured.client.close();
}

TEST_CASE("H4: TLS to a plaintext port and plaintext to a port of TLS say so") {
  SECTION("TLS to plaintext") {
    SessionOptions options;
    options.security_protocol = SecurityProtocol::ssl;
    options.ssl_endpoint_identification_algorithm = EndpointIdentification::none;
    options.enable_ssl_certificate_verification = false;
    options.default_api_timeout = 3s;
    SimClient client(5, {.brokers = 1, .session = options});
    const auto described = client.cluster(10s);
    CHECK(described.error);
    CHECK_THAT(client.last(Event::Type::connect_failed)->error.message(), Contains("does the port speak"));
    CHECK(client.log.size() >= 1);
    CHECK_THAT(client.log.front(), Contains("anybody may pose as a broker"));
    client.close();
  }
  SECTION("plaintext to TLS") {
    Tls tls;
    Secured secured(tls);
    SessionOptions options = secured.client.session->options();
    options.security_protocol = SecurityProtocol::plaintext;
    options.default_api_timeout = 3s;
    secured.client.session.reset();
    secured.client.open(options);
    CHECK(secured.client.cluster(10s).error);
    CHECK_THAT(secured.client.last(Event::Type::connect_failed)->error.message(), Contains("does the port speak TLS?"));
    secured.client.close();
  }
}

TEST_CASE(
    "C4: a peer that is silent in the middle of TLS costs one setup timeout, and the text says what was missing") {
  SimClient client(7);
  Mute mute(client.world.node("broker-1", "10.1.0.1"));
  SessionOptions options;
  options.bootstrap_servers = "10.1.0.1:9092";
  options.security_protocol = SecurityProtocol::ssl;
  options.enable_ssl_certificate_verification = false;
  options.socket_connection_setup_timeout = 500ms;
  options.default_api_timeout = 900ms;
  client.open(options);
  CHECK(client.cluster(10s).error);
  CHECK_THAT(client.last(Event::Type::connect_failed)->error.message(), Contains("no answer to the TLS handshake"));
  client.close();
}

TEST_CASE("files that are wrong are the session's error, and no call of it begins") {
  SimClient client(9);
  SessionOptions options;
  options.bootstrap_servers = "10.1.0.1:9092";
  options.security_protocol = SecurityProtocol::ssl;
  options.ssl_ca_location = "/no/such/file.pem";
  client.open(options);
  CHECK(client.session->error().code() == Errc::invalid_option);
  CHECK_THAT(client.session->error().message(), Contains("ssl.ca.location = \"/no/such/file.pem\""));
}
