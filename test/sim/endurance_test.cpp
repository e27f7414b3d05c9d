// The client over a long time: connections that are dropped silently while they are idle, a process that stands still,
// requests that are executed late, brokers that are restarted again and again.
// Not here: single faults (consume_fault_test.cpp, producer_retry_test.cpp), many at random (test/sim/random).
#include <kafka/consumer_group.hpp>
#include <kafka/producer.hpp>

#include "consumer_fixture.hpp"
#include "producer_fixture.hpp"

using namespace kafka;
using namespace kafka::sim;
using namespace std::chrono_literals;

namespace {}  // namespace

TEST_CASE("C17: a commit, a record and a look-up of metadata do not wait behind a long poll") {
  ProducerWorld world({}, {.brokers = 1});
  world.warm_up();
  Recorder recorder;
  Consumer consumer(*world.session, "g", kOne, {.auto_offset_reset = OffsetReset::earliest, .fetch_max_wait = 30s});
  consumer.consume(recorder.keep(), recorder.end());
  REQUIRE(world.until([&] { return recorder.kept.size() == 1; }));
  int done = 0;
  REQUIRE_FALSE(recorder.kept[0].commit({}, [&](Error error) { done += error ? 0 : 1; }));
  REQUIRE(world.until([&] { return done == 1; }));
  world.run(5s);  // the fetch at the end of the partition waits at the broker
  const auto within = [&](Function<bool()> check) { return world.until(std::move(check), 50ms); };
  Reports reports;
  world.producer->send({.topic = "t", .partition = 1, .value = "v"}, reports.take());
  CHECK(within([&] { return reports.size() == 1; }));
  ConsumerGroup group(*world.session, "g");
  Outcome<std::vector<ConsumerOffset>> stored;
  group.commit_offsets({{"t", 1, 7}}, stored.take());
  CHECK(within([&] { return stored.calls == 1; }));
  CHECK_FALSE(world.metadata_of({"t"}, 50ms).error);
  world.close();
}

TEST_CASE("C19: a process that stood still for ten minutes goes on, and gives up once what has expired") {
  ProducerWorld world({.delivery_timeout = 60s});
  world.warm_up();
  Recorder recorder;
  Consumer consumer(*world.session, "g", kOne, {.auto_offset_reset = OffsetReset::earliest});
  recorder.listen(consumer);
  consumer.consume(recorder.ack(), recorder.end());
  REQUIRE(world.until([&] { return recorder.got.size() == 1; }));
  for (int id = 1; id <= 3; ++id) world.brokers->pause(id);
  Reports reports;
  for (int i = 0; i < 5; ++i) world.send("early " + std::to_string(i), reports, i);
  world.run(100ms);
  world.world.pause(ProducerWorld::kHost);
  world.run(600s);
  for (int id = 1; id <= 3; ++id) world.brokers->resume(id);
  world.world.resume(ProducerWorld::kHost);
  for (int i = 5; i < 10; ++i) world.send("late " + std::to_string(i), reports, i);
  REQUIRE(world.until_reports(reports, 10, 30s));
  world.run(10s);
  CHECK(reports.size() == 10);
  for (int i = 5; i < 10; ++i) CHECK_FALSE(reports[static_cast<size_t>(i)].error);
  // The reports are true, and the consumer has every record.
  const std::vector<std::string> log = world.values(0);
  CHECK(std::count(log.begin(), log.end(), "late 9") == 1);
  CHECK(world.until([&] { return recorder.got.size() == log.size(); }, 10s));
  CHECK(recorder.count(Event::Type::partition_stopped) == 0);
  world.close();
}

TEST_CASE("C20: a request that is executed after its retry is in the log once") {
  ProducerWorld world({.request_timeout = 2s});
  world.warm_up();
  const int32_t old_leader = world.leader(0);
  const int32_t new_leader = old_leader % 3 + 1;
  // The broker stands still with the requests in its sockets, and another one becomes the leader.
  world.brokers->pause(old_leader);
  Reports reports;
  for (int i = 0; i < 5; ++i) world.send(std::to_string(i), reports, i);
  world.run(100ms);
  REQUIRE_FALSE(world.cluster().leaders().move("t", 0, new_leader));
  REQUIRE(world.until_reports(reports, 5));
  CHECK(reports.count(Errc::none) == 5);
  // It leads again when it wakes up, and executes what it was sent long ago.
  const int64_t executed = world.produces(old_leader);
  REQUIRE_FALSE(world.cluster().leaders().move("t", 0, old_leader));
  world.brokers->resume(old_leader);
  world.run(5s);
  CHECK(world.produces(old_leader) > executed);
  CHECK(world.values(0) == std::vector<std::string>{"warm-up", "0", "1", "2", "3", "4"});
  world.finish();
}

