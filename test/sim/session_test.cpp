// The life of a session: options, events, log lines, references, idleness, and that a run repeats.
// Not here: its end (session_close_test.cpp).
#include "session/callbacks.hpp"
#include "sim_client.hpp"

using namespace kafka;
using namespace kafka::sim;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;

TEST_CASE("bad options leave an inert session: error() names option and range, every call ends with it, later") {
  SimClient client(1);
  SessionOptions options;
  std::string expected;
  SECTION("a time out of range") {
    options.bootstrap_servers = "a:1";
    options.request_timeout = 1ms;
    expected = "request.timeout.ms";
  }
  SECTION("no contact point") { expected = "bootstrap.servers"; }
  SECTION("a contact point that is none") {
    options.bootstrap_servers = "a:1,b:99999";
    expected = "b:99999";
  }
  client.open(options);
  CHECK(client->error().code() == Errc::invalid_option);
  CHECK_THAT(client->error().message(), Contains(expected) && Contains(" to "));
  Outcome<ClusterMetadata> outcome;
  client->cluster(outcome.take());
  client->get_metadata({"t"}, outcome.take());
  client->list_topics([&](Error error, std::vector<std::string>) { outcome.take()(error, {}); });
  CHECK(outcome.calls == 0);
  client.run(1ms);
  CHECK(outcome.calls == 3);
  CHECK(outcome.error.code() == Errc::invalid_option);
  CHECK_THAT(outcome.error.message(), Contains(expected));
  CHECK_FALSE(client->post([] {}));
  client->unref();
  client->ref();
  client->set_resolver([](const std::string&, Session::ResolveDone) {});
  int closed = 0;
  client->close([&] { ++closed; });
  CHECK(closed == 0);
  client.run(1ms);
  CHECK(closed == 1);
  CHECK(client.world.leftovers(SimClient::kHost) == "");
}

TEST_CASE("get_metadata of no topic is an error that says what to call instead") {
  SimClient client(1, {.brokers = 1});
  const auto seen = client.metadata_of({});
  CHECK(seen.error.code() == Errc::invalid_argument);
  CHECK_THAT(seen.error.message(), Contains("cluster()"));
  client.close();
}

TEST_CASE("topics are described with their errors, and created only if that was asked for") {
  SimClient client(1, {.brokers = 3});
  REQUIRE_FALSE((*client.brokers)->topics().create("t", 3));
  const auto seen = client.metadata_of({"t", "new"});
  CHECK_FALSE(seen.error);
  CHECK(seen.value.topics.at("t").partitions.size() == 3);
  CHECK(seen.value.topics.at("new").error.code() == Errc::unknown_topic_or_partition);
  Outcome<ClusterMetadata> made;
  client->get_metadata({"new"}, made.take(), true);
  CHECK(client.until([&] { return made.calls == 1; }));
  CHECK_FALSE(made.value.topics.at("new").error);
  Outcome<std::vector<std::string>> names;
  client->list_topics(names.take());
  CHECK(client.until([&] { return names.calls == 1; }));
  INFO(names.error.message());
  CHECK(names.value == std::vector<std::string>{"new", "t"});
  client.close();
}

TEST_CASE("an idle session has no timer but the metadata refresh and the idle connections', and no events but those") {
  SimClient client(1, {.brokers = 3});
  REQUIRE_FALSE((*client.brokers)->topics().create("t", 3));
  client.core->metadata().want("t", false);
  CHECK_FALSE(client.cluster().error);
  client.run(30min);
  CHECK(client.world.open_timers(SimClient::kHost) <= 2);
  const uint64_t before = client.world.events();
  client.run(1h);
  // Twelve refreshes, each a request and an answer, and what the idle check of the connection adds.
  CHECK(client.world.events() - before <= 12 * 20);
  CHECK(client.world.events() - before >= 12);
  client.close();
}

TEST_CASE("a session that never did anything has no timer at all") {
  SimClient client(1, {.brokers = 1});
  const uint64_t before = client.world.events();
  client.run(1h);
  CHECK(client.world.events() == before);
  CHECK(client.world.open_timers(SimClient::kHost) == 0);
  client.close();
}

