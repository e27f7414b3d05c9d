// UvReactor on real sockets: the contract of the seam, and what only a real loop can show.
#include "net/uv_reactor.hpp"

#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <csignal>
#include <mutex>
#include <thread>

#include "loop_test.hpp"

namespace kafka::test {

struct ContractRig {
  Loop loop;  // first: closed last
  std::unique_ptr<net::Reactor> reactor = net::make_uv_reactor(loop);

  net::Reactor& client() { return *reactor; }
  net::Reactor& server() { return *reactor; }
  std::string server_ip() { return "127.0.0.1"; }
  template <class Done>
  bool run_until(Done done) {
    return loop.run_until(std::move(done));
  }
  void run_for(net::Duration time) {
    const auto end = std::chrono::steady_clock::now() + time;
    loop.run_until([&] { return std::chrono::steady_clock::now() >= end; });
  }
};

}  // namespace kafka::test

#include "../sim/reactor_contract.hpp"

namespace kafka::test {

TEST_CASE("timers, streams and listeners do not keep the loop alive, a hold does") {
  ContractRig rig;
  Pair pair(rig);
  pair.establish();
  int runs = 0;
  Timer timer = rig.client().after(milliseconds(5), [&] { ++runs; });
  rig.loop.run();
  CHECK(runs == 0);
  net::Hold hold = rig.client().hold();
  net::Hold second = rig.client().hold();
  second.release();
  timer = rig.client().after(milliseconds(5), [&] {
    ++runs;
    hold.release();
  });
  rig.loop.run();  // comes back because the hold was released
  CHECK(runs == 1);
}

TEST_CASE("the loop is not woken for each piece of a large frame") {
  ContractRig rig;
  Pair pair(rig);
  pair.server.room = 1 << 20;
  pair.establish();
  constexpr size_t kFrame = 300'000;
  int reads = 0;
  pair.server.when_read = [&] {
    ++reads;
    pair.server.stream->await(kFrame - pair.server.received.size());
  };
  pair.server.stream->await(kFrame);
  for (size_t sent = 0; sent < kFrame; sent += 5'000) {
    pair.client.write(std::string(5'000, 'y'));
    rig.run_for(milliseconds(1));
  }
  CHECK(rig.run_until([&] { return pair.server.received.size() == kFrame; }));
  CHECK(reads <= 10);  // of 64 KB and more, and what is left in the end
}

TEST_CASE("deferred work keeps the loop alive until it has run, and no longer") {
  ContractRig rig;
  int left = 5;
  Function<void()> again = [&] {
    if (--left > 0) rig.client().defer([&] { again(); });
  };
  rig.client().defer([&] { again(); });
  rig.loop.run();
  CHECK(left == 0);
}

TEST_CASE("an idle reactor does not turn the loop") {
  ContractRig rig;
  rig.run_for(milliseconds(5));
  net::Hold hold = rig.client().hold();
  Timer far = rig.client().after(std::chrono::hours(1), [] {});
  int turns = 0;
  uv_check_t check;
  uv_check_init(rig.loop, &check);
  check.data = &turns;
  uv_unref(reinterpret_cast<uv_handle_t*>(&check));
  uv_check_start(&check, [](uv_check_t* handle) { ++*static_cast<int*>(handle->data); });
  Timer end = rig.client().after(milliseconds(50), [&] { hold.release(); });
  rig.loop.run();
  CHECK(turns <= 4);
  uv_close(reinterpret_cast<uv_handle_t*>(&check), nullptr);
  rig.loop.turn();
}

TEST_CASE("G3: post from other threads runs everything on the loop's thread") {
  ContractRig rig;
  const std::thread::id here = std::this_thread::get_id();
  net::Hold hold = rig.client().hold();
  int runs = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 1000; ++i) {
        rig.client().post([&] {
          if (std::this_thread::get_id() != here) std::abort();
          ++runs;
        });
      }
    });
  }
  CHECK(rig.run_until([&] { return runs == 3000; }));
  for (std::thread& thread : threads) thread.join();
}

