// When batches leave and how much may wait: linger, batch_size, buffer_memory, flush; and which partition a record
// without one gets.
// Not here: faults (producer_retry_test.cpp).
#include "producer_fixture.hpp"

#include "base/murmur2.hpp"

using namespace kafka;
using namespace kafka::sim;
using namespace std::chrono_literals;

namespace {

Record any(std::string_view key, std::string_view value) { return {.topic = "t", .key = key, .value = value}; }

std::vector<int> numbers(int count) {
  std::vector<int> all;
  for (int i = 0; i < count; ++i) all.push_back(i);
  return all;
}

}  // namespace

TEST_CASE("linger 0: what is sent in one turn of the loop travels in one request, in order") {
  ProducerWorld world;
  world.warm_up();
  const int64_t before = world.produces();
  Reports reports;
  for (int i = 0; i < 1000; ++i) world.send(std::to_string(i), reports, i);
  REQUIRE(world.until_reports(reports, 1000));
  CHECK(world.produces() == before + 1);
  CHECK(reports.ids() == numbers(1000));
  for (size_t i = 0; i < 1000; ++i) CHECK(reports[i].offset == static_cast<int64_t>(i) + 1);
  world.finish();
}

TEST_CASE("linger waits for more, for no longer than it says, and flush and close end it") {
  ProducerWorld world({.linger = 200ms});
  world.warm_up();
  Reports reports;
  const int64_t before = world.produces();
  for (int i = 0; i < 10; ++i) {
    world.send("v", reports, i);
    world.run(10ms);
  }
  CHECK(reports.size() == 0);
  world.run(80ms);
  CHECK(reports.size() == 0);
  world.run(60ms);
  CHECK(reports.size() == 10);
  CHECK(world.produces() == before + 1);

  bool flushed = false;
  world.send("v", reports);
  world.producer->flush([&] { flushed = true; });
  CHECK(world.until([&] { return flushed; }, 100ms));
  CHECK(reports.size() == 11);
  world.send("v", reports);
  bool closed = false;
  world.producer->close([&] { closed = true; });
  CHECK(world.until([&] { return closed; }, 100ms));
  CHECK(reports.size() == 12);
  world.finish();
}

TEST_CASE("each batch lingers for itself, whatever became of the one before it in its partition") {
  ProducerWorld world({.batch_size = 1000, .linger = 200ms});
  world.warm_up(0);
  world.warm_up(1);
  Reports first;
  Reports other;
  const std::string value(280, 'v');
  for (int i = 0; i < 3; ++i) world.send(value, first, i);
  world.run(50ms);
  world.send({.topic = "t", .partition = 1, .value = value}, other);
  world.run(50ms);
  for (int i = 3; i < 5; ++i) world.send(value, first, i);  // the first three must leave before these have room
  world.run(140ms);
  CHECK(first.size() == 3);
  CHECK(other.size() == 0);
  world.run(30ms);
  CHECK(first.size() == 3);
  CHECK(other.size() == 1);
  world.run(20ms);
  CHECK(first.size() == 3);
  world.run(30ms);
  CHECK(first.size() == 5);
  CHECK(first.ids() == numbers(5));
  world.finish();
}

TEST_CASE("a batch that has reached batch_size does not linger, and no batch exceeds it by more than a record") {
  ProducerWorld world({.batch_size = 1000, .linger = 60s});
  world.warm_up();
  Reports reports;
  const std::string value(280, 'v');
  for (int i = 0; i < 3; ++i) world.send(value, reports, i);
  world.run(1s);
  CHECK(reports.size() == 0);  // 61 bytes of the batch and 3 records of 287
  for (int i = 3; i < 5; ++i) world.send(value, reports, i);
  world.run(1s);
  CHECK(reports.size() == 3);
  bool flushed = false;
  world.producer->flush([&] { flushed = true; });
  REQUIRE(world.until([&] { return flushed; }));
  CHECK(reports.size() == 5);

  Producer tiny(*world.session, {.batch_size = 1, .linger = 60s});
  Reports each;
  for (int i = 0; i < 3; ++i) tiny.send({.topic = "t", .partition = 1, .value = "v"}, each.take(i));
  CHECK(world.until_reports(each, 3, 2s));
  CHECK(each.ids() == numbers(3));
  world.finish();
}

