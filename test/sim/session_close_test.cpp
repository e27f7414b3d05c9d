// How a session ends: closed at any moment, twice, from inside each of its callbacks, or just destroyed.
// Not here: closing with a producer or a consumer that has work (their own tests).
#include <kafka/consumer_group.hpp>

#include "sim_client.hpp"

using namespace kafka;
using namespace kafka::sim;
using namespace std::chrono_literals;
using Api = protocol::ApiKey;
using protocol::RequestHeader;

namespace {

SimClientOptions one_broker() {
  SimClientOptions options;
  options.brokers = 1;
  return options;
}

// Calls of each kind, and their outcomes.
struct Calls {
  explicit Calls(SimClient& client, int many) {
    ConsumerGroup group(*client.session, "g");
    for (int i = 0; i < many; ++i) {
      client->cluster([this](Error error, ClusterMetadata) { count(error); });
      client->list_topics([this](Error error, std::vector<std::string>) { count(error); });
      client->get_metadata({"t"}, [this](Error error, ClusterMetadata) { count(error); });
      group.fetch_offsets({{"t", {0}}}, [this](Error error, std::vector<ConsumerOffset>) { count(error); });
    }
    made = 4 * many;
  }
  void count(const Error& error) {
    ++ended;
    if (error == Errc::closed) ++closed;
  }
  int made = 0, ended = 0, closed = 0;
};

}  // namespace

TEST_CASE("a session that was used closes and leaves nothing") {
  SimClient client(1, {.brokers = 3});
  const auto seen = client.cluster();
  CHECK_FALSE(seen.error);
  CHECK(seen.value.brokers.size() == 3);
  client.close();
}

TEST_CASE("a session that did nothing closes as well, and needs no connection for it") {
  SimClient client(1, one_broker());
  client.close();
  CHECK(client.world.connects(SimClient::kHost) == 0);
}

TEST_CASE("G4: close at any moment, twice, with a thousand requests: one callback each") {
  const int wait_ms = GENERATE(0, 1, 700);
  SimClient client(1, one_broker());
  bool answered = false;
  SECTION("at once") {}
  SECTION("during the look-up") {
    client.world.hang_name("hangs.test");
    client.session.reset();
    SessionOptions options;
    options.bootstrap_servers = "hangs.test";
    client.open(options);
  }
  SECTION("while connecting") { client.world.black_hole("client", "broker-1", true); }
  SECTION("in the handshake") { (*client.brokers)->faults().add(ApiKey::api_versions).always().swallow(); }
  SECTION("with requests under way") {
    CHECK_FALSE(client.cluster().error);
    (*client.brokers)->faults().add(ApiKey::metadata).always().swallow();
  }
  SECTION("between two attempts") { client.brokers->kill(1); }
  SECTION("after all is done") { answered = true; }
  Calls calls(client, 250);
  client.run(answered ? 5s : std::chrono::milliseconds(wait_ms));
  int closed = 0;
  client->close([&] { ++closed; });
  client->close(10s, [&] { ++closed; });
  client->close();
  CHECK(closed == 0);
  CHECK_FALSE(client->closed());
  Outcome<ClusterMetadata> late;
  client->cluster(late.take());
  CHECK(late.calls == 0);
  CHECK(client.until([&] { return closed == 2; }, 31s));
  CHECK(calls.ended == calls.made);
  if (answered) CHECK(calls.closed == 0);
  CHECK(late.calls == 1);
  CHECK(late.error.code() == Errc::closed);
  CHECK(client->closed());
  client->close([&] { ++closed; });
  CHECK(closed == 2);
  client.run(1ms);
  CHECK(closed == 3);
  client->cluster(late.take());
  client.run(1ms);
  CHECK(late.calls == 2);
  client.run(10min);
  CHECK(calls.ended == calls.made);
  CHECK(client.world.leftovers(SimClient::kHost) == "");
}

