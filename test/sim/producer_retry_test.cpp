// What a producer does about errors and faults: which are retried, in which order records arrive, and how records of
// unknown fate are reported.
// Not here: many faults at random (producer_random_test.cpp).
#include "producer_fixture.hpp"

#include "base/error_table.hpp"

using namespace kafka;
using namespace kafka::sim;
using namespace std::chrono_literals;

namespace {

constexpr int kNewestCode = 133;

std::vector<std::string> texts(int first, int count) {
  std::vector<std::string> all;
  for (int i = first; i < first + count; ++i) all.push_back(std::to_string(i));
  return all;
}

// The log without duplicates: of two equal records the last one counts.
std::vector<std::string> without_repeats(const std::vector<std::string>& log) {
  std::vector<std::string> kept;
  for (const std::string& value : log) {
    std::erase(kept, value);
    kept.push_back(value);
  }
  return kept;
}

}  // namespace

// --- error codes ------------------------------------------------------------

TEST_CASE(
    "D13: every broker code, a full disk's too, is retried or reported at once as the error table says, with its "
    "persistence") {
  ProducerWorld world({.enable_idempotence = false});
  world.warm_up();
  for (int code = -1; code <= kNewestCode; ++code) {
    if (code == 0) continue;
    const ErrorTraits& what = traits(static_cast<Errc>(code));
    INFO(code << " " << what.name);
    world.run(5s);  // the metadata that the last code asked for has come
    const int64_t requests = world.produces();
    const size_t stored = world.values(0).size();
    const Fault& fault = world.on_produce().times(1).reply(static_cast<Errc>(code));
    Reports reports;
    world.send("v", reports);
    REQUIRE(world.until_reports(reports, 1, 20s));
    CHECK(fault.hits() == 1);
    if (what.persistence == Persistence::yes) {
      CHECK_FALSE(reports[0].error);
      CHECK(reports[0].persistence == Persistence::yes);
      CHECK(reports[0].offset == -1);
      CHECK(world.produces() == requests + 1);
    } else if (what.retry == Retry::yes) {
      CHECK_FALSE(reports[0].error);
      CHECK(reports[0].offset == static_cast<int64_t>(stored));
      CHECK(reports[0].persistence == Persistence::yes);
      CHECK(world.produces() == requests + 2);
    } else {
      CHECK(reports[0].error == static_cast<Errc>(code));
      CHECK(reports[0].persistence == what.persistence);
      CHECK(reports[0].offset == -1);
      CHECK(world.produces() == requests + 1);
      CHECK(world.values(0).size() == stored);
    }
    world.cluster().faults().clear();
  }
  world.finish();
}

TEST_CASE("retries bounds how often one batch is sent again") {
  ProducerWorld world({.retries = 2});
  world.warm_up();
  const int64_t before = world.produces();
  world.on_produce().always().reply(Errc::not_enough_replicas);
  Reports reports;
  world.send("v", reports);
  REQUIRE(world.until_reports(reports, 1));
  CHECK(reports[0].error == Errc::not_enough_replicas);
  CHECK(reports[0].persistence == Persistence::no);
  CHECK(world.produces() == before + 3);
  world.finish();
}

TEST_CASE("A13: an unknown error code is no success: the batch is retried, and the report shows the number") {
  ProducerWorld world({.delivery_timeout = 5s});
  world.warm_up();
  world.on_produce().always().reply(static_cast<Errc>(999));
  Reports reports;
  world.send("v", reports);
  REQUIRE(world.until_reports(reports, 1));
  CHECK(reports[0].error == Errc::timed_out);
  CHECK(reports[0].persistence == Persistence::maybe);
  const int64_t tried = world.produces();
  CHECK(tried > 3);
  CHECK(tried < 20);
  world.finish();
}

TEST_CASE(
    "an error that says nothing was written stays no until the end; one of unknown fate makes it maybe for good") {
  for (const bool once_unknown : {false, true}) {
    ProducerWorld world({.delivery_timeout = 5s});
    world.warm_up();
    if (once_unknown) world.on_produce().times(1).reply(Errc::request_timed_out);
    world.on_produce().always().reply(Errc::not_enough_replicas);
    Reports reports;
    world.send("v", reports);
    REQUIRE(world.until_reports(reports, 1));
    CHECK(reports[0].error == Errc::timed_out);
    CHECK(reports[0].persistence == (once_unknown ? Persistence::maybe : Persistence::no));
    world.finish();
  }
  // An earlier attempt may have stored it: even after a refusal for good its fate is unknown.
  ProducerWorld world;
  world.warm_up();
  world.on_produce().times(1).close_after();
  world.on_produce().times(1).reply(Errc::invalid_record);
  Reports reports;
  world.send("v", reports);
  REQUIRE(world.until_reports(reports, 1));
  CHECK(reports[0].error == Errc::invalid_record);
  CHECK(reports[0].persistence == Persistence::maybe);
  world.finish();
}

