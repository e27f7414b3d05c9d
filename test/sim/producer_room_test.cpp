// Room in buffer_memory: who waits for it, and records that no consumer could unfold.
#include <kafka/producer.hpp>

#include "producer_fixture.hpp"

using namespace kafka;
using namespace kafka::sim;
using namespace std::chrono_literals;

TEST_CASE("E12: who waits for room gets it in turn, and nobody hears of it inside the call") {
  ProducerWorld world({.buffer_memory = 20000, .linger = 0us});
  world.warm_up();
  world.on_produce().always().delay(200ms);
  Reports reports;
  const std::string large(9000, 'x');
  std::vector<int> order;
  bool inside = true;
  for (int i = 0; i < 6; ++i) {
    CHECK_FALSE(world.producer->when_room(large.size(), [&, i] {
      CHECK_FALSE(inside);
      order.push_back(i);
      CHECK_FALSE(world.producer->send({.topic = "t", .partition = 0, .value = large}, reports.take(i)));
    }));
  }
  CHECK(order.empty());
  inside = false;
  world.run(50ms);
  CHECK(order == std::vector<int>{0, 1});  // two fit
  CHECK(world.producer->send({.topic = "t", .partition = 0, .value = large}) == Errc::queue_full);
  REQUIRE(world.until_reports(reports, 6));
  CHECK(order == std::vector<int>{0, 1, 2, 3, 4, 5});
  CHECK(reports.count(Errc::none) == 6);
  world.cluster().faults().clear();
  world.finish();
}

TEST_CASE("E12: what lingers leaves at once when somebody waits for its room") {
  ProducerWorld world({.buffer_memory = 20000, .linger = 30s});
  world.warm_up();
  Reports reports;
  const std::string large(9000, 'x');
  const Record record{.topic = "t", .partition = 0, .value = large};
  for (int i = 0; i < 2; ++i) REQUIRE_FALSE(world.producer->send(record, reports.take(i)));
  world.run(1s);
  REQUIRE(reports.all.empty());  // they linger
  bool room = false;
  SECTION("send() says queue_full") {
    REQUIRE(world.producer->send(record) == Errc::queue_full);
    world.producer->on_drain([&] { room = true; });
  }
  SECTION("would_block() says yes") {
    REQUIRE(world.producer->would_block(record));
    world.producer->on_drain([&] { room = true; });
  }
  SECTION("when_room()") {
    REQUIRE_FALSE(world.producer->when_room(large.size(), [&] { room = true; }));
  }
  world.run(1s);
  CHECK(room);
  CHECK(reports.count(Errc::none) == 2);
  // Nobody waits any more: the next one lingers again.
  REQUIRE_FALSE(world.producer->send(record, reports.take(3)));
  world.run(5s);
  CHECK(reports.count(Errc::none) == 2);
  REQUIRE(world.until_reports(reports, 3));
  world.finish();
}

TEST_CASE("E12: a small record does not overtake a large one that waits for room") {
  ProducerWorld world({.buffer_memory = 20000});
  world.warm_up();
  world.on_produce().always().delay(200ms);
  Reports reports;
  const std::string most(15000, 'x');
  REQUIRE_FALSE(world.producer->send({.topic = "t", .partition = 0, .value = most}, reports.take()));
  std::vector<int> order;
  CHECK_FALSE(world.producer->when_room(most.size(), [&] { order.push_back(1); }));
  CHECK_FALSE(world.producer->when_room(10, [&] { order.push_back(2); }));
  world.run(100ms);
  CHECK(order.empty());
  REQUIRE(world.until([&] { return order.size() == 2; }));
  CHECK(order == std::vector<int>{1, 2});
  world.cluster().faults().clear();
  world.finish();
}

TEST_CASE("E12, G4: waiting for room that can never be is refused, and close() ends every wait") {
  ProducerWorld world({.buffer_memory = 20000});
  world.warm_up();
  bool called = false;
  CHECK(world.producer->when_room(20000, [&] { called = true; }) == Errc::message_too_large);
  CHECK(world.producer->when_room(SIZE_MAX, [&] { called = true; }) == Errc::message_too_large);
  world.on_produce().always().delay(1s);
  REQUIRE_FALSE(world.producer->send({.topic = "t", .partition = 0, .value = std::string(15000, 'x')}));
  Error error;
  CHECK_FALSE(world.producer->when_room(15000, [&] { error = world.producer->send({.topic = "t", .value = "v"}); }));
  int closed = 0;
  world.producer->close([&] { ++closed; });
  CHECK(world.producer->when_room(1, [&] { called = true; }) == Errc::closed);
  REQUIRE(world.until([&] { return closed == 1; }));
  CHECK(error == Errc::closed);
  CHECK_FALSE(called);
  world.cluster().faults().clear();
  world.finish();
}

