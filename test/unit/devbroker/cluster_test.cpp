// Topics, leaders, coordinators and faults of a cluster whose brokers have no sockets.
#include "devbroker/cluster.hpp"

#include "catch.hpp"

#include <memory>
#include <vector>

using namespace kafka;
using namespace kafka::devbroker;

namespace {

class FakeReactor : public net::Reactor {
 public:
  net::TimePoint read_clock() const override { return {}; }
  int64_t read_wall_clock() const override { return 1700000000000; }
  net::Duration turn_time() const override { return {}; }
  net::Timer after(net::Duration, Function<void()> fn) override {
    timers.push_back(std::move(fn));
    return net::Timer(std::make_unique<net::Timer::Handle>());
  }
  void defer(Function<void()>) override {}
  void post(Function<void()>) override {}
  net::Hold hold() override { return {}; }
  std::unique_ptr<net::Stream> connect(const net::Address&, net::StreamHandler&) override { return nullptr; }
  std::unique_ptr<net::Listener> listen(const net::Address&, net::AcceptCallback, Error&) override { return nullptr; }
  std::unique_ptr<net::Lookup> resolve(const std::string&, net::ResolveCallback) override { return nullptr; }
  uint64_t random() override { return 4; }
  std::vector<Function<void()>> timers;
};

class FakeBroker : public BrokerHandle {
 public:
  explicit FakeBroker(FakeReactor& reactor, uint16_t port) : reactor_(reactor), port_(port) {}
  net::Reactor& reactor() override { return reactor_; }
  std::string host() const override { return "127.0.0.1"; }
  uint16_t port() const override { return port_; }
  void stop() override { running = false; }
  Error start() override {
    running = true;
    return {};
  }
  void set_paused(bool) override {}
  void disconnect_all() override {}
  int64_t accepted() const override { return 2; }
  int64_t open() const override { return 1; }
  bool running = true;

 private:
  FakeReactor& reactor_;
  uint16_t port_;
};

struct Fixture {
  explicit Fixture(int brokers, ClusterOptions options = {}) : cluster(options) {
    for (int i = 1; i <= brokers; ++i) {
      nodes.push_back(std::make_unique<FakeBroker>(reactor, static_cast<uint16_t>(9000 + i)));
      cluster.add_broker(i, *nodes.back());
    }
  }
  int32_t leader(const char* topic, int32_t partition) { return cluster.find_partition(topic, partition)->leader; }
  FakeReactor reactor;
  Cluster cluster;
  std::vector<std::unique_ptr<FakeBroker>> nodes;
};

}  // namespace

TEST_CASE("leaders go round the brokers") {
  Fixture f(3);
  REQUIRE(!f.cluster.create_topic("a", 4));
  REQUIRE(!f.cluster.create_topic("b", 1));
  CHECK(f.leader("a", 0) == 1);
  CHECK(f.leader("a", 1) == 2);
  CHECK(f.leader("a", 2) == 3);
  CHECK(f.leader("a", 3) == 1);
  CHECK(f.leader("b", 0) == 2);
  CHECK(f.cluster.find_partition("a", 4) == nullptr);
  CHECK(f.cluster.bootstrap_servers() == "127.0.0.1:9001,127.0.0.1:9002,127.0.0.1:9003");
}

TEST_CASE("topic names and partition counts out of range are refused") {
  Fixture f(1);
  for (const char* name : {"", ".", "..", "a b", "a/b", "ä"})
    CHECK(f.cluster.create_topic(name, 1) == Errc::invalid_topic);
  CHECK(f.cluster.create_topic(std::string(250, 'a'), 1) == Errc::invalid_topic);
  CHECK(!f.cluster.create_topic(std::string(249, 'a'), 1));
  CHECK(f.cluster.create_topic("t", 0) == Errc::invalid_partitions);
  CHECK(!f.cluster.create_topic("t", 1));
  CHECK(f.cluster.create_topic("t", 1) == Errc::topic_already_exists);
}

