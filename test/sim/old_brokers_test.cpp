// A12: brokers from before ApiVersions, and how present requests are sent to them.
// Not here: which versions the legacy profile has (unit/protocol), real brokers of that age (test/broker).
#include "cluster/link.hpp"
#include "sim_client.hpp"

using namespace kafka;
using namespace kafka::sim;
using namespace std::chrono_literals;
using Api = protocol::ApiKey;
using Type = Event::Type;
using protocol::RequestHeader;

namespace {

std::string list_groups_frame(const protocol::RequestHeader& header) {
  codec::Writer writer;
  protocol::begin_response(writer, header.api, header.version, header.correlation_id);
  writer.i16(0);
  writer.i32(0);
  std::string bytes;
  for (const Bytes& segment : protocol::end_frame(writer)) bytes += segment.view();
  return bytes;
}

// 0.9.0: drops what it does not know and serves the next request of the connection.
void ignore_api_versions(ScriptedBroker& broker) {
  broker.on_request = [](auto& connection, const protocol::RequestHeader& header, codec::Reader&) {
    if (header.api == Api::list_groups) connection.raw(list_groups_frame(header));
    return header.api == Api::list_groups || header.api == Api::api_versions;
  };
}

}  // namespace

TEST_CASE("A12: a broker that closes on ApiVersions is spoken to as 0.8.2, at once and on later connections") {
  SimClient client(1, {.brokers = 1});
  REQUIRE_FALSE(client.brokers->cluster().releases().as_version("0.8.2"));
  REQUIRE_FALSE(client.brokers->cluster().topics().create("t", 2));
  for (int i = 0; i < 3; ++i) {
    const auto seen = client.cluster(1s);
    CHECK_FALSE(seen.error);
    CHECK(seen.value.topics.at("t").partitions.size() == 2);
  }
  // The contact point is asked for versions twice, and closes. The broker with its id is asked once more.
  CHECK(client.world.connects("client") == 5);
  client.core->router().link(1, cluster::Purpose::general)->close(Error(Errc::disconnected));
  client.run(10ms);
  CHECK_FALSE(client.cluster(1s).error);
  CHECK(client.world.connects("client") == 6);  // now the client believes that it is old
  CHECK(client.count(Type::connect_failed) == 0);
  CHECK(client.log.empty());
  client.close();
}

TEST_CASE("A12: a present broker whose handshakes are cut is not taken for an old one") {
  // How many handshakes in a row are cut. A broker that cuts two is asked again by the next connection.
  const int cut = GENERATE(1, 2);
  SimClient client(1, {.session = {.bootstrap_servers = "10.1.0.1:9092"}});
  ScriptedBroker server(client.world, "server", "10.1.0.1");
  int left = cut;
  std::vector<int16_t> spoken;
  server.on_request = [&](ScriptedBroker::Connection& peer, const RequestHeader& header, codec::Reader&) {
    if (header.api == Api::metadata) spoken.push_back(header.version);
    if (header.api != Api::api_versions || left == 0) return false;
    --left;
    peer.close();
    return true;
  };
  CHECK_FALSE(client.cluster(1s).error);
  for (int i = 0; i < 3; ++i) CHECK_FALSE(client.cluster(1s).error);
  REQUIRE(spoken.size() >= 3);
  CHECK(spoken.front() == (cut == 1 ? 12 : 0));
  CHECK(spoken.back() == 12);
  CHECK(client.count(Type::connect_failed) == 0);
  client.close();
}

TEST_CASE("A12: requests to a broker that was taken for an old one are answered before the connection is closed") {
  SimClient client(1, {.session = {.bootstrap_servers = "10.1.0.1:9092"}});
  ScriptedBroker server(client.world, "server", "10.1.0.1");
  int left = 3;
  bool hold = false;
  std::vector<std::function<void()>> held;
  server.on_request = [&](ScriptedBroker::Connection& peer, const RequestHeader& header, codec::Reader&) {
    if (header.api == Api::api_versions && left > 0) {
      --left;
      peer.close();
      return true;
    }
    if (header.api != Api::metadata || !hold) return false;
    held.push_back([&peer, &server, header] { peer.answer(header, server.metadata); });
    return true;
  };
  for (int i = 0; i < 2; ++i) CHECK_FALSE(client.cluster(1s).error);  // the second by the broker's id
  REQUIRE(left == 0);
  hold = true;
  Outcome<ClusterMetadata> first, second;
  client->cluster(first.take());
  REQUIRE(client.until([&] { return held.size() == 1; }));
  CHECK(server.seen.back().version == 0);
  const size_t open = server.open_connections();
  client.core->router().brokers().at(1).endpoint->age.answered({});  // another connection has learned it
  auto ask = [&] {
    client.core->router().call(1, cluster::Purpose::general, protocol::MetadataRequest{}, net::Duration(5s),
                               [&](Error error, protocol::MetadataResponse&, const cluster::CallInfo& info) {
                                 ++second.calls;
                                 CHECK_FALSE(error);
                                 CHECK(info.version == 12);
                               });
  };
  ask();
  client.run(50ms);
  CHECK(first.calls == 0);
  CHECK(server.open_connections() == open);
  hold = false;
  held.front()();
  CHECK(client.until([&] { return first.calls == 1 && second.calls == 1; }));
  CHECK_FALSE(first.error);
  client.close();
}

