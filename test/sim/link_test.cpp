// How a client gets to its brokers: names and their addresses, dead and hostile servers, idle connections.
// Not here: one connection (connection_test.cpp), brokers before 0.10 (old_brokers_test.cpp), what is asked
// (metadata_test.cpp).
#include "cluster/link.hpp"

#include "sim_client.hpp"

using namespace kafka;
using namespace kafka::sim;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;
using Api = protocol::ApiKey;
using protocol::RequestHeader;
using Type = Event::Type;

namespace {

SimClientOptions with(const std::string& servers) {
  SimClientOptions options;
  options.session.bootstrap_servers = servers;
  return options;
}

}  // namespace

// --- dead and hostile servers ---------------------------------------------------

TEST_CASE(
    "C16: a dead or hostile server costs fewer than 40 attempts in 4 s, few log lines, and the user is told what is "
    "wrong") {
  SimClient client(3);
  ScriptedBroker server(client.world, "server", "10.1.0.1");
  std::string expected;
  bool told_at_once = true;
  auto greet = [&](std::string bytes) {
    server.on_accept = [bytes](ScriptedBroker::Connection& peer) { peer.raw(bytes); };
    server.on_request = [](ScriptedBroker::Connection&, const RequestHeader&, codec::Reader&) { return true; };
  };
  auto on = [&](Api api, auto what) {
    server.on_request = [api, what](ScriptedBroker::Connection& peer, const RequestHeader& header, codec::Reader&) {
      if (header.api != api) return false;
      what(peer, header);
      return true;
    };
  };
  SECTION("nobody listens") {
    server.stop_listening();
    expected = "refused";
  }
  SECTION("closes at once") {
    server.on_accept = [](ScriptedBroker::Connection& peer) { peer.close(); };
    expected = "closes every connection without an answer";
  }
  SECTION("closes on each request") {
    server.on_request = [](ScriptedBroker::Connection& peer, const RequestHeader&, codec::Reader&) {
      return peer.close(), true;
    };
    expected = "closes every connection without an answer";
  }
  SECTION("garbage") {
    greet(std::string(5000, '\x7f'));
    expected = "frame of 2139062143 bytes";
  }
  SECTION("HTTP") {
    greet("HTTP/1.0 400 Bad Request\r\n\r\n");
    expected = "HTTP";
  }
  SECTION("zeros") {
    greet(std::string(1000, '\0'));
    expected = "a frame of 0 bytes";
  }
  SECTION("a huge length, then silence") {
    greet(std::string("\x06\x00\x00\x00", 4));
    told_at_once = false;
    expected = "ApiVersions";
  }
  SECTION("silence") {
    greet("");
    told_at_once = false;
    expected = "ApiVersions";
  }
  SECTION("closes on Metadata") {
    on(Api::metadata, [](auto& peer, auto&) { peer.close(); });
    expected = "end of stream";
  }
  SECTION("garbage on Metadata") {
    on(Api::metadata, [](auto& peer, auto&) { peer.raw(std::string(100, 'x')); });
    expected = "frame of 2021161080 bytes";
  }
  SECTION("another correlation id on Metadata") {
    on(Api::metadata, [](auto& peer, const RequestHeader& header) {
      RequestHeader other = header;
      other.correlation_id ^= 1;
      peer.answer(other, protocol::MetadataResponse());
    });
    expected = "correlation id";
  }
  SECTION("brokers that are none on Metadata") {
    on(Api::metadata,
       [](auto& peer, const RequestHeader& header) { peer.answer(header, protocol::MetadataResponse()); });
    expected = "names no broker";
  }
  SECTION("brokers that lead nowhere") {
    server.metadata.brokers.clear();
    for (int32_t id = 0; id < 50; ++id) {
      auto& broker = server.metadata.brokers.emplace_back();
      broker.node_id = id;
      broker.host = "10.1.0.1";
      broker.port = 1000 + id;
    }
    server.add_topic("t", 1);
    expected = "";
  }
  SessionOptions options;
  options.bootstrap_servers = "10.1.0.1:9092";
  options.default_api_timeout = 3500ms;
  options.request_timeout = 3000ms;
  options.socket_connection_setup_timeout = told_at_once ? 10s : 1s;
  client.open(options);
  client.core->metadata().want("t", false);
  Outcome<ClusterMetadata> outcome;
  client->cluster(outcome.take());
  client.run(4s);
  CHECK(client.world.connects("client") < 40);
  CHECK(client.log.size() <= 10);
  CHECK(outcome.calls == 1);
  if (!expected.empty()) {
    std::string told = outcome.error.message();
    CHECK(outcome.error);
    for (const Event& event : client.events) told += "\n" + event.message();
    CHECK_THAT(told, Contains(expected));
  }
  client.close();
  if (told_at_once && !expected.empty()) {
    // The connection failure is a log line of its own, not only the error of the call.
    INFO(client.log.size());
    if (expected != "names no broker" && expected != "end of stream") CHECK(client.log.size() >= 1);
    if (!client.log.empty() && expected != "end of stream") CHECK_THAT(client.log.front(), Contains("10.1.0.1:9092"));
  }
}

