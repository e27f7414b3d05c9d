// Who runs when in a turn of the loop: every kind of work of every object gets its share, whatever the others take.
#include <kafka/consumer_group.hpp>
#include <kafka/producer.hpp>

#include "consumer_fixture.hpp"
#include "session/callbacks.hpp"

using namespace kafka;
using namespace kafka::sim;
using namespace std::chrono_literals;

namespace {

constexpr const char* kHost = "client";

// A queue, and lanes whose calls take time.
struct Lanes {
  explicit Lanes(int32_t max_dispatch = 10000) : callbacks(world.node(kHost), max_dispatch) {}
  // Work that never ends: every call takes so long, and writes its name.
  void endless(const session::Lane& lane, char name, net::Duration each) {
    callbacks.run_work(lane, [this, name, each](session::Budget& budget) {
      while (budget.take()) {
        world.spend(kHost, each);
        ++calls[name];
        last_turn[name] = world.turns(kHost);
      }
      return false;
    });
  }
  void turns(uint64_t count) {
    const uint64_t end = world.turns(kHost) + count;
    world.run_until([&] { return world.turns(kHost) >= end; }, 1h);
  }

  SimWorld world{1};
  session::Callbacks callbacks;
  std::map<char, int> calls;
  std::map<char, uint64_t> last_turn;
};

}  // namespace

TEST_CASE("I9: a lane that never comes to its end holds up no other lane, however long its calls take") {
  const net::Duration each = GENERATE(net::Duration(1us), net::Duration(5us), net::Duration(300us), net::Duration(1s));
  CAPTURE(each.count());
  Lanes lanes;
  const session::Lane busy, other;
  lanes.endless(busy, 'a', each);
  lanes.turns(3);
  int told = 0;
  for (int i = 0; i < 2; ++i) lanes.callbacks.run(other, [&] { ++told; });
  lanes.turns(2);
  CHECK(told == 2);
  CHECK(lanes.calls['a'] >= 4);
}

TEST_CASE("a lane that is dropped calls nothing more, also while it runs, and the others go on") {
  Lanes lanes;
  std::vector<session::Lane> all(4);
  std::string said;
  for (size_t i = 0; i < all.size(); ++i) {
    for (int k = 0; k < 2; ++k) {
      lanes.callbacks.run(all[i], [&, i] {
        said += std::to_string(i);
        if (i != 0) return;
        lanes.callbacks.drop(all[0]);
        lanes.callbacks.drop(all[2]);
      });
    }
  }
  lanes.turns(3);
  CHECK(said == "01133");
  lanes.callbacks.run(all[2], [&] { said += "2"; });
  lanes.turns(3);
  CHECK(said == "011332");
}

TEST_CASE("I9: every lane gets its part of every turn, also with more lanes than calls or time") {
  Lanes lanes(GENERATE(1, 10, 10000));
  std::vector<session::Lane> all(50);
  for (size_t i = 0; i < all.size(); ++i) lanes.endless(all[i], static_cast<char>(i), i % 7 == 0 ? 900us : 1us);
  for (uint64_t turn = 1; turn <= 20; ++turn) {
    lanes.turns(1);
    for (size_t i = 0; i < all.size(); ++i) REQUIRE(lanes.last_turn[static_cast<char>(i)] == turn);
  }
}

TEST_CASE("I9: lanes whose calls take equally long get equally many; what one leaves the others take") {
  Lanes lanes;
  const session::Lane a, b, c;
  lanes.endless(a, 'a', 10us);
  lanes.endless(b, 'b', 10us);
  for (int i = 0; i < 20; ++i) {
    lanes.callbacks.run(c, [] {});
    lanes.turns(1);
  }
  CHECK(lanes.calls['a'] + lanes.calls['b'] >= 20 * 90);  // of 100 in a turn
  CHECK(lanes.calls['a'] + lanes.calls['b'] <= 20 * 110);
  CHECK(lanes.calls['a'] >= 20 * 40);
  CHECK(lanes.calls['b'] >= 20 * 40);
}

