// The cheap way to send: topic handles, tokens in place of callbacks, one handler for all outcomes.
#include <map>
#include <memory>

#include "producer_fixture.hpp"

using namespace kafka;
using namespace kafka::sim;
using namespace std::chrono_literals;

namespace {

/// Outcomes by token, in the order in which they came.
struct Told {
  std::vector<uint64_t> order;
  std::map<uint64_t, std::vector<DeliveryReport>> by_token;

  DeliveryHandler take() {
    return [this](uint64_t token, const DeliveryReport& report) {
      order.push_back(token);
      by_token[token].push_back(report);
    };
  }
  size_t size() const { return order.size(); }
};

}  // namespace

TEST_CASE("each token comes back once with the outcome of its record, in order, and never inside send") {
  ProducerWorld world;
  Told told;
  world.producer->on_delivery(told.take());
  const Topic topic = world.producer->topic("t");
  CHECK(topic.name() == "t");
  CHECK_FALSE(topic.error());
  for (uint64_t i = 0; i < 100; ++i) {
    const std::string value = std::to_string(i);
    REQUIRE_FALSE(world.producer->send(topic, {.partition = 1, .key = "k", .value = value, .timestamp = 5000}, ~i));
    CHECK(told.size() == 0);
  }
  REQUIRE(world.until([&] { return told.size() == 100; }));
  world.run(1s);
  REQUIRE(told.size() == 100);
  for (uint64_t i = 0; i < 100; ++i) {
    CHECK(told.order[i] == ~i);
    REQUIRE(told.by_token[~i].size() == 1);
    const DeliveryReport& report = told.by_token[~i][0];
    CHECK_FALSE(report.error);
    CHECK(report.partition == 1);
    CHECK(report.offset == static_cast<int64_t>(i));
    CHECK(report.timestamp == 5000);
    CHECK(report.persistence == Persistence::yes);
    CHECK(world.values(1).at(i) == std::to_string(i));
  }
  world.finish();
}

TEST_CASE(
    "a batch may mix records with tokens, with callbacks and with neither: each is told of its own record, in order") {
  ProducerWorld world;
  std::vector<std::pair<char, uint64_t>> told;
  std::map<uint64_t, int64_t> offsets;
  world.producer->on_delivery([&](uint64_t token, const DeliveryReport& report) {
    told.emplace_back('t', token);
    offsets[token] = report.offset;
  });
  std::vector<std::pair<char, uint64_t>> expected;
  const Topic topic = world.producer->topic("t");
  for (uint64_t i = 0; i < 60; ++i) {
    const std::string value = std::to_string(i);
    const Record record{.topic = "t", .partition = 0, .value = value};
    const uint64_t kind = (i / 3 + i) % 4;
    if (kind == 0) world.producer->send(record, i);
    if (kind == 1) world.producer->send(topic, record, i);
    if (kind <= 1) expected.emplace_back('t', i);
    if (kind == 2) {
      world.producer->send(topic, record, [&, i](const DeliveryReport& report) {
        told.emplace_back('c', i);
        offsets[i] = report.offset;
      });
      expected.emplace_back('c', i);
    }
    if (kind == 3) world.producer->send(topic, record);
  }
  REQUIRE(world.until([&] { return told.size() == expected.size(); }));
  world.run(1s);
  CHECK(told == expected);
  for (const auto& [token, offset] : offsets) CHECK(offset == static_cast<int64_t>(token));
  CHECK(world.values(0).size() == 60);
  world.finish();
}

TEST_CASE("a token keeps its record through retries, splits and waiting for the topic's partitions") {
  for (const bool split : {false, true}) {
    ProducerWorld world;
    if (split) {
      world.warm_up();
      world.on_produce().times(2).reply(Errc::message_too_large);
    } else {
      world.on_produce().times(3).reply(Errc::not_leader_or_follower);
    }
    Told told;
    world.producer->on_delivery(told.take());
    const Topic topic = world.producer->topic("t");
    for (uint64_t i = 0; i < 9; ++i) world.producer->send(topic, {.partition = 0, .value = std::to_string(i)}, i);
    REQUIRE(world.until([&] { return told.size() == 9; }));
    const auto values = world.values(0);
    for (uint64_t i = 0; i < 9; ++i) {
      REQUIRE(told.by_token[i].size() == 1);
      REQUIRE_FALSE(told.by_token[i][0].error);
      CHECK(values.at(static_cast<size_t>(told.by_token[i][0].offset)) == std::to_string(i));
    }
    world.finish();
  }
}