TEST_CASE(
    "an open session keeps the loop alive; unref() lets go, also of what is opened later, ref() takes hold again") {
  SimClient client(1, {.brokers = 1});
  CHECK(client.world.holds(SimClient::kHost) == 1);
  client->unref();
  CHECK(client.world.holds(SimClient::kHost) == 0);
  CHECK_FALSE(client.cluster().error);
  CHECK(client.world.holds(SimClient::kHost) == 0);
  client->unref();
  client->ref();
  client->ref();
  CHECK(client.world.holds(SimClient::kHost) == 1);
  client->unref();
  int closed = 0;
  client->close([&] { ++closed; });
  CHECK(client.world.holds(SimClient::kHost) == 1);  // its callback must come
  client->ref();
  client.run(1s);
  CHECK(closed == 1);
  CHECK(client.world.holds(SimClient::kHost) == 0);
  client->ref();
  CHECK(client.world.holds(SimClient::kHost) == 0);
}

TEST_CASE("an event handler may replace or remove itself, and sees what its own calls cause") {
  SimClient client(1, {.brokers = 2});
  int first = 0, second = 0;
  bool remove = false;
  SECTION("replace") {}
  SECTION("remove") { remove = true; }
  client->on_event([&](const Event&) {
    ++first;
    if (remove) {
      client->on_event({});
    } else {
      client->on_event([&](const Event&) { ++second; });
    }
  });
  CHECK_FALSE(client.cluster().error);
  CHECK_FALSE(client.cluster().error);
  client.run(1s);
  CHECK(first == 1);
  CHECK((second > 0) == !remove);
  client.close();
}

TEST_CASE("the log tells changes of state once; levels below are silent; broker text is escaped") {
  SimClient client(1, {.brokers = 1});
  std::vector<std::pair<LogLevel, std::string>> lines;
  client->on_log(LogLevel::info, [&](LogLevel level, std::string_view line) { lines.emplace_back(level, line); });
  CHECK_FALSE(client.cluster().error);
  client.run(1s);
  REQUIRE(lines.size() == 1);
  CHECK(lines[0].first == LogLevel::info);
  CHECK(lines[0].second == "10.1.0.1:9092: connected");
  client.brokers->kill(1);
  client.run(1s);
  REQUIRE(lines.size() == 2);
  CHECK_THAT(lines[1].second, Contains("10.1.0.1:9092: disconnected"));
  client->cluster([](Error, ClusterMetadata) {});
  client.run(30s);
  // It may be restarting: a warning comes after a while. What was repeated before is counted.
  REQUIRE(lines.size() == 5);
  CHECK(lines[2].first == LogLevel::info);
  CHECK_THAT(lines[2].second, Contains("connect failed"));
  CHECK_THAT(lines[3].second, Contains("more times"));
  CHECK(lines[4].first == LogLevel::warning);
  CHECK(lines[4].second == lines[2].second);
  Event event;
  event.type = Event::Type::partition_stopped;
  event.topic = "bad\nname";
  event.partition = 1;
  event.error = Error(Errc::corrupt_message, "line\nbreak");
  client.core->event(event);
  client.run(1ms);
  REQUIRE(lines.size() == 6);
  CHECK(lines[5].second.find('\n') == std::string::npos);
  CHECK_THAT(lines[5].second, Contains("bad") && Contains("partition stopped"));
  client->on_log(LogLevel::off, {});
  client.close();
  CHECK(lines.size() == 6);
}

TEST_CASE("G13: sessions on one loop do not know of each other") {
  SimClient client(1, {.brokers = 3});
  std::vector<Session> sessions;
  constexpr int kMany = 20;
  int answers = 0, refused = 0, closed = 0;
  for (int i = 0; i < kMany; ++i) {
    SessionOptions options = client.options();
    options.client_id = "number " + std::to_string(i);
    sessions.push_back(session::Access::session(session::Core::make(client.reactor, options)));
  }
  for (Session& session : sessions) {
    session.cluster([&](Error error, ClusterMetadata) { ++(error ? refused : answers); });
  }
  sessions[3].close([&] { ++closed; });
  sessions.erase(sessions.begin() + 7);
  client.run(5s);
  CHECK(answers == kMany - 2);
  CHECK(refused == 1);
  CHECK(closed == 1);
  for (Session& session : sessions) session.close([&] { ++closed; });
  client.run(1s);
  CHECK(closed == kMany);
  CHECK_FALSE(client.cluster().error);
  client.close();
}

