// Metadata: which broker is asked and how often, and what the client does with odd answers.
// Not here: how it gets there (link_test.cpp).
#include "cluster/metadata.hpp"

#include "sim_client.hpp"

using namespace kafka;
using namespace kafka::sim;
using namespace kafka::cluster;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;
using Api = protocol::ApiKey;
using protocol::RequestHeader;

namespace {

// One scripted broker that knows "t" with two partitions, and a session that wants it.
struct MetadataFixture : SimClient {
  explicit MetadataFixture(SessionOptions options = {}) : SimClient(1), server(world, "server", "10.1.0.1") {
    other().node_id = 2;
    server.add_topic("t", 2, 1, 5);
    options.bootstrap_servers = "10.1.0.1:9092";
    open(options);
  }
  protocol::MetadataResponse::MetadataResponseBroker& other() {
    auto& broker = server.metadata.brokers.emplace_back();
    broker.host = "10.1.0.1";
    broker.port = ScriptedBroker::kPort;
    return broker;
  }
  Metadata& metadata() { return core->metadata(); }
  auto& topic() { return server.metadata.topics.at(0); }
  auto& partition(size_t number) { return topic().partitions.at(number); }
  void learn() {
    metadata().want("t", false);
    REQUIRE(until([this] { return metadata().topic("t") != nullptr && metadata().topic("t")->known; }));
    REQUIRE(metadata().leader("t", 0) == 1);
  }
  /// One more question and its answer.
  void refresh() {
    const int before = server.asked(Api::metadata);
    metadata().refresh();
    REQUIRE(until([&] { return server.asked(Api::metadata) > before; }));
    run(20ms);
  }
  void finish() { close(); }

  ScriptedBroker server;
};

}  // namespace

TEST_CASE("topics that are wanted in one turn are asked for together, and known ones not again") {
  MetadataFixture fixture;
  fixture.server.add_topic("u", 1);
  std::vector<size_t> sizes;
  fixture.server.on_request = [&](ScriptedBroker::Connection&, const RequestHeader& header, codec::Reader& body) {
    if (header.api != Api::metadata) return false;
    protocol::MetadataRequest request;
    CHECK_FALSE(protocol::decode(body, header.version, request));
    sizes.push_back(request.topics->size());
    return false;
  };
  fixture.metadata().want("t", false);
  fixture.metadata().want("u", false);
  fixture.metadata().want("t", false);
  fixture.run(1s);
  CHECK(sizes == std::vector<size_t>{2});
  fixture.metadata().want("t", false);
  fixture.run(1s);
  CHECK(sizes.size() == 1);
  CHECK(fixture.metadata().leader("u", 0) == 1);
  fixture.finish();
}

TEST_CASE("metadata is asked for again when it is metadata_max_age old") {
  SessionOptions options;
  options.metadata_max_age = 10s;
  MetadataFixture fixture(options);
  fixture.learn();
  fixture.run(60s);
  CHECK(fixture.server.asked(Api::metadata) >= 6);
  CHECK(fixture.server.asked(Api::metadata) <= 7);
  fixture.finish();
}

TEST_CASE("I2: a topic that nobody wants any more is forgotten after metadata_max_idle") {
  SessionOptions options;
  options.metadata_max_age = 10s;
  options.metadata_max_idle = 30s;
  MetadataFixture fixture(options);
  fixture.learn();
  fixture.metadata().unwant("t");
  fixture.run(25s);
  CHECK(fixture.metadata().topic("t") != nullptr);
  fixture.run(20s);
  CHECK(fixture.metadata().topic("t") == nullptr);
  fixture.learn();
  fixture.finish();
}

TEST_CASE("D1: however often it is asked for, there is one metadata request per retry backoff at most") {
  SessionOptions options;
  options.retry_backoff = 200ms;
  MetadataFixture fixture(options);
  fixture.learn();
  const int before = fixture.server.asked(Api::metadata);
  for (int i = 0; i < 2000; ++i) {
    fixture.metadata().refresh();
    fixture.run(1ms);
  }
  CHECK(fixture.server.asked(Api::metadata) - before <= 11);
  CHECK(fixture.server.asked(Api::metadata) - before >= 8);
  fixture.finish();
}