TEST_CASE("an outage is one warning, the next outage another one, with what was repeated in between") {
  SimClient client(1, {.brokers = 1});
  CHECK_FALSE(client.cluster().error);
  client.run(1s);
  CHECK(client.log.empty());
  for (size_t outage = 1; outage <= 3; ++outage) {
    client.brokers->kill(1);
    client.run(100ms);
    Outcome<ClusterMetadata> outcome;
    client->cluster(outcome.take());
    client.run(10s);
    size_t lines = 0;
    for (const std::string& line : client.log) lines += line.find("more time") == std::string::npos ? 1 : 0;
    CHECK(lines == outage);
    CHECK_THAT(client.log.back(), Contains("10.1.0.1:9092") && Contains("connect failed"));
    const std::string& line = client.log.back();
    CHECK(line.find("10.1.0.1:9092") == line.rfind("10.1.0.1:9092"));
    client.brokers->restart(1);
    CHECK(client.until([&] { return outcome.calls == 1; }));
    CHECK_FALSE(outcome.error);
  }
  CHECK_THAT(client.log.back(), Contains("more time"));
  client.close();
}

TEST_CASE("C21: a broker that restarts is no warning; one that stays away for 3 s is") {
  SimClient client(1, {.brokers = 1});
  std::vector<std::string> info;
  client->on_log(LogLevel::info, [&](LogLevel level, std::string_view line) {
    (level == LogLevel::info ? info : client.log).emplace_back(line);
  });
  CHECK_FALSE(client.cluster().error);
  for (int restart = 0; restart < 3; ++restart) {
    client.run(5min);
    client.brokers->kill(1);
    Outcome<ClusterMetadata> outcome;
    client->cluster(outcome.take());
    client.run(2s);
    CHECK(client.last(Type::connect_failed)->ordinary);
    client.brokers->restart(1);
    CHECK(client.until([&] { return outcome.calls == 1; }));
    CHECK_FALSE(outcome.error);
  }
  CHECK(client.log.empty());
  CHECK(info.size() >= 6);  // that it is gone, and that it is back
  client.run(5min);
  client.brokers->kill(1);
  client->cluster([](const Error&, const ClusterMetadata&) {});
  client.run(10s);
  REQUIRE(client.log.size() == 1);
  CHECK_THAT(client.log.front(), Contains("connect failed"));
  CHECK_FALSE(client.last(Type::connect_failed)->ordinary);
  client.close();
}

