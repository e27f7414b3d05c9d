// Producer::abort(), and what happens when it races with everything else that can end a record.
#include <algorithm>

#include "producer_fixture.hpp"

using namespace kafka;
using namespace kafka::sim;
using namespace std::chrono_literals;

namespace {

// Each report must be true of the log.
void check_truth(ProducerWorld& world, const Reports& reports, size_t count) {
  REQUIRE(reports.size() == count);
  std::vector<std::string> log = world.values(0);
  std::vector<int> ids = reports.ids();
  std::sort(ids.begin(), ids.end());
  for (size_t i = 0; i < count; ++i) CHECK(ids[i] == static_cast<int>(i));
  for (const Reports::Entry& entry : reports.all) {
    const auto copies = std::count(log.begin(), log.end(), std::to_string(entry.id));
    CHECK(copies <= 1);
    if (entry.report.persistence == Persistence::no) CHECK(copies == 0);
    if (!entry.report.error) CHECK(copies == 1);
  }
}

}  // namespace

TEST_CASE(
    "abort: waiting records are persistence no, those under way maybe; each is reported once, and never inside the "
    "call") {
  ProducerWorld world({.batch_size = 1, .request_timeout = 3s});
  world.warm_up();
  world.on_produce().always().swallow();
  Reports reports;
  Reports parked;
  for (int i = 0; i < 8; ++i) world.send(std::to_string(i), reports, i);
  world.producer->send({.topic = "later", .value = "parked"}, parked.take());
  world.run(50ms);
  int flushed = 0;
  world.producer->flush([&] { ++flushed; });
  world.producer->abort();
  CHECK(reports.size() == 0);
  CHECK(flushed == 0);
  CHECK(world.producer->queued() == 0);
  world.run(1ms);
  CHECK(world.producer->queued_bytes() == 0);
  REQUIRE(reports.size() == 8);
  CHECK(parked.size() == 1);
  CHECK(flushed == 1);
  CHECK(reports.count(Errc::cancelled) == 8);
  for (size_t i = 0; i < 8; ++i) CHECK(reports[i].persistence == (i < 5 ? Persistence::maybe : Persistence::no));
  world.run(1min);
  CHECK(reports.size() == 8);
  CHECK(flushed == 1);
  world.finish();
}

TEST_CASE("abort does nothing without records, and also after close or with bad options") {
  ProducerWorld world;
  world.producer->abort();
  int flushed = 0;
  world.producer->flush([&] { ++flushed; });
  world.run(1ms);
  CHECK(flushed == 1);
  Producer inert(*world.session, {.batch_size = 0});
  inert.abort();
  world.producer->close();
  world.run(1s);
  world.producer->abort();
  world.producer.reset();
  world.close();
}

TEST_CASE("E3: after an abort the producer goes on, in order, without gaps and without duplicates") {
  for (const bool executed : {false, true}) {
    for (const Acks acks : {Acks::all, Acks::leader}) {
      ProducerWorld world({.acks = acks, .batch_size = 1, .request_timeout = 3s});
      world.warm_up();
      const int under_way = acks == Acks::all ? 5 : 1;
      if (executed) {
        world.on_produce().times(under_way).drop_response();
      } else {
        world.on_produce().times(under_way).swallow();
      }
      Reports aborted;
      for (int i = 0; i < 8; ++i) world.send("a" + std::to_string(i), aborted, i);
      world.run(50ms);
      world.producer->abort();
      Reports reports;
      for (int i = 0; i < 8; ++i) world.send(std::to_string(i), reports, i);
      REQUIRE(world.until_reports(reports, 8));
      CHECK(aborted.count(Errc::cancelled) == 8);
      std::vector<std::string> kept;
      for (const std::string& value : world.values(0)) {
        if (value[0] != 'a' && value[0] != 'w') kept.push_back(value);
      }
      CHECK(kept == std::vector<std::string>{"0", "1", "2", "3", "4", "5", "6", "7"});
      for (size_t i = 0; i < 8; ++i) CHECK_FALSE(reports[i].error);
      world.finish();
    }
  }
}

