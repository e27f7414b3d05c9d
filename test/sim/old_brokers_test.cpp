// A12: brokers from before ApiVersions, and what requests of today become for them.
// Not here: which versions the legacy profile has (unit/protocol), real brokers of that age (test/broker).
#include "sim_client.hpp"

using namespace kafka;
using namespace kafka::sim;
using namespace std::chrono_literals;
using Api = protocol::ApiKey;

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

TEST_CASE("A12: a server that says nothing at all is not connected to more often for being asked twice") {
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
