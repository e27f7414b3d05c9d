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
struct Rig : SimClient {
  explicit Rig(SessionOptions options = {}) : SimClient(1), server(world, "server", "10.1.0.1") {
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
  Rig rig;
  rig.server.add_topic("u", 1);
  std::vector<size_t> sizes;
  rig.server.on_request = [&](ScriptedBroker::Connection&, const RequestHeader& header, codec::Reader& body) {
    if (header.api != Api::metadata) return false;
    protocol::MetadataRequest request;
    CHECK_FALSE(protocol::decode(body, header.version, request));
    sizes.push_back(request.topics->size());
    return false;
  };
  rig.metadata().want("t", false);
  rig.metadata().want("u", false);
  rig.metadata().want("t", false);
  rig.run(1s);
  CHECK(sizes == std::vector<size_t>{2});
  rig.metadata().want("t", false);
  rig.run(1s);
  CHECK(sizes.size() == 1);
  CHECK(rig.metadata().leader("u", 0) == 1);
  rig.finish();
}

TEST_CASE("metadata is asked for again when it is metadata_max_age old") {
  SessionOptions options;
  options.metadata_max_age = 10s;
  Rig rig(options);
  rig.learn();
  rig.run(60s);
  CHECK(rig.server.asked(Api::metadata) >= 6);
  CHECK(rig.server.asked(Api::metadata) <= 7);
  rig.finish();
}

TEST_CASE("I2: a topic that nobody wants any more is forgotten after metadata_max_idle") {
  SessionOptions options;
  options.metadata_max_age = 10s;
  options.metadata_max_idle = 30s;
  Rig rig(options);
  rig.learn();
  rig.metadata().unwant("t");
  rig.run(25s);
  CHECK(rig.metadata().topic("t") != nullptr);
  rig.run(20s);
  CHECK(rig.metadata().topic("t") == nullptr);
  rig.learn();
  rig.finish();
}

TEST_CASE("D1: however often it is asked for, there is one metadata request per retry backoff at most") {
  SessionOptions options;
  options.retry_backoff = 200ms;
  Rig rig(options);
  rig.learn();
  const int before = rig.server.asked(Api::metadata);
  for (int i = 0; i < 2000; ++i) {
    rig.metadata().refresh();
    rig.run(1ms);
  }
  CHECK(rig.server.asked(Api::metadata) - before <= 11);
  CHECK(rig.server.asked(Api::metadata) - before >= 8);
  rig.finish();
}

TEST_CASE("while something is missing metadata is asked for with a growing pause") {
  Rig rig;
  rig.metadata().want("nothing", false);
  rig.run(1s);
  const int first = rig.server.asked(Api::metadata);
  CHECK(first >= 3);
  CHECK(first <= 6);
  rig.run(60s);
  CHECK(rig.server.asked(Api::metadata) - first >= 45);
  CHECK(rig.server.asked(Api::metadata) - first <= 80);
  rig.finish();
}

TEST_CASE("A13: an error code that nobody knows is no success: asked again with pauses, the number is shown") {
  Rig rig;
  const bool whole = GENERATE(false, true);
  rig.learn();
  if (whole) rig.server.metadata.error_code = 999;
  if (!whole) rig.topic().error_code = 999;
  rig.server.versions = all_versions(13);
  for (auto& connection : rig.server.connections) connection->close();
  rig.run(10ms);
  const int before = rig.server.asked(Api::metadata);
  rig.metadata().refresh();
  rig.run(10s);
  CHECK(rig.server.asked(Api::metadata) - before >= 8);
  CHECK(rig.server.asked(Api::metadata) - before <= 20);
  CHECK(rig.metadata().leader("t", 0) == 1);  // what was known stays
  const Error& error = whole ? rig.metadata().last_error() : rig.metadata().topic("t")->error;
  CHECK_THAT(error.message() + error.name(), Contains("999"));
  rig.finish();
}

TEST_CASE("A14: a topic that the answer omits is asked for again with pauses, and is then said to be unknown") {
  Rig rig;
  rig.server.metadata.topics.clear();
  rig.metadata().want("t", false);
  rig.run(5s);
  REQUIRE(rig.metadata().topic("t") != nullptr);
  CHECK(rig.metadata().topic("t")->error.code() == Errc::unknown_topic_or_partition);
  CHECK_FALSE(rig.metadata().topic("t")->known);
  CHECK(rig.server.asked(Api::metadata) <= 12);
  rig.server.add_topic("t", 2, 1, 5);
  rig.run(3s);
  CHECK(rig.metadata().leader("t", 1) == 1);
  rig.finish();
}

TEST_CASE("A14: of a repeated topic or partition the first counts; what nobody asked for is ignored") {
  Rig rig;
  auto again = rig.partition(0);
  again.leader_id = 2;
  rig.topic().partitions.push_back(again);
  rig.server.add_topic("t", 7, 2, 5);
  rig.server.add_topic("unasked", 1);
  rig.learn();
  CHECK(rig.metadata().leader("t", 0) == 1);
  CHECK(rig.metadata().topic("t")->partitions.size() == 2);
  CHECK(rig.metadata().topic("unasked") == nullptr);
  rig.finish();
}

TEST_CASE("A15: a leader of -1, or one that the broker list lacks, leaves the old leader and asks again") {
  Rig rig;
  rig.learn();
  const int32_t leader = GENERATE(-1, 77, INT32_MAX, INT32_MIN);
  const int16_t code = GENERATE(as<int16_t>{}, 0, 5);
  rig.partition(0).leader_id = leader;
  rig.partition(0).error_code = code;
  rig.partition(0).leader_epoch = 6;
  const int before = rig.server.asked(Api::metadata);
  rig.refresh();
  CHECK(rig.metadata().leader("t", 0) == 1);
  CHECK(rig.metadata().topic("t")->partitions[0].error.code() == Errc::leader_not_available);
  rig.run(5s);
  CHECK(rig.server.asked(Api::metadata) - before >= 5);
  rig.partition(0).leader_id = 2;
  rig.partition(0).error_code = 0;
  rig.run(2s);
  CHECK(rig.metadata().leader("t", 0) == 2);
  CHECK_FALSE(rig.metadata().topic("t")->partitions[0].error);
  rig.finish();
}

TEST_CASE("A15: a topic that never had a leader has none, and is no success") {
  Rig rig;
  rig.partition(1).leader_id = -1;
  rig.metadata().want("t", false);
  rig.run(2s);
  CHECK(rig.metadata().leader("t", 0) == 1);
  CHECK_FALSE(rig.metadata().leader("t", 1).has_value());
  CHECK_FALSE(rig.metadata().leader("t", 2).has_value());
  CHECK_FALSE(rig.metadata().leader("t", -1).has_value());
  rig.finish();
}

TEST_CASE("A15: zero partitions are no success, and take nothing away that was known") {
  Rig rig;
  const bool knew = GENERATE(false, true);
  if (knew) rig.learn();
  const auto all = rig.topic().partitions;
  rig.topic().partitions.clear();
  rig.metadata().want("t", false);
  rig.metadata().refresh();
  rig.run(3s);
  REQUIRE(rig.metadata().topic("t") != nullptr);
  CHECK(rig.metadata().topic("t")->error);
  CHECK(rig.metadata().leader("t", 0).has_value() == knew);
  rig.topic().partitions = all;
  rig.run(3s);
  CHECK_FALSE(rig.metadata().topic("t")->error);
  CHECK(rig.metadata().leader("t", 0) == 1);
  rig.finish();
}

TEST_CASE(
    "A15: brokers with repeated ids, ports out of range or no host are left out; partition numbers out of range too") {
  Rig rig;
  auto& brokers = rig.server.metadata.brokers;
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
    auto& partition = rig.topic().partitions.emplace_back();
    partition.partition_index = number;
    partition.leader_id = 1;
  }
  rig.learn();
  CHECK(rig.core->router().brokers().size() == 2);
  CHECK(rig.core->router().describe(1) == "10.1.0.1:9092 (broker 1)");
  CHECK(rig.metadata().topic("t")->partitions.size() <= 7);
  const auto seen = rig.cluster();
  CHECK(seen.value.brokers.size() <= 3);
  rig.finish();
}

