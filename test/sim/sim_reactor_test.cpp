// The simulated world itself: time, turns, connections and faults do what the tests that use them rely on.
#include "sim_reactor.hpp"

#include <chrono>

#include "catch.hpp"
#include "echo.hpp"

using namespace std::chrono_literals;
using kafka::Errc;
using kafka::sim::SimFailure;
using kafka::sim::SimFaults;
using kafka::sim::SimWorld;
using kafka::test::Peer;
using kafka::test::Server;

namespace {

const kafka::net::Address kServer{"10.0.0.2", 9092};

// A client and an echoing server, each on a host.
struct Pair {
  explicit Pair(uint64_t seed = 1, bool echo = true)
      : world(seed), a(world.node("a")), b(world.node("b")), server(b, kServer, echo) {
    REQUIRE_FALSE(server.error);
  }
  std::unique_ptr<Peer> connect() {
    auto peer = std::make_unique<Peer>(a, kServer);
    REQUIRE(world.run_until([&] { return peer->connected > 0; }, 10s));
    return peer;
  }
  SimWorld world;
  kafka::net::Reactor& a;
  kafka::net::Reactor& b;
  Server server;
};

std::string text_of(size_t size) {
  std::string text(size, '\0');
  for (size_t i = 0; i < size; ++i) text[i] = static_cast<char>('a' + i * 7 % 26);
  return text;
}

uint64_t chatter(uint64_t seed) {
  Pair pair(seed);
  pair.world.set_slicing(1, 700);
  pair.world.set_faults(SimFaults::draw(seed));
  std::vector<std::unique_ptr<Peer>> clients;
  for (int i = 0; i < 10; ++i) {
    clients.push_back(std::make_unique<Peer>(pair.a, kServer));
    clients.back()->send(text_of(5000));
  }
  pair.world.run_for(10s);
  for (auto& client : clients) CHECK(client->received == text_of(5000).substr(0, client->received.size()));
  clients.clear();
  pair.server.peers.clear();
  CHECK(pair.world.run_idle(1h));
  CHECK(pair.world.leftovers("a") == "");
  return pair.world.trace_hash();
}

}  // namespace

TEST_CASE("the same seed gives the same trace, another seed another one") {
  const uint64_t first = chatter(1);
  CHECK(first == chatter(1));
  CHECK(first != chatter(2));
  for (uint64_t seed = 3; seed < 50; ++seed) {
    CAPTURE(seed);
    CHECK(chatter(seed) == chatter(seed));
  }
}

TEST_CASE("timers fire in the order of their times, then of their making, at exactly their time") {
  SimWorld world(1);
  auto& reactor = world.node("a");
  std::string order;
  const auto start = reactor.now();
  const auto wall = reactor.wall_clock_ms();
  auto second = reactor.after(20ms, [&] { order += '2'; });
  auto first = reactor.after(10ms, [&] { order += '1'; });
  auto third = reactor.after(20ms, [&] {
    order += '3';
    CHECK(reactor.now() == start + 20ms);
    CHECK(reactor.wall_clock_ms() == wall + 20);
  });
  auto never = reactor.after(5ms, [&] { order += 'x'; });
  never.cancel();
  CHECK(world.open_timers("a") == 3);
  CHECK(world.run_idle());
  CHECK(order == "123");
  CHECK(world.open_timers("a") == 0);
}

TEST_CASE("a connection carries bytes both ways and ends when one side is destroyed") {
  Pair pair;
  auto client = pair.connect();
  client->send("hello");
  REQUIRE(pair.world.run_until([&] { return client->received == "hello"; }, 1s));
  CHECK(client->stream->peer() == kServer);
  CHECK(pair.server.peers.at(0)->stream->peer() == client->stream->local());
  client.reset();
  pair.world.run_for(1s);
  CHECK(pair.server.peers.at(0)->closed == 1);
  CHECK(pair.server.peers.at(0)->error == Errc::disconnected);
  CHECK(pair.server.peers.at(0)->error.message().find("end of stream") != std::string::npos);
  CHECK(pair.world.open_streams("a") == 0);
  CHECK(pair.world.open_streams("b") == 1);
}