TEST_CASE("a topic that must not be used fails its records at once, and is asked about again for later ones") {
  ProducerWorld world;
  world.cluster().faults().add(ApiKey::metadata).always().reply(Errc::topic_authorization_failed);
  Reports reports;
  world.send({.topic = "t", .key = "k", .value = "v"}, reports);
  world.send({.topic = "t", .partition = 0, .value = "v"}, reports);
  REQUIRE(world.until_reports(reports, 2, 5s));
  world.run(1s);
  world.send({.topic = "t", .partition = 1, .value = "v"}, reports);
  REQUIRE(world.until_reports(reports, 3, 1s));
  CHECK(reports.count(Errc::topic_authorization_failed) == 3);
  for (size_t i = 0; i < 3; ++i) CHECK(reports[i].persistence == Persistence::no);
  world.cluster().faults().clear();
  world.send({.topic = "t", .key = "k", .value = "v"}, reports);
  world.run(5s);
  world.send({.topic = "t", .key = "k", .value = "v"}, reports);
  REQUIRE(world.until_reports(reports, 5, 5s));
  CHECK_FALSE(reports[4].error);
  world.finish();
}

// --- too large --------------------------------------------------------------

TEST_CASE(
    "E10: a batch that is too large for the broker is split until it fits, and only the record that never does fails") {
  for (const Compression codec : {Compression::none, Compression::gzip}) {
    SimClientOptions setup{.brokers = 3};
    setup.cluster.message_max_bytes = 1000;
    ProducerWorld world({.compression_type = codec}, std::move(setup));
    Reports reports;
    std::vector<std::string> kept;
    for (int i = 0; i < 40; ++i) {
      std::string value;
      for (int n = 0; n < (i == 13 ? 3000 : 200); ++n) value += static_cast<char>('!' + world.world.random() % 90);
      if (i != 13) kept.push_back(value);
      world.send(value, reports, i);
    }
    REQUIRE(world.until_reports(reports, 40));
    for (const auto& [id, report] : reports.all) {
      CHECK(report.error == (id == 13 ? Errc::message_too_large : Errc::none));
      CHECK(report.persistence == (id == 13 ? Persistence::no : Persistence::yes));
      if (id != 13) CHECK(report.offset == id - (id > 13 ? 1 : 0));
    }
    CHECK(world.values(0) == kept);
    world.finish();
  }
}

// --- order ------------------------------------------------------------------

TEST_CASE("E14: one batch of a partition is under way at a time, and a retry keeps the order") {
  ProducerWorld world({.batch_size = 1});
  world.warm_up();
  const int64_t before = world.produces();
  world.on_produce().times(3).reply(Errc::not_enough_replicas);
  world.on_produce().times(1).delay(2s);
  Reports reports;
  for (int i = 0; i < 10; ++i) {
    world.send(std::to_string(i), reports, i);
    world.run(50ms);
  }
  world.run(1s);
  CHECK(world.produces() - before == 4);
  REQUIRE(world.until_reports(reports, 10));
  CHECK(reports.count(Errc::none) == 10);
  auto log = world.values(0);
  log.erase(log.begin());
  CHECK(log == texts(0, 10));
  world.finish();
}

TEST_CASE("max_in_flight set by hand: that many requests are under way, and a lost connection keeps the order") {
  ProducerWorld world({.batch_size = 1, .max_in_flight = 3});
  world.warm_up();
  const int64_t before = world.produces();
  world.on_produce().times(1).delay(2s).close_before();
  Reports reports;
  for (int i = 0; i < 10; ++i) world.send(std::to_string(i), reports, i);
  world.run(1s);
  CHECK(world.produces() - before == 1);  // the broker serves one at a time; the others wait in its socket
  REQUIRE(world.until_reports(reports, 10));
  CHECK(reports.count(Errc::none) == 10);
  auto log = world.values(0);
  log.erase(log.begin());
  CHECK(log == texts(0, 10));
  world.finish();
}

TEST_CASE("max_in_flight set by hand saves round trips") {
  auto time = [](std::optional<int32_t> window) {
    ProducerWorld world({.batch_size = 1, .enable_idempotence = false, .max_in_flight = window});
    world.world.set_latency(100ms, 100ms);
    world.warm_up();
    Reports reports;
    const net::TimePoint start = world.reactor.now();
    for (int i = 0; i < 10; ++i) world.send(std::to_string(i), reports, i);
    REQUIRE(world.until_reports(reports, 10));
    const net::Duration took = world.reactor.now() - start;
    world.finish();
    return took;
  };
  CHECK(time({}) >= 2s);
  CHECK(time(5) <= 500ms);
}