TEST_CASE("E12: a full buffer says queue_full, takes nothing, and calls on_drain exactly once") {
  ProducerWorld world({.buffer_memory = 10000});
  Reports reports;
  int drained = 0;
  size_t room = 0;
  world.producer->on_drain([&] {
    ++drained;
    room = world.producer->queued_bytes();
  });
  const std::string value(1000, 'v');
  Error error;
  int accepted = 0;
  while (!(error = world.send(value, reports, accepted))) ++accepted;
  CHECK(error == Errc::queue_full);
  CHECK(error.retriable());
  CHECK(error.message().find("10000") != std::string::npos);
  CHECK(accepted >= 7);
  CHECK(accepted <= 9);
  CHECK(world.producer->would_block({.topic = "t", .value = value}));
  CHECK_FALSE(world.producer->would_block({.topic = "t", .value = "small"}));
  CHECK(world.send(value, reports, accepted) == Errc::queue_full);
  CHECK(world.producer->queued() == static_cast<size_t>(accepted));
  CHECK(world.producer->queued_bytes() <= 10000);
  REQUIRE(world.until_reports(reports, static_cast<size_t>(accepted) + 2));
  world.run(1s);
  CHECK(reports.count(Errc::queue_full) == 2);
  CHECK(world.values(0).size() == static_cast<size_t>(accepted));
  CHECK(drained == 1);
  CHECK(room <= 5000);
  CHECK(world.producer->queued_bytes() == 0);
  // A handler is called once, and then it is gone.
  while (!world.send(value, reports)) continue;
  world.run(1s);
  CHECK(drained == 1);
  world.producer->on_drain([&] { ++drained; });  // meanwhile everything is reported, and no report comes any more
  CHECK(drained == 1);
  world.run(1ms);
  CHECK(drained == 2);
  world.producer->on_drain([&] { ++drained; });
  world.run(1s);
  CHECK(drained == 2);
  world.finish();
}

TEST_CASE("would_block arms on_drain as queue_full does") {
  ProducerWorld world({.buffer_memory = 10000});
  Reports reports;
  int drained = 0;
  world.producer->on_drain([&] { ++drained; });
  const std::string value(8000, 'v');
  world.send(value, reports);
  CHECK(world.producer->would_block({.topic = "t", .value = value}));
  REQUIRE(world.until_reports(reports, 1));
  world.run(1ms);
  CHECK(drained == 1);
  world.finish();
}

TEST_CASE("a record larger than buffer_memory is too large: no room would ever be enough") {
  ProducerWorld world({.buffer_memory = 2000});
  Reports reports;
  const std::string value(3000, 'v');
  const Error error = world.send(value, reports);
  CHECK(error == Errc::message_too_large);
  CHECK(error.message().find("buffer_memory (2000)") != std::string::npos);
  CHECK_FALSE(world.producer->would_block({.topic = "t", .value = value}));
  REQUIRE(world.until_reports(reports, 1));
  world.finish();
}

TEST_CASE("E12: an application that sends again in on_drain gets everything through in little memory") {
  ProducerWorld world({.buffer_memory = 20000});
  Reports reports;
  int next = 0;
  size_t most = 0;
  std::function<void()> pump = [&] {
    const std::string value(500, 'v');
    while (next < 1000) {
      if (world.producer->would_block({.topic = "t", .partition = 0, .value = value})) {
        world.producer->on_drain([&] { pump(); });
        return;
      }
      REQUIRE_FALSE(world.send(value, reports, next++));
      most = std::max(most, world.producer->queued_bytes());
    }
  };
  pump();
  REQUIRE(world.until_reports(reports, 1000));
  CHECK(reports.ids() == numbers(1000));
  CHECK(most <= 20000);
  world.finish();
}