TEST_CASE("a topic made again has another id and no old offsets") {
  Fixture f(1);
  REQUIRE(!f.cluster.create_topic("t", 1));
  const TopicId id = f.cluster.find_topic("t")->id;
  f.cluster.groups().commit("g", {"t", 0}, {3, "", -1});
  CHECK(f.cluster.find_topic(id)->name == "t");
  REQUIRE(!f.cluster.delete_topic("t"));
  CHECK(f.cluster.find_topic(id) == nullptr);
  REQUIRE(!f.cluster.create_topic("t", 1));
  CHECK(f.cluster.find_topic("t")->id != id);
  CHECK(f.cluster.groups().find("g", {"t", 0}) == nullptr);
}

TEST_CASE("the partitions of a killed broker move to a living replica with a new epoch") {
  Fixture f(3);
  REQUIRE(!f.cluster.create_topic("t", 1));
  f.cluster.kill(1);
  CHECK_FALSE(f.nodes[0]->running);
  CHECK(f.leader("t", 0) == 2);
  CHECK(f.cluster.find_partition("t", 0)->epoch == 1);
  CHECK(f.cluster.find_partition("t", 0)->in_sync == std::vector<int32_t>{2, 3});
  f.cluster.restart(1);
  CHECK(f.leader("t", 0) == 2);
  CHECK(f.cluster.find_partition("t", 0)->in_sync == std::vector<int32_t>{1, 2, 3});
  f.cluster.kill(1), f.cluster.kill(2), f.cluster.kill(3);
  CHECK(f.leader("t", 0) == -1);
  f.cluster.restart(3);
  CHECK(f.leader("t", 0) == 3);
}

TEST_CASE("with one replica a partition has no leader while its broker is down") {
  Fixture f(2, {.replication_factor = 1});
  REQUIRE(!f.cluster.create_topic("t", 2));
  f.cluster.kill(1);
  CHECK(f.leader("t", 0) == -1);
  CHECK(f.leader("t", 1) == 2);
  f.cluster.restart(1);
  CHECK(f.leader("t", 0) == 1);
}

TEST_CASE("with a failover time the dead leader stays named until it has passed") {
  Fixture f(2, {.failover_time = std::chrono::seconds(1)});
  REQUIRE(!f.cluster.create_topic("t", 1));
  f.cluster.kill(1);
  CHECK(f.leader("t", 0) == 1);
  CHECK(f.cluster.listed_brokers() == std::vector<int32_t>{1, 2});
  REQUIRE(f.reactor.timers.size() == 1);
  f.reactor.timers[0]();
  CHECK(f.leader("t", 0) == 2);
  CHECK(f.cluster.listed_brokers() == std::vector<int32_t>{2});
}

TEST_CASE("a group has one coordinator, which moves when it dies or is moved") {
  Fixture f(3);
  const int32_t first = f.cluster.coordinator("g");
  CHECK(first == f.cluster.coordinator("g"));
  f.cluster.kill(first);
  const int32_t second = f.cluster.coordinator("g");
  CHECK(second != first);
  f.cluster.restart(first);
  CHECK(f.cluster.coordinator("g") == first);
  REQUIRE(!f.cluster.move_coordinator("g", second));
  CHECK(f.cluster.coordinator("g") == second);
  CHECK(f.cluster.move_coordinator("g", 9) == Errc::broker_not_available);
}

TEST_CASE("records appended by hand are read back as they were") {
  Fixture f(1);
  REQUIRE(!f.cluster.create_topic("t", 1));
  CHECK(f.cluster.append("t", 1, {.value = "x"}) == -1);
  CHECK(f.cluster.append("t", 0, {.key = "k", .value = "v", .headers = {{"h", "1"}}, .timestamp = 5}) == 0);
  CHECK(f.cluster.append("t", 0, {.value = "w"}) == 1);
  auto all = f.cluster.read("t", 0);
  REQUIRE(all.size() == 2);
  CHECK(all[0].key == "k");
  CHECK(all[0].timestamp == 5);
  REQUIRE(all[0].headers.size() == 1);
  CHECK(all[0].headers[0].first == "h");
  CHECK(!all[1].key);
  CHECK(all[1].value == "w");
  CHECK(all[1].timestamp == 1700000000000);
}

