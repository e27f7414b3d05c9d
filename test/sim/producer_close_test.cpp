// How a producer ends, at any moment and from inside any callback; and what may be done inside callbacks.
#include "producer_fixture.hpp"

using namespace kafka;
using namespace kafka::sim;
using namespace std::chrono_literals;

namespace {

// Every state in which a producer can be closed or destroyed, by name.
struct State {
  const char* name;
  void (*enter)(ProducerWorld&);
};
const State kStates[] = {
    {"nothing was done", [](ProducerWorld&) {}},
    {"records were handed over in this turn", [](ProducerWorld&) {}},
    {"idle, connected", [](ProducerWorld& world) { world.warm_up(); }},
    {"brokers are dead",
     [](ProducerWorld& world) {
       for (int id = 1; id <= 3; ++id) world.brokers->kill(id);
     }},
    {"brokers are dead after use",
     [](ProducerWorld& world) {
       world.warm_up();
       for (int id = 1; id <= 3; ++id) world.brokers->kill(id);
       world.run(1s);
     }},
    {"connections do not come about",
     [](ProducerWorld& world) {
       for (int id = 1; id <= 3; ++id) world.world.black_hole(ProducerWorld::kHost, SimCluster::host(id), true);
     }},
    {"brokers are silent",
     [](ProducerWorld& world) {
       world.warm_up();
       for (int id = 1; id <= 3; ++id) world.brokers->pause(id);
     }},
    {"requests are swallowed",
     [](ProducerWorld& world) {
       world.warm_up();
       world.on_produce().always().swallow();
     }},
    {"retries go on", [](ProducerWorld& world) { world.on_produce().always().reply(Errc::not_enough_replicas); }},
    {"metadata is refused",
     [](ProducerWorld& world) { world.cluster().faults().add(ApiKey::metadata).always().close_before(); }},
};

void send_both_ways(ProducerWorld& world, Reports& reports, int count) {
  for (int i = 0; i < count; ++i) {
    world.producer->send({.topic = "t",
                          .partition = i % 2 ? i % 3 : kAnyPartition,
                          .key = i % 4 ? "k" : std::string_view(),
                          .value = "v"},
                         reports.take(i));
  }
}

}  // namespace

TEST_CASE("G4: close with 1000 records in any state reports each once, calls back once, and ends in time") {
  for (const State& state : kStates) {
    for (const auto wait : {0ms, 1ms, 700ms}) {
      for (const bool session_closes : {false, true}) {
        INFO(state.name << ", closed after " << wait.count() << " ms by the "
                        << (session_closes ? "session" : "producer"));
        ProducerWorld world;
        state.enter(world);
        Reports reports;
        send_both_ways(world, reports, 1000);
        world.run(wait);
        int closed = 0;
        size_t reported_then = 0;
        const net::TimePoint start = world.reactor.now();
        auto done = [&] {
          ++closed;
          reported_then = reports.size();
        };
        if (session_closes) {
          world->close(5s, done);
        } else {
          world.producer->close(5s, done);
        }
        CHECK(closed == 0);
        CHECK(world.producer->send({.topic = "t", .value = "late"}) == Errc::closed);
        REQUIRE(world.until([&] { return closed > 0; }, 1min));
        CHECK(world.reactor.now() - start <= 5s + 1ms);
        CHECK(reported_then == 1000);
        world.run(1min);
        CHECK(closed == 1);
        REQUIRE(reports.size() == 1000);
        CHECK(world.producer->queued() == 0);
        CHECK(world.producer->queued_bytes() == 0);
        for (const auto& [id, report] : reports.all) {
          if (report.error) CHECK(report.error == Errc::closed);
          CHECK((report.persistence == Persistence::yes) == !report.error);
        }
        if (!session_closes) world.close();
        CHECK(world.world.leftovers(ProducerWorld::kHost) == "");
      }
    }
  }
}