TEST_CASE("I9: a lane whose calls are long does not keep the time of one whose calls are short") {
  Lanes lanes;
  const session::Lane a, b;
  lanes.endless(a, 'a', 100ms);
  lanes.endless(b, 'b', 1us);
  lanes.turns(20);
  CHECK(lanes.calls['a'] == 20);
  CHECK(lanes.calls['b'] >= 10 * 400);  // in every other turn it is the first, and gets half a millisecond
}

TEST_CASE("I9: the clock is looked at often enough: a turn ends with the first call that is too long") {
  Lanes lanes;
  const session::Lane a;
  const net::Duration each = GENERATE(net::Duration(2ms), net::Duration(10s));
  lanes.endless(a, 'a', each);
  lanes.turns(10);
  CHECK(lanes.calls['a'] == 10);
}

TEST_CASE("I9: a few short calls of one lane do not wait for many long ones of others") {
  Lanes lanes;
  std::vector<session::Lane> all(100);
  for (size_t i = 0; i < all.size(); ++i) lanes.endless(all[i], static_cast<char>(i), 100us);
  const session::Lane other;
  lanes.turns(3);
  int told = 0;
  for (int i = 0; i < session::TurnBudget::kLeastCalls; ++i) {
    lanes.callbacks.run(other, [&] {
      ++told;
      lanes.world.spend(kHost, 500ns);
    });
  }
  lanes.turns(1);
  CHECK(told == session::TurnBudget::kLeastCalls);
}

TEST_CASE("a lane's owner may be gone: what was queued runs, in order") {
  Lanes lanes(2);
  std::string order;
  {
    const session::Lane lane;
    for (const char name : {'a', 'b', 'c', 'd', 'e'}) lanes.callbacks.run(lane, [&, name] { order += name; });
  }
  lanes.turns(3);
  CHECK(order == "abcde");
  CHECK(lanes.callbacks.empty());
}

TEST_CASE("on_turn runs once after the callbacks of a turn, before what they sent leaves, and in no other turn") {
  SimClient client(1, {.brokers = 1});
  REQUIRE_FALSE((*client.brokers)->topics().create("t", 1));
  Producer producer(*client.session);
  std::string order;
  client->on_turn([&] { order += '|'; });
  for (const char name : {'a', 'b', 'c'}) CHECK(client->post([&, name] { order += name; }));
  client.run(1ms);
  CHECK(order == "abc|");
  client.run(10s);
  CHECK(order == "abc|");

  // What is sent at the end of a turn travels with what was sent in it.
  const auto send = [&] {
    CHECK_FALSE(
        producer.send({.topic = "t", .partition = 0, .value = "v"}, [&](const DeliveryReport&) { order += 'r'; }));
  };
  client->on_event({});  // events are callbacks, too
  send();
  CHECK(client.until([&] { return order == "abc|r|"; }));
  const int64_t before = client.brokers->cluster().requests().count(ApiKey::produce, 0);
  client->on_turn([&, sent = false]() mutable {
    order += '|';
    if (!std::exchange(sent, true)) send();
  });
  order.clear();
  CHECK(client->post(send));
  CHECK(client.until([&] { return order == "|rr|"; }));
  CHECK(client.brokers->cluster().requests().count(ApiKey::produce, 0) == before + 1);

  order.clear();
  client->on_turn([&] {
    order += '1';
    client->on_turn([&] { order += '2'; });  // it may replace itself
  });
  CHECK(client->post([] {}));
  client.run(1ms);
  CHECK(client->post([] {}));
  client.run(1ms);
  CHECK(order == "12");
  client->on_turn({});
  CHECK(client->post([] {}));
  client.run(1ms);
  CHECK(order == "12");
  bool closed = false;
  client->on_turn([&] { CHECK_FALSE(closed); });
  client->close([&] { closed = true; });
  CHECK(client.until([&] { return closed; }));
  client.run(1s);
}