// --- flush ------------------------------------------------------------------

TEST_CASE("flush without work calls back later, and waits for exactly what was sent before it") {
  ProducerWorld world({.linger = 50ms});
  int calls = 0;
  world.producer->flush([&] { ++calls; });
  CHECK(calls == 0);
  world.run(1ms);
  CHECK(calls == 1);
  world.producer->flush({});

  Reports reports;
  std::vector<std::string> order;
  world.producer->send({.topic = "t", .partition = 0, .value = "a"},
                       [&](const DeliveryReport&) { order.push_back("a"); });
  world.producer->flush([&] { order.push_back("flush"); });
  world.producer->send({.topic = "t", .partition = 0, .value = "b"},
                       [&](const DeliveryReport&) { order.push_back("b"); });
  REQUIRE(world.until([&] { return order.size() == 3; }));
  CHECK(order == std::vector<std::string>{"a", "flush", "b"});
  world.finish();
}

TEST_CASE("flush during an outage waits for the outcome, also of records that wait for metadata") {
  ProducerWorld world({.delivery_timeout = 5s});
  for (int id = 1; id <= 3; ++id) world.brokers->kill(id);
  Reports reports;
  bool flushed = false;
  world.send(any("k", "parked"), reports, 0);
  world.send("queued", reports, 1);
  world.producer->flush([&] { flushed = true; });
  world.run(4s);
  CHECK_FALSE(flushed);
  CHECK(reports.size() == 0);
  world.run(2s);
  CHECK(flushed);
  CHECK(reports.count(Errc::timed_out) == 2);
  world.finish();
}

// --- which partition --------------------------------------------------------

TEST_CASE("a key decides the partition as in the Java client") {
  ProducerWorld world;
  REQUIRE_FALSE(world.cluster().topics().create("wide", 12));
  Reports reports;
  std::vector<std::string> keys;
  for (int i = 0; i < 200; ++i) keys.push_back("key-" + std::to_string(i * 7919));
  keys.push_back("");
  for (const std::string& key : keys) {
    world.producer->send({.topic = "wide", .key = key, .value = "v"}, reports.take(static_cast<int>(reports.size())));
  }
  REQUIRE(world.until_reports(reports, keys.size()));
  for (int32_t p = 0; p < 12; ++p) {
    for (const OwnedMessage& message : world.cluster().contents().read("wide", p)) {
      REQUIRE(message.key);
      CHECK(static_cast<int32_t>((murmur2(*message.key) & 0x7fffffff) % 12) == p);
    }
  }
  world.finish();
}

TEST_CASE("without a key records stick to one partition per batch, and over time every partition gets some") {
  ProducerWorld world({.batch_size = 300});
  world.warm_up();
  Reports reports;
  std::vector<size_t> used(3);
  for (int round = 0; round < 60; ++round) {
    const size_t first = reports.size();
    for (int i = 0; i < 5; ++i) world.send({.topic = "t", .value = "v"}, reports, i);
    REQUIRE(world.until_reports(reports, first + 5));
    for (size_t i = first; i < first + 5; ++i) CHECK(reports[i].partition == reports[first].partition);
    ++used.at(static_cast<size_t>(reports[first].partition));
  }
  for (size_t count : used) CHECK(count > 0);
  world.finish();
}