TEST_CASE("G4: close waits for the reports also where few callbacks may run in a turn") {
  for (const bool session_closes : {false, true}) {
    ProducerWorld world({}, {.brokers = 3, .session = {.max_dispatch = 3}});
    world.warm_up();
    world.on_produce().always().swallow();
    Reports reports;
    send_both_ways(world, reports, 1000);
    world.run(1s);
    size_t reported_then = 0;
    auto done = [&] { reported_then = reports.size(); };
    if (session_closes) {
      world->close(1s, done);
    } else {
      world.producer->close(1s, done);
    }
    REQUIRE(world.until([&] { return reported_then > 0; }));
    CHECK(reported_then == 1000);
    if (!session_closes) world.close();
  }
}

TEST_CASE("G4: a session closes in time however many producers have how much to report") {
  ProducerWorld world({}, {.brokers = 3, .session = {.max_dispatch = 3}});
  world.warm_up();
  world.on_produce().always().swallow();
  std::vector<std::unique_ptr<Producer>> producers;
  Reports reports;
  size_t sent = 0;
  for (int p = 0; p < 5; ++p) {
    producers.push_back(std::make_unique<Producer>(*world.session));
    for (int i = 0; i < 10 + 100 * p; ++i, ++sent) {
      producers.back()->send({.topic = "t", .partition = i % 3, .value = "v"}, reports.take());
    }
  }
  world.run(1s);
  int closed = 0;
  world->close(1s, [&] { ++closed; });
  REQUIRE(world.until([&] { return closed > 0; }, 1min));
  CHECK(closed == 1);
  CHECK(reports.size() == sent);
}

TEST_CASE("G4: at close, records that never reached a broker are persistence no, and others maybe") {
  ProducerWorld world;
  Reports reports;
  for (int id = 1; id <= 3; ++id) world.brokers->kill(id);
  send_both_ways(world, reports, 10);
  world.run(2s);
  world.producer->close(1s);
  REQUIRE(world.until_reports(reports, 10));
  for (const auto& [id, report] : reports.all) CHECK(report.persistence == Persistence::no);
  world.finish();

  ProducerWorld silent({.enable_idempotence = false});  // one batch of a partition at a time
  Reports unknown;
  silent.warm_up();
  silent.on_produce().always().swallow();
  silent.send("under way", unknown);
  silent.run(1s);
  silent.send("behind it", unknown);
  silent.producer->close(1s);
  REQUIRE(silent.until_reports(unknown, 2));
  for (const auto& [id, report] : unknown.all) {
    CHECK(report.error == Errc::closed);
  }
  // Reports of one partition come in the order of the records or not; persistence tells them apart.
  CHECK((unknown[0].persistence == Persistence::maybe) != (unknown[1].persistence == Persistence::maybe));
  silent.finish();

  // Metadata has come, but the connection to the leader never does: the request was made and not written.
  ProducerWorld far;
  far.warm_up(1);
  far.world.black_hole(ProducerWorld::kHost, SimCluster::host(1), true);
  Reports waiting;
  far.send("v", waiting);
  far.run(1s);
  far.producer->close(1s);
  REQUIRE(far.until_reports(waiting, 1));
  CHECK(waiting[0].persistence == Persistence::no);
  far.finish();
}

TEST_CASE("G4: close twice calls both back, and the earlier deadline counts") {
  ProducerWorld world;
  world.warm_up();
  world.on_produce().always().swallow();
  Reports reports;
  world.send("v", reports);
  std::vector<int> closed;
  const net::TimePoint start = world.reactor.now();
  world.producer->close(2s, [&] { closed.push_back(1); });
  world.producer->close(1min, [&] { closed.push_back(2); });
  REQUIRE(world.until([&] { return closed.size() == 2; }));
  CHECK(world.reactor.now() - start <= 2s + 1ms);
  CHECK(closed == std::vector<int>{1, 2});
  world.producer->close([&] { closed.push_back(3); });
  CHECK(closed.size() == 2);
  world.run(1ms);
  CHECK(closed.size() == 3);
  CHECK(reports.size() == 1);
  world.finish();
}