TEST_CASE("A15: an answer that names no broker is a failure, and the known ones stay") {
  Rig rig;
  rig.learn();
  const auto all = rig.server.metadata.brokers;
  rig.server.metadata.brokers.clear();
  rig.refresh();
  CHECK(rig.metadata().last_error());
  CHECK(rig.core->router().brokers().size() == 2);
  CHECK(rig.metadata().leader("t", 0) == 1);
  rig.server.metadata.brokers = all;
  rig.run(2s);
  CHECK_FALSE(rig.metadata().last_error());
  rig.finish();
}

TEST_CASE("A16: names with NUL, with bytes that are no UTF-8, and of the greatest length pass unchanged") {
  Rig rig;
  const std::string name = GENERATE(std::string("a\0b", 3), std::string("\0", 1), std::string("\xff\xfe\x80"),
                                    std::string(32767, 'n'), std::string("line\nbreak"));
  rig.server.add_topic(name, 1);
  rig.server.add_topic("a", 3);  // what a C string would make of it
  const auto seen = rig.cluster();
  REQUIRE_FALSE(seen.error);
  CHECK(seen.value.topics.size() == 3);
  REQUIRE(seen.value.topics.contains(name));
  CHECK(seen.value.topics.at(name).name == name);
  CHECK(seen.value.topics.at(name).partitions.size() == 1);
  rig.metadata().want(name, false);
  rig.run(1s);
  CHECK(rig.metadata().leader(name, 0) == 1);
  rig.finish();
}

