// The whole client on a real loop, with dev brokers on the same one: how it lives, is posted to, and leaves the loop.
// Not here: what the client does about faults (test/sim).
#include <kafka/devbroker.hpp>
#include <kafka/kafka.hpp>

#include <atomic>
#include <csignal>
#include <exception>
#include <memory>
#include <optional>
#include <stdexcept>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "loop_test.hpp"

using namespace kafka;
using namespace std::chrono_literals;
using kafka::test::Loop;

namespace {

struct Client {
  explicit Client(uv_loop_t* loop)
      : broker(loop, {.brokers = 3}), session(std::in_place, loop, options(broker)), producer(std::in_place, *session) {
    REQUIRE_FALSE(broker.create_topic("t", 3));
  }
  static SessionOptions options(const DevBroker& broker) { return {.bootstrap_servers = broker.bootstrap_servers()}; }

  /// Sends `count` records, consumes and commits them, closes everything.
  void journey(int count) {
    for (int i = 0; i < count; ++i) {
      producer->send({.topic = "t", .key = "k" + std::to_string(i), .value = "v"},
                     [this](const DeliveryReport& report) {
                       failed += report.error ? 1 : 0;
                       ++reported;
                     });
    }
    consumer.emplace(*session, "g", Partitions{{"t", {0, 1, 2}}});
    consumer->consume(
        count,
        [this](MessageEnvelope envelope) {
          ++consumed;
          envelope.commit();
        },
        [this](Error error) {
          failed += error ? 1 : 0;
          session->close([this] {
            closed = true;
            broker.close();
          });
        });
  }

  DevBroker broker;
  std::optional<Session> session;
  std::optional<Producer> producer;
  std::optional<Consumer> consumer;
  int reported = 0;
  int consumed = 0;
  int failed = 0;
  bool closed = false;
};

// The application's work on messages: a timer each, of another length than its neighbours'.
struct Jobs {
  struct Job {
    Jobs* jobs;
    MessageEnvelope envelope;
    uv_timer_t timer;
  };
  void begin(uv_loop_t* loop, MessageEnvelope envelope) {
    ++open;
    const auto ms = static_cast<uint64_t>(envelope.offset() * 7 % 5);
    auto* const job = new Job{this, std::move(envelope), {}};
    uv_timer_init(loop, &job->timer);
    job->timer.data = job;
    uv_timer_start(
        &job->timer,
        [](uv_timer_t* timer) { static_cast<Job*>(timer->data)->jobs->end(*static_cast<Job*>(timer->data)); }, ms, 0);
  }
  void end(Job& job) {
    --open;
    CHECK_FALSE(job.envelope.commit({}, [this](Error error) { stored += error ? 0 : 1; }));
    uv_close(reinterpret_cast<uv_handle_t*>(&job.timer),
             [](uv_handle_t* timer) { delete static_cast<Job*>(timer->data); });
  }
  size_t open = 0;
  int stored = 0;
};

void whole_journey(int count) {
  Loop loop;
  {
    Client client(loop);
    client.journey(count);
    loop.run();  // ends by itself: nothing keeps the loop alive after close
    CHECK(client.reported == count);
    CHECK(client.consumed == count);
    CHECK(client.failed == 0);
    CHECK(client.closed);
  }
}

}  // namespace

TEST_CASE("a session takes its contact points as a list") {
  Loop loop;
  DevBroker broker(loop, {.brokers = 1});
  const std::string address = broker.bootstrap_servers();
  const std::vector<ContactPoint> points{
      {"127.0.0.1", static_cast<uint16_t>(std::stoi(address.substr(address.find(':') + 1)))}};
  Session session(loop, points, {.bootstrap_servers = "nowhere:1", .client_id = "list"});
  REQUIRE_FALSE(session.error());
  CHECK(session.contact_points() == points);
  std::optional<Error> answer;
  session.cluster([&](Error error, ClusterMetadata) {
    answer = error;
    session.close([&] { broker.close(); });
  });
  loop.run();
  CHECK(answer == Error());
}

TEST_CASE("a whole journey on a real loop ends by itself and leaves nothing on the loop") { whole_journey(200); }

TEST_CASE("unordered and pipelined: work that ends in any order is stored up to the first that is open") {
  Loop loop;
  DevBroker broker(loop, {.brokers = 1});
  REQUIRE_FALSE(broker.create_topic("t", 3));
  Session session(loop, Client::options(broker));
  constexpr int kMessages = 300;
  Producer producer(session);
  for (int i = 0; i < kMessages; ++i) producer.send({.topic = "t", .value = std::to_string(i)});
  Consumer consumer(session, "g", {{"t", {0, 1, 2}}},
                    {.commit_mode = CommitMode::pipelined, .max_open = 20, .ordering = Ordering::unordered});
  Jobs jobs;
  size_t most = 0;
  bool closed = false;
  consumer.consume(
      kMessages,
      [&](MessageEnvelope envelope) {
        jobs.begin(loop, std::move(envelope));
        most = std::max(most, jobs.open);
      },
      [&](Error error) {
        CHECK_FALSE(error);
        CHECK(jobs.stored == kMessages);
        session.close([&] {
          closed = true;
          broker.close();
        });
      });
  loop.run();
  CHECK(closed);
  CHECK(most == 20);
}