TEST_CASE("while something is missing metadata is asked for with a growing pause") {
  MetadataFixture fixture;
  fixture.metadata().want("nothing", false);
  fixture.run(1s);
  const int first = fixture.server.asked(Api::metadata);
  CHECK(first >= 3);
  CHECK(first <= 6);
  fixture.run(60s);
  CHECK(fixture.server.asked(Api::metadata) - first >= 45);
  CHECK(fixture.server.asked(Api::metadata) - first <= 80);
  fixture.finish();
}

TEST_CASE("A13: an error code that nobody knows is no success: asked again with pauses, the number is shown") {
  MetadataFixture fixture;
  const bool whole = GENERATE(false, true);
  fixture.learn();
  if (whole) fixture.server.metadata.error_code = 999;
  if (!whole) fixture.topic().error_code = 999;
  fixture.server.versions = all_versions(13);
  for (auto& connection : fixture.server.connections) connection->close();
  fixture.run(10ms);
  const int before = fixture.server.asked(Api::metadata);
  fixture.metadata().refresh();
  fixture.run(10s);
  CHECK(fixture.server.asked(Api::metadata) - before >= 8);
  CHECK(fixture.server.asked(Api::metadata) - before <= 20);
  CHECK(fixture.metadata().leader("t", 0) == 1);  // what was known stays
  const Error& error = whole ? fixture.metadata().last_error() : fixture.metadata().topic("t")->error;
  CHECK_THAT(error.message() + error.name(), Contains("999"));
  fixture.finish();
}

TEST_CASE("A14: a topic that the answer omits is asked for again with pauses, and is then said to be unknown") {
  MetadataFixture fixture;
  fixture.server.metadata.topics.clear();
  fixture.metadata().want("t", false);
  fixture.run(5s);
  REQUIRE(fixture.metadata().topic("t") != nullptr);
  CHECK(fixture.metadata().topic("t")->error.code() == Errc::unknown_topic_or_partition);
  CHECK_FALSE(fixture.metadata().topic("t")->known);
  CHECK(fixture.server.asked(Api::metadata) <= 12);
  fixture.server.add_topic("t", 2, 1, 5);
  fixture.run(3s);
  CHECK(fixture.metadata().leader("t", 1) == 1);
  fixture.finish();
}

TEST_CASE("A14: of a repeated topic or partition the first counts; what nobody asked for is ignored") {
  MetadataFixture fixture;
  auto again = fixture.partition(0);
  again.leader_id = 2;
  fixture.topic().partitions.push_back(again);
  fixture.server.add_topic("t", 7, 2, 5);
  fixture.server.add_topic("unasked", 1);
  fixture.learn();
  CHECK(fixture.metadata().leader("t", 0) == 1);
  CHECK(fixture.metadata().topic("t")->partitions.size() == 2);
  CHECK(fixture.metadata().topic("unasked") == nullptr);
  fixture.finish();
}

TEST_CASE("A15: a leader of -1, or one that the broker list lacks, leaves the old leader and asks again") {
  MetadataFixture fixture;
  fixture.learn();
  const int32_t leader = GENERATE(-1, 77, INT32_MAX, INT32_MIN);
  const int16_t code = GENERATE(as<int16_t>{}, 0, 5);
  fixture.partition(0).leader_id = leader;
  fixture.partition(0).error_code = code;
  fixture.partition(0).leader_epoch = 6;
  const int before = fixture.server.asked(Api::metadata);
  fixture.refresh();
  CHECK(fixture.metadata().leader("t", 0) == 1);
  CHECK(fixture.metadata().topic("t")->partitions[0].error.code() == Errc::leader_not_available);
  fixture.run(5s);
  CHECK(fixture.server.asked(Api::metadata) - before >= 5);
  fixture.partition(0).leader_id = 2;
  fixture.partition(0).error_code = 0;
  fixture.run(2s);
  CHECK(fixture.metadata().leader("t", 0) == 2);
  CHECK_FALSE(fixture.metadata().topic("t")->partitions[0].error);
  fixture.finish();
}

TEST_CASE("A15: a topic that never had a leader has none, and is no success") {
  MetadataFixture fixture;
  fixture.partition(1).leader_id = -1;
  fixture.metadata().want("t", false);
  fixture.run(2s);
  CHECK(fixture.metadata().leader("t", 0) == 1);
  CHECK_FALSE(fixture.metadata().leader("t", 1).has_value());
  CHECK_FALSE(fixture.metadata().leader("t", 2).has_value());
  CHECK_FALSE(fixture.metadata().leader("t", -1).has_value());
  fixture.finish();
}