TEST_CASE(
    "KIP-794: a partition is stuck to until batch_size bytes, or 16 KiB, have gone there, in however many batches") {
  const int batch_size = GENERATE(5000, 1000000);
  ProducerWorld world({.batch_size = batch_size});
  world.warm_up();
  Reports reports;
  std::vector<size_t> used(3), runs;  // records in a row for one partition
  const std::string value(1000, 'v');
  constexpr size_t kRecords = 3000;
  for (size_t i = 0; i < kRecords; ++i) {
    world.send({.topic = "t", .value = value}, reports);
    REQUIRE(world.until_reports(reports, i + 1));
    REQUIRE_FALSE(reports[i].error);
    const int32_t partition = reports[i].partition;
    ++used.at(static_cast<size_t>(partition));
    if (i == 0 || reports[i - 1].partition != partition) runs.push_back(0);
    ++runs.back();
  }
  // A batch of one record takes 1,070 bytes or so; a partition may be drawn several times in a row.
  const size_t stint = batch_size == 5000 ? 5 : 16;
  for (size_t i = 0; i + 1 < runs.size(); ++i) CHECK(runs[i] % stint == 0);
  for (const size_t count : used) {  // a third each, about: 62 stints at least
    CHECK(count > kRecords / 5);
    CHECK(count < kRecords / 2);
  }
  world.finish();
}

TEST_CASE(
    "KIP-794: a partition whose batches wait for partitioner_availability_timeout gets no more until they are gone") {
  const auto timeout = GENERATE(0ms, 500ms);
  ProducerWorld world({.batch_size = 2000, .partitioner_availability_timeout = timeout, .request_timeout = 3s});
  for (int32_t partition = 0; partition < 3; ++partition) world.warm_up(partition);
  Reports reports;
  int sent = 0;
  const std::string value(900, 'v');
  auto load = [&](int rounds) {
    for (int round = 0; round < rounds; ++round) {
      for (int i = 0; i < 4; ++i) world.send({.topic = "t", .value = value}, reports, sent++);
      world.run(10ms);
    }
  };
  auto share = [&] { return world.values(0).size(); };
  world.on_produce().broker(world.leader(0)).times(1000).reply(Errc::not_enough_replicas);
  load(100);  // one second: all of its batches have waited for 500 ms then
  const size_t before = world.producer->queued();
  load(300);
  const size_t more = world.producer->queued() - before;
  CHECK((timeout == 0ms ? more > 10 : more < 10));
  world.cluster().faults().clear();
  REQUIRE(world.until_reports(reports, static_cast<size_t>(sent)));
  const size_t settled = share();
  load(300);
  REQUIRE(world.until_reports(reports, static_cast<size_t>(sent)));
  CHECK(share() - settled > 200);  // a third of 1200, about: it is available again
  world.finish();
}

TEST_CASE("round_robin takes the partitions in turn, random all of them; neither looks at keys") {
  for (const Partitioner how : {Partitioner::round_robin, Partitioner::random}) {
    ProducerWorld world({.partitioner = how});
    world.warm_up();
    Reports reports;
    std::vector<int> used(3);
    for (int i = 0; i < 60; ++i) world.send({.topic = "t", .key = "k", .value = "v"}, reports, i);
    REQUIRE(world.until_reports(reports, 60));
    for (const Reports::Entry& entry : reports.all) ++used.at(static_cast<size_t>(entry.report.partition));
    for (const int count : used) CHECK((how == Partitioner::random ? count > 8 : count == 20));
    world.finish();
  }
}

TEST_CASE("a leader that is slow gets fewer records without keys, unless adaptive partitioning is off") {
  size_t shares[2] = {};
  for (const bool adaptive : {false, true}) {
    ProducerWorld world({.batch_size = 2000, .max_in_flight = 1, .partitioner_adaptive_partitioning_enable = adaptive},
                        {.brokers = 3}, 7);
    for (int32_t partition = 0; partition < 3; ++partition) world.warm_up(partition);
    world.on_produce().broker(world.leader(0)).always().delay(300ms);
    Reports reports;
    int sent = 0;
    const std::string value(900, 'v');
    for (int round = 0; round < 300; ++round) {
      for (int i = 0; i < 4; ++i) world.send({.topic = "t", .value = value}, reports, sent++);
      world.run(10ms);
    }
    REQUIRE(world.until_reports(reports, static_cast<size_t>(sent)));
    shares[adaptive ? 1 : 0] = world.values(0).size();
    world.finish();
  }
  CHECK(shares[0] > 300);  // a third of 1200, about
  CHECK(shares[1] < shares[0] / 2);
}