TEST_CASE("close without a deadline takes no longer than close_timeout; an endless one does not overflow") {
  ProducerWorld world({}, {.brokers = 3, .session = {.close_timeout = 3s}});
  world.warm_up();
  world.on_produce().always().swallow();
  Reports reports;
  world.send("v", reports);
  bool closed = false;
  const net::TimePoint start = world.reactor.now();
  world.producer->close(std::chrono::milliseconds::max(), [&] { closed = true; });
  world.run(10s);
  CHECK_FALSE(closed);
  world.producer->close();
  REQUIRE(world.until([&] { return closed; }));
  CHECK(world.reactor.now() - start <= 13s + 1ms);
  world.finish();
}

TEST_CASE("close lets a flush under way end first, and an idle close is immediate") {
  ProducerWorld world;
  std::vector<std::string> order;
  Producer other(*world.session);
  Reports reports;
  other.send({.topic = "t", .value = "v"}, reports.take());
  other.flush([&] { order.push_back("flush"); });
  other.close([&] { order.push_back("close"); });
  REQUIRE(world.until([&] { return order.size() == 2; }));
  CHECK(order == std::vector<std::string>{"flush", "close"});
  world.close();
}

TEST_CASE("G1: a producer destroyed in any state calls nothing and leaves nothing") {
  for (const State& state : kStates) {
    for (const auto wait : {0ms, 1ms, 700ms}) {
      for (const bool session_first : {false, true}) {
        INFO(state.name << ", after " << wait.count() << " ms");
        ProducerWorld world;
        state.enter(world);
        Reports reports;
        int other = 0;
        send_both_ways(world, reports, 100);
        world.producer->flush([&] { ++other; });
        world.producer->close([&] { ++other; });
        world.run(wait);
        const size_t before = reports.size();
        const int others = other;
        if (session_first) world.session.reset();
        world.producer.reset();
        world.run(1min);
        CHECK(reports.size() == before);
        CHECK(other == others);
        if (!session_first) world.close();
        CHECK(world.world.leftovers(ProducerWorld::kHost) == "");
      }
    }
  }
}

TEST_CASE("G1: the producer and the session may be destroyed inside each callback") {
  enum class Where { report, flush, drain, produce, close, expiry };
  for (const bool session_too : {false, true}) {
    for (const Where where : {Where::report, Where::flush, Where::drain, Where::produce, Where::close, Where::expiry}) {
      INFO("callback " << static_cast<int>(where) << (session_too ? ", session" : ""));
      ProducerWorld world({.buffer_memory = 4500, .delivery_timeout = 5s});
      int calls = 0;
      auto destroy = [&] {
        ++calls;
        if (session_too) world.session.reset();
        world.producer.reset();
      };
      if (where == Where::expiry) world.on_produce().always().swallow();
      const std::string value(900, 'v');
      for (int i = 0; i < 4; ++i) {
        const bool destroys = (where == Where::report || where == Where::expiry) && i == 1;
        world.producer->send({.topic = "t", .partition = 0, .value = value}, [&, destroys](const DeliveryReport&) {
          if (destroys) destroy();
        });
      }
      if (where == Where::flush) world.producer->flush(destroy);
      if (where == Where::drain) {
        world.producer->on_drain(destroy);
        CHECK(world.producer->would_block({.topic = "t", .value = value}));
      }
      if (where == Where::produce) world.producer->produce({}, [&](ProduceResult) { destroy(); });
      if (where == Where::close) world.producer->close(destroy);
      REQUIRE(world.until([&] { return calls > 0; }));
      world.run(1min);
      CHECK(calls == 1);
      if (!session_too) world.close();
      CHECK(world.world.leftovers(ProducerWorld::kHost) == "");
    }
  }
}

TEST_CASE("G1: a partitioner may destroy the producer, inside send and later") {
  for (const bool known : {true, false}) {
    ProducerWorld world;
    if (known) world.warm_up();
    int calls = 0;
    world.producer->set_partitioner([&](const Record&, int32_t) {
      ++calls;
      world.producer.reset();
      return 0;
    });
    Reports reports;
    world.producer->send({.topic = "t", .value = "v"}, reports.take());
    if (!known) world.producer->send({.topic = "t", .value = "w"}, reports.take());
    REQUIRE(world.until([&] { return calls == 1; }));
    world.run(1s);
    CHECK(reports.size() == 0);
    world.close();
  }
}