TEST_CASE("a loop that was blocked reads what has come before it runs timers that are late") {
  ContractRig rig;
  Pair pair(rig);
  pair.establish();
  pair.client.write("in time");
  bool read_first = false;
  bool fired = false;
  Timer timer = rig.client().after(milliseconds(10), [&] {
    fired = true;
    read_first = pair.server.received == "in time";
  });
  std::this_thread::sleep_for(milliseconds(30));  // what an application may do
  CHECK(rig.run_until([&] { return fired; }));
  CHECK(read_first);
}

TEST_CASE("a delay counts from now, not from when the loop last waited") {
  ContractRig rig;
  rig.loop.turn();
  std::this_thread::sleep_for(milliseconds(30));
  const auto start = std::chrono::steady_clock::now();
  bool fired = false;
  Timer timer = rig.client().after(milliseconds(20), [&] { fired = true; });
  CHECK(rig.run_until([&] { return fired; }));
  CHECK(std::chrono::steady_clock::now() - start >= milliseconds(20));
}

TEST_CASE("G1: the reactor may be destroyed inside its own callbacks") {
  Loop loop;
  std::unique_ptr<Reactor> reactor = net::make_uv_reactor(loop);
  const auto alive = std::make_shared<int>(0);
  Timer timer;
  SECTION("a deferred call") {
    reactor->defer([&] { reactor.reset(); });
    reactor->defer([alive] { FAIL("runs after the end"); });
  }
  SECTION("a timer") {
    timer = reactor->after(milliseconds(1), [&] { reactor.reset(); });
    reactor->defer([] {});
  }
  SECTION("a posted call") {
    reactor->post([&] { reactor.reset(); });
    reactor->post([alive] { FAIL("runs after the end"); });
  }
  CHECK(loop.run_until([&] { return reactor == nullptr; }));
  loop.turn();
  CHECK(alive.use_count() == 1);
}

TEST_CASE("destroyed with everything open: callables are destroyed uncalled and the loop closes") {
  Loop loop;
  const auto alive = std::make_shared<int>(0);
  {
    std::unique_ptr<Reactor> reactor = net::make_uv_reactor(loop);
    End client;
    Error error;
    std::unique_ptr<Listener> listener = reactor->listen(
        {"127.0.0.1", 0}, [alive](std::unique_ptr<Stream>, StreamHandler*&) {}, error);
    client.stream = reactor->connect(listener->local(), client);
    client.write("unsent");
    reactor->defer([alive] {});
    reactor->post([alive] {});
    Timer timer = reactor->after(milliseconds(0), [alive] {});
    net::Hold hold = reactor->hold();
  }
  CHECK(alive.use_count() == 1);
}

TEST_CASE("a hold may outlive its reactor") {
  Loop loop;
  net::Hold hold;
  {
    std::unique_ptr<Reactor> reactor = net::make_uv_reactor(loop);
    hold = reactor->hold();
  }
  hold.release();
}

TEST_CASE("G12: SIGPIPE is ignored if it was at its default, and left alone otherwise") {
  struct sigaction before {};
  sigaction(SIGPIPE, nullptr, &before);
  struct sigaction current {};
  std::signal(SIGPIPE, SIG_DFL);
  {
    Loop loop;
    auto reactor = net::make_uv_reactor(loop, {.ignore_sigpipe = false});
    sigaction(SIGPIPE, nullptr, &current);
    CHECK(current.sa_handler == SIG_DFL);
    auto second = net::make_uv_reactor(loop);
    sigaction(SIGPIPE, nullptr, &current);
    CHECK(current.sa_handler == SIG_IGN);
  }
  void (*own)(int) = [](int) {};
  std::signal(SIGPIPE, own);
  {
    Loop loop;
    auto reactor = net::make_uv_reactor(loop);
    sigaction(SIGPIPE, nullptr, &current);
    CHECK(current.sa_handler == own);
  }
  sigaction(SIGPIPE, &before, nullptr);
}