TEST_CASE("G1: a producer that was full when its session ended drops the handler that waits for room") {
  for (const bool closed : {false, true}) {
    INFO((closed ? "closed" : "destroyed"));
    ProducerWorld world({.buffer_memory = 20000});
    world.warm_up();
    world.on_produce().always().delay(10s);
    while (!world.producer->send({.topic = "t", .partition = 0, .value = std::string(5000, 'x')})) {
    }
    if (closed) {
      bool done = false;
      world.session->close(0ms, [&] { done = true; });
      REQUIRE(world.until([&] { return done; }));
    } else {
      world.session.reset();
    }
    auto held = std::make_shared<int>(0);
    world.producer->on_drain([held] { ++*held; });
    CHECK(held.use_count() == 1);
    world.run(1s);
    CHECK(*held == 0);
    world.producer.reset();
  }
}

TEST_CASE("G1: a function that waits for room may destroy the producer") {
  ProducerWorld world({.buffer_memory = 20000});
  world.warm_up();
  int calls = 0;
  CHECK_FALSE(world.producer->when_room(10, [&] {
    ++calls;
    world.producer.reset();
  }));
  CHECK_FALSE(world.producer->when_room(10, [&] { ++calls; }));
  world.run(1s);
  CHECK(calls == 1);
}

TEST_CASE("B11: a record that no consumer would unfold is refused where it would be compressed") {
  constexpr int32_t kUnfolded = 65536;
  ProducerWorld world({.compression_type = Compression::gzip, .unfolded_max_bytes = kUnfolded});
  world.warm_up();
  Reports reports;
  const std::string fits(kUnfolded - 200, 'x');
  const std::string large(kUnfolded + 1, 'x');
  CHECK_FALSE(world.producer->send({.topic = "t", .partition = 0, .value = fits}, reports.take()));
  const Error error = world.producer->send({.topic = "t", .partition = 0, .value = large});
  CHECK(error == Errc::message_too_large);
  CHECK(error.message().find("unfolded_max_bytes (65536)") != std::string::npos);
  Error plain, packed;
  const auto bulk = [&](Compression codec, Error& into) {
    world.producer->produce(
        {{.topic = "t", .partition = 1, .messages = {{.value = large}}, .compression = codec}},
        [&into](ProduceResult result) { into = result.errors.empty() ? Error() : result.errors.front(); });
  };
  bulk(Compression::none, plain);
  bulk(Compression::gzip, packed);
  // Small records: no batch of them holds more than can be unfolded.
  for (int i = 0; i < 300; ++i)
    CHECK_FALSE(world.producer->send({.topic = "t", .partition = 2, .value = std::string(1000, 'y')}, reports.take()));
  REQUIRE(world.until_reports(reports, 301));
  CHECK(reports.count(Errc::none) == 301);
  world.finish();
  CHECK_FALSE(plain);
  CHECK(packed == Errc::message_too_large);
  CHECK(world.values(1).size() == 1);
}

TEST_CASE("B11: a batch that is too large as a message set for an old leader goes on in halves") {
  constexpr int32_t kUnfolded = 65536;
  constexpr int kRecords = 20000;  // of 2 bytes: a message takes more than twice the space of a record
  for (const char* release : {"0.9", "0.10"}) {
    INFO(release);
    ProducerWorld world({.compression_type = Compression::gzip, .linger = 50ms, .unfolded_max_bytes = kUnfolded});
    REQUIRE_FALSE(world.cluster().releases().as_version(release));
    world.warm_up();
    Reports reports;
    for (int i = 0; i < kRecords; ++i)
      CHECK_FALSE(world.producer->send({.topic = "t", .partition = 2, .value = "yy"}, reports.take()));
    REQUIRE(world.until_reports(reports, kRecords));
    CHECK(reports.count(Errc::none) == kRecords);
    CHECK(world.values(2).size() == kRecords);
    // A message takes 26 bytes and its value.
    constexpr int kMostInSet = kUnfolded / 28;
    CHECK(world.produces() > kRecords / kMostInSet);
    world.finish();
  }
}