TEST_CASE("A12: a broker counts as old for 60 s, or until it does not answer like an old one either") {
  SimClient client(1, {.session = {.bootstrap_servers = "10.1.0.1:9092"}});
  ScriptedBroker server(client.world, "server", "10.1.0.1");
  bool modern = false, mute = false;
  server.on_request = [&](ScriptedBroker::Connection& peer, const RequestHeader& header, codec::Reader&) {
    if (modern) return false;
    if (header.api == Api::api_versions || mute) {
      peer.close();
      return true;
    }
    CHECK(header.version == 0);
    return false;
  };
  for (int i = 0; i < 2; ++i) CHECK_FALSE(client.cluster(1s).error);
  const int asked = server.asked(Api::api_versions);
  CHECK(asked == 3);
  auto reconnect = [&] {
    for (auto& connection : server.connections) connection->close();
    client.run(100ms);
    CHECK_FALSE(client.cluster(30s).error);
  };
  reconnect();
  CHECK(server.asked(Api::api_versions) == asked);
  SECTION("after 60 s") {
    client.run(61s);
    reconnect();
    CHECK(server.asked(Api::api_versions) == asked + 1);
  }
  SECTION("it has been updated") {
    modern = true;
    client.run(61s);
    reconnect();
    CHECK(server.asked(Api::api_versions) == asked + 1);
    CHECK(server.seen.back().version > 0);
    modern = false;  // it answered once: never old again
    for (auto& connection : server.connections) connection->close();
    const size_t before = server.seen.size();
    Outcome<ClusterMetadata> outcome;
    client->cluster(outcome.take());
    client.run(10s);
    CHECK(outcome.calls == 0);
    for (size_t i = before; i < server.seen.size(); ++i) CHECK(server.seen[i].api == Api::api_versions);
    CHECK(client.count(Type::connect_failed) > 0);
    client.close();
    CHECK(outcome.calls == 1);
    return;
  }
  SECTION("it does not answer as one") {
    mute = true;
    for (auto& connection : server.connections) connection->close();
    Outcome<ClusterMetadata> outcome;
    client->cluster(outcome.take());
    client.run(5s);
    CHECK(server.asked(Api::api_versions) > asked);
    mute = false;
    client.run(5s);
    CHECK(outcome.calls == 1);
    CHECK_FALSE(outcome.error);
  }
  client.close();
}

TEST_CASE("A12: an old broker that failed once is not avoided for ever") {
  SimClient client(1, {.brokers = 2});
  REQUIRE_FALSE(client.brokers->cluster().releases().as_version("0.9"));
  CHECK_FALSE(client.cluster().error);
  client.brokers->kill(1);
  client.brokers->kill(2);
  Outcome<ClusterMetadata> outcome;
  client->cluster(outcome.take());
  client.run(5s);
  client.brokers->restart(1);
  client.brokers->restart(2);
  CHECK(client.until([&] { return outcome.calls == 1; }));
  CHECK_FALSE(outcome.error);
  for (int i = 0; i < 4; ++i) CHECK_FALSE(client.cluster().error);
  size_t well = 0;
  for (const auto& [id, broker] : client.core->router().brokers()) well += broker.endpoint->failing ? 0 : 1;
  CHECK(well >= 1);
  client.close();
}

TEST_CASE("A12: a broker that drops ApiVersions and answers the next request is spoken to as an old one") {
  SimClient client(1);
  ScriptedBroker broker(client.world, "broker", "10.1.0.1");
  ignore_api_versions(broker);
  client.open({.bootstrap_servers = broker.address()});
  const net::TimePoint started = client.reactor.now();
  const auto seen = client.cluster();
  CHECK_FALSE(seen.error);
  CHECK(client.reactor.now() - started < 2s);
  CHECK(broker.seen.back().api == Api::metadata);
  CHECK(broker.seen.back().version == 0);
  CHECK(client.count(Event::Type::connect_failed) == 0);
  // The next connection is made to the broker of the metadata, and need not find out again.
  const int asked = broker.asked(Api::api_versions);
  CHECK_FALSE(client.cluster().error);
  CHECK(broker.asked(Api::api_versions) == asked);
  // Its answer proves its age: it is not asked again.
  cluster::Link& link = *client.core->router().link(1, cluster::Purpose::general);
  REQUIRE(link.speaks_old());
  CHECK(link.connection()->dialect() == cluster::Dialect::old);
  link.doubt();
  CHECK(link.ready());
  client.close();
}