// 1,000 consumers that always have a message, and whose callbacks take 10 us each. Round trips are shorter than such a
// turn, so what is asked in one turn is answered in the next.
TEST_CASE("I9: with 1,000 busy consumers nobody waits for others for more than two turns") {
  constexpr int kConsumers = 1000;
  constexpr int64_t kMessages = 200;
  SimClient client(1, {.brokers = 1});
  client.world.set_latency(100us, 100us);
  fill_batches(client, "t", kConsumers, kMessages, kMessages);
  REQUIRE_FALSE((*client.brokers)->topics().create("out", 1));
  const auto turn = [&] { return client.world.turns(kHost); };

  struct Busy {
    std::optional<Fetcher> fetcher;
    uint64_t last_turn = 0;
    int64_t got = 0;
  };
  std::vector<Busy> busy(kConsumers);
  uint64_t longest = 0;
  int begun = 0, finished = 0;
  for (int i = 0; i < kConsumers; ++i) {
    Busy& one = busy[static_cast<size_t>(i)];
    one.fetcher.emplace(*client.session, std::vector<TopicOffset>{{"t", i, 0}});
    one.fetcher->fetch([&](MessageEnvelope envelope) {
      client.world.spend(kHost, 10us);
      CHECK_FALSE(envelope.ack());
      if (one.got++ == 0) {
        ++begun;
      } else {
        longest = std::max(longest, turn() - one.last_turn);
      }
      if (one.got == kMessages) ++finished;
      one.last_turn = turn();
    });
  }
  Consumer committing(*client.session, "g", {{"t", {0}}});
  Producer producer(*client.session);
  REQUIRE(client.until([&] { return begun == kConsumers; }));

  // Connections, leaders, the coordinator and a producer id are there before anything is counted.
  int warm = 0;
  ConsumerGroup group(*client.session, "g");
  producer.send({.topic = "out", .partition = 0, .value = "v"}, [&](const DeliveryReport&) { ++warm; });
  group.fetch_offsets({{"t", {0}}}, [&](Error, std::vector<ConsumerOffset>) { ++warm; });
  client->cluster([&](Error, const ClusterMetadata&) { ++warm; });
  std::optional<MessageEnvelope> first;
  committing.consume([&](MessageEnvelope envelope) { first = std::move(envelope); });
  REQUIRE(client.until([&] { return warm == 3 && first; }));

  // Everything else of the session, again and again while they are busy.
  std::map<std::string, uint64_t> waits;
  std::map<std::string, int> told;
  const auto begin = [&](const char* what) {
    return [&, what, since = turn()] {
      waits[what] = std::max(waits[what], turn() - since);
      ++told[what];
    };
  };
  CHECK_FALSE(first->commit({}, [done = begin("commit")](const Error&) mutable { done(); }));
  for (int i = 0; i < 20; ++i) {
    client->post(begin("post"));
    client->get_metadata({}, [done = begin("refused")](Error, const ClusterMetadata&) mutable { done(); });
    client->cluster([done = begin("metadata")](Error, const ClusterMetadata&) mutable { done(); });
    group.fetch_offsets({{"t", {0}}},
                        [done = begin("offsets")](Error, const std::vector<ConsumerOffset>&) mutable { done(); });
    producer.send({.topic = "out", .partition = 0, .value = "v"},
                  [done = begin("report")](const DeliveryReport& report) mutable {
                    CHECK_FALSE(report.error);
                    done();
                  });
    producer.flush(begin("flush"));
    const uint64_t end = turn() + 1;
    client.until([&] { return turn() >= end; });
  }
  client.until([&] { return told["report"] == 20 && told["flush"] == 20; });
  CHECK(finished == 0);  // they were busy all the time
  CHECK(longest <= 2);
  for (const auto& [what, count] : told) {
    CAPTURE(what);
    CHECK(count >= (what == "commit" ? 1 : 18));
    // What needs a broker leaves at the end of a turn, and its answer comes in the next one.
    CHECK(waits[what] <= (what == "post" || what == "refused" ? 2 : 4));
  }
  CHECK(told.size() == 7);
  busy.clear();
  client.close();
}
