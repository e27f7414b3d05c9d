// Two engines of OpenSSL against each other, with what they exchange cut at random.
#include "net/tls_engine.hpp"

#include <algorithm>
#include <chrono>
#include <random>
#include <string>

#include "catch.hpp"
#include "net/tls_outbox.hpp"
#include "net/tls_settings.hpp"
#include "tls/certificates.hpp"

using kafka::Bytes;
using kafka::Errc;
using kafka::Error;
using kafka::Secret;
using kafka::net::make_tls_context;
using kafka::net::TlsContext;
using kafka::net::TlsEngine;
using kafka::net::TlsOutbox;
using kafka::net::TlsSettings;
using kafka::test::Authority;
using kafka::test::Identity;
using Step = kafka::net::TlsEngine::Step;

namespace {

int64_t today() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

bool has(const Error& error, std::string_view text) { return error.detail().find(text) != std::string_view::npos; }

std::shared_ptr<const TlsContext> made(const TlsSettings& settings) {
  Error error;
  auto context = make_tls_context(settings, error);
  INFO(error.message());
  REQUIRE(context != nullptr);
  return context;
}

TlsSettings server_settings(const Identity& identity) {
  TlsSettings settings;
  settings.trust.verify = false;
  settings.identity.certificate_pem = identity.certificate;
  settings.identity.key_pem = Secret(identity.key);
  return settings;
}

TlsSettings client_settings(const Authority& authority) {
  TlsSettings settings;
  settings.trust.pem = authority.certificate();
  return settings;
}

// One end, what it has received, and what of the other's bytes it was not given yet.
struct Side {
  std::unique_ptr<TlsEngine> engine;
  std::string incoming, received;
  Step step = Step::wants_input;
  bool open = false;

  void advance() {
    if (step == Step::failed || step == Step::ended) return;
    if (!open) {
      step = engine->handshake();
      open = step == Step::done;
      if (!open) return;
    }
    do {
      char room[5000];
      size_t count = 0;
      step = engine->read(room, count);
      received.append(room, count);
    } while (step == Step::done);
  }
};

// Carries bytes between two engines, in pieces of 1 to `largest` bytes.
class Line {
 public:
  Line(std::unique_ptr<TlsEngine> client, std::unique_ptr<TlsEngine> server, size_t largest) : largest_(largest) {
    this->client.engine = std::move(client);
    this->server.engine = std::move(server);
  }
  void run() {
    while (step()) {
    }
  }
  /// False if neither end has anything for the other one.
  bool step() {
    client.advance();
    server.advance();
    const bool there = carry(client, server);
    return carry(server, client) || there;
  }
  bool open() const { return client.open && server.open; }

  Side client, server;
  bool garble = false;  // what the server sends from now on

 private:
  bool carry(Side& from, Side& to) {
    to.incoming += from.engine->take_output().view();
    if (to.incoming.empty()) return false;
    const size_t count = std::min(to.incoming.size(), std::uniform_int_distribution<size_t>(1, largest_)(random_));
    std::string piece = to.incoming.substr(0, count);
    to.incoming.erase(0, count);
    if (garble && &to == &client) piece.back() = static_cast<char>(piece.back() ^ 1);
    to.engine->feed(piece);
    to.advance();
    to.engine->feed({});
    return true;
  }

  size_t largest_;
  std::mt19937 random_{7};
};

std::string noise(size_t size) {
  std::mt19937 random(11);
  std::string text(size, '\0');
  for (char& c : text) c = static_cast<char>(random());
  return text;
}

struct Refused {
  Error client, server;
  bool ok = false;
};

// A handshake, and one byte each way.
Refused meet(const TlsSettings& client, const TlsSettings& server, std::string_view host, int64_t time = today()) {
  const auto from = made(client), to = made(server);
  Line line(from->client(host, time), to->server(time), 4096);
  line.run();
  if (line.client.open) line.client.engine->seal("x");
  if (line.server.open) line.server.engine->seal("y");
  line.run();
  return {line.client.engine->error(), line.server.engine->error(),
          line.client.received == "y" && line.server.received == "x"};
}

}  // namespace

TEST_CASE("what one engine seals the other opens, however the bytes between them are cut") {
  const Authority authority("authority");
  const auto client = made(client_settings(authority));
  for (const bool newest : {true, false}) {
    TlsSettings settings = server_settings(authority.issue({}));
    settings.choices.tls_1_3 = newest;
    const auto server = made(settings);
    for (const size_t largest : {1, 7, 1000, 100000}) {
      Line line(client->client("localhost", today()), server->server(today()), largest);
      line.run();
      REQUIRE(line.open());
      const std::string question = noise(largest == 1 ? 20000 : 200000), answer = noise(40000);
      line.client.engine->expect(question.size());
      REQUIRE(line.client.engine->seal(question) == Step::done);
      REQUIRE(line.server.engine->seal(answer) == Step::done);
      line.run();
      CHECK(line.server.received == question);
      CHECK(line.client.received == answer);
      CHECK(line.client.step == Step::wants_input);
      line.server.engine->end();
      line.run();
      CHECK(line.client.step == Step::ended);
    }
  }
}