TEST_CASE(
    "G16: a record that send refuses has no report: its token may be sent again, and its callable is destroyed "
    "uncalled") {
  ProducerWorld world({.buffer_memory = 3000});
  Told told;
  world.producer->on_delivery(told.take());
  const Topic topic = world.producer->topic("t");
  const std::string value(2000, 'v');
  CHECK_FALSE(world.producer->send(topic, {.partition = 0, .value = value}, 1));
  CHECK(world.producer->would_block(topic, {.value = value}));
  CHECK(world.producer->send(topic, {.partition = 0, .value = value}, 2) == Errc::queue_full);
  CHECK(world.producer->send(topic, {.partition = -2, .value = "v"}, 3) == Errc::invalid_argument);
  CHECK(world.producer->send(world.producer->topic("no such name!"), {.value = "v"}, 4) == Errc::invalid_topic);
  CHECK(world.producer->send(Topic(), {.topic = "t", .value = "v"}, 5) == Errc::invalid_topic);
  CHECK(world.producer->topic("no such name!").error() == Errc::invalid_topic);
  const auto alive = std::make_shared<int>(0);
  const auto never = [alive](const DeliveryReport&) { FAIL("a report"); };
  CHECK(world.producer->send(topic, {.partition = 0, .value = value}, never) == Errc::queue_full);
  CHECK(alive.use_count() == 2);
  CHECK(world.producer->send({.topic = "t", .partition = 0, .value = value}, never) == Errc::queue_full);
  CHECK(world.producer->send({.topic = "no such name!", .value = "v"}, never) == Errc::invalid_topic);
  CHECK(world.producer->send({.topic = "t", .partition = -2, .value = "v"}, never) == Errc::invalid_argument);
  CHECK(world.producer->send({.topic = "t", .value = std::string(5000, 'v')}, never) == Errc::message_too_large);
  CHECK(alive.use_count() == 2);
  CHECK(told.size() == 0);
  REQUIRE(world.until([&] { return told.size() == 1; }));
  world.run(1s);
  CHECK(told.size() == 1);
  CHECK_FALSE(world.producer->send(topic, {.partition = 0, .value = value}, 2));
  REQUIRE(world.until([&] { return told.size() == 2; }));
  CHECK(told.by_token[2].size() == 1);
  CHECK_FALSE(told.by_token[2].at(0).error);
  CHECK_FALSE(told.by_token[1].at(0).error);
  CHECK(world.values(0).size() == 2);
  world.producer->close();
  CHECK(world.producer->send({.topic = "t", .value = "v"}, never) == Errc::closed);
  CHECK(alive.use_count() == 2);
  world.finish();
}

TEST_CASE("a handler may be set anew, or taken away, also by itself; outcomes without one are dropped") {
  ProducerWorld world;
  std::vector<std::string> told;
  auto log = [&](const std::string& who, uint64_t token) { told.push_back(who + std::to_string(token)); };
  world.producer->on_delivery([&, alive = std::make_shared<int>(7)](uint64_t token, const DeliveryReport&) {
    world.producer->on_delivery([&](uint64_t other, const DeliveryReport&) {
      log("second ", other);
      if (other == 3) world.producer->on_delivery(nullptr);
    });
    CHECK(*alive == 7);  // it lives as long as it runs
    log("first ", token);
  });
  const Topic topic = world.producer->topic("t");
  for (uint64_t i = 1; i <= 6; ++i) world.producer->send(topic, {.partition = 0, .value = "v"}, i);
  bool flushed = false;
  world.producer->flush([&] { flushed = true; });
  REQUIRE(world.until([&] { return flushed; }));
  CHECK(told == std::vector<std::string>{"first 1", "second 2", "second 3"});
  CHECK(world.values(0).size() == 6);
  world.finish();
}

