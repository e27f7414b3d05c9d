// What net/reactor.hpp promises, as tests that run on every implementation. The including file defines
// `ContractRig` first (test/loop/uv_reactor_test.cpp, test/sim/sim_reactor_test.cpp):
//   Reactor& client(); Reactor& server();      may be the same
//   std::string server_ip();
//   bool run_until(done);                      false if it did not come about
//   void run_for(Duration);
#pragma once

#include <algorithm>
#include <atomic>
#include <cstring>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "catch.hpp"
#include "net/reactor.hpp"

namespace kafka::test {

using net::Address;
using net::Duration;
using net::Listener;
using net::Lookup;
using net::Reactor;
using net::Stream;
using net::StreamHandler;
using net::Timer;
using std::chrono::milliseconds;

/// One end of a connection: keeps what comes, counts calls, and runs a hook inside each.
struct End final : StreamHandler {
  std::unique_ptr<Stream> stream;
  std::string received;
  int connected = 0;
  int written = 0;
  int closed = 0;
  Error error;
  size_t room = 4096;
  bool inside_call = false;  // set by tests around calls that must not call back
  Function<void()> when_connected;
  Function<void()> when_read;
  Function<void()> when_written;
  Function<void()> when_closed;

  void on_connected() override {
    CHECK_FALSE(inside_call);
    CHECK(closed == 0);
    ++connected;
    if (when_connected) when_connected();
  }
  std::span<char> read_buffer() override {
    buffer_.resize(room);
    return buffer_;
  }
  void on_read(size_t count) override {
    CHECK_FALSE(inside_call);
    CHECK(closed == 0);
    REQUIRE(count >= 1);
    REQUIRE(count <= buffer_.size());
    received.append(buffer_.data(), count);
    if (when_read) when_read();
  }
  void on_written() override {
    CHECK_FALSE(inside_call);
    CHECK(closed == 0);
    ++written;
    if (when_written) when_written();
  }
  void on_closed(Error why) override {
    CHECK_FALSE(inside_call);
    CHECK(why);
    ++closed;
    error = std::move(why);
    if (when_closed) when_closed();
  }
  void write(std::string_view text) {
    inside_call = true;
    std::vector<Bytes> segments;
    segments.push_back(Bytes::copy(text));
    stream->write(std::move(segments));
    inside_call = false;
  }

 private:
  std::vector<char> buffer_;
};

/// A listener, what it accepted, and a client that connects to it.
struct Pair {
  explicit Pair(ContractRig& of) : fixture(of) {
    Error error;
    listener = fixture.server().listen(
        {fixture.server_ip(), 0},
        [this](std::unique_ptr<Stream> stream, StreamHandler*& handler) {
          ++accepted;
          server.stream = std::move(stream);
          handler = &server;
          if (when_accepted) when_accepted();
        },
        error);
    CHECK_FALSE(error);
    REQUIRE(listener != nullptr);
    REQUIRE(listener->local().port != 0);
  }
  void connect() {
    client.inside_call = true;
    client.stream = fixture.client().connect(listener->local(), client);
    client.inside_call = false;
  }
  void establish() {
    connect();
    REQUIRE(fixture.run_until([this] { return client.connected == 1 && accepted == 1; }));
  }