// --- connections ------------------------------------------------------------

TEST_CASE("C1: a request that was executed and not answered is sent again; the record may be there twice") {
  for (const bool silent : {false, true}) {
    ProducerWorld world({.enable_idempotence = false, .request_timeout = 3s});
    world.warm_up();
    Fault& fault = world.on_produce();
    silent ? fault.drop_response() : fault.close_after();
    Reports reports;
    world.send("twice", reports, 0);
    world.run(1ms);
    world.send("next", reports, 1);
    REQUIRE(world.until_reports(reports, 2));
    CHECK(reports.ids() == std::vector<int>{0, 1});
    CHECK(reports.count(Errc::none) == 2);
    CHECK(world.values(0) == std::vector<std::string>{"warm-up", "twice", "twice", "next"});
    CHECK(reports[0].offset == 2);
    world.finish();
  }
}

TEST_CASE("C1: without any answer the outcome is maybe") {
  ProducerWorld world({.delivery_timeout = 5s, .enable_idempotence = false});
  world.warm_up();
  world.on_produce().always().close_after();
  Reports reports;
  world.send("v", reports);
  REQUIRE(world.until_reports(reports, 1));
  CHECK(reports[0].error == Errc::timed_out);
  CHECK(reports[0].persistence == Persistence::maybe);
  CHECK(world.values(0).size() > 2);
  world.finish();
}

TEST_CASE("C1: a reset in the middle of requests and answers loses nothing that was confirmed") {
  ProducerWorld world;
  world.world.set_latency(1ms, 30ms);
  world.world.set_slicing(1, 100);
  Reports reports;
  for (int i = 0; i < 300; ++i) {
    world.send(std::to_string(i), reports, i);
    if (i % 10 == 0) world.world.reset_connections(ProducerWorld::kHost, "", i % 20 == 0);
    world.run(5ms);
  }
  REQUIRE(world.until_reports(reports, 300));
  CHECK(reports.count(Errc::none) == 300);
  CHECK(without_repeats(world.values(0)) == texts(0, 300));
  const auto log = world.values(0);
  for (const auto& [id, report] : reports.all) CHECK(log.at(static_cast<size_t>(report.offset)) == std::to_string(id));
  world.finish();
}