TEST_CASE("C21: a broker that dies in the handshake broke no protocol; one that does it again serves nothing") {
  SimClient client(1, with("kafka.test:9092"));
  ScriptedBroker broker(client.world, "broker", "10.1.0.1");
  client.world.set_name("kafka.test", {"10.1.0.1"});
  broker.add_topic("t", 1);
  int deaths = 1;
  const bool before = GENERATE(false, true);  // the answer to ApiVersions
  broker.on_request = [&](ScriptedBroker::Connection& connection, const RequestHeader& header, codec::Reader&) {
    if ((header.api == ApiKey::api_versions) != before || deaths == 0) return false;
    --deaths;
    connection.close();
    return true;
  };
  CHECK_FALSE(client.cluster().error);
  CHECK(client.log.empty());
  for (const Event& event : client.events) CHECK(event.error != Errc::protocol_error);
  if (before) return client.close();  // one that always closes there is taken for an old broker
  deaths = 1000;
  for (auto& connection : broker.connections) connection->close();
  client->cluster([](const Error&, const ClusterMetadata&) {});
  client.run(20s);
  for (const Event& event : client.events) UNSCOPED_INFO(event.message() << (event.ordinary ? " ordinary" : ""));
  CHECK(client.log.size() >= 1);
  for (const std::string& line : client.log) CHECK(line.find("protocol") == std::string::npos);
  client.close();
}

// --- idle connections -----------------------------------------------------------

TEST_CASE("C2: a broker that closes an idle connection is no error; the next request connects again") {
  SimClient client(1, {.brokers = 1});
  CHECK_FALSE(client.cluster().error);
  client.run(1s);
  const size_t connects = client.world.connects("client");
  client.brokers->cluster().brokers().disconnect(0);
  client.run(10min);
  CHECK(client.world.connects("client") == connects);
  CHECK(client.world.open_streams("client") == 0);
  CHECK(client.log.empty());
  CHECK(client.count(Type::connect_failed) == 0);
  CHECK(client.count(Type::broker_disconnected) > 0);
  const net::Duration before = client.world.elapsed();
  CHECK_FALSE(client.cluster().error);
  CHECK(client.world.elapsed() - before < 1s);  // no backoff after a connection that was fine
  client.close();
}

TEST_CASE("a connection that is not used is closed after connections_max_idle, and not before") {
  SimClientOptions options{.brokers = 1};
  options.session.connections_max_idle = 60s;
  SimClient client(1, options);
  CHECK_FALSE(client.cluster().error);
  client.run(50s);
  CHECK(client.world.open_streams("client") > 0);
  client.run(15s);
  CHECK(client.world.open_streams("client") == 0);
  CHECK(client.world.open_timers("client") == 0);
  CHECK(client.log.empty());
  client.close();
}

TEST_CASE("connections_max_idle 0 keeps connections for ever") {
  SimClientOptions options{.brokers = 1};
  options.session.connections_max_idle = 0ms;
  SimClient client(1, options);
  CHECK_FALSE(client.cluster().error);
  client.run(24h);
  CHECK(client.world.open_streams("client") > 0);
  client.close();
}

// --- addresses ------------------------------------------------------------------

TEST_CASE("C4: an address that stalls costs one setup timeout, then the name's next address is tried") {
  SimClient client(1, with("kafka.test:9092"));
  SessionOptions options = client.options();
  options.socket_connection_setup_timeout = 2s;
  client.session.reset();
  client.open(options);
  ScriptedBroker good(client.world, "good", "10.1.0.1");
  ScriptedBroker bad(client.world, "bad", "10.1.0.9");
  good.add_topic("t", 1);
  client.world.set_name("kafka.test", {"10.1.0.9", "10.1.0.1"});
  SECTION("in TCP") { client.world.black_hole("client", "bad", true); }
  SECTION("in ApiVersions") {
    bad.on_request = [](ScriptedBroker::Connection&, const RequestHeader&, codec::Reader&) { return true; };
  }
  SECTION("refused, which costs nothing") { bad.stop_listening(); }
  CHECK_FALSE(client.cluster().error);
  CHECK(client.world.elapsed() < 2100ms);
  CHECK(client.count(Type::connect_failed) == 0);  // the name could be reached
  // The next connection does not start with the dead address again.
  for (auto& connection : good.connections) connection->close();
  client.run(100ms);
  const net::Duration before = client.world.elapsed();
  CHECK_FALSE(client.cluster().error);
  CHECK(client.world.elapsed() - before < 1s);
  client.close();
}

