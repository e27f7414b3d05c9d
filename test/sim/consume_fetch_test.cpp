// Fetching: strange answers, memory, fairness, fetch sessions, and how often a leader is asked.
// Not here: what is in the batches (consume_records_test.cpp).
#include "fetch_fixture.hpp"

using namespace kafka;
using namespace kafka::sim;
using namespace std::chrono_literals;

TEST_CASE("A14: a partition that answers keep leaving out stops after a few tries; others go on") {
  FetchFixture fixture(2);
  const int missing = GENERATE(2, 1000);
  CAPTURE(missing);
  fixture.peer.add(0, 10);
  fixture.peer.add(1, 10);
  int left = missing;
  fixture.peer.twist = [&](const protocol::FetchRequest&, protocol::FetchResponse& response) {
    if (left == 0) return;
    for (auto& topic : response.responses) {
      if (std::erase_if(topic.partitions, [](auto& p) { return p.partition_index == 1; }) > 0) --left;
    }
  };
  Recorder recorder;
  Fetcher fetcher = fixture.fetcher(2);
  recorder.listen(fetcher);
  fetcher.fetch(recorder.ack(), recorder.end());
  fixture.client.run(20s);
  CHECK(recorder.offsets(0) == range(0, 10));
  if (missing == 2) {
    CHECK(recorder.offsets(1) == range(0, 10));
    CHECK(recorder.events.empty());
  } else {
    CHECK(recorder.offsets(1).empty());
    REQUIRE(fixture.stopped(recorder) != nullptr);
    CHECK(fixture.stopped(recorder)->error == Errc::protocol_error);
    CHECK(fixture.stopped(recorder)->partition == 1);
    CHECK(fixture.asked_for(1) == 5);
  }
  close(fixture.client, fetcher);
  fixture.client.close();
}

TEST_CASE(
    "A14: where an answer names a partition twice the first one counts, and one that was not asked for is ignored") {
  FetchFixture fixture(2);
  fixture.peer.add(0, 10);
  fixture.peer.add(1, 10);
  fixture.peer.twist = [&](const protocol::FetchRequest&, protocol::FetchResponse& response) {
    auto& partitions = response.responses.front().partitions;
    partitions.push_back(partitions.front());
    partitions.push_back(partitions.front());
    partitions.back().partition_index = 7;
    auto other = response.responses.front();
    other.topic = "other";
    response.responses.push_back(other);
  };
  Recorder recorder;
  Fetcher fetcher = fixture.fetcher(2);
  recorder.listen(fetcher);
  fetcher.fetch(recorder.ack(), recorder.end());
  fixture.client.run(5s);
  recorder.check_dense(2, 0, 10);
  CHECK(recorder.events.empty());
  close(fixture.client, fetcher);
  fixture.client.close();
}

TEST_CASE("an answer that ends before what was asked for does not make a hot loop") {
  FetchFixture fixture(1);
  fixture.peer.add(0, 10);
  fixture.peer.twist = [&](const protocol::FetchRequest&, protocol::FetchResponse& response) {
    response.responses.front().partitions.front().records = fixture.peer.logs[0].front().bytes;
  };
  Recorder recorder;
  Fetcher fetcher = fixture.fetcher(1);
  recorder.listen(fetcher);
  fetcher.fetch(recorder.ack(), recorder.end());
  fixture.client.run(20s);
  CHECK(recorder.offsets(0) == range(0, 10));
  REQUIRE(fixture.stopped(recorder) != nullptr);
  CHECK(fixture.stopped(recorder)->error == Errc::protocol_error);
  CHECK(fixture.stopped(recorder)->offset == 10);
  CHECK(fixture.peer.asked.size() <= 7);
  close(fixture.client, fetcher);
  fixture.client.close();
}