TEST_CASE("closing needs no time when nothing has to be flushed, whatever the network does") {
  SimClient client(1, one_broker());
  CHECK_FALSE(client.cluster().error);
  client.world.black_hole("client", "broker-1", true);
  Calls calls(client, 3);
  client.run(1s);
  const net::Duration before = client.world.elapsed();
  client.close(1s);
  CHECK(client.world.elapsed() - before < 100ms);
  CHECK(calls.ended == calls.made);
}

namespace {

// A client of the session that ends by itself, at the deadline, or never.
struct Slow final : session::Client {
  void begin_close(net::TimePoint when, Function<void()> finished) override {
    ++begun;
    deadline = when;
    done = std::move(finished);
    if (at_once) done();
  }
  void fail_rest() override { ++failed; }
  void abort() override { ++aborted; }
  bool at_once = false;
  int begun = 0, failed = 0, aborted = 0;
  net::TimePoint deadline{};
  Function<void()> done;
};

}  // namespace

TEST_CASE("close waits for operations under way until its deadline, and not longer") {
  SimClient client(1, one_broker());
  Slow slow, quick;
  quick.at_once = true;
  client.core->add(slow);
  client.core->add(quick);
  int closed = 0;
  const net::Duration before = client.world.elapsed();
  SECTION("it ends by itself") {
    client->close(5s, [&] { ++closed; });
    client.run(2s);
    CHECK(closed == 0);
    slow.done();
    client.run(10ms);
    CHECK(closed == 1);
    CHECK(slow.failed == 0);
  }
  SECTION("it does not") {
    client->close(5s, [&] { ++closed; });
    client.run(4900ms);
    CHECK(closed == 0);
    CHECK(slow.failed == 0);
    CHECK(client.until([&] { return closed == 1; }, 1s));
    CHECK(client.world.elapsed() - before >= 5s);
    CHECK(slow.failed == 1);
    slow.done();  // too late, harmless
    client.run(1s);
  }
  SECTION("a second close with a nearer deadline hurries it, a later one does not delay it") {
    client->close(60s, [&] { ++closed; });
    client.run(1s);
    client->close(2s, [&] { ++closed; });
    client->close(90s, [&] { ++closed; });
    CHECK(client.until([&] { return closed == 3; }));
    CHECK(client.world.elapsed() - before <= 3100ms);
    CHECK(slow.failed == 1);
  }
  SECTION("the default is close_timeout") {
    client->close([&] { ++closed; });
    CHECK(slow.deadline - client.reactor.now() == 30s);
    CHECK(client.until([&] { return closed == 1; }));
    CHECK(client.world.elapsed() - before < 31s);
  }
  SECTION("no time at all, or less") {
    client->close(-5s, [&] { ++closed; });
    CHECK(closed == 0);
    client.run(10ms);
    CHECK(closed == 1);
  }
  CHECK(slow.begun == 1);
  CHECK(slow.aborted == 1);
  CHECK(client.world.leftovers(SimClient::kHost) == "");
}

TEST_CASE("G1: the session may be destroyed inside each of its callbacks") {
  SimClient client(1, one_broker());
  int runs = 0;
  auto destroy = [&] {
    ++runs;
    client.session.reset();
    client.core.reset();
  };
  SECTION("cluster") {
    client->cluster([&](Error, ClusterMetadata) { destroy(); });
  }
  SECTION("list_topics") {
    client->list_topics([&](Error, std::vector<std::string>) { destroy(); });
  }
  SECTION("get_metadata") {
    client->get_metadata({"t"}, [&](Error, ClusterMetadata) { destroy(); });
  }
  SECTION("an invalid call") {
    client->get_metadata({}, [&](Error, ClusterMetadata) { destroy(); });
  }
  SECTION("an event") {
    client->on_event([&](const Event&) { destroy(); });
    client->cluster([](Error, ClusterMetadata) {});
  }
  SECTION("an event of a failure") {
    client.brokers->kill(1);
    client->on_event([&](const Event&) { destroy(); });
    client->cluster([](Error, ClusterMetadata) {});
  }
  SECTION("posted work") {
    CHECK(client->post([&] { destroy(); }));
  }
  SECTION("the close callback") {
    client->close([&] { destroy(); });
  }
  SECTION("the first of two close callbacks") {
    client->close([&] { destroy(); });
    client->close([&] { ++runs; });
  }
  SECTION("offsets of a group") {
    ConsumerGroup(*client.session, "g").fetch_offsets({{"t", {0}}}, [&](Error, std::vector<ConsumerOffset>) {
      destroy();
    });
  }
  SECTION("the log's sink") {
    client.brokers->kill(1);
    client->on_log(LogLevel::info, [&](LogLevel, std::string_view) { destroy(); });
    client->cluster([](Error, ClusterMetadata) {});
  }
  SECTION("the log's sink, with lines of a connection that is well") {
    client->on_log(LogLevel::trace, [&](LogLevel, std::string_view) { destroy(); });
    client->cluster([](Error, ClusterMetadata) {});
  }
  SECTION("the end of a turn") {
    client->on_turn([&] { destroy(); });
  }
  // More work that ends with it.
  for (int i = 0; i < 10 && !client.core->closing(); ++i) client->cluster([](Error, ClusterMetadata) {});
  CHECK(client.until([&] { return !client.session; }, 10s));
  client.run(10min);
  CHECK(runs >= 1);
  CHECK(client.world.leftovers(SimClient::kHost) == "");
}