TEST_CASE("KIP-601: the setup timeout grows while attempts time out, up to its maximum") {
  SimClient client(1);
  SessionOptions options;
  options.bootstrap_servers = "10.1.0.1:9092";
  options.socket_connection_setup_timeout = 1s;
  options.socket_connection_setup_timeout_max = 4s;
  options.reconnect_backoff = options.reconnect_backoff_max = 0ms;
  options.retry_backoff = options.retry_backoff_max = 0ms;
  options.default_api_timeout = 24h;
  ScriptedBroker server(client.world, "server", "10.1.0.1");
  server.on_request = [](ScriptedBroker::Connection&, const RequestHeader&, codec::Reader&) { return true; };
  client.open(options);
  client->cluster([](Error, ClusterMetadata) {});
  std::vector<net::Duration> gaps;
  net::Duration last = client.world.elapsed();
  for (size_t attempt = 1; attempt <= 5; ++attempt) {
    REQUIRE(client.until([&] { return client.count(Type::connect_failed) >= attempt; }));
    gaps.push_back(client.world.elapsed() - last);
    last = client.world.elapsed();
  }
  CHECK(gaps[0] < 1100ms);
  CHECK((gaps[1] > 1900ms && gaps[1] < 2100ms));
  CHECK((gaps[2] > 3900ms && gaps[2] < 4100ms));
  CHECK((gaps[4] > 3900ms && gaps[4] < 4100ms));
  client.close();
}

TEST_CASE("bootstrap goes through all contact points") {
  const uint64_t seed = GENERATE(1, 2, 3, 4, 5);
  SimClient client(seed);
  ScriptedBroker good(client.world, "good", "10.1.0.4");
  ScriptedBroker silent(client.world, "silent", "10.1.0.1");
  ScriptedBroker dead(client.world, "dead", "10.1.0.2");
  ScriptedBroker babbling(client.world, "babbling", "10.1.0.3");
  silent.on_request = [](ScriptedBroker::Connection&, const RequestHeader&, codec::Reader&) { return true; };
  dead.stop_listening();
  babbling.on_accept = [](ScriptedBroker::Connection& peer) { peer.raw(std::string(100, 'x')); };
  SessionOptions options;
  options.bootstrap_servers = "10.1.0.1,10.1.0.2,10.1.0.3,nowhere.test,10.1.0.4";
  options.socket_connection_setup_timeout = 1s;
  client.open(options);
  const auto seen = client.cluster();
  CHECK_FALSE(seen.error);
  CHECK(seen.value.cluster_id == "scripted");
  CHECK(client.world.elapsed() < 10s);
  client.close();
}

TEST_CASE("C11: a name that does not exist is reported as an event, and is used once it exists") {
  SimClient client(1, with("kafka.test:9092"));
  ScriptedBroker server(client.world, "server", "10.1.0.1");
  const bool empty = GENERATE(false, true);
  if (empty) client.world.set_name("kafka.test", {});
  Outcome<ClusterMetadata> outcome;
  client->cluster(outcome.take());
  client.run(4s);
  CHECK(outcome.calls == 0);
  REQUIRE(client.last(Type::connect_failed) != nullptr);
  CHECK(client.last(Type::connect_failed)->error.code() == Errc::resolve_failed);
  CHECK_THAT(client.last(Type::connect_failed)->message(), Contains("kafka.test:9092"));
  CHECK(client.world.lookups("client") < 40);
  CHECK(client.log.size() == 1);
  client.world.set_name("kafka.test", {"10.1.0.1"});
  CHECK(client.until([&] { return outcome.calls == 1; }, 5s));
  CHECK_FALSE(outcome.error);
  client.close();
}