TEST_CASE("D1: a leader that moves is found by a refresh, told as an event") {
  Rig rig;
  rig.learn();
  rig.partition(1).leader_id = 2;
  rig.partition(1).leader_epoch = 6;
  rig.refresh();
  CHECK(rig.metadata().leader("t", 1) == 2);
  CHECK(rig.metadata().leader_epoch("t", 1) == 6);
  REQUIRE(rig.count(kafka::Event::Type::leader_changed) == 1);
  const kafka::Event& event = *rig.last(kafka::Event::Type::leader_changed);
  CHECK(event.topic == "t");
  CHECK(event.partition == 1);
  CHECK(event.broker_id == 2);
  rig.finish();
}

TEST_CASE("D1: a hint about the new leader counts at once, without a request, unless it is old or about nobody") {
  Rig rig;
  rig.learn();
  int told = 0;
  const uint64_t id = rig.metadata().add_listener([&] { ++told; });
  const int before = rig.server.asked(Api::metadata);
  CHECK_FALSE(rig.metadata().apply_leader("t", 0, 2, 4));  // older
  CHECK_FALSE(rig.metadata().apply_leader("t", 0, 1, 5));  // nothing new
  CHECK_FALSE(rig.metadata().apply_leader("t", 0, 9, 6));  // nobody
  CHECK_FALSE(rig.metadata().apply_leader("t", 0, -1, 6));
  CHECK_FALSE(rig.metadata().apply_leader("t", 5, 2, 6));
  CHECK_FALSE(rig.metadata().apply_leader("u", 0, 2, 6));
  CHECK(rig.metadata().leader("t", 0) == 1);
  CHECK(rig.metadata().apply_leader("t", 0, 2, 6));
  CHECK(rig.metadata().leader("t", 0) == 2);
  CHECK(told == 0);
  rig.run(100ms);
  CHECK(told == 1);
  // A broker that has not heard yet does not undo it.
  rig.refresh();
  CHECK(rig.metadata().leader("t", 0) == 2);
  CHECK(rig.metadata().leader_epoch("t", 0) == 6);
  CHECK(rig.server.asked(Api::metadata) == before + 1);
  // One that the list lacks comes with its address.
  rig.metadata().add_brokers({{3, "10.1.0.1", 9092, ""}, {4, "", 9092, ""}, {-1, "10.1.0.1", 9092, ""}});
  CHECK(rig.core->router().brokers().size() == 3);
  CHECK(rig.metadata().apply_leader("t", 0, 3, 7));
  rig.metadata().remove_listener(id);
  rig.finish();
}