TEST_CASE("G5: inside each callback one may send; none runs inside another") {
  ProducerWorld world({.buffer_memory = 20000, .delivery_timeout = 5s});
  int depth = 0;
  int deepest = 0;
  int left = 200;
  Reports reports;
  struct Level {
    int& depth;
    Level(int& d, int& deepest) : depth(d) { deepest = std::max(deepest, ++depth); }
    ~Level() { --depth; }
  };
  std::function<void()> more = [&] {
    if (left-- <= 0) return;
    const int which = left % 6;
    auto reported = [&](const DeliveryReport& report) {
      const Level level(depth, deepest);
      reports.all.push_back({0, report});
      more();
    };
    switch (which) {
      case 0:
        world.producer->send({.topic = "t", .value = "v"}, reported);
        break;
      case 1:
        CHECK(world.producer->send({.topic = "bad topic", .value = "v"}, reported) == Errc::invalid_topic);
        more();
        break;
      case 2:
        world.producer->flush([&] {
          const Level level(depth, deepest);
          more();
        });
        break;
      case 3:
        world.producer->produce({{.topic = "t", .partition = 0, .messages = {{.value = "v"}}}}, [&](ProduceResult) {
          const Level level(depth, deepest);
          more();
        });
        break;
      case 4: {
        const std::string large(15000, 'v');
        world.producer->on_drain([&] {
          const Level level(depth, deepest);
          more();
        });
        world.producer->send({.topic = "t", .partition = 1, .value = large}, {});
        CHECK(world.producer->would_block({.topic = "t", .partition = 1, .value = large}));
        break;
      }
      default:
        CHECK(world.producer->send({.topic = "t", .partition = -9, .value = "v"}, reported) == Errc::invalid_argument);
        more();
        break;
    }
  };
  more();
  REQUIRE(world.until([&] { return left < 0; }));
  CHECK(deepest == 1);
  world.finish();
}

TEST_CASE("G5: records sent from inside an expiry have a whole delivery_timeout of their own") {
  ProducerWorld world({.delivery_timeout = 2s});
  for (int id = 1; id <= 3; ++id) world.brokers->kill(id);
  int rounds = 0;
  const net::TimePoint start = world.reactor.now();
  std::function<void()> again = [&] {
    world.producer->send({.topic = "t", .partition = 0, .value = "v"}, [&](const DeliveryReport& report) {
      CHECK(report.error == Errc::timed_out);
      if (++rounds < 5) again();
    });
  };
  again();
  REQUIRE(world.until([&] { return rounds == 5; }));
  CHECK(world.reactor.now() - start >= 10s);
  CHECK(world.reactor.now() - start <= 10s + 100ms);
  world.finish();
}

TEST_CASE("G4: close from inside a report") {
  for (const bool of_session : {false, true}) {
    ProducerWorld world;
    Reports reports;
    int closed = 0;
    world.producer->send({.topic = "t", .partition = 0, .value = "v"}, [&](const DeliveryReport&) {
      if (of_session) {
        world->close([&] { ++closed; });
      } else {
        world.producer->close([&] { ++closed; });
      }
      CHECK(closed == 0);
      CHECK(world.send({.topic = "t", .value = "late"}, reports) == Errc::closed);
    });
    for (int i = 0; i < 10; ++i) world.send("v", reports);
    REQUIRE(world.until([&] { return closed > 0; }));
    CHECK(reports.size() == 11);
    CHECK(reports.count(Errc::none) == 10);
    if (!of_session) world.close();
    CHECK(closed == 1);
  }
}

TEST_CASE("after the session was closed or destroyed send says closed, and flush and close call back") {
  ProducerWorld world;
  world.close();
  Reports reports;
  CHECK(world.send("v", reports) == Errc::closed);
  world.run(1ms);
  CHECK(reports.size() == 1);  // what was returned, and nothing else
  int calls = 0;
  world.producer->flush([&] { ++calls; });
  world.producer->close([&] { ++calls; });
  world.run(1ms);
  CHECK(calls == 2);
  world.session.reset();
  CHECK(world.send("v", reports) == Errc::closed);
  world.producer->flush([&] { ++calls; });
  world.run(1ms);
  CHECK(reports.size() == 2);
  CHECK(calls == 3);
}