TEST_CASE("fetch_memory bounds what is fetched and not dispatched, however slow the application") {
  const int16_t version = GENERATE(int16_t{2}, int16_t{12});
  const Ordering ordering = GENERATE(Ordering::consumer, Ordering::partition);
  constexpr int32_t kPartitions = 20;
  constexpr size_t kMemory = 256 * 1024;
  constexpr size_t kBatch = 10'000;
  CAPTURE(version, static_cast<int>(ordering));
  FetchFixture fixture(kPartitions, version);
  for (int32_t p = 0; p < kPartitions; ++p) {
    for (int i = 0; i < 30; ++i) fixture.peer.add(p, 10, kBatch / 10);
  }
  Recorder recorder;
  Fetcher fetcher = fixture.fetcher(kPartitions, {.fetch_memory = kMemory, .ordering = ordering});
  recorder.listen(fetcher);
  fetcher.fetch(recorder.keep(), recorder.end());
  fixture.client.run(20s);
  // A partition that waits for nothing but memory may fetch one batch, or 64 KiB, beyond the limit.
  CAPTURE(fixture.peer.bytes_sent);
  CHECK(fixture.peer.bytes_sent <= kMemory + kPartitions * 65536);
  if (ordering == Ordering::consumer) CHECK(fixture.peer.bytes_sent <= kMemory + 65536);
  CHECK(recorder.kept.size() == (ordering == Ordering::consumer ? 1 : kPartitions));
  // All messages come in the end.
  while (recorder.got.size() < 300 * kPartitions) {
    auto open = std::move(recorder.kept);
    recorder.kept.clear();
    const size_t before = recorder.got.size();
    for (MessageEnvelope& envelope : open) envelope.ack();
    if (!fixture.client.until([&] { return recorder.got.size() > before; }, 5s)) break;
    fixture.client.run(1ms);
  }
  recorder.check_dense(kPartitions, 0, 300);
  CHECK(recorder.events.empty());
  close(fixture.client, fetcher);
  fixture.client.close();
}

TEST_CASE("one stuck or paused partition starves no other, not even with the least memory") {
  const bool pause = GENERATE(true, false);
  CAPTURE(pause);
  SimClient client(2, {.brokers = 3});
  fill(client, "t", 6, 200, 2000);
  Recorder recorder;
  Consumer consumer(*client.session, "g", {{"t", {0, 1, 2, 3, 4, 5}}},
                    {.fetch_memory = 65536, .ordering = pause ? Ordering::consumer : Ordering::partition});
  recorder.listen(consumer);
  consumer.consume(recorder.each([&](MessageEnvelope envelope) {
    if (envelope.partition() != 2) {
      envelope.ack();
    } else if (pause) {
      envelope.ack();
      CHECK_FALSE(consumer.pause({{"t", {2}}}));
    } else {
      recorder.kept.push_back(std::move(envelope));
    }
  }),
                   recorder.end());
  CHECK(client.until([&] { return recorder.got.size() == 5 * 200 + 1; }, 60s));
  CHECK(recorder.offsets(2).size() == 1);
  for (const int32_t p : {0, 1, 3, 4, 5}) CHECK(recorder.offsets(p) == range(0, 200));
  if (pause) CHECK_FALSE(consumer.resume({{"t", {2}}}));
  for (MessageEnvelope& envelope : recorder.kept) envelope.cancel();
  client.run(1s);
  close(client, consumer);
  client.close();
}