TEST_CASE("I8: outcomes by token keep to the budget of a turn, and a flush ends after them") {
  SimClientOptions setup{.brokers = 3};
  setup.session.max_dispatch = 10;
  ProducerWorld world({}, std::move(setup));
  world.warm_up();
  int told = 0;
  int turns = 0;
  int at_flush = -1;
  int most = 0;
  int in_turn = 0;
  world.producer->on_delivery([&](uint64_t, const DeliveryReport&) {
    if (in_turn++ == 0) {
      ++turns;
      world.reactor.defer([&] {
        most = std::max(most, in_turn);
        in_turn = 0;
      });
    }
    ++told;
  });
  const Topic topic = world.producer->topic("t");
  for (uint64_t i = 0; i < 95; ++i) world.producer->send(topic, {.partition = 0, .value = "v"}, i);
  world.producer->flush([&] { at_flush = told; });
  REQUIRE(world.until([&] { return at_flush >= 0; }));
  CHECK(at_flush == 95);
  CHECK(turns >= 10);
  CHECK(most <= 10);
  world.finish();
}

TEST_CASE("the batches of one answer report one after the other, each its own records, within the budget of a turn") {
  for (const int32_t few : {1, 4, 10, 1000}) {
    SimClientOptions setup{.brokers = 1};
    setup.session.max_dispatch = few;
    ProducerWorld world({}, std::move(setup));
    world.warm_up();
    const int64_t before = world.produces();
    Told told;
    world.producer->on_delivery(told.take());
    const Topic topic = world.producer->topic("t");
    std::vector<std::pair<uint64_t, DeliveryReport>> called;
    for (uint64_t i = 0; i < 30; ++i) {
      const Record record{.partition = static_cast<int32_t>(i % 3), .value = "v", .timestamp = 5000 + (i % 4 == 0)};
      if (i % 5 < 3) world.producer->send(topic, record, i);
      if (i % 5 == 3) {
        world.producer->send(topic, record, [&, i](const DeliveryReport& report) { called.emplace_back(i, report); });
      }
      if (i % 5 == 4) world.producer->send(topic, record);
    }
    bool flushed = false;
    world.producer->flush([&] { flushed = true; });
    REQUIRE(world.until([&] { return flushed; }));
    CHECK(world.produces() == before + 1);
    CHECK(told.size() == 18);
    CHECK(called.size() == 6);
    for (const auto& [token, reports] : told.by_token) called.emplace_back(token, reports.at(0));
    for (const auto& [number, report] : called) {
      CHECK_FALSE(report.error);
      CHECK(report.partition == static_cast<int32_t>(number % 3));
      CHECK(report.offset == static_cast<int64_t>(number / 3) + (number % 3 == 0 ? 1 : 0));
      CHECK(report.timestamp == 5000 + (number % 4 == 0));
      CHECK(report.persistence == Persistence::yes);
    }
    world.finish();
  }
}

TEST_CASE("G1: a handler may destroy the producer, or the session, at each batch of an answer") {
  for (const bool session_too : {false, true}) {
    for (const bool by_destructor : {false, true}) {
      for (int at = 1; at <= 6; ++at) {
        ProducerWorld world({}, SimClientOptions{.brokers = 1});
        world.warm_up();
        int calls = 0;
        const auto destroy = [&] {
          if (++calls != at) return;
          if (session_too) world.session.reset();
          world.producer.reset();
        };
        world.producer->on_delivery([&](uint64_t, const DeliveryReport&) { destroy(); });
        const Topic topic = world.producer->topic("t");
        for (uint64_t i = 0; i < 6; ++i) {
          const Record record{.partition = static_cast<int32_t>(i % 3), .value = "v"};
          if (by_destructor) {
            world.producer->send(
                topic, record,
                [last = std::shared_ptr<void>(nullptr, [&](void*) { destroy(); })](const DeliveryReport&) {});
          } else {
            world.producer->send(topic, record, i);
          }
        }
        REQUIRE(world.until([&] { return calls >= at; }));
        world.run(1min);
        CHECK((by_destructor ? calls >= 6 : calls == at));
        if (!session_too) world.close();
      }
    }
  }
}

