// An idempotent producer among brokers that know no sequences, or only look like that: a broker whose handshakes are
// cut looks like one before 0.10.
// Not here: how a broker's age is found out (old_brokers_test.cpp).
#include <kafka/producer.hpp>

#include "producer_fixture.hpp"

using namespace kafka;
using namespace kafka::sim;
using namespace std::chrono_literals;

namespace {

ProducerOptions patient(std::optional<bool> enable = {}) {
  return {.delivery_timeout = 20s, .enable_idempotence = enable, .request_timeout = 3s};
}

// Nothing connects to brokers 2 and 3 before it has a reason.
SimClientOptions only_first() { return {.brokers = 3, .session = {.bootstrap_servers = "broker-1:9092"}}; }

// Produce requests with message sets, which cannot carry sequences.
int64_t old_writes(ProducerWorld& world) {
  int64_t found = 0;
  for (const auto& seen : world.cluster().requests().seen())
    found += seen.api == ApiKey::produce && seen.version < 3 ? 1 : 0;
  return found;
}

void send_to(ProducerWorld& world, int32_t partition, const std::string& value, Reports& reports, int id = 0) {
  world.producer->send({.topic = "t", .partition = partition, .value = value}, reports.take(id));
}

}  // namespace

TEST_CASE("A12, E4: a producer keeps its sequences when handshakes are cut") {
  const int cuts = GENERATE(2, 3, 5);
  ProducerWorld world(patient(), {.brokers = 1});
  Fault& cut = world.cluster().faults().add(ApiKey::api_versions).times(cuts).close_before();
  world.on_produce().close_after();
  Reports reports;
  for (int i = 0; i < 3; ++i) world.send(std::to_string(i), reports, i);
  REQUIRE(world.until_reports(reports, 3));
  CHECK(cut.used_up());
  CHECK(reports.count(Errc::none) == 3);
  CHECK(world.values(0) == std::vector<std::string>{"0", "1", "2"});
  REQUIRE(world.cluster().transactions().producers("t", 0).size() == 1);
  CHECK(world.cluster().transactions().producers("t", 0)[0].last_sequence == 2);
  CHECK(old_writes(world) == 0);
  world.finish();
}

TEST_CASE(
    "A12, E4: one broker that looks old, while the others cannot be asked, makes no cluster without producer ids") {
  ProducerWorld world(patient(), only_first());
  Fault& cut = world.cluster().faults().add(ApiKey::api_versions).broker(1).times(3).close_before();
  for (const int32_t other : {2, 3}) {
    world.cluster().faults().add(ApiKey::init_producer_id).broker(other).reply(Errc::coordinator_load_in_progress);
  }
  world.on_produce().broker(2).close_after();
  Reports reports;
  send_to(world, 1, "v", reports);
  REQUIRE(world.until_reports(reports, 1));
  CHECK(cut.used_up());
  CHECK_FALSE(reports[0].error);
  CHECK(world.values(1) == std::vector<std::string>{"v"});
  CHECK(world.cluster().transactions().producers("t", 1).size() == 1);
  world.finish();
}

TEST_CASE("A12, E4: a leader that only looks old gets no batch without sequences if other brokers give producer ids") {
  const int cuts = GENERATE(2, 3, 5);
  ProducerWorld world(patient(), only_first());
  world.warm_up();
  Fault& cut = world.cluster().faults().add(ApiKey::api_versions).broker(2).times(cuts).close_before();
  world.on_produce().broker(2).close_after();
  Reports reports;
  for (int i = 0; i < 3; ++i) send_to(world, 1, std::to_string(i), reports, i);
  REQUIRE(world.until_reports(reports, 3));
  CHECK(cut.used_up());
  CHECK(reports.ids() == std::vector<int>{0, 1, 2});
  CHECK(reports.count(Errc::none) == 3);
  CHECK(world.values(1) == std::vector<std::string>{"0", "1", "2"});
  CHECK(old_writes(world) == 0);
  CHECK(world.cluster().transactions().producers("t", 1).size() == 1);
  world.finish();
}

TEST_CASE("while a cluster is upgraded, leaders known to be older than 0.11 get batches without sequences") {
  ProducerWorld world(patient(), only_first());
  REQUIRE_FALSE(world.cluster().releases().as_version("0.10", 2));
  world.warm_up();
  Reports reports;
  send_to(world, 1, "v", reports);
  REQUIRE(world.until_reports(reports, 1, 5s));
  CHECK_FALSE(reports[0].error);
  CHECK(old_writes(world) == 1);
  world.finish();
}