TEST_CASE("partitions of one leader share it fairly when memory is short") {
  FetchFixture fixture(4);
  for (int32_t p = 0; p < 4; ++p) {
    for (int i = 0; i < 100; ++i) fixture.peer.add(p, 1, 60'000);
  }
  Recorder recorder;
  Fetcher fetcher = fixture.fetcher(4, {.fetch_memory = 65536});
  fetcher.fetch(recorder.ack(), recorder.end());
  CHECK(fixture.client.until([&] { return recorder.got.size() >= 100; }, 30s));
  for (int32_t p = 0; p < 4; ++p) CHECK(recorder.offsets(p).size() >= 15);
  CHECK(fixture.client.until([&] { return recorder.got.size() == 400; }, 30s));
  close(fixture.client, fetcher);
  fixture.client.close();
}

TEST_CASE("partitions at their end do not hold up one that has more") {
  SimClient client(3, {.brokers = 1});
  fill(client, "t", 1, 3000, 1000);
  fill(client, "u", 3, 1);
  Recorder recorder;
  Fetcher fetcher(*client.session, {{"t", 0, 0}, {"u", 0, 0}, {"u", 1, 0}, {"u", 2, 0}},
                  {.max_partition_fetch_bytes = 65536});
  fetcher.fetch(recorder.ack(), recorder.end());
  CHECK(client.until([&] { return recorder.got.size() == 3003; }, 2s));  // 46 fetches; a long poll takes 500 ms
  close(client, fetcher);
  client.close();
}

TEST_CASE("a broker that answers empty at once does not make a hot loop") {
  FetchFixture fixture(2);
  fixture.peer.waits = false;
  Recorder recorder;
  Fetcher fetcher = fixture.fetcher(2);
  fetcher.fetch(recorder.ack(), recorder.end());
  fixture.client.run(1s);
  fixture.peer.asked.clear();
  const uint64_t before = fixture.client.world.events();
  fixture.client.run(10s);
  CHECK(fixture.peer.asked.size() <= 1000);
  CHECK(fixture.client.world.events() - before < 20'000);
  fixture.peer.add(1, 1);
  CHECK(fixture.client.until([&] { return recorder.got.size() == 1; }, 100ms));
  close(fixture.client, fetcher);
  fixture.client.close();
}

TEST_CASE("D1: a leader that keeps naming itself as the new one does not make a hot loop") {
  FetchFixture fixture(1);
  fixture.peer.add(0, 5);
  int32_t epoch = 1;
  bool confused = true;
  fixture.peer.twist = [&](const protocol::FetchRequest&, protocol::FetchResponse& response) {
    if (!confused) return;
    auto& partition = response.responses.front().partitions.front();
    partition.error_code = static_cast<int16_t>(Errc::not_leader_or_follower);
    partition.current_leader = {1, ++epoch};
    partition.records = {};
  };
  Recorder recorder;
  Fetcher fetcher = fixture.fetcher(1);
  recorder.listen(fetcher);
  fetcher.fetch(recorder.ack(), recorder.end());
  fixture.client.run(10s);
  CHECK(fixture.peer.asked.size() < 40);
  CHECK(recorder.events.empty());
  confused = false;
  CHECK(fixture.client.until([&] { return recorder.got.size() == 5; }, 2s));
  close(fixture.client, fetcher);
  fixture.client.close();
}

TEST_CASE("an idle consumer does nothing but long polls") {
  SimClient client(4, {.brokers = 3});
  fill(client, "t", 3, 1);
  Recorder recorder;
  Consumer consumer(*client.session, "g", {{"t", {0, 1, 2}}});
  consumer.consume(recorder.commit(), recorder.end());
  client.run(5s);
  const auto count = [&](ApiKey api) { return client.brokers->cluster().requests().count(api, 0); };
  const int64_t fetches = count(ApiKey::fetch);
  const int64_t others = count(ApiKey::metadata) + count(ApiKey::list_offsets) + count(ApiKey::offset_commit);
  client.run(60s);
  CHECK(count(ApiKey::fetch) - fetches <= 3 * 121);
  CHECK(count(ApiKey::metadata) + count(ApiKey::list_offsets) + count(ApiKey::offset_commit) == others);
  close(client, consumer);
  client.close();
}

TEST_CASE("a paused or full consumer asks nothing") {
  FetchFixture fixture(1);
  for (int i = 0; i < 300; ++i) fixture.peer.add(0, 10, 1000);
  Recorder recorder;
  Fetcher fetcher = fixture.fetcher(1);
  fetcher.fetch(recorder.keep(), recorder.end());
  fixture.client.run(5s);
  const size_t asked = fixture.peer.asked.size();
  const uint64_t before = fixture.client.world.events();
  fixture.client.run(60s);
  CHECK(fixture.peer.asked.size() == asked);
  CHECK(fixture.client.world.events() - before < 20);
  close(fixture.client, fetcher);
  fixture.client.close();
}

TEST_CASE("Consumers of one session do not wait for each other's long polls") {
  SimClient client(3, {.brokers = 1});
  fill(client, "t", 3, 1);
  const ConsumerOptions options{.fetch_max_wait = 500ms};
  Recorder recorder;
  std::vector<Fetcher> fetchers;
  for (int32_t p = 0; p < 3; ++p) {
    fetchers.emplace_back(*client.session, std::vector<TopicOffset>{{"t", p, 0}}, options);
    fetchers.back().fetch(recorder.ack(), recorder.end());
  }
  REQUIRE(client.until([&] { return recorder.got.size() == 3; }));
  for (int i = 0; i < 20; ++i) {
    client.run(std::chrono::milliseconds(37 * i));  // at any point of their long polls
    for (int32_t p = 0; p < 3; ++p) {
      const net::TimePoint before = client.reactor.now();
      const size_t count = recorder.got.size();
      REQUIRE_FALSE(client.brokers->cluster().contents().append("t", p, {.value = text(p, i + 1)}) < 0);
      REQUIRE(client.until([&] { return recorder.got.size() > count; }));
      CHECK(client.reactor.now() - before < 50ms);
    }
  }
  // Each one's connection is closed with it.
  const size_t open = client.world.open_streams(SimClient::kHost);
  close(client, fetchers[1]);
  CHECK(client.world.open_streams(SimClient::kHost) == open - 1);
  fetchers.pop_back();  // without close()
  client.run(1ms);
  CHECK(client.world.open_streams(SimClient::kHost) == open - 2);
  close(client, fetchers[0]);
  CHECK(client.world.open_streams(SimClient::kHost) == open - 3);
  CHECK(recorder.ends.size() == 2);
  client.close();
}

TEST_CASE("D15: one fetch session per broker is reused; evicted or at another epoch, one full fetch makes it again") {
  SimClient client(5, {.brokers = 1});
  devbroker::Cluster& cluster = client.brokers->cluster();
  constexpr int32_t kPartitions = 40;
  fill(client, "t", kPartitions, 3);
  std::vector<TopicOffset> places;
  for (int32_t p = 0; p < kPartitions; ++p) places.push_back({"t", p, 0});
  Recorder recorder;
  Fetcher fetcher(*client.session, places);
  recorder.listen(fetcher);
  fetcher.fetch(recorder.ack(), recorder.end());
  REQUIRE(client.until([&] { return recorder.partition_ends.size() == kPartitions; }));
  CHECK(cluster.brokers().fetch_session_count(1) == 1);
  int64_t filled = 3;
  const auto more = [&] {
    fill(client, "t", kPartitions, 1);
    ++filled;
    REQUIRE(client.until([&] { return recorder.got.size() == static_cast<size_t>(filled * kPartitions); }, 5s));
    client.run(2s);
  };
  more();
  CHECK(recorder.partition_ends.size() ==
        2 * kPartitions);  // the end is told though the answers without news are empty
  for (int i = 0; i < 3; ++i) {
    cluster.brokers().evict_fetch_sessions(1);
    more();
    for (const Errc code :
         {Errc::invalid_fetch_session_epoch, Errc::fetch_session_topic_id_error, Errc::fetch_session_id_not_found}) {
      cluster.faults().add(ApiKey::fetch).times(2).reply(code);
      more();
    }
    client.brokers->kill(1);
    client.run(1s);
    client.brokers->restart(1);
    client.run(3s);
    more();
  }
  recorder.check_dense(kPartitions, 0, filled);
  CHECK(cluster.brokers().fetch_session_count(1) == 1);
  CHECK(recorder.events.empty());
  // After a seek no answer names the end again, since it did not change: the session has kept it.
  const size_t ends = recorder.partition_ends.size();
  REQUIRE_FALSE(fetcher.seek({"t", 7, filled - 1}));
  REQUIRE(client.until([&] { return recorder.partition_ends.size() == ends + 1; }));
  CHECK(recorder.offsets(7).back() == filled - 1);
  close(client, fetcher);
  client.close();
}

TEST_CASE("D15: after an unknown error of the whole answer the next fetch waits") {
  FetchFixture fixture(1);
  fixture.peer.add(0, 10);
  bool broken = true;
  fixture.peer.twist = [&](const protocol::FetchRequest&, protocol::FetchResponse& response) {
    if (!broken) return;
    response.responses.clear();
    response.error_code = 999;
  };
  Recorder recorder;
  Fetcher fetcher = fixture.fetcher(1);
  recorder.listen(fetcher);
  fetcher.fetch(recorder.ack(), recorder.end());
  fixture.client.run(10s);
  CHECK(fixture.peer.asked.size() < 20);
  CHECK(fixture.peer.asked.size() > 5);
  broken = false;
  REQUIRE(fixture.client.until([&] { return recorder.got.size() == 10; }, 5s));
  CHECK(recorder.events.empty());
  close(fixture.client, fetcher);
  fixture.client.close();
}

TEST_CASE("D15: in a session a request names only what changed, and what is not wanted any more") {
  FetchFixture fixture(3);
  for (int32_t p = 0; p < 3; ++p) fixture.peer.add(p, 10);
  fixture.peer.twist = [&](const protocol::FetchRequest&, protocol::FetchResponse& response) {
    response.session_id = 7;
  };
  Recorder recorder;
  Fetcher fetcher = fixture.fetcher(3);
  recorder.listen(fetcher);
  fetcher.fetch(recorder.ack(), recorder.end());
  fixture.client.run(3s);
  CHECK(recorder.got.size() == 30);
  const auto& asked = fixture.peer.asked;
  REQUIRE(asked.size() > 4);
  CHECK(asked[0].session_id == 0);
  CHECK(asked[0].session_epoch == 0);
  REQUIRE(asked[0].topics.size() == 1);
  CHECK(asked[0].topics[0].partitions.size() == 3);
  CHECK(asked[1].topics.at(0).partitions.size() == 3);  // new offsets
  for (size_t i = 1; i < asked.size(); ++i) {
    CHECK(asked[i].session_id == 7);
    CHECK(asked[i].session_epoch == static_cast<int32_t>(i));
    if (i > 1) CHECK(asked[i].topics.empty());
  }
  CHECK(recorder.partition_ends.size() == 3);
  const size_t before = asked.size();
  REQUIRE_FALSE(fetcher.pause({{"t", {1}}}));
  fixture.client.run(1s);
  REQUIRE(asked.size() > before);
  REQUIRE(asked[before].forgotten_topics_data.size() == 1);
  CHECK(asked[before].forgotten_topics_data[0].partitions == std::vector<int32_t>{1});
  REQUIRE_FALSE(fetcher.resume({{"t", {1}}}));
  fixture.client.run(2s);
  CHECK(asked.back().topics.empty());
  close(fixture.client, fetcher);
  fixture.client.close();
}