TEST_CASE("H1: a certificate must be for the host: names by DNS, addresses by IP, and a common name never counts") {
  const Authority authority("authority");
  const TlsSettings client = client_settings(authority);
  const TlsSettings both = server_settings(authority.issue({.alternative_names = "DNS:b1.kafka.test,IP:10.0.0.1"}));
  CHECK(meet(client, both, "b1.kafka.test").ok);
  CHECK(meet(client, both, "B1.Kafka.Test.").ok);
  CHECK(meet(client, both, "10.0.0.1").ok);

  const Error other = meet(client, both, "b2.kafka.test").client;
  CHECK(other.code() == Errc::ssl_error);
  CHECK(has(other, "not for the host name b2.kafka.test"));
  CHECK(has(other, "DNS b1.kafka.test, IP 10.0.0.1"));
  CHECK(has(meet(client, both, "10.0.0.2").client, "not for the IP address 10.0.0.2"));

  const TlsSettings address = server_settings(authority.issue({.alternative_names = "DNS:10.0.0.1"}));
  CHECK(meet(client, address, "10.0.0.1").client.code() == Errc::ssl_error);
  const TlsSettings v6 = server_settings(authority.issue({.alternative_names = "IP:fe80::1"}));
  CHECK(meet(client, v6, "[fe80:0::1]").ok);
  CHECK(meet(client, v6, "fe80::1%eth0").ok);
  CHECK(meet(client, v6, "fe80::2%eth0").client.code() == Errc::ssl_error);
  const TlsSettings bare = server_settings(authority.issue({.common_name = "localhost", .alternative_names = ""}));
  CHECK(has(meet(client, bare, "localhost").client, "needs a subjectAltName"));
}

TEST_CASE("H1: a host that no certificate can name is refused, and not taken for no name at all") {
  const Authority authority("authority");
  const TlsSettings server = server_settings(authority.issue({}));
  for (const std::string& host : {std::string(), std::string("."), std::string("localhost\0.test", 15)}) {
    const Refused refused = meet(client_settings(authority), server, host);
    CHECK_FALSE(refused.ok);
    CHECK(refused.client.code() == Errc::ssl_error);
  }
}

TEST_CASE("without verification of the name the chain counts, and without any verification nothing does") {
  const Authority authority("authority"), stranger("stranger");
  const TlsSettings server = server_settings(authority.issue({.alternative_names = "DNS:other.test"}));
  TlsSettings client = client_settings(authority);
  client.trust.verify_name = false;
  CHECK(meet(client, server, "localhost").ok);
  client.trust.pem = stranger.certificate();
  CHECK(has(meet(client, server, "localhost").client, "ssl.ca.location"));
  client.trust.verify = false;
  CHECK(meet(client, server, "localhost").ok);
}

TEST_CASE("H2: certificates must be valid at the time that the caller says") {
  const Authority authority("authority");
  const TlsSettings client = client_settings(authority), server = server_settings(authority.issue({.to_day = 5}));
  constexpr int64_t kDay = 86400000;
  CHECK(meet(client, server, "localhost").ok);
  CHECK(has(meet(client, server, "localhost", today() + 6 * kDay).client, "expired"));
  CHECK(has(meet(client, server, "localhost", today() - 6 * kDay).client, "not yet valid"));
}

TEST_CASE("an authority that is no root is trusted, and a chain of the client is sent whole") {
  const Authority root("root"), middle("middle", &root);
  TlsSettings server = server_settings(middle.issue({}));
  CHECK(meet(client_settings(middle), server, "localhost").ok);
  CHECK_FALSE(meet(client_settings(root), server, "localhost").ok);
  server.identity.certificate_pem += middle.certificate();
  CHECK(meet(client_settings(root), server, "localhost").ok);

  server.trust.verify = true;
  server.trust.pem = root.certificate();
  TlsSettings client = client_settings(root);
  const Identity own = middle.issue({.common_name = "client"});
  client.identity.certificate_pem = own.certificate + middle.certificate();
  client.identity.key_pem = Secret(own.key);
  CHECK(meet(client, server, "localhost").ok);
}