TEST_CASE(
    "with enable_idempotence a leader older than 0.11 gets nothing, and batches wait for another until "
    "delivery_timeout") {
  const bool upgraded = GENERATE(true, false);
  ProducerWorld world(patient(true), only_first());
  REQUIRE_FALSE(world.cluster().releases().as_version("0.10", 2));
  world.warm_up();
  Reports reports;
  send_to(world, 1, "v", reports);
  world.run(5s);
  CHECK(reports.size() == 0);
  if (upgraded) {
    world.brokers->kill(2);
    REQUIRE_FALSE(world.cluster().releases().as_version("", 2));
    world.brokers->restart(2);
  }
  REQUIRE(world.until_reports(reports, 1, 20s));
  CHECK(old_writes(world) == 0);
  if (upgraded) {
    CHECK_FALSE(reports[0].error);
    CHECK(world.cluster().transactions().producers("t", 1).size() == 1);
  } else {
    CHECK(reports[0].error == Errc::timed_out);
    CHECK(reports[0].error.message().find("0.11") != std::string::npos);
    CHECK(reports[0].persistence == Persistence::no);
    CHECK(world.values(1).empty());
  }
  world.finish();
}

TEST_CASE("A12: a leader of 0.8.2 gets batches once it has closed enough connections to be certain") {
  const bool alone = GENERATE(false, true);
  const bool required = GENERATE(false, true);
  ProducerOptions options = patient();
  if (required) options.enable_idempotence = true;
  ProducerWorld world(options, only_first());
  REQUIRE_FALSE(world.cluster().releases().as_version("0.8.2", alone ? 0 : 2));
  if (!alone) world.warm_up();
  const net::TimePoint start = world.reactor.now();
  Reports reports;
  send_to(world, 1, "v", reports);
  REQUIRE(world.until_reports(reports, 1, 25s));
  CHECK(world.cluster().requests().count(ApiKey::api_versions, alone ? 0 : 2) >= cluster::PeerAge::kRefusalsToTrust);
  if (required) {
    CHECK(reports[0].error == (alone ? Errc::unsupported_feature : Errc::timed_out));
    CHECK(reports[0].persistence == Persistence::no);
    CHECK(old_writes(world) == 0);
  } else {
    CHECK_FALSE(reports[0].error);
    CHECK(world.reactor.now() - start < 8s);
    send_to(world, 1, "w", reports);
    REQUIRE(world.until_reports(reports, 2, 100ms));
    CHECK(world.values(1) == std::vector<std::string>{"v", "w"});
  }
  world.finish();
}

TEST_CASE("D17: a cluster that is upgraded from 0.10 gets sequences as soon as its leaders can store them") {
  ProducerWorld world(patient(), {.brokers = 1});
  REQUIRE_FALSE(world.cluster().releases().as_version("0.10"));
  world.warm_up();
  CHECK(old_writes(world) == 1);
  world.brokers->kill(1);
  REQUIRE_FALSE(world.cluster().releases().as_version(""));
  world.brokers->restart(1);
  Reports reports;
  send_to(world, 0, "v", reports);
  REQUIRE(world.until_reports(reports, 1, 20s));
  CHECK_FALSE(reports[0].error);
  CHECK(old_writes(world) == 1);
  CHECK(world.values(0) == std::vector<std::string>{"warm-up", "v"});
  CHECK(world.cluster().transactions().producers("t", 0).size() == 1);
  world.finish();
}

TEST_CASE("E4: after a move to a leader without sequences, one batch of a partition is under way at a time") {
  ProducerOptions options = patient();
  options.batch_size = 1;  // a record each
  ProducerWorld world(options);
  REQUIRE_FALSE(world.cluster().releases().as_version("0.10", 2));
  world.warm_up();
  REQUIRE_FALSE(world.cluster().leaders().move("t", 0, 2));
  bool learnt = false;  // by metadata, not by a refusal
  world.session->get_metadata({"t"}, [&](Error error, const ClusterMetadata&) { learnt = !error; });
  REQUIRE(world.until([&] { return learnt; }));
  Fault& refused = world.on_produce().broker(2).reply(Errc::not_enough_replicas);
  Reports reports;
  for (int i = 0; i < 5; ++i) REQUIRE_FALSE(world.send(std::to_string(i), reports, i));
  REQUIRE(world.until_reports(reports, 5));
  CHECK(refused.used_up());
  CHECK(reports.count(Errc::none) == 5);
  CHECK(world.values(0) == std::vector<std::string>{"warm-up", "0", "1", "2", "3", "4"});
  world.finish();
}
