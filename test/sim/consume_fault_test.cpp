// Consuming through faults of network and brokers: messages come late, but each comes once and in order.
#include "consumer_fixture.hpp"
#include "fetch_fixture.hpp"

using namespace kafka;
using namespace kafka::sim;
using namespace std::chrono_literals;

namespace {

// 300 messages in three partitions on three brokers; each() is called with the number of messages seen.
struct Run {
  explicit Run(uint64_t seed, SimClientOptions options = {.brokers = 3, .session = {.request_timeout = 3s}})
      : client(seed, std::move(options)) {
    client.session->on_event({});
    fill(client, "t", 3, 100);
  }
  template <class F>
  void go(F each, net::Duration limit = 60s, ConsumerOptions consumer_options = {.max_partition_fetch_bytes = 1024}) {
    Consumer consumer(*client.session, "g", kThree, consumer_options);
    recorder.listen(consumer);
    consumer.consume(recorder.each([&](MessageEnvelope envelope) {
      each(recorder.got.size());
      envelope.ack();
    }),
                     recorder.end());
    CHECK(client.until([&] { return recorder.got.size() >= 300; }, limit));
    client.run(2s);
    fill(client, "t", 3, 10);  // the consumer still works
    CHECK(client.until([&] { return recorder.got.size() >= 330; }, limit));
    client.run(1s);
    recorder.check_dense(3, 0, 110);
    CHECK(recorder.ends.empty());
    CHECK(recorder.count(Event::Type::partition_stopped) == 0);
    CHECK(recorder.count(Event::Type::offset_reset) == 3);  // nothing was committed; no other reset
    close(client, consumer);
    client.close();
  }
  devbroker::Faults& faults() { return client.brokers->cluster().faults(); }

  SimClient client;
  Recorder recorder;
};

}  // namespace

TEST_CASE("C1 C2: a connection that is reset, in the middle of an answer or idle, costs nothing but time") {
  Run run(1);
  run.faults().add(ApiKey::fetch).skip(2).close_before();
  run.faults().add(ApiKey::fetch).skip(3).close_after();
  run.faults().add(ApiKey::fetch).skip(4).cut_at(50);
  run.faults().add(ApiKey::list_offsets).cut_at(7);
  run.faults().add(ApiKey::offset_fetch).close_after();
  run.go([&](size_t seen) {
    if (seen == 50) run.client.world.reset_connections("client", "", true);
    if (seen == 150) run.client.brokers->cluster().brokers().disconnect(0);
  });
}

TEST_CASE("C2: idle connections that a broker closes are opened again when they are needed") {
  Run run(2);
  run.go([&](size_t seen) {
    if (seen == 300) {
      run.client.brokers->cluster().brokers().disconnect(1);
      run.client.brokers->cluster().brokers().disconnect(2);
      run.client.brokers->cluster().brokers().disconnect(3);
    }
  });
  CHECK(run.client.log.size() < 20);
}

TEST_CASE("C3: a peer that falls silent is given up at the request's deadline, and the others go on") {
  Run run(3);
  run.faults().add(ApiKey::fetch).skip(4).swallow();
  run.faults().add(ApiKey::fetch).skip(6).drop_response();
  run.go([](size_t) {});
}

TEST_CASE("C3: two partitions go on while the third's leader is in a black hole") {
  Run run(4);
  const int32_t leader = run.client.brokers->cluster().topics().partition("t", 1)->leader;
  const std::string host = SimCluster::host(leader);
  run.client.world.black_hole("client", host, true);
  Consumer consumer(*run.client.session, "g", kThree, {.default_api_timeout = 300s});
  // Positions by number: no look-up has to wait for that leader.
  for (int32_t p = 0; p < 3; ++p) CHECK_FALSE(consumer.seek({"t", p, 0}));
  consumer.consume(run.recorder.ack(), run.recorder.end());
  CHECK(run.client.until([&] { return run.recorder.got.size() == 200; }, 60s));
  run.client.run(60s);
  CHECK(run.recorder.offsets(1).empty());
  run.client.world.black_hole("client", host, false);
  CHECK(run.client.until([&] { return run.recorder.got.size() == 300; }, 60s));
  run.recorder.check_dense(3, 0, 100);
  CHECK(run.recorder.ends.empty());
  close(run.client, consumer);
  run.client.close();
}