TEST_CASE("members of a group share on a real loop, and may be destroyed after their session has closed") {
  Loop loop;
  DevBroker broker(loop, {.brokers = 1});
  REQUIRE_FALSE(broker.create_topic("t", 2));
  const SessionOptions options{.bootstrap_servers = broker.bootstrap_servers()};
  std::optional<Session> first(std::in_place, loop, options);
  std::optional<Session> second(std::in_place, loop, options);
  std::optional<Consumer> a(std::in_place, *first, "g", Topics("t"));
  std::optional<Consumer> b(std::in_place, *second, "g", Topics("t"));
  int shared = 0;
  const auto assigned = [&](const Partitions& fresh) {
    const bool alone = fresh.at("t").size() == 2;
    if (alone && shared == 0) return;
    if (++shared < 2) return;
    first->close([&] { second->close([&] { broker.close(); }); });
  };
  a->on_assigned(assigned);
  b->on_assigned(assigned);
  a->consume([](MessageEnvelope envelope) { envelope.ack(); });
  b->consume([](MessageEnvelope envelope) { envelope.ack(); });
  loop.run();
  CHECK(shared >= 2);
  CHECK(first->closed());
  const bool destroyed_first = GENERATE(true, false);
  if (destroyed_first) first.reset();
  a.reset();
  b.reset();
  first.reset();
  second.reset();
}

TEST_CASE("G7: destroying everything in the middle leaves a loop that can be closed after one more turn") {
  for (const int turns : {0, 1, 2, 5, 20}) {
    Loop loop;
    {
      Client client(loop);
      client.journey(1000);
      for (int i = 0; i < turns; ++i) loop.turn();
    }  // no close()
  }
}

TEST_CASE("I1: two hundred sessions, one after the other, leave no file descriptor behind") {
  const auto descriptors = [] {
    int open = 0;
    for (int fd = 0; fd < 1024; ++fd) open += fcntl(fd, F_GETFD) != -1 ? 1 : 0;
    return open;
  };
  Loop loop;
  int before = 0;
  for (int i = 0; i < 200; ++i) {
    {
      Client client(loop);
      client.journey(1 + i % 3);
      loop.run();
      CHECK(client.closed);
      CHECK(client.failed == 0);
    }
    loop.turn();
    if (i == 0) before = descriptors();
  }
  CHECK(descriptors() == before);
}

TEST_CASE("G6: a callback that throws ends the program, and is not caught by whoever runs the loop") {
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    // From here on another process: what happens is told by how it ends.
    std::signal(SIGABRT, SIG_DFL);
    std::set_terminate([] { _exit(7); });
    try {
      Loop loop;
      Session session(loop, {.bootstrap_servers = "127.0.0.1:1"});
      session.post([] { throw std::runtime_error("from a callback"); });
      loop.run();
    } catch (...) {
      _exit(8);
    }
    _exit(9);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 7);
}

TEST_CASE("G3: Session::post from other threads runs on the loop's thread, all of it before the close callback") {
  Loop loop;
  const std::thread::id here = std::this_thread::get_id();
  {
    Client client(loop);
    std::atomic<int> accepted = 0;
    std::atomic<bool> refused = false, closing = false;
    std::atomic<int> runs = 0;
    bool closed = false;
    std::vector<std::thread> threads;
    for (int t = 0; t < 3; ++t) {
      threads.emplace_back([&] {
        while (!refused) {
          const bool taken = client.session->post([&] {
            if (std::this_thread::get_id() != here || closed) std::abort();
            ++runs;
          });
          if (taken) {
            // Not more than the loop can run: on a busy machine they would queue millions. Once the session closes, no
            // thread may wait here: the loop stands until the threads have ended.
            for (++accepted; accepted - runs > 10'000 && !closing;) std::this_thread::yield();
          } else {
            refused = true;
          }
        }
      });
    }
    REQUIRE(loop.run_until([&] { return runs > 1000; }));
    client.session->close([&] { closed = true; });
    closing = true;
    for (std::thread& thread : threads) thread.join();
    CHECK(loop.run_until([&] { return closed; }));
    CHECK(runs == accepted);
    client.broker.close();
    loop.run();
  }
}

TEST_CASE("unref: an idle session does not keep the loop alive, and works while something else does") {
  Loop loop;
  {
    Client client(loop);
    client.session->unref();
    bool reported = false;
    client.producer->send({.topic = "t", .value = "v"}, [&](const DeliveryReport& report) {
      CHECK_FALSE(report.error);
      reported = true;
    });
    CHECK(loop.run_until([&] { return reported; }));
    client.broker.close();
    loop.run();  // returns, the session being open
    CHECK_FALSE(client.session->closed());
  }
}

TEST_CASE("G13: one session per loop on eight threads") {
  std::vector<std::thread> threads;
  std::atomic<int> good = 0;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&good] {
      uv_loop_t loop;
      if (uv_loop_init(&loop) != 0) return;
      bool done = false;
      {
        DevBroker broker(&loop);
        Session session(&loop, {.bootstrap_servers = broker.bootstrap_servers()});
        Producer producer(session);
        int reports = 0;
        for (int i = 0; i < 100; ++i) {
          producer.send({.topic = "t", .value = "v"}, [&](const DeliveryReport& report) {
            if (!report.error && ++reports == 100) session.close([&] { broker.close([&] { done = true; }); });
          });
        }
        uv_run(&loop, UV_RUN_DEFAULT);
      }
      uv_run(&loop, UV_RUN_NOWAIT);
      if (done && uv_loop_close(&loop) == 0) ++good;
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(good == 8);
}