TEST_CASE("IPv6 works as IPv4 does") {
  ContractRig rig;
  Error error;
  End server;
  std::unique_ptr<Listener> listener = rig.server().listen(
      {"::1", 0},
      [&](std::unique_ptr<Stream> stream, StreamHandler*& handler) {
        server.stream = std::move(stream);
        handler = &server;
      },
      error);
  if (listener == nullptr) {
    WARN("no IPv6 here: " << error.message());
    return;
  }
  CHECK(listener->local().ip == "::1");
  End client;
  client.stream = rig.client().connect(listener->local(), client);
  client.write("six");
  CHECK(rig.run_until([&] { return server.received == "six"; }));
}

TEST_CASE("an invalid address, or one that cannot be listened on, is an error") {
  ContractRig rig;
  Error error;
  CHECK(rig.server().listen(
            {"not an address", 0}, [](std::unique_ptr<Stream>, StreamHandler*&) {}, error) == nullptr);
  CHECK(error);
  End client;
  client.stream = rig.client().connect({"not an address", 1}, client);
  CHECK(client.closed == 0);
  CHECK(rig.run_until([&] { return client.closed == 1; }));
  CHECK(client.error.code() == Errc::connect_failed);
}

TEST_CASE("C15: without file descriptors a connection fails later, with the reason, and nothing spins") {
  ContractRig rig;
  Pair pair(rig);
  rlimit before{};
  getrlimit(RLIMIT_NOFILE, &before);
  const int next = dup(0);  // the lowest free one
  close(next);
  rlimit none = before;
  none.rlim_cur = static_cast<rlim_t>(next);
  setrlimit(RLIMIT_NOFILE, &none);
  pair.connect();
  const bool told = rig.run_until([&] { return pair.client.closed == 1; });
  setrlimit(RLIMIT_NOFILE, &before);
  CHECK(told);
  CHECK(pair.client.error.code() == Errc::connect_failed);
  CHECK_THAT(pair.client.error.message(), Catch::Matchers::Contains("EMFILE"));
  End second;
  second.stream = rig.client().connect(pair.listener->local(), second);
  CHECK(rig.run_until([&] { return second.connected == 1; }));
}