TEST_CASE("C11: a look-up that hangs costs one setup timeout; other contact points go on, and one look-up is enough") {
  SimClient client(GENERATE(1, 2));
  ScriptedBroker server(client.world, "server", "10.1.0.1");
  client.world.hang_name("hangs.test");
  SessionOptions options;
  options.bootstrap_servers = "hangs.test,10.1.0.1";
  options.socket_connection_setup_timeout = 2s;
  SECTION("with another contact point") {
    client.open(options);
    CHECK_FALSE(client.cluster().error);
    CHECK(client.world.elapsed() < 3s);
  }
  SECTION("alone") {
    options.bootstrap_servers = "hangs.test";
    options.default_api_timeout = 20s;
    client.open(options);
    const auto seen = client.cluster();
    CHECK(seen.error.code() == Errc::timed_out);
    CHECK(client.world.lookups("client") == 1);
    REQUIRE(client.last(Type::connect_failed) != nullptr);
    CHECK_THAT(client.last(Type::connect_failed)->message(), Contains("hangs.test") && Contains("look-up"));
  }
  client.close();
}

TEST_CASE("C11: IPv6 and IPv4 addresses of one name are all tried") {
  SimClient client(1, with("kafka.test:9092"));
  ScriptedBroker server(client.world, "server", "10.1.0.1");
  client.world.set_name("kafka.test", {"fd00::1", "10.1.0.1"});  // nobody listens at the first
  CHECK_FALSE(client.cluster(30s).error);
  client.close();
}

TEST_CASE("C11: of a name only addresses of the wanted family are tried") {
  const AddressFamily family = GENERATE(AddressFamily::v4, AddressFamily::v6);
  SimClientOptions options = with("kafka.test:9092");
  options.session.broker_address_family = family;
  SimClient client(1, options);
  ScriptedBroker server(client.world, "server", "10.1.0.1");
  client.world.set_name("kafka.test", {"fd00::1", "10.1.0.1"});
  Outcome<ClusterMetadata> outcome;
  client->cluster(outcome.take());
  client.run(3s);
  CHECK((outcome.calls == 1) == (family == AddressFamily::v4));
  client.close();
}

TEST_CASE("C11: when every address has failed the name is looked up anew") {
  SimClient client(1, with("kafka.test:9092"));
  ScriptedBroker old(client.world, "old", "10.1.0.1");
  ScriptedBroker next(client.world, "next", "10.1.0.2");
  old.metadata.brokers[0].host = next.metadata.brokers[0].host = "kafka.test";
  client.world.set_name("kafka.test", {"10.1.0.1"});
  CHECK_FALSE(client.cluster().error);
  client.world.set_name("kafka.test", {"10.1.0.2"});
  old.stop_listening();
  for (auto& connection : old.connections) connection->close();
  client.run(10ms);
  CHECK_FALSE(client.cluster(5s).error);
  CHECK(next.asked(Api::metadata) == 1);
  client.close();
}

TEST_CASE("names are looked up once for all connections, and again after a while") {
  SimClient client(1, with("kafka.test:9092"));
  ScriptedBroker server(client.world, "server", "10.1.0.1");
  server.metadata.brokers[0].host = "kafka.test";
  client.world.set_name("kafka.test", {"10.1.0.1"});
  for (int i = 0; i < 3; ++i) CHECK_FALSE(client.cluster().error);
  CHECK(client.world.connects("client") == 2);
  CHECK(client.world.lookups("client") == 1);
  client.run(60s);
  for (auto& connection : server.connections) connection->close();
  client.run(10ms);
  CHECK_FALSE(client.cluster().error);
  CHECK(client.world.lookups("client") == 2);
  client.close();
}