TEST_CASE("slices keep all bytes in order") {
  Pair pair;
  pair.world.set_slicing(1, 3);
  auto client = pair.connect();
  const std::string text = text_of(2000);
  client->send(text);
  REQUIRE(pair.world.run_until([&] { return client->received.size() == text.size(); }, 10s));
  CHECK(client->received == text);
  CHECK(client->reads >= 667);
}

TEST_CASE("nobody listening, a refusing host and an unknown address fail the connection") {
  Pair pair;
  Peer nobody(pair.a, {"10.0.0.2", 1});
  Peer unknown(pair.a, {"10.99.0.1", 1});
  pair.world.refuse("b", true);
  Peer refused(pair.a, kServer);
  pair.world.run_for(1s);
  for (const Peer* peer : {&nobody, &unknown, &refused}) {
    CHECK(peer->closed == 1);
    CHECK(peer->connected == 0);
    CHECK(peer->error == Errc::connect_failed);
  }
  pair.world.refuse("b", false);
  pair.connect();
}

TEST_CASE("a black hole swallows a connection attempt until it heals") {
  Pair pair;
  pair.world.black_hole("a", "b", true);
  Peer client(pair.a, kServer);
  pair.world.run_for(20s);
  CHECK(client.connected + client.closed == 0);
  SECTION("healed in time, the system's next try succeeds") {
    pair.world.black_hole("a", "b", false);
    CHECK(pair.world.run_until([&] { return client.connected == 1; }, 60s));
  }
  SECTION("never healed, the system gives up in the end") {
    CHECK(pair.world.run_until([&] { return client.closed == 1; }, 300s));
    CHECK(client.error == Errc::connect_failed);
  }
}

TEST_CASE("a black hole holds data back, one way or both, and gives it free when healed") {
  Pair pair;
  auto client = pair.connect();
  pair.world.black_hole("b:9092", "a", true, false);
  client->send("ping");
  pair.world.run_for(30s);
  CHECK(pair.server.peers.at(0)->received == "ping");
  CHECK(client->received == "");
  CHECK(client->closed == 0);
  pair.world.black_hole("b:9092", "a", false, false);
  CHECK(pair.world.run_until([&] { return client->received == "ping"; }, 1s));
}

TEST_CASE("a reset ends both sides") {
  Pair pair;
  auto client = pair.connect();
  pair.world.run_for(1s);
  pair.world.reset_connections("b", "a", false);
  pair.world.run_for(1s);
  CHECK(client->closed == 1);
  CHECK(pair.server.peers.at(0)->closed == 1);
  CHECK(client->error == Errc::disconnected);
}

TEST_CASE("a reset in the middle of a frame delivers a part of it first") {
  int parts = 0;
  for (uint64_t seed = 0; seed < 20; ++seed) {
    Pair pair(seed, false);
    auto client = pair.connect();
    pair.world.run_for(1s);
    if (seed % 2 == 0) client->send(text_of(1000));  // under way already, or still to come
    pair.world.reset_connections("a", "", true);
    if (seed % 2 == 1) client->send(text_of(1000));
    pair.world.run_for(1s);
    const Peer& server = *pair.server.peers.at(0);
    CHECK(client->closed == 1);
    CHECK(server.closed == 1);
    CHECK(server.received.size() < 1000);
    CHECK(server.received == text_of(1000).substr(0, server.received.size()));
    parts += server.received.empty() ? 0 : 1;
  }
  CHECK(parts > 10);
}