TEST_CASE("G1: a handler may destroy the producer, or the session; nothing comes after that") {
  for (const bool session_too : {false, true}) {
    ProducerWorld world;
    int calls = 0;
    world.producer->on_delivery([&, alive = std::make_shared<int>(7)](uint64_t, const DeliveryReport&) {
      ++calls;
      if (session_too) world.session.reset();
      world.producer.reset();
      CHECK(*alive == 7);
    });
    const Topic topic = world.producer->topic("t");
    for (uint64_t i = 0; i < 4; ++i) CHECK_FALSE(world.producer->send(topic, {.partition = 0, .value = "v"}, i));
    REQUIRE(world.until([&] { return calls > 0; }));
    world.run(1min);
    CHECK(calls == 1);
    if (!session_too) world.close();
  }
}

TEST_CASE("a topic handle outlives its producer, as a name, and another producer takes it by that name") {
  ProducerWorld world;
  Topic topic = world.producer->topic("t");
  world.producer.reset();
  CHECK(topic.name() == "t");
  world.producer.emplace(*world.session, ProducerOptions{});
  Reports reports;
  CHECK_FALSE(world.producer->send(topic, {.topic = "other", .partition = 2, .value = "v"}, reports.take()));
  REQUIRE(world.until_reports(reports, 1));
  CHECK_FALSE(reports[0].error);
  CHECK(world.values(2) == std::vector<std::string>{"v"});
  // A copy, a move, and after the session has gone.
  Topic copy = topic;
  const Topic moved = std::move(topic);
  world.producer->close();
  CHECK(world.producer->send(copy, {.value = "late"}, reports.take()) == Errc::closed);
  world.producer.reset();
  world.close();
  CHECK(moved.name() == "t");
}

TEST_CASE("a partitioner sees the name also of records that were sent with a handle") {
  ProducerWorld world;
  std::vector<std::string> seen;
  world.producer->set_partitioner([&](const Record& record, int32_t) {
    seen.emplace_back(record.topic);
    return 2;
  });
  Reports reports;
  world.producer->send(world.producer->topic("t"), {.value = "v"}, reports.take());
  REQUIRE(world.until_reports(reports, 1));
  CHECK(reports[0].partition == 2);
  CHECK(seen == std::vector<std::string>{"t"});
  world.finish();
}

TEST_CASE("destroyed without close, a producer forgets its tokens and its handler") {
  ProducerWorld world;
  auto alive = std::make_shared<int>(1);
  int calls = 0;
  world.producer->on_delivery([&calls, alive](uint64_t, const DeliveryReport&) { ++calls; });
  world.producer->send(world.producer->topic("t"), {.value = "v"}, 1);
  world.producer.reset();
  CHECK(alive.use_count() == 1);
  world.run(1min);
  CHECK(calls == 0);
  world.close();
}

TEST_CASE("I4: reports that wait for the application count against buffer_memory") {
  constexpr int32_t kCount = 3000;
  ProducerOptions options;
  options.buffer_memory = 200000;
  ProducerWorld world(options, {.brokers = 3, .session = {.max_dispatch = 1}});
  const Topic topic = world.producer->topic("t");
  world.warm_up();
  int32_t told = 0, sent = 0;
  size_t while_told = 0;
  const auto send_until_full = [&] {
    int32_t count = 0;
    while (!world.producer->send(topic, {.partition = 0, .value = "0123456789"})) ++count;
    return count;
  };
  world.producer->on_delivery([&](uint64_t, const DeliveryReport& report) {
    if (report.error) FAIL(report.error.message());
    if (++told > 1) return;
    CHECK(world.producer->queued() == 0);  // all are reported, and the test knows only one of the reports
    while_told = world.producer->queued_bytes();
    sent = send_until_full();
  });
  for (uint64_t i = 0; i < kCount; ++i) {
    REQUIRE_FALSE(world.producer->send(topic, {.partition = 0, .value = "0123456789"}, i));
  }
  REQUIRE(world.until([&] { return told == kCount; }));
  CHECK(while_told >= kCount * sizeof(uint64_t));
  world.run(1s);
  CHECK(world.producer->queued_bytes() == 0);
  CHECK(sent < send_until_full());
  world.finish();
}