TEST_CASE("moving a session over another aborts the one that was there") {
  SimClient client(1, {.brokers = 1});
  int calls = 0;
  client->cluster([&](Error, ClusterMetadata) { ++calls; });
  *client.session = session::Access::session(session::Core::make(client.reactor, client.options()));
  client.core = session::Access::core(*client.session);
  client.run(1min);
  CHECK(calls == 0);
  CHECK_FALSE(client.cluster().error);
  client.close();
}

// --- the callback queue ---------------------------------------------------------

TEST_CASE("I8: a turn runs what was queued when it began, at most max_dispatch calls, then the flushes") {
  SimWorld world(1);
  net::Reactor& reactor = world.node("client");
  session::Callbacks callbacks(reactor, 3);
  const session::Lane lane;
  std::string order;
  for (const char name : {'a', 'b', 'c', 'd', 'e'}) callbacks.run(lane, [&, name] { order += name; });
  callbacks.at_end_of_turn([&] { order += '|'; });
  CHECK(order.empty());
  CHECK_FALSE(callbacks.empty());
  reactor.defer([&] { order += '1'; });
  world.run_for(0s);
  CHECK(order == "abc|1de");
  CHECK(callbacks.empty());
}

TEST_CASE(
    "G5: work that callbacks queue runs in the next turn, so an application that answers at once holds nobody up") {
  SimWorld world(1);
  net::Reactor& reactor = world.node("client");
  session::Callbacks callbacks(reactor, 1000000);
  const session::Lane lane;
  int runs = 0, depth = 0, deepest = 0;
  bool other = false;
  Function<void()> again = [&] {
    deepest = std::max(deepest, ++depth);
    ++runs;
    if (!other) callbacks.run(lane, [&] { again(); });
    --depth;
  };
  callbacks.run(lane, [&] { again(); });
  net::Timer timer = reactor.after(0s, [&] { other = true; });
  world.run_for(1ms);
  CHECK(other);
  CHECK(runs < 10);
  CHECK(deepest == 1);
}

TEST_CASE("work that runs out of its budget goes on in the next turn, before what was queued later") {
  SimWorld world(1);
  session::Callbacks callbacks(world.node("client"), 2);
  const session::Lane lane;
  std::string order;
  int left = 5;
  callbacks.run_work(lane, [&](session::Budget& budget) {
    while (left > 0) {
      if (!budget.take()) return false;
      order += static_cast<char>('0' + left--);
    }
    return true;
  });
  callbacks.run(lane, [&] { order += 'z'; });
  world.run_for(0s);
  CHECK(order == "54321z");
}

TEST_CASE("G1: a queued call may destroy the queue") {
  SimWorld world(1);
  auto callbacks = std::make_unique<session::Callbacks>(world.node("client"), 100);
  const session::Lane lane;
  int runs = 0;
  auto token = std::make_shared<int>(0);
  SECTION("in a callback") {
    callbacks->run(lane, [&] {
      ++runs;
      callbacks.reset();
    });
  }
  SECTION("in a flush") {
    callbacks->at_end_of_turn([&] {
      ++runs;
      callbacks.reset();
    });
    callbacks->at_end_of_turn([&, token] { runs += 100; });
  }
  if (runs == 0) callbacks->at_end_of_turn([&] {});
  callbacks->run(lane, [token] {});
  world.run_for(1s);
  CHECK(runs == 1);
  CHECK(token.use_count() == 1);  // destroyed uncalled
}

// --- determinism ----------------------------------------------------------------

namespace {

uint64_t run(uint64_t seed) {
  SimClient client(seed, {.brokers = 3});
  client.world.set_slicing(1, 100);
  client.world.set_faults(SimFaults::draw(seed));
  int ended = 0;
  for (int i = 0; i < 20; ++i) {
    client->get_metadata(
        {"t" + std::to_string(i % 3)}, [&](Error, ClusterMetadata) { ++ended; }, true);
    client.core->metadata().want("t1", true);
    client.run(std::chrono::milliseconds(client.world.random() % 3000));
    if (i == 7) client.brokers->kill(2);
    if (i == 12) client.brokers->restart(2);
  }
  client.run(2min);
  CHECK(ended == 20);
  client.close();
  return client.world.trace_hash();
}

}  // namespace

TEST_CASE("the same seed gives the same run, whatever goes wrong in it") {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    CAPTURE(seed);
    CHECK(run(seed) == run(seed));
  }
  CHECK(run(1) != run(2));
}