TEST_CASE("the application's partitioner decides, and a partition out of range fails the record") {
  ProducerWorld world;
  int32_t choice = 2;
  std::vector<std::string> seen;
  world.producer->set_partitioner([&](const Record& record, int32_t count) {
    CHECK(count == 3);
    seen.push_back(std::string(record.topic) + "/" + std::string(record.key) + "/" + std::string(record.value));
    return choice;
  });
  Reports reports;
  world.send(any("k", "unknown topic yet"), reports);
  REQUIRE(world.until_reports(reports, 1));
  CHECK(reports[0].partition == 2);
  CHECK(seen == std::vector<std::string>{"t/k/unknown topic yet"});
  for (const int32_t wrong : {-1, -2, 3, INT32_MAX}) {
    choice = wrong;
    const size_t before = reports.size();
    const Error error = world.send(any("k", "v"), reports);
    CHECK(error == Errc::invalid_argument);
    CHECK(error.message().find("0 to 2") != std::string::npos);
    world.run(1s);
    CHECK(reports.size() == before + 1);  // what was returned, and nothing else
  }
  // The partitioner is not asked about a record that names its partition.
  seen.clear();
  world.send("v", reports);
  world.run(1s);
  CHECK(seen.empty());
  CHECK(reports.all.back().report.partition == 0);
  // The same when the partition is chosen later, for a queue of many records.
  Producer late(*world.session);
  late.set_partitioner([](const Record& record, int32_t) { return record.key == "bad" ? 9 : 1; });
  REQUIRE_FALSE(world.cluster().topics().create("late", 3));
  Reports mixed;
  for (int i = 0; i < 10; ++i) late.send({.topic = "late", .key = i % 2 ? "bad" : "good", .value = "v"}, mixed.take(i));
  REQUIRE(world.until_reports(mixed, 10));
  CHECK(mixed.count(Errc::invalid_argument) == 5);
  CHECK(mixed.count(Errc::none) == 5);
  world.finish();
}

TEST_CASE("records of one partition keep their order whether they name it or wait for the topic's partitions") {
  ProducerWorld world;
  world.producer->set_partitioner([](const Record&, int32_t) { return 0; });
  Reports reports;
  std::vector<std::string> sent;
  for (int i = 0; i < 10; ++i) {
    sent.push_back(std::to_string(i));
    world.producer->send({.topic = "t", .partition = i % 3 == 0 ? 0 : kAnyPartition, .value = sent.back()},
                         reports.take(i));
  }
  REQUIRE(world.until_reports(reports, 10));
  CHECK(world.values(0) == sent);
  CHECK(reports.ids() == numbers(10));
  world.finish();
}

TEST_CASE("waiting for a topic's partitions uses buffer_memory, and finding them does not call on_drain too early") {
  ProducerWorld world({.buffer_memory = 10000});
  Reports reports;
  size_t room = SIZE_MAX;
  world.producer->on_drain([&] { room = world.producer->queued_bytes(); });
  const std::string value(800, 'v');
  int accepted = 0;
  while (!world.send(any("k", value), reports, accepted)) ++accepted;
  CHECK(accepted >= 7);
  REQUIRE(world.until_reports(reports, static_cast<size_t>(accepted) + 1));
  world.run(1ms);
  CHECK(room <= 5000);
  CHECK(reports.count(Errc::none) == static_cast<size_t>(accepted));
  world.finish();
}

// --- time -------------------------------------------------------------------