TEST_CASE("A15: zero partitions are no success, and take nothing away that was known") {
  MetadataFixture fixture;
  const bool knew = GENERATE(false, true);
  if (knew) fixture.learn();
  const auto all = fixture.topic().partitions;
  fixture.topic().partitions.clear();
  fixture.metadata().want("t", false);
  fixture.metadata().refresh();
  fixture.run(3s);
  REQUIRE(fixture.metadata().topic("t") != nullptr);
  CHECK(fixture.metadata().topic("t")->error);
  CHECK(fixture.metadata().leader("t", 0).has_value() == knew);
  fixture.topic().partitions = all;
  fixture.run(3s);
  CHECK_FALSE(fixture.metadata().topic("t")->error);
  CHECK(fixture.metadata().leader("t", 0) == 1);
  fixture.finish();
}

TEST_CASE(
    "A15: brokers with repeated ids, ports out of range or no host are left out; partition numbers out of range too") {
  MetadataFixture fixture;
  auto& brokers = fixture.server.metadata.brokers;
  auto bad = [&](int32_t id, const std::string& host, int32_t port) {
    auto& broker = brokers.emplace_back();
    broker.node_id = id;
    broker.host = host;
    broker.port = port;
  };
  bad(1, "10.9.9.9", 1);  // repeated
  bad(3, "10.1.0.1", 0);
  bad(4, "10.1.0.1", 70000);
  bad(5, "", 9092);
  bad(6, "10.1.0.1", -1);
  bad(-7, "10.1.0.1", 9092);
  for (const int32_t number : {-1, INT32_MIN, INT32_MAX, 1000000, 50}) {
    auto& partition = fixture.topic().partitions.emplace_back();
    partition.partition_index = number;
    partition.leader_id = 1;
  }
  fixture.learn();
  CHECK(fixture.core->router().brokers().size() == 2);
  CHECK(fixture.core->router().describe(1) == "10.1.0.1:9092 (broker 1)");
  CHECK(fixture.metadata().topic("t")->partitions.size() <= 7);
  const auto seen = fixture.cluster();
  CHECK(seen.value.brokers.size() <= 3);
  fixture.finish();
}

TEST_CASE("A15: an answer that names no broker is a failure, and the known ones stay") {
  MetadataFixture fixture;
  fixture.learn();
  const auto all = fixture.server.metadata.brokers;
  fixture.server.metadata.brokers.clear();
  fixture.refresh();
  CHECK(fixture.metadata().last_error());
  CHECK(fixture.core->router().brokers().size() == 2);
  CHECK(fixture.metadata().leader("t", 0) == 1);
  fixture.server.metadata.brokers = all;
  fixture.run(2s);
  CHECK_FALSE(fixture.metadata().last_error());
  fixture.finish();
}

TEST_CASE("A16: names with NUL, with bytes that are no UTF-8, and of the greatest length pass unchanged") {
  MetadataFixture fixture;
  const std::string name = GENERATE(std::string("a\0b", 3), std::string("\0", 1), std::string("\xff\xfe\x80"),
                                    std::string(32767, 'n'), std::string("line\nbreak"));
  fixture.server.add_topic(name, 1);
  fixture.server.add_topic("a", 3);  // a C string would end here
  const auto seen = fixture.cluster();
  REQUIRE_FALSE(seen.error);
  CHECK(seen.value.topics.size() == 3);
  REQUIRE(seen.value.topics.contains(name));
  CHECK(seen.value.topics.at(name).name == name);
  CHECK(seen.value.topics.at(name).partitions.size() == 1);
  fixture.metadata().want(name, false);
  fixture.run(1s);
  CHECK(fixture.metadata().leader(name, 0) == 1);
  fixture.finish();
}

TEST_CASE("D1: a leader that moves is found by a refresh, told as an event") {
  MetadataFixture fixture;
  fixture.learn();
  fixture.partition(1).leader_id = 2;
  fixture.partition(1).leader_epoch = 6;
  fixture.refresh();
  CHECK(fixture.metadata().leader("t", 1) == 2);
  CHECK(fixture.metadata().leader_epoch("t", 1) == 6);
  REQUIRE(fixture.count(kafka::Event::Type::leader_changed) == 1);
  const kafka::Event& event = *fixture.last(kafka::Event::Type::leader_changed);
  CHECK(event.topic == "t");
  CHECK(event.partition == 1);
  CHECK(event.broker_id == 2);
  fixture.finish();
}