TEST_CASE("C6: a request that is stuck half written is never continued on a used connection") {
  ProducerWorld world({.batch_size = 1000000, .request_timeout = 2s});
  world.warm_up();
  const int64_t accepted = world.cluster().brokers().accepted_connections(1);
  world.brokers->pause(1);
  Reports reports;
  const std::string large(900'000, 'x');  // more than the sockets hold while the broker does not read
  world.send(large, reports, 0);
  world.run(10s);
  CHECK(reports.size() == 0);
  world.send("after", reports, 1);
  world.brokers->resume(1);
  REQUIRE(world.until_reports(reports, 2));
  CHECK(reports.count(Errc::none) == 2);
  CHECK(world.cluster().brokers().accepted_connections(1) > accepted);
  CHECK(without_repeats(world.values(0)) == std::vector<std::string>{"warm-up", large, "after"});
  world.finish();
}

TEST_CASE("C3: behind a black hole records wait, and go on when it ends") {
  for (const bool both : {true, false}) {
    ProducerWorld world({.request_timeout = 3s});
    world.warm_up();
    world.world.black_hole(ProducerWorld::kHost, SimCluster::host(1), true, both);
    Reports reports;
    for (int i = 0; i < 10; ++i) {
      world.send(std::to_string(i), reports, i);
      world.run(2s);
    }
    CHECK(reports.size() == 0);
    world.world.black_hole(ProducerWorld::kHost, SimCluster::host(1), false, both);
    REQUIRE(world.until_reports(reports, 10));
    CHECK(reports.count(Errc::none) == 10);
    auto log = without_repeats(world.values(0));
    log.erase(log.begin());
    CHECK(log == texts(0, 10));
    world.finish();
  }
}

TEST_CASE("D7: a leader that is killed and comes back costs time only") {
  for (const int replicas : {1, 3}) {
    SimClientOptions setup{.brokers = 3};
    setup.cluster.replication_factor = replicas;
    setup.cluster.failover_time = 6s;
    ProducerWorld world({}, std::move(setup));
    Reports reports;
    for (int i = 0; i < 300; ++i) {
      world.send(std::to_string(i), reports, i);
      if (i == 50) world.brokers->kill(1);
      if (i == 200) world.brokers->restart(1);
      world.run(100ms);
    }
    REQUIRE(world.until_reports(reports, 300));
    CHECK(reports.count(Errc::none) == 300);
    CHECK(without_repeats(world.values(0)) == texts(0, 300));
    world.finish();
  }
}

// --- leaders ----------------------------------------------------------------

TEST_CASE("D1: a leader that moves is followed, with and without being named, and the order holds") {
  for (const bool hints : {true, false}) {
    ProducerWorld world({.batch_size = 1});
    if (!hints) REQUIRE_FALSE(world.cluster().releases().as_version("2.8"));
    world.warm_up();
    const int64_t asked = world.cluster().requests().count(ApiKey::metadata, 0);
    Reports reports;
    for (int i = 0; i < 100; ++i) {
      world.send(std::to_string(i), reports, i);
      if (i % 10 == 0) REQUIRE_FALSE(world.cluster().leaders().move("t", 0, 1 + (i / 10) % 3));
      world.run(20ms);
    }
    REQUIRE(world.until_reports(reports, 100));
    CHECK(reports.count(Errc::none) == 100);
    auto log = world.values(0);
    log.erase(log.begin());
    CHECK(log == texts(0, 100));
    CHECK(world.cluster().requests().count(ApiKey::metadata, 0) - asked < 30);
    world.finish();
  }
}

TEST_CASE("D1: a named new leader is asked at once, an unnamed one after a pause") {
  auto time = [](bool hints) {
    ProducerWorld world({}, {.brokers = 3, .session = {.retry_backoff = 5s, .retry_backoff_max = 5s}});
    if (!hints) REQUIRE_FALSE(world.cluster().releases().as_version("2.8"));
    world.warm_up();
    world.warm_up(1);
    REQUIRE_FALSE(world.cluster().leaders().move("t", 0, 2));
    Reports reports;
    world.send("v", reports);
    const net::TimePoint start = world.reactor.now();
    REQUIRE(world.until_reports(reports, 1));
    CHECK_FALSE(reports[0].error);
    world.finish();
    return world.reactor.now() - start;
  };
  CHECK(time(true) < 1s);
  CHECK(time(false) >= 4s);
}

TEST_CASE("D4: a broker that does not know the topic for a moment loses no record") {
  ProducerWorld world;
  world.warm_up();
  world.on_produce().times(4).reply(Errc::unknown_topic_or_partition);
  world.cluster().faults().add(ApiKey::metadata).times(4).reply(Errc::unknown_topic_or_partition);
  Reports reports;
  for (int i = 0; i < 10; ++i) {
    world.send({.topic = "t", .partition = 0, .key = "k", .value = std::to_string(i)}, reports, i);
    world.run(100ms);
  }
  REQUIRE(world.until_reports(reports, 10));
  CHECK(reports.count(Errc::none) == 10);
  auto log = world.values(0);
  log.erase(log.begin());
  CHECK(log == texts(0, 10));
  world.finish();
}

TEST_CASE("D5: records for a partition that is not there yet wait for it") {
  ProducerWorld world;
  world.warm_up();
  Reports reports;
  for (int i = 0; i < 5; ++i) {
    world.send({.topic = "t", .partition = 3, .value = std::to_string(i)}, reports, i);
  }
  world.run(20s);
  CHECK(reports.size() == 0);
  auto added = std::make_shared<devbroker::Partition>();
  added->leader = 2;
  added->replicas = added->in_sync = {2};
  world.cluster().topics().find("t")->partitions.push_back(added);
  REQUIRE(world.until_reports(reports, 5, 5s));
  CHECK(reports.count(Errc::none) == 5);
  CHECK(world.values(3) == texts(0, 5));
  world.finish();
}

TEST_CASE("D4: a topic is made on first use as soon as the cluster has brokers enough for it") {
  ProducerWorld world;
  // The answer of a broker that has just started and does not see itself in the cluster yet.
  world.cluster().faults().add(ApiKey::metadata).times(3).reply(Errc::invalid_replication_factor);
  Reports reports;
  world.send({.topic = "t", .value = "early"}, reports, 0);
  REQUIRE(world.until_reports(reports, 1));
  CHECK(reports.count(Errc::none) == 1);
  world.finish();
}

TEST_CASE("the first record makes the topic, and what follows at once is neither lost nor out of order") {
  SimClientOptions setup{.brokers = 3};
  setup.cluster.default_partitions = 1;
  ProducerWorld world({}, std::move(setup));
  Reports reports;
  for (int i = 0; i < 20; ++i) {
    world.producer->send({.topic = "new", .key = i % 2 ? "k" : std::string_view(), .value = std::to_string(i)},
                         reports.take(i));
    world.run(1ms);
  }
  REQUIRE(world.until_reports(reports, 20));
  CHECK(reports.count(Errc::none) == 20);
  CHECK(world.values(0, "new") == texts(0, 20));
  world.finish();
}