TEST_CASE("C11: the application may look names up itself") {
  SimClient client(1, with("my.kafka:9092"));
  ScriptedBroker server(client.world, "server", "10.1.0.1");
  std::vector<std::string> asked;
  Session::ResolveDone kept;
  bool keep = false;
  std::vector<std::string> addresses{"10.1.0.1"};
  Error failure;
  Outcome<ClusterMetadata> outcome;  // close() ends what no section waited for
  client->set_resolver([&](const std::string& host, Session::ResolveDone done) {
    asked.push_back(host);
    if (keep) {
      kept = std::move(done);
    } else {
      done(failure, addresses);
    }
  });
  SECTION("at once") {
    CHECK_FALSE(client.cluster().error);
    CHECK(asked == std::vector<std::string>{"my.kafka"});
    CHECK(client.world.lookups("client") == 0);
  }
  SECTION("later, and twice") {
    keep = true;
    client->cluster(outcome.take());
    client.run(1s);
    REQUIRE(kept);
    kept({}, {"10.1.0.1"});
    kept({}, {"10.1.0.9"});
    CHECK(client.until([&] { return outcome.calls == 1; }));
    CHECK_FALSE(outcome.error);
  }
  SECTION("with an error") {
    failure = Error(Errc::resolve_failed, "not today");
    client->cluster(outcome.take());
    client.run(2s);
    REQUIRE(client.last(Type::connect_failed) != nullptr);
    CHECK_THAT(client.last(Type::connect_failed)->message(), Contains("not today"));
  }
  SECTION("with something that is no address") {
    addresses = {"another.name"};
    client->cluster([](Error, ClusterMetadata) {});
    client.run(2s);
    REQUIRE(client.last(Type::connect_failed) != nullptr);
    CHECK(client.last(Type::connect_failed)->error.code() == Errc::resolve_failed);
  }
  SECTION("after the session has gone") {
    keep = true;
    client->cluster([](Error, ClusterMetadata) {});
    client.run(1s);
    REQUIRE(kept);
    client.session.reset();
    client.core.reset();
    kept({}, {"10.1.0.1"});
    client.run(1s);
    return;
  }
  SECTION("G1: and destroy the session meanwhile") {
    client->set_resolver([&](const std::string&, Session::ResolveDone) {
      client.session.reset();
      client.core.reset();
    });
    client->cluster([](Error, ClusterMetadata) {});
    CHECK(client.until([&] { return !client.session; }));
    client.run(1s);
    return;
  }
  client.close();
}

TEST_CASE("requests that wait for a connection have their own deadlines, and there is room for many") {
  SimClient client(1);
  SessionOptions options;
  options.bootstrap_servers = "10.1.0.1:9092";
  options.socket_connection_setup_timeout = 20s;
  client.open(options);
  ScriptedBroker server(client.world, "server", "10.1.0.1");
  client.world.black_hole("client", "server", true);
  int timed_out = 0, refused = 0, other = 0;
  constexpr int kMany = static_cast<int>(cluster::WaitingCalls::kMost) + 5;
  for (int i = 0; i < kMany; ++i) {
    client.core->router().call<protocol::MetadataRequest>(
        cluster::Contacts::kFirst, cluster::Purpose::general, {}, net::Duration(i % 2 == 0 ? 1s : 3s),
        [&](Error error, protocol::MetadataResponse&, const cluster::CallInfo& info) {
          CHECK(info.sent == cluster::Sent::no);
          (error == Errc::timed_out ? timed_out : error == Errc::queue_full ? refused : other) += 1;
        });
  }
  client.run(500ms);
  CHECK(refused == 5);
  CHECK(timed_out == 0);
  client.run(1s);
  CHECK(timed_out == kMany / 2 - 2);
  client.run(2s);
  CHECK(timed_out == kMany - 5);
  CHECK(other == 0);
  client.close();
}