TEST_CASE("delivery_timeout: never sent is persistence no, and later records live as long as the first ones") {
  ProducerWorld world({.delivery_timeout = 10s});
  world.warm_up();
  for (int id = 1; id <= 3; ++id) world.brokers->kill(id);
  std::vector<std::pair<net::Duration, DeliveryReport>> ended;  // life, outcome
  for (int i = 0; i < 30; ++i) {
    const net::TimePoint sent = world.reactor.now();
    world.producer->send({.topic = "t", .partition = 0, .value = "v"}, [&, sent](const DeliveryReport& report) {
      ended.emplace_back(world.reactor.now() - sent, report);
    });
    world.run(500ms);
  }
  REQUIRE(world.until([&] { return ended.size() == 30; }));
  for (const auto& [life, report] : ended) {
    CHECK(report.error == Errc::timed_out);
    INFO(report.error.message());
    CHECK(report.error.message().find("delivery_timeout") != std::string::npos);
    CHECK(report.persistence == Persistence::no);
    CHECK(life <= 10s + 100ms);
    CHECK(life >= 9s);
  }
  world.finish();
}

TEST_CASE("delivery_timeout: sent and never answered is maybe, on time, and disturbs no other batch") {
  ProducerWorld world({.delivery_timeout = 3s});
  world.warm_up();
  world.on_produce().always().swallow();
  Reports reports;
  world.send("lost", reports);
  const net::TimePoint start = world.reactor.now();
  REQUIRE(world.until_reports(reports, 1));
  CHECK(world.reactor.now() - start >= 3s);
  CHECK(world.reactor.now() - start <= 3s + 10ms);
  CHECK(reports[0].error == Errc::timed_out);
  CHECK(reports[0].persistence == Persistence::maybe);
  CHECK(reports[0].offset == -1);
  CHECK(world.producer->queued() == 0);
  world.finish();
}

TEST_CASE("delivery_timeout: the report tells the last error of the broker") {
  const bool unanswered = GENERATE(false, true);  // the last attempt of all
  SimClientOptions setup{.brokers = 1};
  setup.session.retry_backoff = setup.session.retry_backoff_max = 1s;  // it waits when its time is over
  ProducerWorld world({.delivery_timeout = 5s}, std::move(setup));
  world.warm_up();
  world.on_produce().times(unanswered ? 1 : 100).reply(Errc::not_enough_replicas);
  if (unanswered) world.on_produce().always().swallow();
  Reports reports;
  world.send("v", reports);
  REQUIRE(world.until_reports(reports, 1));
  CAPTURE(reports[0].error.message());
  CHECK(reports[0].error == Errc::timed_out);
  CHECK(reports[0].error.message().find("min.insync.replicas") != std::string::npos);
  CHECK(reports[0].persistence == (unanswered ? Persistence::maybe : Persistence::no));
  world.finish();
}

TEST_CASE("delivery_timeout: a topic that does not exist is waited for, and the report says why") {
  SimClientOptions setup{.brokers = 1};
  setup.cluster.auto_create_topics = false;
  ProducerWorld world({.delivery_timeout = 5s}, std::move(setup));
  Reports reports;
  world.send({.topic = "nowhere", .key = "k", .value = "v"}, reports);
  world.send({.topic = "nowhere", .partition = 0, .value = "v"}, reports);
  world.send({.topic = "t", .partition = 77, .value = "v"}, reports);
  const int64_t before = world.cluster().requests().count(ApiKey::metadata, 0);
  REQUIRE(world.until_reports(reports, 3));
  for (size_t i = 0; i < 3; ++i) {
    INFO(reports[i].error.message());
    CHECK(reports[i].error == Errc::timed_out);
    CHECK(reports[i].persistence == Persistence::no);
  }
  CHECK(reports[0].error.message().find("nowhere") != std::string::npos);
  CHECK(world.cluster().requests().count(ApiKey::metadata, 0) - before < 25);  // with growing pauses
  world.finish();
}