TEST_CASE("F6: each partition of a commit has its own outcome, and an old error does not stay") {
  SimClient client(1, {.brokers = 1});
  fill(client, "t", 2, 1);
  ConsumerGroup group(*client.session, "g");
  const auto commit = [&](int64_t first, int64_t second) {
    Outcome<std::vector<ConsumerOffset>> outcome;
    group.commit_offsets({{"t", 0, first}, {"t", 1, second}}, outcome.take());
    REQUIRE(client.until([&] { return outcome.calls == 1; }));
    return outcome;
  };
  client.brokers->cluster()
      .faults()
      .add(ApiKey::offset_commit)
      .partition("t", 1)
      .reply(Errc::offset_metadata_too_large);
  const auto refused = commit(3, 4);
  CHECK(refused.error == Errc::offset_metadata_too_large);
  REQUIRE(refused.value.size() == 2);
  CHECK_FALSE(refused.value[0].error);
  CHECK(refused.value[1].error == Errc::offset_metadata_too_large);
  CHECK(committed(client, "g", "t", 0) == 3);
  CHECK(committed(client, "g", "t", 1) == -1);
  const auto stored = commit(5, 6);
  CHECK_FALSE(stored.error);
  for (const ConsumerOffset& offset : stored.value) CHECK_FALSE(offset.error);
  CHECK(committed(client, "g", "t", 1) == 6);
  client.close();
}

TEST_CASE("I3: two hundred restarts of brokers leave no connection and no timer behind") {
  ProducerWorld world;
  world.warm_up();
  Reports reports;
  const auto round = [&](int i) {
    world.brokers->kill(i % 3 + 1);
    world.send(std::to_string(i), reports, i);
    world.run(300ms);
    world.brokers->restart(i % 3 + 1);
    REQUIRE(world.until_reports(reports, static_cast<size_t>(i) + 1, 30s));
  };
  for (int i = 0; i < 20; ++i) round(i);
  world.run(5s);
  const size_t streams = world.world.open_streams(ProducerWorld::kHost);
  const size_t timers = world.world.open_timers(ProducerWorld::kHost);
  for (int i = 20; i < 200; ++i) round(i);
  world.run(5s);
  CHECK(reports.count(Errc::none) == 200);
  CHECK(world.world.open_streams(ProducerWorld::kHost) <= streams + 3);
  CHECK(world.world.open_timers(ProducerWorld::kHost) <= timers + 3);
  CHECK(world.session->stats().brokers.size() == 3);
  world.finish();
}

TEST_CASE(
    "I7: after a quarter of an hour on connections that are dropped silently the first message takes two timeouts") {
  constexpr net::Duration kTimeout = 5s;
  SimClientOptions setup{.brokers = 3};
  setup.session.connections_max_idle = 0ms;  // nothing else closes them
  setup.session.request_timeout = 5s;
  ProducerWorld world({.request_timeout = 5s}, std::move(setup));
  world.warm_up();
  world.run(15min);
  // From now on, everything that is sent over the old connections is lost silently. New connections work.
  constexpr size_t kFirstPort = 40000;  // of a host in the simulation
  for (size_t i = 0; i < world.world.connects(ProducerWorld::kHost); ++i) {
    const std::string end = std::string(ProducerWorld::kHost) + ":" + std::to_string(kFirstPort + i);
    for (int id = 1; id <= 3; ++id) world.world.black_hole(end, SimCluster::host(id), true);
  }
  Reports reports;
  const net::TimePoint before = world.reactor.now();
  world.send("first", reports);
  REQUIRE(world.until_reports(reports, 1));
  CHECK_FALSE(reports[0].error);
  CHECK(world.reactor.now() - before >= kTimeout);  // the old connection was tried
  CHECK(world.reactor.now() - before < 2 * kTimeout);
  world.finish();
}