TEST_CASE("C5: one byte at a time or many frames at once, the result is the same") {
  const size_t most = GENERATE(size_t{1}, size_t{7}, size_t{100'000});
  Run run(5);
  run.client.world.set_slicing(1, most);
  run.client.world.set_latency(1ms, 5ms);
  run.go([](size_t) {}, 120s, {.max_partition_fetch_bytes = 4096});
}

TEST_CASE("C6: brokers that read nothing for a while are given up and asked again") {
  Run run(6);
  Consumer consumer(*run.client.session, "g", kThree, {.max_partition_fetch_bytes = 1024});
  run.recorder.listen(consumer);
  consumer.consume(run.recorder.ack(), run.recorder.end());
  CHECK(run.client.until([&] { return run.recorder.got.size() >= 100; }));
  for (int id = 1; id <= 3; ++id) run.client.brokers->pause(id);
  run.client.run(30s);
  CHECK(run.recorder.ends.empty());
  for (int id = 1; id <= 3; ++id) run.client.brokers->resume(id);
  CHECK(run.client.until([&] { return run.recorder.got.size() == 300; }, 20s));
  run.recorder.check_dense(3, 0, 100);
  CHECK(run.recorder.count(Event::Type::partition_stopped) == 0);
  close(run.client, consumer);
  run.client.close();
}

TEST_CASE("C7: an answer that trickles is given up at the deadline of its request") {
  Run run(7);
  run.client.world.set_latency(1ms, 1ms);
  run.faults().add(ApiKey::fetch).skip(2).delay(10s);
  run.go([](size_t) {});
}

TEST_CASE("C8: an answer to another request closes the connection, and nothing is lost") {
  Run run(8);
  run.faults().add(ApiKey::fetch).skip(2).wrong_correlation_id();
  run.faults().add(ApiKey::list_offsets).wrong_correlation_id();
  run.faults().add(ApiKey::offset_fetch).wrong_correlation_id();
  run.go([](size_t) {});
}

TEST_CASE("D1: leaders that move are followed, with the hint of KIP-951 and without") {
  const std::string release = GENERATE(std::string(), std::string("2.8"), std::string("0.10"), std::string("0.8.2"));
  CAPTURE(release);
  Run run(9);
  devbroker::Cluster& cluster = run.client.brokers->cluster();
  REQUIRE_FALSE(cluster.releases().as_version(release));
  int moves = 0;
  run.go([&](size_t seen) {
    if (seen % 40 != 0) return;
    const int32_t p = moves++ % 3;
    REQUIRE_FALSE(cluster.leaders().move("t", p, cluster.topics().partition("t", p)->leader % 3 + 1));
  });
  CHECK(cluster.requests().count(ApiKey::metadata, 0) < 60);
}

TEST_CASE("D1: a leader that moves while the consumer waits at the end is followed within a second") {
  const std::string release = GENERATE(std::string(), std::string("2.8"));
  Run run(10);
  devbroker::Cluster& cluster = run.client.brokers->cluster();
  REQUIRE_FALSE(cluster.releases().as_version(release));
  Consumer consumer(*run.client.session, "g", kThree);
  consumer.consume(run.recorder.ack(), run.recorder.end());
  CHECK(run.client.until([&] { return run.recorder.got.size() == 300; }));
  run.client.run(1200ms);
  for (int32_t p = 0; p < 3; ++p) {
    REQUIRE_FALSE(cluster.leaders().move("t", p, cluster.topics().partition("t", p)->leader % 3 + 1));
  }
  fill(run.client, "t", 3, 1);
  CHECK(run.client.until([&] { return run.recorder.got.size() == 303; }, 1s));
  close(run.client, consumer);
  run.client.close();
}

TEST_CASE("D9: brokers that die and come back, one after the other, lose nothing") {
  Run run(11);
  int step = 0;
  run.go([&](size_t seen) {
    if (seen % 40 != 0 || step >= 6) return;
    const int id = step / 2 % 3 + 1;
    if (step++ % 2 == 0) {
      run.client.brokers->kill(id);
    } else {
      run.client.brokers->restart(id);
    }
  });
}

TEST_CASE("D10: all brokers down for five minutes: consuming goes on when they are back") {
  Run run(12);
  Consumer consumer(*run.client.session, "g", kThree);
  run.recorder.listen(consumer);
  consumer.consume(run.recorder.ack(), run.recorder.end());
  CHECK(run.client.until([&] { return run.recorder.got.size() == 300; }));
  for (int id = 1; id <= 3; ++id) run.client.brokers->kill(id);
  const size_t connects = run.client.world.connects("client");
  run.client.run(300s);
  CHECK(run.client.world.connects("client") - connects < 2500);
  for (int id = 1; id <= 3; ++id) run.client.brokers->restart(id);
  fill(run.client, "t", 3, 1);
  CHECK(run.client.until([&] { return run.recorder.got.size() == 303; }, 10s));
  CHECK(run.recorder.count(Event::Type::partition_stopped) == 0);
  close(run.client, consumer);
  run.client.close();
}

TEST_CASE("D8: a broker that stands still, as with SIGSTOP, holds up its own partitions only") {
  Run run(13);
  Consumer consumer(*run.client.session, "g", kThree);
  run.recorder.listen(consumer);
  consumer.consume(run.recorder.ack(), run.recorder.end());
  CHECK(run.client.until([&] { return run.recorder.got.size() == 300; }));
  const int32_t leader = run.client.brokers->cluster().topics().partition("t", 2)->leader;
  run.client.brokers->pause(leader);
  fill(run.client, "t", 3, 5);
  CHECK(run.client.until([&] { return run.recorder.got.size() == 310; }, 5s));
  run.client.run(20s);
  run.client.brokers->resume(leader);
  CHECK(run.client.until([&] { return run.recorder.got.size() == 315; }, 10s));
  run.recorder.check_dense(3, 0, 105);
  close(run.client, consumer);
  run.client.close();
}

TEST_CASE("commits through random faults never go ahead of the answers, and nothing is skipped") {
  for (uint64_t seed = 100; seed < 130; ++seed) {
    CAPTURE(seed);
    SimClient client(seed, {.brokers = 3, .session = {.request_timeout = 3s}});
    client.session->on_event({});
    fill(client, "t", 3, 30);
    client.world.set_latency(1ms, 20ms);
    client.world.set_faults(SimFaults::draw(seed));
    Recorder recorder;
    std::map<int32_t, int64_t> answered;
    const Ordering ordering = seed % 2 == 0 ? Ordering::consumer : Ordering::partition;
    Consumer consumer(*client.session, "g", kThree,
                      {.default_api_timeout = 600s, .max_partition_fetch_bytes = 2048, .ordering = ordering});
    consumer.consume(recorder.each([&](MessageEnvelope envelope) {
      const int32_t p = envelope.partition();
      CHECK(committed(client, "g", "t", p) <= envelope.offset());
      answered[p] = envelope.offset() + 1;
      envelope.commit({}, [&, p, next = envelope.offset() + 1](Error error) {
        CHECK_FALSE(error);
        CHECK(committed(client, "g", "t", p) >= next);
        recorder.commits.push_back(std::move(error));
      });
    }),
                     recorder.end());
    client.run(5s);
    client.brokers->kill(static_cast<int>(seed % 3) + 1);
    client.run(5s);
    client.world.set_faults({});
    client.brokers->restart(static_cast<int>(seed % 3) + 1);
    CHECK(client.until([&] { return recorder.commits.size() == 90; }, 300s));
    recorder.check_dense(3, 0, 30);
    CHECK(recorder.ends.empty());
    close(client, consumer);
    client.close();
  }
}

TEST_CASE("D14: with client_rack a replica of the same rack is read from, and the leader when that fails") {
  SimClient client(9, {.brokers = 3});
  devbroker::Cluster& cluster = client.brokers->cluster();
  for (int32_t id = 1; id <= 3; ++id) cluster.brokers().set_rack(id, "rack-" + std::to_string(id));
  fill(client, "t", 1, 5);
  const int32_t leader = cluster.topics().partition("t", 0)->leader;
  const int32_t near = leader % 3 + 1;
  Recorder recorder;
  Fetcher fetcher(*client.session, {{"t", 0, 0}}, {.client_rack = "rack-" + std::to_string(near)});
  recorder.listen(fetcher);
  fetcher.fetch(recorder.ack(), recorder.end());
  int64_t filled = 5;
  const auto more = [&] {
    fill(client, "t", 1, 3);
    filled += 3;
    return client.until([&] { return recorder.got.size() == static_cast<size_t>(filled); }, 5s);
  };
  REQUIRE(client.until([&] { return recorder.got.size() == 5; }));
  const auto asked = [&](int32_t broker) { return cluster.requests().count(ApiKey::fetch, broker); };
  const int64_t of_leader = asked(leader);
  REQUIRE(more());
  client.run(5s);
  CHECK(asked(leader) == of_leader);  // only one request, which it answered with the replica to read from
  CHECK(asked(near) > 5);

  SECTION("gone") {
    client.brokers->kill(near);
    REQUIRE(more());
    client.brokers->restart(near);
    client.run(30s);
    REQUIRE(more());
  }
  SECTION("unknown") {
    REQUIRE_FALSE(cluster.leaders().prefer_replica("t", 0, 99));
    client.brokers->kill(near);
    client.run(1s);
    client.brokers->restart(near);
    for (int i = 0; i < 30; ++i) {
      REQUIRE(more());
      client.run(1s);
    }
    CHECK(asked(leader) < of_leader + 300);
  }
  SECTION("behind") {
    REQUIRE_FALSE(cluster.leaders().set_replica_end("t", 0, near, 2));
    REQUIRE_FALSE(cluster.leaders().prefer_replica("t", 0, near));
    for (int i = 0; i < 30; ++i) {
      REQUIRE(more());
      client.run(1s);
    }
    CHECK(asked(near) < 300);
  }
  SECTION("no replica any more") {
    cluster.faults().add(ApiKey::fetch).broker(near).times(3).reply(Errc::not_leader_or_follower);
    REQUIRE(more());
    client.run(30s);
    REQUIRE(more());
  }
  recorder.check_dense(1, 0, filled);
  CHECK(recorder.count(Event::Type::offset_reset) == 0);
  CHECK(recorder.count(Event::Type::partition_stopped) == 0);
  CHECK(recorder.ends.empty());
  close(client, fetcher);
  client.close();
}

TEST_CASE(
    "C16, D16: a leader that says out_of_range for every offset is not asked without a pause, nor is it told so") {
  SimClient client(3, {.brokers = 1});
  fill(client, "t", 3, 8);
  client.brokers->cluster().faults().add(ApiKey::fetch).always().reply(Errc::offset_out_of_range);
  Fetcher fetcher(*client.session, {TopicOffset::earliest("t", 0), TopicOffset::earliest("t", 1)});
  Recorder recorder;
  recorder.listen(fetcher);
  fetcher.fetch(recorder.ack(), recorder.end());
  client.run(30s);
  CHECK(client.brokers->cluster().requests().count(ApiKey::list_offsets, 0) < 60);
  CHECK(client.brokers->cluster().requests().count(ApiKey::fetch, 0) < 100);
  CHECK(recorder.count(Event::Type::offset_reset) < 40);
  client.brokers->cluster().faults().clear();
  REQUIRE(client.until([&] { return recorder.offsets(0).size() == 8 && recorder.offsets(1).size() == 8; }, 15s));
  // A set-back after that is followed at once.
  const size_t before = recorder.count(Event::Type::offset_reset);
  client.brokers->cluster().faults().add(ApiKey::fetch).times(2).reply(Errc::offset_out_of_range);
  REQUIRE(client.until([&] { return recorder.count(Event::Type::offset_reset) > before; }, 3s));
  close(client, fetcher);
  client.close();
}

TEST_CASE("C16: a broker that answers fetches at once, with nothing, is asked ever more slowly") {
  FetchFixture fixture(1);
  fixture.peer.waits = false;
  Fetcher fetcher = fixture.fetcher(1);
  Recorder recorder;
  fetcher.fetch(recorder.ack(), recorder.end());
  fixture.client.run(2s);
  const size_t before = fixture.peer.asked.size();
  fixture.client.run(10s);
  CHECK(fixture.peer.asked.size() - before < 150);
  const net::TimePoint added = fixture.client.world.now();
  fixture.peer.add(0, 1);
  REQUIRE(fixture.client.until([&] { return recorder.got.size() == 1; }));
  CHECK(fixture.client.world.now() - added < 200ms);
  close(fixture.client, fetcher);
  fixture.client.close();
}

TEST_CASE("partitions whose topic is in doubt are asked about together, though each rests after its own failure") {
  SimClient client(41, {.brokers = 1});
  REQUIRE_FALSE(client.brokers->cluster().releases().as_version("1.1"));
  fill(client, "t", 30, 4);
  Partitions all;
  for (int32_t number = 0; number < 30; ++number) all["t"].push_back(number);
  Recorder recorder;
  Consumer consumer(*client.session, "g", all);
  consumer.consume(recorder.ack(), recorder.end());
  REQUIRE(client.until([&] { return recorder.got.size() == 120; }));
  const auto asked = [&] { return client.brokers->cluster().requests().count(ApiKey::list_offsets, 0); };
  const auto before = asked();
  client.brokers->cluster().faults().add(ApiKey::fetch).always().reply(Errc::unknown_topic_or_partition);
  client.run(10s);
  CHECK(asked() - before > 5);
  CHECK(asked() - before < 60);
  client.brokers->cluster().faults().clear();
  fill(client, "t", 30, 1);
  CHECK(client.until([&] { return recorder.got.size() == 150; }, 5s));
  close(client, consumer);
  client.close();
}