TEST_CASE("D2: a lower leader epoch is ignored, the same one and -1 are taken") {
  Rig rig;
  rig.learn();
  auto& partition = rig.partition(0);
  partition.leader_id = 2;
  partition.leader_epoch = 4;
  rig.refresh();
  CHECK(rig.metadata().leader("t", 0) == 1);
  CHECK(rig.metadata().leader_epoch("t", 0) == 5);
  partition.leader_epoch = 5;
  rig.refresh();
  CHECK(rig.metadata().leader("t", 0) == 2);
  partition.leader_id = 1;
  partition.leader_epoch = -1;
  rig.refresh();
  CHECK(rig.metadata().leader("t", 0) == 1);
  partition.leader_id = 2;
  partition.leader_epoch = 6;
  rig.refresh();
  CHECK(rig.metadata().leader("t", 0) == 2);
  CHECK(rig.metadata().leader_epoch("t", 0) == 6);
  rig.finish();
}

TEST_CASE("D3: a topic made anew under its name is taken by its new id, epochs and partitions from the beginning") {
  Rig rig;
  rig.topic().topic_id.bytes[0] = 1;
  rig.learn();
  const Uuid old = rig.topic().topic_id;
  rig.topic().topic_id.bytes[0] = 2;
  rig.topic().partitions.resize(1);
  rig.partition(0).leader_epoch = 0;
  rig.partition(0).leader_id = 2;
  rig.refresh();
  CHECK(rig.metadata().leader("t", 0) == 2);
  CHECK(rig.metadata().topic("t")->partitions.size() == 1);
  REQUIRE(rig.metadata().topic_by_id(rig.topic().topic_id) != nullptr);
  CHECK(rig.metadata().topic_by_id(old) == nullptr);
  rig.finish();
}

TEST_CASE("a broker that does not know the topic for a moment takes nothing away") {
  Rig rig;
  rig.learn();
  rig.topic().error_code = static_cast<int16_t>(Errc::unknown_topic_or_partition);
  rig.topic().partitions.clear();
  rig.refresh();
  CHECK(rig.metadata().topic("t")->error);
  CHECK(rig.metadata().topic("t")->known);
  CHECK(rig.metadata().leader("t", 1) == 1);
  rig.finish();
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
  client.first.metadata.brokers.clear();  // it answers, but nothing that helps
  const net::Duration before = client.world.elapsed();
  CHECK(client.cluster(2min).value.cluster_id == "second");
  CHECK(client.world.elapsed() - before >= 20s);
  CHECK(client.world.elapsed() - before <= 25s);
  CHECK(client.rebootstraps() == 1);
  client.close();
}

// --- requests under way when the cluster changes --------------------------------

TEST_CASE("C13: requests to a broker that moved or left end as disconnected, each once, never as closed") {
  Rig rig;
  rig.learn();
  int ended = 0;
  auto call = [&](int32_t node) {
    rig.server.on_request = nullptr;
    rig.core->router().call<protocol::MetadataRequest>(node, Purpose::coordinator, {}, net::Duration(30s),
                                                       [&](Error, protocol::MetadataResponse&, const CallInfo&) {});
    rig.run(20ms);
    rig.server.on_request = [](ScriptedBroker::Connection&, const RequestHeader&, codec::Reader&) { return true; };
    rig.core->router().call<protocol::MetadataRequest>(node, Purpose::coordinator, {}, net::Duration(30s),
                                                       [&](Error error, protocol::MetadataResponse&, const CallInfo&) {
                                                         ++ended;
                                                         CHECK(error.code() == Errc::disconnected);
                                                       });
    rig.run(20ms);
  };
  call(1);
  call(2);
  rig.run(20ms);
  // One leaves, and the other in the next turn, before that has cleaned up after the first.
  rig.reactor.defer([&] { rig.reactor.defer([&] { rig.core->router().set_brokers({{3, "10.1.0.1", 9092, ""}}); }); });
  rig.core->router().set_brokers({{2, "10.1.0.1", 9092, ""}, {3, "10.1.0.1", 9092, ""}});
  rig.run(1s);
  CHECK(ended == 2);
  rig.server.on_request = nullptr;
  rig.finish();
}