TEST_CASE("D1: a hint about the new leader counts at once, without a request, unless it is old or about nobody") {
  MetadataFixture fixture;
  fixture.learn();
  int told = 0;
  const uint64_t id = fixture.metadata().add_listener([&] { ++told; });
  const int before = fixture.server.asked(Api::metadata);
  CHECK_FALSE(fixture.metadata().apply_leader("t", 0, 2, 4));  // older
  CHECK_FALSE(fixture.metadata().apply_leader("t", 0, 1, 5));  // nothing new
  CHECK_FALSE(fixture.metadata().apply_leader("t", 0, 9, 6));  // nobody
  CHECK_FALSE(fixture.metadata().apply_leader("t", 0, -1, 6));
  CHECK_FALSE(fixture.metadata().apply_leader("t", 5, 2, 6));
  CHECK_FALSE(fixture.metadata().apply_leader("u", 0, 2, 6));
  CHECK(fixture.metadata().leader("t", 0) == 1);
  CHECK(fixture.metadata().apply_leader("t", 0, 2, 6));
  CHECK(fixture.metadata().leader("t", 0) == 2);
  CHECK(told == 0);
  fixture.run(100ms);
  CHECK(told == 1);
  // An answer of a broker that does not know yet does not undo it.
  fixture.refresh();
  CHECK(fixture.metadata().leader("t", 0) == 2);
  CHECK(fixture.metadata().leader_epoch("t", 0) == 6);
  CHECK(fixture.server.asked(Api::metadata) == before + 1);
  // A leader that is not in the list of brokers comes with its address.
  fixture.metadata().add_brokers({{3, "10.1.0.1", 9092, ""}, {4, "", 9092, ""}, {-1, "10.1.0.1", 9092, ""}});
  CHECK(fixture.core->router().brokers().size() == 3);
  CHECK(fixture.metadata().apply_leader("t", 0, 3, 7));
  fixture.metadata().remove_listener(id);
  fixture.finish();
}

TEST_CASE("D2: a lower leader epoch is ignored, the same one and -1 are taken") {
  MetadataFixture fixture;
  fixture.learn();
  auto& partition = fixture.partition(0);
  partition.leader_id = 2;
  partition.leader_epoch = 4;
  fixture.refresh();
  CHECK(fixture.metadata().leader("t", 0) == 1);
  CHECK(fixture.metadata().leader_epoch("t", 0) == 5);
  partition.leader_epoch = 5;
  fixture.refresh();
  CHECK(fixture.metadata().leader("t", 0) == 2);
  partition.leader_id = 1;
  partition.leader_epoch = -1;
  fixture.refresh();
  CHECK(fixture.metadata().leader("t", 0) == 1);
  partition.leader_id = 2;
  partition.leader_epoch = 6;
  fixture.refresh();
  CHECK(fixture.metadata().leader("t", 0) == 2);
  CHECK(fixture.metadata().leader_epoch("t", 0) == 6);
  fixture.finish();
}

TEST_CASE("D3: a topic made anew under its name is taken by its new id, epochs and partitions from the beginning") {
  MetadataFixture fixture;
  fixture.topic().topic_id.bytes[0] = 1;
  fixture.learn();
  const Uuid old = fixture.topic().topic_id;
  fixture.topic().topic_id.bytes[0] = 2;
  fixture.topic().partitions.resize(1);
  fixture.partition(0).leader_epoch = 0;
  fixture.partition(0).leader_id = 2;
  fixture.refresh();
  CHECK(fixture.metadata().leader("t", 0) == 2);
  CHECK(fixture.metadata().topic("t")->partitions.size() == 1);
  REQUIRE(fixture.metadata().topic_by_id(fixture.topic().topic_id) != nullptr);
  CHECK(fixture.metadata().topic_by_id(old) != nullptr);
  fixture.finish();
}