  ContractRig& fixture;
  std::unique_ptr<Listener> listener;
  End server;
  End client;
  int accepted = 0;
  Function<void()> when_accepted;
};

TEST_CASE("what is deferred runs once, later, in order") {
  ContractRig fixture;
  std::string order;
  fixture.client().defer([&] { order += 'a'; });
  fixture.client().defer([&] { order += 'b'; });
  fixture.client().defer([&] { order += 'c'; });
  CHECK(order.empty());
  CHECK(fixture.run_until([&] { return order.size() >= 3; }));
  fixture.run_for(milliseconds(2));
  CHECK(order == "abc");
}

TEST_CASE("what is deferred while the queue is drained runs in the next turn") {
  ContractRig fixture;
  std::string order;
  fixture.client().defer([&] {
    order += 'a';
    fixture.client().defer([&] { order += 'c'; });
    CHECK(order == "a");
  });
  fixture.client().defer([&] { order += 'b'; });
  CHECK(fixture.run_until([&] { return order.size() == 3; }));
  CHECK(order == "abc");
}

TEST_CASE("a callable may destroy what it came with") {
  ContractRig fixture;
  int runs = 0;
  Timer timer;
  Function<void()> again;
  timer = fixture.client().after(milliseconds(1), [&] {
    timer.cancel();
    ++runs;
  });
  CHECK(fixture.run_until([&] { return runs == 1; }));
  fixture.run_for(milliseconds(3));
  CHECK(runs == 1);
  CHECK_FALSE(timer.active());
}

TEST_CASE("timers run in the order of their times, those of one time in the order of creation") {
  ContractRig fixture;
  Reactor& reactor = fixture.client();
  std::string order;
  std::vector<Timer> timers;
  const net::TimePoint start = reactor.now();
  for (const auto& [delay, name] :
       std::vector<std::pair<int, char>>{{9, 'd'}, {3, 'b'}, {0, 'a'}, {9, 'e'}, {5, 'c'}}) {
    timers.push_back(reactor.after(milliseconds(delay), [&order, &reactor, start, delay = delay, name = name] {
      CHECK(reactor.now() - start >= milliseconds(delay));
      order += name;
    }));
  }
  CHECK(order.empty());
  CHECK(fixture.run_until([&] { return order.size() == 5; }));
  CHECK(order == "abcde");
}

TEST_CASE("a cancelled timer does not run, even if its time has come in the same turn") {
  ContractRig fixture;
  Reactor& reactor = fixture.client();
  int runs = 0;
  Timer third;
  Timer dropped = reactor.after(milliseconds(1), [&] { ++runs; });
  Timer first = reactor.after(milliseconds(2), [&] { third.cancel(); });
  third = reactor.after(milliseconds(2), [&] { ++runs; });
  bool done = false;
  Timer last = reactor.after(milliseconds(4), [&] { done = true; });
  dropped.cancel();
  CHECK(fixture.run_until([&] { return done; }));
  CHECK(runs == 0);
}

TEST_CASE("a thousand timers, every other cancelled, run once each and in order") {
  ContractRig fixture;
  Reactor& reactor = fixture.client();
  std::vector<Timer> timers(1000);
  std::vector<int> order;
  for (int i = 0; i < 1000; ++i) {
    const int delay = (i * 7919) % 13;
    timers[static_cast<size_t>(i)] = reactor.after(milliseconds(delay), [&order, delay] { order.push_back(delay); });
  }
  for (size_t i = 0; i < 1000; i += 2) timers[i].cancel();
  CHECK(fixture.run_until([&] { return order.size() >= 500; }));
  fixture.run_for(milliseconds(20));
  CHECK(order.size() == 500);
  CHECK(std::is_sorted(order.begin(), order.end()));
}

TEST_CASE("a timer without delay that starts itself again does not stop the rest") {
  ContractRig fixture;
  Reactor& reactor = fixture.client();
  Timer busy;
  int rounds = 0;
  bool other = false;
  Function<void()> again = [&] {
    ++rounds;
    if (!other) busy = reactor.after(Duration::zero(), [&] { again(); });
  };
  busy = reactor.after(Duration::zero(), [&] { again(); });
  reactor.defer([&] { reactor.defer([&] { other = true; }); });
  CHECK(fixture.run_until([&] { return other; }));
  CHECK(rounds < 1000);
}

TEST_CASE("posted work runs later") {
  ContractRig fixture;
  int runs = 0;
  net::Hold hold = fixture.client().hold();
  fixture.client().post([&] { ++runs; });
  CHECK(runs == 0);
  CHECK(fixture.run_until([&] { return runs == 1; }));
}

TEST_CASE("time does not go backwards") {
  ContractRig fixture;
  net::TimePoint last = fixture.client().now();
  for (int i = 0; i < 20; ++i) {
    fixture.run_for(milliseconds(1));
    CHECK(fixture.client().now() >= last);
    last = fixture.client().now();
  }
  CHECK(fixture.client().wall_clock_ms() > 1'000'000'000'000);
  CHECK(fixture.client().random() != fixture.client().random());
}

TEST_CASE("bytes go both ways and the end of the stream is told once") {
  ContractRig fixture;
  Pair pair(fixture);
  pair.server.when_read = [&] {
    if (pair.server.received == "question") pair.server.write("answer");
  };
  pair.client.when_connected = [&] { pair.client.write("question"); };
  pair.connect();
  CHECK(fixture.run_until([&] { return pair.client.received == "answer"; }));
  CHECK(pair.client.connected == 1);
  CHECK(pair.server.connected == 0);
  CHECK(pair.client.stream->peer() == pair.listener->local());
  CHECK(pair.client.stream->local() == pair.server.stream->peer());
  pair.server.stream.reset();
  CHECK(fixture.run_until([&] { return pair.client.closed == 1; }));
  CHECK(pair.client.error.code() == Errc::disconnected);
  CHECK_THAT(pair.client.error.message(), Catch::Matchers::Contains("end of stream"));
  fixture.run_for(milliseconds(3));
  CHECK(pair.client.closed == 1);
}

TEST_CASE("C5: room for one byte at a time gives the same bytes") {
  ContractRig fixture;
  Pair pair(fixture);
  pair.server.room = 1;
  pair.establish();
  std::string sent;
  for (int i = 0; i < 3000; ++i) sent += static_cast<char>(i * 7);
  pair.client.write(sent);
  CHECK(fixture.run_until([&] { return pair.server.received.size() == sent.size(); }));
  CHECK(pair.server.received == sent);
}

TEST_CASE("what is written before the connection stands is sent first, in order") {
  ContractRig fixture;
  Pair pair(fixture);
  pair.client.when_connected = [&] { pair.client.write("three"); };
  pair.connect();
  pair.client.write("one ");
  pair.client.write("two ");
  CHECK(pair.client.stream->unwritten() == 8);
  CHECK(fixture.run_until([&] { return pair.server.received.size() == 13; }));
  CHECK(pair.server.received == "one two three");
  CHECK(fixture.run_until([&] { return pair.client.written > 0 && pair.client.stream->unwritten() == 0; }));
}

TEST_CASE("many segments in one write arrive in order") {
  ContractRig fixture;
  Pair pair(fixture);
  pair.establish();
  std::vector<Bytes> segments;
  std::string sent;
  for (int i = 0; i < 3000; ++i) {
    const std::string piece = i % 5 == 0 ? "" : std::to_string(i) + ",";
    sent += piece;
    segments.push_back(Bytes::copy(piece));
  }
  pair.client.stream->write(std::move(segments));
  CHECK(fixture.run_until([&] { return pair.server.received.size() == sent.size(); }));
  CHECK(pair.server.received == sent);
}

TEST_CASE("a refused connection is told later, once, as connect_failed") {
  ContractRig fixture;
  Pair pair(fixture);
  const Address address = pair.listener->local();
  pair.listener.reset();
  fixture.run_for(milliseconds(1));
  pair.client.inside_call = true;
  pair.client.stream = fixture.client().connect(address, pair.client);
  pair.client.inside_call = false;
  CHECK(fixture.run_until([&] { return pair.client.closed == 1; }));
  CHECK(pair.client.error.code() == Errc::connect_failed);
  CHECK(pair.client.connected == 0);
  pair.client.write("nobody");  // harmless
  fixture.run_for(milliseconds(3));
  CHECK(pair.client.closed == 1);
}

TEST_CASE("two listeners on one address: the second is an error at once") {
  ContractRig fixture;
  Pair pair(fixture);
  Error error;
  std::unique_ptr<Listener> second = fixture.server().listen(
      pair.listener->local(), [](std::unique_ptr<Stream>, StreamHandler*&) {}, error);
  CHECK(second == nullptr);
  CHECK(error);
}

TEST_CASE("a stream destroyed while it connects is silent") {
  ContractRig fixture;
  Pair pair(fixture);
  pair.connect();
  pair.client.write("never mind");
  pair.client.stream.reset();
  fixture.run_for(milliseconds(20));
  CHECK(pair.client.connected == 0);
  CHECK(pair.client.closed == 0);
}

TEST_CASE("G1: a stream may be destroyed inside each of its callbacks") {
  ContractRig fixture;
  Pair pair(fixture);
  auto destroy = [&] { pair.client.stream.reset(); };
  SECTION("on_connected") { pair.client.when_connected = destroy; }
  SECTION("on_read") { pair.client.when_read = destroy; }
  SECTION("on_written") { pair.client.when_written = destroy; }
  SECTION("on_closed") {
    pair.client.when_closed = destroy;
    pair.server.when_read = [&] { pair.server.stream.reset(); };
  }
  pair.when_accepted = [&] {
    pair.fixture.server().defer([&] {
      if (pair.server.stream) pair.server.write("hello");
    });
  };
  pair.connect();
  pair.client.write("hello");
  CHECK(fixture.run_until([&] { return pair.client.stream == nullptr; }));
  const size_t received = pair.client.received.size();
  fixture.run_for(milliseconds(20));
  CHECK(pair.client.received.size() == received);
  CHECK(pair.client.connected == 1);
}

TEST_CASE("an accepted stream may be dropped, and the listener destroyed, while it is handed over") {
  ContractRig fixture;
  Pair pair(fixture);
  bool with_listener = false;
  SECTION("the stream alone") {}
  SECTION("both") { with_listener = true; }
  pair.when_accepted = [&] {
    pair.server.stream.reset();
    if (with_listener) pair.listener.reset();
  };
  pair.connect();
  CHECK(fixture.run_until([&] { return pair.client.closed == 1; }));
  CHECK(pair.accepted == 1);
}

TEST_CASE("G12: writing to a peer that went away ends the stream later, without a signal") {
  ContractRig fixture;
  Pair pair(fixture);
  pair.establish();
  pair.client.stream->set_reading(false);  // so that the end is not seen before
  pair.server.stream.reset();
  fixture.run_for(milliseconds(20));
  for (int i = 0; i < 100 && pair.client.closed == 0; ++i) {
    pair.client.write(std::string(1000, 'x'));
    fixture.run_for(milliseconds(2));
  }
  CHECK(pair.client.closed == 1);
  CHECK(pair.client.error.code() == Errc::disconnected);
  pair.client.write("still harmless");
}

TEST_CASE("a peer that does not read: unwritten() tells, and everything arrives once it reads") {
  ContractRig fixture;
  Pair pair(fixture);
  pair.establish();
  pair.server.stream->set_reading(false);
  std::string sent(32 << 20, '\0');
  for (size_t i = 0; i < sent.size(); ++i) sent[i] = static_cast<char>(i * 31 + i / 4093);
  pair.server.room = 1 << 20;
  for (size_t at = 0; at < sent.size(); at += 8 << 20) pair.client.write(std::string_view(sent).substr(at, 8 << 20));
  fixture.run_for(milliseconds(20));
  CHECK(pair.server.received.empty());
  CHECK(pair.client.stream->unwritten() > 0);
  CHECK(pair.client.written == 0);
  pair.server.stream->set_reading(true);
  CHECK(fixture.run_until([&] { return pair.server.received.size() == sent.size() && pair.client.written == 1; }));
  CHECK(pair.server.received == sent);
  CHECK(pair.client.stream->unwritten() == 0);
}

TEST_CASE("destroying a stream drops what is unsent, and its memory is let go") {
  ContractRig fixture;
  Pair pair(fixture);
  pair.establish();
  pair.server.stream->set_reading(false);
  const Bytes large = Bytes::copy(std::string(32 << 20, 'x'));
  pair.client.stream->write({large});
  fixture.run_for(milliseconds(5));
  CHECK(large.block()->references > 1);
  pair.client.stream.reset();
  fixture.run_for(milliseconds(5));
  CHECK(large.block()->references == 1);
}

TEST_CASE("reading stops and goes on as the handler wants") {
  ContractRig fixture;
  Pair pair(fixture);
  pair.server.room = 2;
  pair.server.when_read = [&] { pair.server.stream->set_reading(false); };
  pair.establish();
  pair.client.write("abcdef");
  CHECK(fixture.run_until([&] { return !pair.server.received.empty(); }));
  fixture.run_for(milliseconds(10));
  CHECK(pair.server.received.size() <= 2);
  pair.server.when_read = nullptr;
  pair.server.stream->set_reading(true);
  CHECK(fixture.run_until([&] { return pair.server.received == "abcdef"; }));
}

TEST_CASE("a stream that awaits bytes brings them all, also if they are few and the peer ends") {
  ContractRig fixture;
  Pair pair(fixture);
  pair.establish();
  pair.client.write("x");
  CHECK(fixture.run_until([&] { return pair.server.received == "x"; }));
  constexpr size_t kFrame = 300'000;  // and each read says how much of it is missing
  pair.server.when_read = [&] {
    pair.server.stream->await(1 + kFrame - std::min(1 + kFrame, pair.server.received.size()));
  };
  pair.server.stream->await(kFrame);
  SECTION("all of them") {
    for (size_t sent = 0; sent < kFrame; sent += 10'000) {
      pair.client.write(std::string(10'000, 'y'));
      fixture.run_for(milliseconds(1));
    }
    CHECK(fixture.run_until([&] { return pair.server.received.size() == 1 + kFrame; }));
    pair.client.write("z");  // nothing is missing now
    CHECK(fixture.run_until([&] { return pair.server.received.ends_with("yz"); }));
  }
  SECTION("a few, and the end") {
    pair.client.write(std::string(20'000, 'y'));
    fixture.run_for(milliseconds(5));
    pair.client.stream.reset();
    CHECK(fixture.run_until([&] { return pair.server.closed == 1; }));
    CHECK(pair.server.received.size() == 20'001);
  }
  SECTION("it no longer awaits them") {
    pair.client.write(std::string(20'000, 'y'));
    fixture.run_for(milliseconds(5));
    pair.server.when_read = nullptr;
    pair.server.stream->await(0);
    CHECK(fixture.run_until([&] { return pair.server.received.size() == 20'001; }));
  }
}

TEST_CASE("C11: a name that does not exist is resolve_failed, later") {
  ContractRig fixture;
  bool inside = true;
  int calls = 0;
  Error error;
  std::unique_ptr<Lookup> lookup =
      fixture.client().resolve("does-not-exist.invalid", [&](Error why, std::vector<std::string> ips) {
        CHECK_FALSE(inside);
        ++calls;
        error = std::move(why);
        CHECK(ips.empty());
        lookup.reset();  // allowed
      });
  inside = false;
  CHECK(fixture.run_until([&] { return calls == 1; }));
  CHECK(error.code() == Errc::resolve_failed);
}

TEST_CASE("C11: a name gives its addresses without repeats; a dropped look-up is silent") {
  ContractRig fixture;
  std::vector<std::string> found;
  int dropped_calls = 0;
  std::unique_ptr<Lookup> dropped =
      fixture.client().resolve("localhost", [&](Error, std::vector<std::string>) { ++dropped_calls; });
  dropped.reset();
  std::unique_ptr<Lookup> lookup =
      fixture.client().resolve("localhost", [&](Error error, std::vector<std::string> ips) {
        CHECK_FALSE(error);
        found = std::move(ips);
      });
  CHECK(fixture.run_until([&] { return !found.empty(); }));
  CHECK(dropped_calls == 0);
  for (const std::string& ip : found) {
    CHECK(net::is_numeric(ip));
    CHECK(std::count(found.begin(), found.end(), ip) == 1);
  }
}

TEST_CASE("a call that may block runs once, later, and then its owner is told") {
  ContractRig fixture;
  bool inside = true;
  std::string order;
  std::unique_ptr<net::Work> work;
  work = fixture.client().work([&] { order += "call "; },
                               [&] {
                                 order += inside ? "?" : "told";
                                 work.reset();  // allowed
                               });
  inside = false;
  CHECK(fixture.run_until([&] { return work == nullptr; }));
  CHECK(order == "call told");
}

TEST_CASE("a call whose owner is gone tells nobody, and what it holds is let go") {
  ContractRig fixture;
  const auto held = std::make_shared<int>(0);
  std::unique_ptr<net::Work> work = fixture.client().work([held] {}, [held] { FAIL("told"); });
  work.reset();
  CHECK(fixture.run_until([&] { return held.use_count() == 1; }));
}

TEST_CASE("calls of a line run one at a time, in their order; one that is destroyed while it waits leaves the line") {
  ContractRig fixture;
  net::WorkLine line;
  std::string ran, told;
  std::atomic<bool> go = false;  // else the first may have ended before the second one comes
  std::vector<std::unique_ptr<net::Work>> works;
  for (const char name : {'a', 'b', 'c', 'd'}) {
    works.push_back(line.run(
        fixture.client(),
        [&ran, &go, name] {
          while (!go) std::this_thread::yield();
          ran += name;
        },
        [&told, name] { told += name; }));
  }
  works[1].reset();
  go = true;
  CHECK(fixture.run_until([&] { return told.size() == 3; }));
  CHECK(ran == "acd");
  CHECK(told == "acd");
  works.clear();
  SECTION("and so does one that was let in and has not begun") {
    works.push_back(line.run(
        fixture.client(), [] {}, [&] { works.erase(works.begin() + 1); }));
    for (int i = 0; i < 2; ++i) {
      works.push_back(line.run(
          fixture.client(), [&ran] { ran += 'e'; }, [&told] { told += 'e'; }));
    }
    CHECK(fixture.run_until([&] { return told.back() == 'e'; }));
    CHECK(told == "acde");
  }
}

}  // namespace kafka::test