TEST_CASE("the peer's refusal of a client's certificate is its alert, and says what to set") {
  const Authority authority("authority"), stranger("stranger");
  for (const bool newest : {true, false}) {
    TlsSettings server = server_settings(authority.issue({}));
    server.choices.tls_1_3 = newest;
    server.trust.verify = true;
    server.trust.pem = authority.certificate();
    TlsSettings client = client_settings(authority);
    const Error none = meet(client, server, "localhost").client;
    CHECK(none.code() == Errc::ssl_error);
    CHECK(has(none, newest ? "certificate required (116)" : "handshake failure (40)"));
    CHECK(has(none, "wants a client certificate"));
    const Identity unknown = stranger.issue({});
    client.identity.certificate_pem = unknown.certificate;
    client.identity.key_pem = Secret(unknown.key);
    const Error wrong = meet(client, server, "localhost").client;
    CHECK(has(wrong, "unknown CA (48)"));
    CHECK(has(wrong, "is it our certificate"));
  }
}

TEST_CASE("a refusal that cannot be read says that the peer has asked for a certificate, if there is none") {
  const Authority authority("authority");
  TlsSettings asking = server_settings(authority.issue({}));
  asking.trust.verify = true;
  asking.trust.pem = authority.certificate();
  for (const bool asks : {true, false}) {
    const auto from = made(client_settings(authority));
    const auto to = made(asks ? asking : server_settings(authority.issue({})));
    Line line(from->client("localhost", today()), to->server(today()), 100000);
    while (!line.client.open) line.step();
    if (!asks) line.server.engine->seal("x");
    // The server's next record is its alert, sealed with keys of its own.
    line.garble = true;
    line.run();
    const Error& error = line.client.engine->error();
    CHECK(error == Errc::ssl_error);
    CHECK(has(error, "the peer has asked for a client certificate, and there is none") == asks);
  }
}

TEST_CASE("a byte that was changed on the way ends the connection, wherever it lies") {
  const Authority authority("authority");
  const auto client = made(client_settings(authority)), server = made(server_settings(authority.issue({})));
  for (size_t at = 0; at < 60; ++at) {
    Line line(client->client("localhost", today()), server->server(today()), 4096);
    line.run();
    line.server.engine->take_output();
    REQUIRE(line.server.engine->seal("an answer of thirty-eight letters .....") == Step::done);
    std::string sealed(line.server.engine->take_output().view());
    if (at >= sealed.size()) break;
    sealed[at] = static_cast<char>(sealed[at] ^ 0x10);
    line.client.engine->feed(sealed);
    line.client.advance();
    CHECK(line.client.received.empty());
    CHECK(line.client.step != Step::ended);
  }
}

TEST_CASE("H4: bytes that are no TLS say so, and ask whether the port speaks plaintext") {
  const Authority authority("authority");
  const auto client = made(client_settings(authority));
  for (const std::string& answer :
       {std::string("HTTP/1.1 400 Bad Request\r\n\r\n"), std::string("\0\0\0\x08 a frame", 12)}) {
    const auto engine = client->client("localhost", today());
    REQUIRE(engine->handshake() == Step::wants_input);
    engine->feed(answer);
    CHECK(engine->handshake() == Step::failed);
    CHECK(engine->error().code() == Errc::ssl_error);
    CHECK(has(engine->error(), "does the port speak plaintext?"));
  }
}

TEST_CASE("small segments are gathered into full records") {
  const Authority authority("authority");
  const auto client = made(client_settings(authority)), server = made(server_settings(authority.issue({})));
  Line line(client->client("localhost", today()), server->server(today()), 100000);
  line.run();
  TlsOutbox outbox;
  std::string all;
  std::vector<Bytes> segments;
  for (const size_t size : {4, 30, 70000, 0, 9, 20000, 1, 1, 1}) {
    segments.push_back(Bytes::copy(noise(size)));
    all += segments.back().view();
  }
  CHECK(outbox.push(std::move(segments)) == all.size());
  CHECK(outbox.seal(*line.client.engine, 50000) == Step::done);
  CHECK(outbox.size() == all.size() - 50000);
  const std::string first(line.client.engine->take_output().view());
  CHECK(outbox.seal(*line.client.engine, 1000000) == Step::done);
  CHECK(outbox.empty());
  const std::string second(line.client.engine->take_output().view());
  const auto records = [](const std::string& sealed) {
    size_t count = 0;
    for (size_t at = 0; at < sealed.size(); ++count) {
      at += 5 + static_cast<unsigned char>(sealed[at + 3]) * 256u + static_cast<unsigned char>(sealed[at + 4]);
    }
    return count;
  };
  CHECK(records(first) == 4);   // 50,000 bytes
  CHECK(records(second) <= 4);  // 40,046 bytes
  line.server.engine->feed(first);
  line.server.advance();
  line.server.engine->feed(second);
  line.server.advance();
  CHECK(line.server.received == all);
}