TEST_CASE("G1: the session may be closed inside each of its callbacks") {
  SimClient client(1, one_broker());
  int closed = 0;
  auto close = [&] { client->close([&] { ++closed; }); };
  SECTION("cluster") {
    client->cluster([&](Error, ClusterMetadata) { close(); });
  }
  SECTION("an event") {
    client->on_event([&](const Event&) { close(); });
    client->cluster([](Error, ClusterMetadata) {});
  }
  SECTION("posted work") {
    CHECK(client->post([&] { close(); }));
  }
  SECTION("the close callback") {
    client->close([&] { close(); });
  }
  CHECK(client.until([&] { return closed >= 1; }, 10s));
  client.run(1s);
  CHECK(client->closed());
  CHECK(client.world.leftovers(SimClient::kHost) == "");
}

TEST_CASE("a session that is destroyed at any moment calls nobody and leaves nothing after one more turn") {
  const int wait_ms = GENERATE(0, 1, 700);
  const bool closing = GENERATE(false, true);
  SimClient client(1, one_broker());
  bool hanging = false;
  SECTION("during the look-up") {
    hanging = true;
    client.world.hang_name("hangs.test");
    client.session.reset();
    SessionOptions options;
    options.bootstrap_servers = "hangs.test";
    client.open(options);
  }
  SECTION("while connecting") { client.world.black_hole("client", "broker-1", true); }
  SECTION("in the handshake") { (*client.brokers)->faults().add(ApiKey::api_versions).always().swallow(); }
  SECTION("with requests under way") { (*client.brokers)->faults().add(ApiKey::metadata).always().swallow(); }
  SECTION("between two attempts") { client.brokers->kill(1); }
  Calls calls(client, 10);
  client.run(std::chrono::milliseconds(wait_ms));
  const int before = calls.ended;
  if (!hanging) CHECK(before == 0);
  int closed = 0;
  if (closing) client->close([&] { ++closed; });
  client.session.reset();
  client.core.reset();
  client.run(1ms);
  CHECK(client.world.leftovers(SimClient::kHost) == "");
  client.run(10min);
  CHECK(calls.ended == before);
  CHECK(closed == 0);
}

TEST_CASE("posted work that was accepted runs before the close callback, what comes later is refused") {
  SimClient client(1, one_broker());
  std::string order;
  CHECK(client->post([&] { order += 'a'; }));
  CHECK(client->post([&] {
    order += 'b';
    CHECK_FALSE(client->post([&] { order += 'x'; }));
  }));
  client->close([&] { order += 'c'; });
  CHECK_FALSE(client->post([&] { order += 'x'; }));
  CHECK(order.empty());
  client.run(1s);
  CHECK(order == "abc");
  CHECK_FALSE(client->post([&] { order += 'x'; }));
  client.run(1s);
  CHECK(order == "abc");
}
