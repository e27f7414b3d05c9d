// produce(): many messages for many partitions, one result.
#include "producer_fixture.hpp"

using namespace kafka;
using namespace kafka::sim;
using namespace std::chrono_literals;

namespace {

ProduceEnvelope envelope(int32_t partition, std::vector<Message> messages, std::string topic = "t") {
  return {.topic = std::move(topic), .partition = partition, .messages = std::move(messages)};
}

struct Collected {
  int calls = 0;
  ProduceResult result;
  auto take() {
    return [this](ProduceResult r) {
      ++calls;
      result = std::move(r);
    };
  }
};

}  // namespace

TEST_CASE("produce reports once, with the offset of each partition's first message") {
  ProducerWorld world;
  world.warm_up(1);
  Collected all;
  world.producer->produce({envelope(0, {{.value = "a"}, {.value = "b"}}), envelope(1, {{.key = "k", .value = "c"}}),
                           envelope(2, {{.value = "d"}}), envelope(0, {{.value = "e"}}, "u")},
                          all.take());
  CHECK(all.calls == 0);
  REQUIRE(world.until([&] { return all.calls > 0; }));
  world.run(1s);
  CHECK(all.calls == 1);
  CHECK_FALSE(all.result.has_errors());
  CHECK_FALSE(all.result.has_retriable_errors());
  CHECK(all.result.offsets["t"] == std::map<int32_t, int64_t>{{0, 0}, {1, 1}, {2, 0}});
  CHECK(all.result.offsets["u"] == std::map<int32_t, int64_t>{{0, 0}});
  REQUIRE(all.result.partitions.size() == 4);
  for (const auto& partition : all.result.partitions) {
    CHECK_FALSE(partition.error);
    CHECK(partition.persistence == Persistence::yes);
  }
  CHECK(world.values(0) == std::vector<std::string>{"a", "b"});
  world.finish();
}

TEST_CASE("produce of nothing succeeds, later, and without a callback nothing happens") {
  ProducerWorld world;
  Collected none;
  world.producer->produce({}, none.take());
  CHECK(none.calls == 0);
  world.run(1ms);
  REQUIRE(none.calls == 1);
  CHECK_FALSE(none.result.has_errors());
  CHECK(none.result.partitions.empty());
  Collected empty;
  world.producer->produce({envelope(0, {})}, empty.take());
  world.run(1ms);
  REQUIRE(empty.calls == 1);
  CHECK_FALSE(empty.result.has_errors());
  CHECK(empty.result.partitions.size() == 1);
  CHECK(empty.result.offsets.empty());
  world.producer->produce({}, {});
  world.producer->produce({envelope(0, {{.value = "v"}})}, {});
  world.run(5s);
  CHECK(world.values(0).size() == 1);
  world.finish();
}

TEST_CASE("produce asks all leaders at the same time") {
  ProducerWorld world;
  for (int32_t p = 0; p < 3; ++p) world.warm_up(p);
  world.on_produce().always().delay(1s);
  Collected all;
  const net::TimePoint start = world.reactor.now();
  world.producer->produce({envelope(0, {{.value = "a"}}), envelope(1, {{.value = "b"}}), envelope(2, {{.value = "c"}})},
                          all.take());
  REQUIRE(world.until([&] { return all.calls > 0; }));
  CHECK(world.reactor.now() - start < 1500ms);
  CHECK_FALSE(all.result.has_errors());
  for (int32_t id = 1; id <= 3; ++id) CHECK(world.produces(id) == 2);
  world.finish();
}

TEST_CASE("produce retries only what failed") {
  ProducerWorld world;
  for (int32_t p = 0; p < 3; ++p) world.warm_up(p);
  world.on_produce().times(3).partition("t", 1).reply(Errc::not_enough_replicas);
  Collected all;
  world.producer->produce({envelope(0, {{.value = "a"}}), envelope(1, {{.value = "b"}}), envelope(2, {{.value = "c"}})},
                          all.take());
  REQUIRE(world.until([&] { return all.calls > 0; }));
  CHECK_FALSE(all.result.has_errors());
  for (int32_t p = 0; p < 3; ++p) {
    CHECK(world.values(p).size() == 2);
    CHECK(world.produces(world.leader(p)) == (p == 1 ? 5 : 2));
  }
  world.finish();
}

TEST_CASE("produce names each error once, and which partitions have it") {
  ProducerWorld world;
  world.on_produce().always().partition("t", 0).reply(Errc::topic_authorization_failed);
  world.on_produce().always().partition("t", 1).reply(Errc::topic_authorization_failed);
  Collected all;
  world.producer->produce({envelope(0, {{.value = "a"}}), envelope(1, {{.value = "b"}}), envelope(2, {{.value = "c"}}),
                           envelope(-1, {{.value = "d"}}), envelope(-7, {{.value = "d"}}), envelope(0, {}, "a b")},
                          all.take());
  REQUIRE(world.until([&] { return all.calls > 0; }));
  REQUIRE(all.result.errors.size() == 3);
  CHECK(all.result.has_error(Errc::invalid_argument));
  CHECK(all.result.has_error(Errc::invalid_topic));
  CHECK(all.result.has_error(Errc::topic_authorization_failed));
  CHECK_FALSE(all.result.has_error(Errc::timed_out));
  CHECK_FALSE(all.result.has_retriable_errors());
  REQUIRE(all.result.partitions.size() == 6);
  for (const auto& partition : all.result.partitions) {
    const bool good = partition.topic == "t" && partition.partition == 2;
    CHECK(static_cast<bool>(partition.error) == !good);
    CHECK(partition.persistence == (good ? Persistence::yes : Persistence::no));
  }
  CHECK(all.result.offsets == std::map<std::string, std::map<int32_t, int64_t>>{{"t", {{2, 0}}}});
  world.finish();
}