TEST_CASE("D3: an id that seems to be older is not ignored for ever: the newer one may be that of a broker that lags") {
  MetadataFixture fixture;
  fixture.topic().topic_id.bytes[0] = 1;
  fixture.learn();
  fixture.topic().topic_id.bytes[0] = 3;
  fixture.refresh();
  fixture.topic().topic_id.bytes[0] = 2;  // from a broker that has not heard yet of the third one
  fixture.refresh();
  fixture.topic().topic_id.bytes[0] = 3;
  fixture.partition(0).leader_id = 2;
  fixture.refresh();
  CHECK(fixture.metadata().topic("t")->id.bytes[0] == 2);
  for (int i = 0; i < 9; ++i) fixture.refresh();
  CHECK(fixture.metadata().topic("t")->id.bytes[0] == 3);
  CHECK(fixture.metadata().leader("t", 0) == 2);
  fixture.finish();
}

TEST_CASE("D3: an epoch that came without an id may be an old topic's, and is not believed for ever") {
  const bool hint = GENERATE(true, false);  // not: the topic had no id at first
  CAPTURE(hint);
  MetadataFixture fixture;
  if (hint) fixture.topic().topic_id.bytes[0] = 1;
  fixture.learn();
  if (hint) {
    CHECK(fixture.metadata().apply_leader("t", 0, 2, 9));
  } else {
    fixture.topic().topic_id.bytes[0] = 1;
    fixture.partition(0).leader_epoch = 0;
    fixture.partition(0).leader_id = 2;
  }
  fixture.refresh();
  CHECK(fixture.metadata().leader("t", 0) == (hint ? 2 : 1));  // a broker may be behind
  for (int i = 0; i < 5; ++i) fixture.refresh();
  CHECK(fixture.metadata().leader("t", 0) == (hint ? 1 : 2));
  CHECK(fixture.metadata().leader_epoch("t", 0) == (hint ? 5 : 0));
  // What came with the id stands.
  fixture.partition(0).leader_epoch += 1;
  fixture.refresh();
  fixture.partition(0).leader_epoch -= 1;
  for (int i = 0; i < 10; ++i) fixture.refresh();
  CHECK(fixture.metadata().leader_epoch("t", 0) == (hint ? 6 : 1));
  fixture.finish();
}

TEST_CASE("a broker that does not know the topic for a moment takes nothing away") {
  MetadataFixture fixture;
  fixture.learn();
  fixture.topic().error_code = static_cast<int16_t>(Errc::unknown_topic_or_partition);
  fixture.topic().partitions.clear();
  fixture.refresh();
  CHECK(fixture.metadata().topic("t")->error);
  CHECK(fixture.metadata().topic("t")->known);
  CHECK(fixture.metadata().leader("t", 1) == 1);
  fixture.finish();
}

TEST_CASE("a broker whose answer leaves something open is not the next to be asked") {
  SimClient client(1);
  ScriptedBroker cut_off(client.world, "a", "10.1.0.1"), well(client.world, "b", "10.1.0.2");
  auto& second = cut_off.metadata.brokers.emplace_back();
  second.node_id = 2;
  second.host = "10.1.0.2";
  second.port = ScriptedBroker::kPort;
  well.metadata.brokers = cut_off.metadata.brokers;
  cut_off.add_topic("t", 1, -1, 3);
  well.add_topic("t", 1, 2, 4);
  SessionOptions options;
  options.bootstrap_servers = "10.1.0.1:9092";
  client.open(options);
  client.core->metadata().want("t", false);
  CHECK(client.until([&] { return client.core->metadata().leader("t", 0) == 2; }, 3s));
  CHECK(cut_off.asked(Api::metadata) <= 2);
  client.close();
}

// --- starting again from the contact points ------------------------------------

namespace {

// Two clusters of one broker each behind the name "kafka.test", which leads to the first.
struct TwoClusters : SimClient {
  explicit TwoClusters(SessionOptions options = {})
      : SimClient(1), first(world, "first", "10.1.0.1"), second(world, "second", "10.1.0.2") {
    first.metadata.cluster_id = "first";
    second.metadata.cluster_id = "second";
    world.set_name("kafka.test", {"10.1.0.1"});
    options.bootstrap_servers = "kafka.test:9092";
    open(options);
    CHECK(cluster().value.cluster_id == "first");
  }
  size_t rebootstraps() const { return count(kafka::Event::Type::rebootstrap); }
  ScriptedBroker first, second;
};

}  // namespace