TEST_CASE("C15: a connection that comes when file descriptors are out is closed, and the loop does not spin") {
  ContractRig rig;
  Pair pair(rig);
  const int raw = socket(AF_INET, SOCK_STREAM, 0);
  rlimit before{};
  getrlimit(RLIMIT_NOFILE, &before);
  const int next = dup(0);
  close(next);
  rlimit none = before;
  none.rlim_cur = static_cast<rlim_t>(next);
  setrlimit(RLIMIT_NOFILE, &none);
  sockaddr_in address{};
  uv_ip4_addr("127.0.0.1", pair.listener->local().port, &address);
  CHECK(connect(raw, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);  // the kernel's backlog takes it
  int turns = 0;
  uv_check_t check;
  uv_check_init(rig.loop, &check);
  check.data = &turns;
  uv_check_start(&check, [](uv_check_t* handle) { ++*static_cast<int*>(handle->data); });
  rig.run_for(milliseconds(50));  // turns once a millisecond by itself
  setrlimit(RLIMIT_NOFILE, &before);
  CHECK(turns <= 100);
  CHECK(pair.accepted == 0);
  close(raw);
  uv_close(reinterpret_cast<uv_handle_t*>(&check), nullptr);
  rig.loop.turn();
  pair.establish();  // works again
}

TEST_CASE("C4: bytes of a connection that was reset are followed by disconnected with the reason") {
  ContractRig rig;
  Pair pair(rig);
  pair.establish();
  pair.server.stream->set_reading(false);
  pair.client.write("unread");
  rig.run_for(milliseconds(5));
  pair.server.stream.reset();  // with unread bytes the kernel resets
  CHECK(rig.run_until([&] { return pair.client.closed == 1; }));
  CHECK(pair.client.error.code() == Errc::disconnected);
  CHECK_THAT(pair.client.error.message(), Catch::Matchers::Contains("ECONNRESET"));
}

// Holds a thread of the pool until it is opened.
struct Gate {
  void wait() {
    std::unique_lock lock(mutex);
    inside = true;
    changed.notify_all();
    changed.wait(lock, [this] { return open; });
  }
  void let_go() {
    const std::lock_guard lock(mutex);
    open = true;
    changed.notify_all();
  }
  bool entered() {
    const std::lock_guard lock(mutex);
    return inside;
  }
  std::mutex mutex;
  std::condition_variable changed;
  bool inside = false, open = false;
};

TEST_CASE("a call that blocks is on another thread, and the loop turns meanwhile") {
  ContractRig rig;
  Gate gate;
  const std::thread::id here = std::this_thread::get_id();
  bool elsewhere = false, told = false;
  auto work = rig.client().work(
      [&] {
        elsewhere = std::this_thread::get_id() != here;
        gate.wait();
      },
      [&] { told = std::this_thread::get_id() == here; });
  bool resolved = false, fired = false;
  auto lookup = rig.client().resolve("localhost", [&](Error, std::vector<std::string>) { resolved = true; });
  Timer timer = rig.client().after(milliseconds(5), [&] { fired = true; });
  CHECK(rig.run_until([&] { return resolved && fired && gate.entered(); }));
  CHECK_FALSE(told);
  gate.let_go();
  CHECK(rig.run_until([&] { return told; }));
  CHECK(elsewhere);
}

TEST_CASE("a reactor does not wait for a call that blocks: the loop is busy until it returns, and nothing leaks") {
  Loop loop;
  Gate gate;
  const auto held = std::make_shared<int>(0);
  {
    auto reactor = net::make_uv_reactor(loop);
    auto work = reactor->work([&gate, held] { gate.wait(); }, [held] { FAIL("told"); });
    CHECK(loop.run_until([&] { return gate.entered(); }));
  }
  loop.turn();
  CHECK(held.use_count() == 2);  // the call's own; what would be told is gone
  CHECK(uv_loop_close(loop) == UV_EBUSY);
  gate.let_go();
  CHECK(loop.run_until([&] { return held.use_count() == 1; }));
}

TEST_CASE("a line lets one call in at a time, also from loops in several threads, and survives loops that end") {
  net::WorkLine line;
  std::atomic<int> inside = 0, most = 0, ran = 0, told = 0;
  const auto call = [&] {
    const int now = ++inside;
    if (now > most) most = now;
    std::this_thread::yield();
    ++ran;
    --inside;
  };
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int round = 0; round < 20; ++round) {
        uv_loop_t loop;
        uv_loop_init(&loop);
        auto reactor = net::make_uv_reactor(&loop);
        net::Hold hold = reactor->hold();
        int open = 5;
        std::vector<std::unique_ptr<net::Work>> works;
        for (int i = 0; i < 5; ++i) {
          works.push_back(line.run(*reactor, call, [&] {
            ++told;
            if (--open == 0) hold.release();
          }));
        }
        // Some end with their calls waiting, or let in.
        if ((round + t) % 3 == 0) {
          uv_run(&loop, UV_RUN_NOWAIT);
        } else {
          uv_run(&loop, UV_RUN_DEFAULT);
        }
        works.clear();
        hold.release();
        reactor.reset();
        uv_run(&loop, UV_RUN_DEFAULT);
        if (uv_loop_close(&loop) != 0) std::abort();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(most == 1);
  CHECK(told >= 4 * 13 * 5);
  CHECK(ran >= told);
}

}  // namespace kafka::test