TEST_CASE("A12: that a broker is old because it closed connections is a guess, and it can be asked again") {
  SimClient client(1, {.brokers = 1});
  REQUIRE_FALSE(client.brokers->cluster().releases().as_version("0.8.2"));
  for (int i = 0; i < 2; ++i) CHECK_FALSE(client.cluster(1s).error);
  cluster::Link& link = *client.core->router().link(1, cluster::Purpose::general);
  REQUIRE(link.speaks_old());
  CHECK(link.connection()->dialect() == cluster::Dialect::old_guessed);
  REQUIRE_FALSE(client.brokers->cluster().releases().as_version(""));
  link.doubt();
  CHECK_FALSE(client.cluster(1s).error);
  REQUIRE(link.ready());
  CHECK_FALSE(link.speaks_old());
  client.close();
}

TEST_CASE("A12: a broker that is only slow to answer ApiVersions is not taken for an old one") {
  SimClient client(1);
  ScriptedBroker broker(client.world, "broker", "10.1.0.1");
  std::vector<std::function<void()>> held;
  broker.on_request = [&](auto& connection, const protocol::RequestHeader& header, codec::Reader&) {
    if (header.api == Api::api_versions) {
      held.push_back([&connection, &broker, header] { connection.answer(header, broker.versions); });
    } else if (header.api == Api::list_groups) {
      held.push_back([&connection, header] { connection.raw(list_groups_frame(header)); });
    } else {
      return false;
    }
    return true;
  };
  client.open({.bootstrap_servers = broker.address()});
  Outcome<ClusterMetadata> outcome;
  client->cluster(outcome.take());
  client.run(3s);
  REQUIRE(held.size() == 2);
  CHECK(outcome.calls == 0);
  for (auto& answer : held) answer();
  CHECK(client.until([&] { return outcome.calls == 1; }));
  CHECK_FALSE(outcome.error);
  CHECK(broker.seen.back().api == Api::metadata);
  CHECK(broker.seen.back().version == 12);
  CHECK(broker.connections.size() == 1);
  client.close();
}

TEST_CASE("A12: a silent server gets no more connections although it is asked twice") {
  SimClient client(1);
  ScriptedBroker broker(client.world, "broker", "10.1.0.1");
  broker.on_request = [](auto&, const protocol::RequestHeader&, codec::Reader&) { return true; };
  client.open({.bootstrap_servers = broker.address()});
  Outcome<ClusterMetadata> outcome;
  client->cluster(outcome.take());
  client.run(9s);
  CHECK(broker.connections.size() == 1);
  CHECK(broker.seen.size() == 2);
  CHECK(client.until([&] { return outcome.calls == 1; }));
  CHECK(outcome.error == Errc::timed_out);
  client.close();
}

TEST_CASE("a broker before Metadata 4 is asked for all topics, so that looking at one does not create it") {
  for (const int16_t newest : {int16_t{0}, int16_t{1}, int16_t{3}}) {
    SimClient client(1);
    ScriptedBroker broker(client.world, "broker", "10.1.0.1");
    broker.versions = all_versions(newest);
    broker.add_topic("mine", 2);
    broker.add_topic("other", 1);
    std::vector<std::optional<size_t>> named;
    broker.on_request = [&](auto&, const protocol::RequestHeader& header, codec::Reader& body) {
      if (header.api != Api::metadata) return false;
      protocol::MetadataRequest request;
      CHECK_FALSE(protocol::decode(body, header.version, request));
      named.push_back(request.topics ? std::optional(request.topics->size()) : std::nullopt);
      return false;
    };
    client.open({.bootstrap_servers = broker.address()});
    const auto seen = client.metadata_of({"mine", "missing"});
    CHECK_FALSE(seen.error);
    REQUIRE(seen.value.topics.size() == 2);
    CHECK(seen.value.topics.at("mine").partitions.size() == 2);
    CHECK(seen.value.topics.at("missing").error == Errc::unknown_topic_or_partition);
    REQUIRE_FALSE(named.empty());
    CHECK(named.back() == (newest == 0 ? std::optional<size_t>(0) : std::nullopt));
    client.close();
  }
}