TEST_CASE("of a transaction whose beginning was deleted nothing is stable, and no batch is read that goes on behind") {
  Fixture f(1);
  REQUIRE(!f.cluster.create_topic("t", 1));
  const std::vector<Message> three(3, Message{.value = "x"});
  REQUIRE(f.cluster.append_transactional("t", 0, 7, three, Compression::none) == 0);
  REQUIRE(f.cluster.append("t", 0, {.value = "w"}) == 3);
  const auto partition = f.cluster.find_partition("t", 0);
  REQUIRE(!f.cluster.truncate_before("t", 0, 2));
  CHECK(partition->log.last_stable_offset() == 2);
  LogRead read;
  CHECK(partition->log.read(2, 1000, true, false, 2, read, partition->log.last_stable_offset()) == Errc::none);
  CHECK(read.records.empty());
  CHECK(partition->log.bytes_from(2, 2) == 0);
  REQUIRE(!f.cluster.truncate_before("t", 0, 3));
  CHECK(partition->log.last_stable_offset() == 3);
  REQUIRE(f.cluster.end_transaction("t", 0, 7, TransactionEnd::abort) == 4);
  CHECK(partition->log.last_stable_offset() == 5);
}

TEST_CASE("a follower that lagged behind and leads has the whole log, and keeps it when another one leads") {
  Fixture f(2);
  REQUIRE(!f.cluster.create_topic("t", 1));
  for (int i = 0; i < 5; ++i) REQUIRE(f.cluster.append("t", 0, {.value = "x"}) == i);
  const auto partition = f.cluster.find_partition("t", 0);
  const int32_t first = partition->leader;
  const int32_t second = 3 - first;
  REQUIRE(!f.cluster.set_replica_end("t", 0, second, 2));
  CHECK(partition->end_of(second) == 2);
  REQUIRE(!f.cluster.move_leader("t", 0, second));
  REQUIRE(!f.cluster.move_leader("t", 0, first));
  CHECK(partition->end_of(second) == 5);
}

TEST_CASE("a request meets the oldest fault that matches and is not used up") {
  Faults faults;
  faults.add(ApiKey::produce).times(2).reply(Errc::request_timed_out);
  Fault& second = faults.add(ApiKey::produce).broker(2).skip(1).reply(Errc::kafka_storage_error);
  faults.add(ApiKey::fetch).always().partition("t", 1).delay(std::chrono::seconds(1));
  auto none = [](const std::string&, int32_t) { return false; };
  auto t1 = [](const std::string& topic, int32_t partition) { return topic == "t" && partition == 1; };
  FaultAction action;
  REQUIRE(faults.match(ApiKey::produce, 1, "", none, action));
  CHECK(action.at("any", 0) == Errc::request_timed_out);
  CHECK_FALSE(action.executes);
  REQUIRE(faults.match(ApiKey::produce, 2, "", none, action));
  CHECK_FALSE(faults.match(ApiKey::produce, 1, "", none, action));
  CHECK_FALSE(faults.match(ApiKey::produce, 2, "", none, action));
  CHECK_FALSE(second.used_up());
  REQUIRE(faults.match(ApiKey::produce, 2, "", none, action));
  CHECK(second.used_up());
  CHECK(second.hits() == 1);
  CHECK(action.reply == Errc::kafka_storage_error);
  CHECK_FALSE(faults.match(ApiKey::fetch, 1, "", none, action));
  REQUIRE(faults.match(ApiKey::fetch, 1, "", t1, action));
  CHECK(action.delay == std::chrono::seconds(1));
  CHECK(action.executes);
}

TEST_CASE("each release has its versions; unknown releases are refused") {
  Fixture f(1);
  CHECK(f.cluster.profile().find(ApiKey::produce)->served.max == 13);
  REQUIRE(!f.cluster.as_version("0.9"));
  CHECK_FALSE(f.cluster.profile().has_api_versions);
  CHECK_FALSE(f.cluster.profile().find(ApiKey::api_versions));
  REQUIRE(!f.cluster.as_version("4.3"));
  CHECK(f.cluster.profile().find(ApiKey::produce)->served.min == 3);
  CHECK(f.cluster.profile().find(ApiKey::produce)->advertised_min == 0);
  CHECK(f.cluster.profile().find(ApiKey::list_offsets)->served.min == 1);
  CHECK(f.cluster.profile().find(ApiKey::list_offsets)->advertised_min == 1);
  CHECK(f.cluster.as_version("5.0") == Errc::invalid_argument);
}