TEST_CASE("produce shares batches and order with send") {
  ProducerWorld world;
  world.warm_up();
  const int64_t before = world.produces();
  Reports reports;
  Collected all;
  world.send("1", reports);
  world.producer->produce({envelope(0, {{.value = "2"}, {.value = "3"}})}, all.take());
  world.send("4", reports);
  REQUIRE(world.until([&] { return all.calls == 1 && reports.size() == 2; }));
  CHECK(world.values(0) == std::vector<std::string>{"warm-up", "1", "2", "3", "4"});
  CHECK(all.result.offsets["t"][0] == 2);
  CHECK(world.produces() == before + 1);
  world.finish();
}

TEST_CASE("produce of more than a batch holds: the first offset is the first message's") {
  ProducerWorld world({.batch_size = 1000});
  Collected all;
  ProduceEnvelope many = envelope(0, {});
  const std::string value(300, 'v');
  for (int i = 0; i < 20; ++i) many.messages.push_back({.value = value});
  world.producer->produce({std::move(many)}, all.take());
  REQUIRE(world.until([&] { return all.calls == 1; }));
  CHECK_FALSE(all.result.has_errors());
  CHECK(all.result.offsets["t"][0] == 0);
  CHECK(world.values(0).size() == 20);
  CHECK(world.produces() > 5);
  world.finish();
}

TEST_CASE("produce: a partition of which a part arrived is maybe, and has no offset") {
  ProducerWorld world({.batch_size = 1});
  world.on_produce().skip(1).times(1).partition("t", 0).reply(Errc::invalid_record);
  Collected all;
  world.producer->produce({envelope(0, {{.value = "a"}, {.value = "b"}, {.value = "c"}})}, all.take());
  REQUIRE(world.until([&] { return all.calls == 1; }));
  REQUIRE(all.result.partitions.size() == 1);
  CHECK(all.result.partitions[0].error == Errc::invalid_record);
  CHECK(all.result.partitions[0].persistence == Persistence::maybe);
  CHECK(all.result.offsets.empty());
  CHECK(world.values(0) == std::vector<std::string>{"a", "c"});
  world.finish();
}

TEST_CASE("produce takes an envelope as a whole, and a call as a whole where memory is short") {
  ProducerWorld world({.buffer_memory = 10000});
  const std::string value(1000, 'v');
  Collected wrong;
  world.producer->produce(
      {envelope(0, {{.value = "good"}, {.value = "bad", .timestamp = -5}}), envelope(1, {{.value = "x"}})},
      wrong.take());
  REQUIRE(world.until([&] { return wrong.calls == 1; }));
  CHECK(wrong.result.has_error(Errc::invalid_argument));
  CHECK(wrong.result.offsets["t"].contains(1));
  CHECK(world.values(0).empty());

  Collected full;
  Reports reports;
  int drained = 0;
  world.producer->on_drain([&] { ++drained; });
  for (int i = 0; i < 6; ++i) world.send(value, reports);
  std::vector<Message> five(5, Message{.value = value});
  world.producer->produce({envelope(1, five), envelope(2, five)}, full.take());
  REQUIRE(world.until([&] { return full.calls == 1 && reports.size() == 6; }));
  CHECK(full.result.errors.size() == 1);
  CHECK(full.result.has_error(Errc::message_too_large));  // ten thousand and more never fit
  CHECK(drained == 0);
  for (int i = 0; i < 6; ++i) world.send(value, reports);
  Collected later;
  world.producer->produce({envelope(1, five)}, later.take());
  REQUIRE(world.until([&] { return later.calls == 1 && reports.size() == 12; }));
  CHECK(later.result.has_error(Errc::queue_full));
  CHECK(later.result.has_retriable_errors());
  world.run(1ms);
  CHECK(drained == 1);
  CHECK(world.values(1).size() == 1);
  CHECK(world.values(2).empty());
  world.finish();
}

TEST_CASE("produce after close says closed") {
  ProducerWorld world;
  world.producer->close();
  Collected all;
  world.producer->produce({envelope(0, {{.value = "a"}})}, all.take());
  CHECK(all.calls == 0);
  REQUIRE(world.until([&] { return all.calls == 1; }));
  CHECK(all.result.has_error(Errc::closed));
  CHECK(all.result.partitions.at(0).persistence == Persistence::no);
  world.finish();
}