TEST_CASE(
    "C12: when no known broker can be reached the contact points are asked again, and that is told once (KIP-899)") {
  TwoClusters client;
  client.world.set_name("kafka.test", {"10.1.0.2"});
  client.first.stop_listening();
  for (auto& connection : client.first.connections) connection->close();
  client.run(35s);  // longer than addresses are kept
  const auto seen = client.cluster(10s);
  CHECK_FALSE(seen.error);
  CHECK(seen.value.cluster_id == "second");
  CHECK(client.rebootstraps() == 1);
  CHECK(client.core->router().brokers().at(1).endpoint->host == "10.1.0.2");
  client.close();
}

TEST_CASE("C12: with the strategy none the known brokers are all there is (KIP-899)") {
  SessionOptions options;
  options.metadata_recovery_strategy = MetadataRecovery::none;
  options.default_api_timeout = 10s;
  TwoClusters client(options);
  client.world.set_name("kafka.test", {"10.1.0.2"});
  client.first.stop_listening();
  for (auto& connection : client.first.connections) connection->close();
  client.run(35s);
  CHECK(client.cluster().error);
  CHECK(client.rebootstraps() == 0);
  CHECK(client.second.connections.empty());
  client.first.listen();
  CHECK(client.cluster().value.cluster_id == "first");
  client.close();
}

TEST_CASE("C12: a broker may send the client back to its contact points (KIP-1102)") {
  TwoClusters client;
  client.world.set_name("kafka.test", {"10.1.0.2"});
  client.run(35s);
  client.first.metadata.error_code = static_cast<int16_t>(Errc::rebootstrap_required);
  client.first.versions = all_versions(13);
  for (auto& connection : client.first.connections) connection->close();
  client.run(10ms);
  CHECK(client.cluster(10s).value.cluster_id == "second");
  CHECK(client.rebootstraps() == 1);
  CHECK(client.first.asked(Api::metadata) <= 3);
  client.close();
}

TEST_CASE(
    "C12: without a useful answer for the trigger time the client starts again from its contact points (KIP-1102)") {
  SessionOptions options;
  options.metadata_recovery_rebootstrap_trigger = 20s;
  options.default_api_timeout = 5min;
  TwoClusters client(options);
  client.world.set_name("kafka.test", {"10.1.0.2"});
  client.run(35s);
  client.first.metadata.brokers.clear();  // it answers, but names no broker
  const net::Duration before = client.world.elapsed();
  CHECK(client.cluster(2min).value.cluster_id == "second");
  CHECK(client.world.elapsed() - before >= 20s);
  CHECK(client.world.elapsed() - before <= 25s);
  CHECK(client.rebootstraps() == 1);
  client.close();
}

// --- requests under way when the cluster changes --------------------------------

TEST_CASE("C13: requests to a broker that moved or left end as disconnected, each once, never as closed") {
  MetadataFixture fixture;
  fixture.learn();
  int ended = 0;
  auto call = [&](int32_t node) {
    fixture.server.on_request = nullptr;
    fixture.core->router().call<protocol::MetadataRequest>(node, Purpose::coordinator, {}, net::Duration(30s),
                                                           [&](Error, protocol::MetadataResponse&, const CallInfo&) {});
    fixture.run(20ms);
    fixture.server.on_request = [](ScriptedBroker::Connection&, const RequestHeader&, codec::Reader&) { return true; };
    fixture.core->router().call<protocol::MetadataRequest>(
        node, Purpose::coordinator, {}, net::Duration(30s),
        [&](Error error, protocol::MetadataResponse&, const CallInfo&) {
          ++ended;
          CHECK(error.code() == Errc::disconnected);
        });
    fixture.run(20ms);
  };
  call(1);
  call(2);
  fixture.run(20ms);
  // One leaves, and the other in the next turn, before that has cleaned up after the first.
  fixture.reactor.defer([&] {
    fixture.reactor.defer([&] { fixture.core->router().set_brokers({{3, "10.1.0.1", 9092, ""}}); });
  });
  fixture.core->router().set_brokers({{2, "10.1.0.1", 9092, ""}, {3, "10.1.0.1", 9092, ""}});
  fixture.run(1s);
  CHECK(ended == 2);
  fixture.server.on_request = nullptr;
  fixture.finish();
}