TEST_CASE("a peer that stops reading lets the writer's backlog grow") {
  Pair pair(1, false);
  pair.world.set_window(10'000);
  auto client = pair.connect();
  pair.world.run_for(1s);
  Peer& server = *pair.server.peers.at(0);
  server.stream->set_reading(false);
  client->send(text_of(50'000));
  pair.world.run_for(10s);
  CHECK(client->stream->unwritten() == 40'000);
  CHECK(client->written == 0);
  server.stream->set_reading(true);
  pair.world.run_for(10s);
  CHECK(client->stream->unwritten() == 0);
  CHECK(client->written == 1);
  CHECK(server.received == text_of(50'000));
}

TEST_CASE("while reading is off the end goes unnoticed until a write or reading again") {
  Pair pair;
  auto client = pair.connect();
  pair.world.run_for(1s);
  client->stream->set_reading(false);
  pair.world.reset_connections("a", "b", false);
  pair.world.run_for(1s);
  CHECK(client->closed == 0);
  SECTION("reading again") { client->stream->set_reading(true); }
  SECTION("a write") { client->send("x"); }
  CHECK(client->closed == 0);  // not inside the call
  pair.world.run_for(1s);
  CHECK(client->closed == 1);
}

TEST_CASE("a paused host stands still and catches up, what it received before its timers") {
  Pair pair;
  auto client = pair.connect();
  std::string order;
  pair.world.pause("a");
  pair.server.peers.at(0)->send("x");
  auto timer = pair.a.after(1ms, [&] { order += 't'; });
  client->on_event = [&](std::string_view) { order += 'r'; };
  pair.world.run_for(5s);
  CHECK(order == "");
  pair.world.resume("a");
  pair.world.run_for(1ms);
  CHECK(order == "rt");
}

TEST_CASE("a paused host's system still accepts connections") {
  Pair pair;
  pair.world.pause("b");
  auto client = pair.connect();
  client->send("late");
  pair.world.run_for(5s);
  CHECK(client->received == "");
  CHECK(pair.server.peers.empty());
  pair.world.resume("b");
  CHECK(pair.world.run_until([&] { return client->received == "late"; }, 1s));
}

TEST_CASE("a killed host resets its connections and refuses new ones") {
  Pair pair;
  auto client = pair.connect();
  pair.world.run_for(1s);
  pair.world.kill_host("b");
  Peer late(pair.a, kServer);
  pair.world.run_for(1s);
  CHECK(client->closed == 1);
  CHECK(late.error == Errc::connect_failed);
  pair.server.peers.clear();
  pair.server.listener.reset();
  Server again(pair.b, kServer, true);
  CHECK_FALSE(again.error);
  pair.connect();
}

TEST_CASE("names: addresses, unknown ones, ones that hang, look-ups that are dropped") {
  SimWorld world(1);
  auto& reactor = world.node("a", "10.1.1.1");
  world.set_name("kafka", {"10.0.0.7", "10.0.0.8"});
  world.hang_name("slow");
  std::vector<std::string> ips, own;
  kafka::Error unknown;
  bool answered = false;
  auto found = reactor.resolve("kafka", [&](kafka::Error error, std::vector<std::string> all) {
    CHECK_FALSE(error);
    ips = all;
  });
  auto self = reactor.resolve("a", [&](kafka::Error, std::vector<std::string> all) { own = all; });
  auto missing = reactor.resolve("nowhere", [&](kafka::Error error, std::vector<std::string>) { unknown = error; });
  auto hanging = reactor.resolve("slow", [&](kafka::Error, std::vector<std::string>) { answered = true; });
  auto dropped = reactor.resolve("kafka", [&](kafka::Error, std::vector<std::string>) { answered = true; });
  CHECK(ips.empty());
  dropped.reset();
  CHECK(world.run_idle());
  CHECK(ips == std::vector<std::string>{"10.0.0.7", "10.0.0.8"});
  CHECK(own == std::vector<std::string>{"10.1.1.1"});
  CHECK(unknown == Errc::resolve_failed);
  CHECK_FALSE(answered);
  CHECK(world.open_lookups("a") == 4);
  CHECK(world.lookups("a") == 5);
}

TEST_CASE("a loop that never waits fails the run and says so") {
  SimWorld world(1);
  world.set_instant_limit(1000);
  auto& reactor = world.node("hot");
  struct Loop {
    kafka::net::Reactor& reactor;
    void run() {
      reactor.defer([this] { run(); });
    }
  } loop{reactor};
  loop.run();
  std::string text;
  try {
    world.run_for(1s);
  } catch (const SimFailure& failure) {
    text = failure.what();
  }
  CHECK(text.find("hot") != std::string::npos);
  CHECK(text.find("never waits") != std::string::npos);
}

TEST_CASE("everything that is left open is counted") {
  SimWorld world(1);
  auto& reactor = world.node("a");
  {
    auto hold = reactor.hold();
    auto timer = reactor.after(1h, [] {});
    Server server(reactor, {"0.0.0.0", 0}, false);
    Peer peer(reactor, {"127.0.0.1", server.listener->local().port});
    world.run_for(1s);
    CHECK(world.leftovers("a") == "2 streams, 1 listeners, 1 timers, 1 holds");
  }
  CHECK(world.leftovers("a") == "");
}