TEST_CASE("E1: ack, timeout, abort and close race for the same records, and each has one outcome that is true") {
  for (int first = 0; first <= 60; first += 3) {
    for (int second = 0; second <= 60; second += 10) {
      for (const bool tokens : {false, true}) {
        INFO("abort after " << first << " ms, close after " << second << " ms" << (tokens ? ", tokens" : ""));
        ProducerWorld world({.batch_size = 1, .delivery_timeout = 40ms}, {.brokers = 3},
                            static_cast<uint64_t>(first * 100 + second));
        world.world.set_latency(3ms, 12ms);
        Reports reports;
        world.producer->on_delivery([&](uint64_t token, const DeliveryReport& report) {
          reports.all.push_back({static_cast<int>(token), report});
        });
        int id = 0;
        auto some = [&] {
          for (int i = 0; i < 6; ++i, ++id) {
            const std::string value = std::to_string(id);
            const Record record{.topic = "t", .partition = 0, .value = value};
            if (!tokens) {
              world.send(record, reports, id);
            } else if (Error refused = world.producer->send(record, static_cast<uint64_t>(id))) {
              reports.all.push_back({id, {.error = std::move(refused)}});
            }
          }
        };
        const net::Timer aborts =
            world.reactor.after(std::chrono::milliseconds(first), [&] { world.producer->abort(); });
        int closed = 0;
        const net::Timer closes = world.reactor.after(std::chrono::milliseconds(second),
                                                      [&] { world.producer->close(15ms, [&] { ++closed; }); });
        for (int turn = 0; turn < 8; ++turn) {
          some();
          world.run(4ms);
        }
        REQUIRE(world.until([&] { return closed == 1 && reports.size() >= static_cast<size_t>(id); }, 1min));
        world.run(1min);
        CHECK(closed == 1);
        check_truth(world, reports, static_cast<size_t>(id));
        world.producer.reset();
        world.close();
      }
    }
  }
}

TEST_CASE("B16, E2: records that expire while their bytes are still being written damage no others") {
  // The socket takes small slices, so most of a request is still queued when its records are given up, and their
  // memory is needed again at once.
  ProducerWorld world({.acks = Acks::leader, .batch_size = 20000, .max_request_size = 200000, .request_timeout = 10s});
  world.warm_up();
  world.world.set_slicing(500, 1500);
  world.world.set_latency(20ms, 30ms);
  Reports reports;
  int id = 0;
  std::vector<std::string> sent;
  for (int round = 0; round < 40; ++round) {
    for (int i = 0; i < 4; ++i) {
      sent.push_back(std::to_string(id) + std::string(12000, static_cast<char>('a' + id % 26)));
      world.producer->send({.topic = "t", .partition = round % 3, .value = sent.back()}, reports.take(id));
      ++id;
    }
    world.run(std::chrono::milliseconds(1 + round % 40));
    if (round % 2 == 0) world.producer->abort();
  }
  REQUIRE(world.until_reports(reports, static_cast<size_t>(id)));
  CHECK(reports.count(Errc::cancelled) > 10);
  size_t found = 0;
  for (int32_t partition = 0; partition < 3; ++partition) {
    for (const std::string& value : world.values(partition)) {
      if (value == "warm-up") continue;
      ++found;
      CHECK(std::find(sent.begin(), sent.end(), value) != sent.end());  // the whole value, in the right partition
    }
  }
  CHECK(found > 10);
  world.finish();
}

TEST_CASE("E15: flush and close with a dead cluster end in time, with an outcome for every record") {
  for (const bool connected : {false, true}) {
    ProducerWorld world({.delivery_timeout = 5s, .request_timeout = 2s});
    if (connected) world.warm_up();
    for (int id = 1; id <= 3; ++id) world.brokers->kill(id);
    Reports reports;
    for (int i = 0; i < 10; ++i)
      world.producer->send({.topic = "t", .partition = i % 4 - 1, .value = "v"}, reports.take(i));
    net::TimePoint start = world.reactor.now();
    bool flushed = false;
    world.producer->flush([&] { flushed = true; });
    REQUIRE(world.until([&] { return flushed; }));
    CHECK(world.reactor.now() - start <= 5100ms);
    CHECK(reports.size() == 10);
    CHECK(reports.count(Errc::timed_out) == 10);
    for (int i = 10; i < 20; ++i)
      world.producer->send({.topic = "t", .partition = i % 4 - 1, .value = "v"}, reports.take(i));
    start = world.reactor.now();
    bool closed = false;
    world.producer->close(1s, [&] { closed = true; });
    REQUIRE(world.until([&] { return closed; }));
    CHECK(world.reactor.now() - start <= 1100ms);
    REQUIRE(reports.size() == 20);
    CHECK(reports.count(Errc::closed) == 10);
    for (size_t i = 0; i < 20; ++i) CHECK(reports[i].persistence == Persistence::no);
    world.producer.reset();
    world.close();
  }
}
