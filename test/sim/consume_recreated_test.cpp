// D3: topics that are deleted and made anew while a consumer has read from them: with topic ids, with ids in metadata
// alone, and without any.
// Not here: logs that were cut (consume_truncation_test.cpp), producers (producer_recreated_test.cpp), envelopes and
// commits (consume_recreated_answers_test.cpp).
#include "recreated_fixture.hpp"

using namespace kafka;
using namespace kafka::sim;
using namespace std::chrono_literals;
using Type = Event::Type;

TEST_CASE("D3: a topic that is made anew is read from its first record, with an event") {
  const std::string release = GENERATE(from_range(kReleases));
  const int64_t old = GENERATE(1, 4);
  const int64_t count = GENERATE(1, 4, 9);
  const auto policy = GENERATE(OffsetReset::earliest, OffsetReset::latest);
  const bool away = GENERATE(false, true);
  const net::Duration gap = GENERATE(net::Duration(0s), net::Duration(3s));
  CAPTURE(release, old, count, static_cast<int>(policy), away, gap.count());
  SimClient client(31, {.brokers = 1});
  REQUIRE_FALSE(client.brokers->cluster().releases().as_version(release));
  fill_batches(client, "t", 1, old, 1);
  Recorder recorder;
  Fetcher fetcher(*client.session, {{"t", 0, 0}}, {.allow_auto_create_topics = false, .auto_offset_reset = policy});
  recorder.listen(fetcher);
  fetcher.fetch(recorder.ack(), recorder.end());
  REQUIRE(client.until([&] { return recorder.got.size() == static_cast<size_t>(old); }));
  client.run(2s);
  if (away) {
    REQUIRE_FALSE(fetcher.pause({{"t", {0}}}));
    client.run(1s);
  }
  make_anew(client, 1, count, gap);
  if (away) {
    client.run(3s);
    REQUIRE_FALSE(fetcher.resume({{"t", {0}}}));
  }
  client.run(20s);
  check_new(recorder, static_cast<size_t>(old), count);
  REQUIRE(recorder.events.size() == 1);
  CHECK(recorder.events[0].type == Type::topic_recreated);
  CHECK(recorder.events[0].offset == 0);
  CHECK(recorder.events[0].error == Errc::inconsistent_topic_id);
  // It goes on as usual.
  REQUIRE(client.brokers->cluster().contents().append("t", 0, {.value = "new"}) == count);
  client.run(2s);
  check_new(recorder, static_cast<size_t>(old), count + 1);
  close(client, fetcher);
  client.close();
}

TEST_CASE("D3: whenever the new topic comes, and whenever its records come, it is read from its first record") {
  const std::string release = GENERATE(std::string(""), std::string("2.8"), std::string("1.1"));
  const int64_t old = GENERATE(1, 4);
  const auto policy = GENERATE(OffsetReset::earliest, OffsetReset::latest);
  const int64_t gap_ms = GENERATE(600, 1000, 1300, 5000);
  const int64_t empty_ms = GENERATE(0, 10, 300, 1000, 3000);
  constexpr int64_t kCount = 4;
  CAPTURE(release, old, static_cast<int>(policy), gap_ms, empty_ms);
  SimClient client(38, {.brokers = 1});
  REQUIRE_FALSE(client.brokers->cluster().releases().as_version(release));
  fill_batches(client, "t", 1, old, 1);
  Recorder recorder;
  Fetcher fetcher(*client.session, {{"t", 0, 0}}, {.allow_auto_create_topics = false, .auto_offset_reset = policy});
  recorder.listen(fetcher);
  fetcher.fetch(recorder.ack(), recorder.end());
  REQUIRE(client.until([&] { return recorder.got.size() == static_cast<size_t>(old); }));
  client.run(2s);
  make_anew(client, 1, kCount, std::chrono::milliseconds(gap_ms), std::chrono::milliseconds(empty_ms));
  check_taken_anew(client, fetcher, recorder, static_cast<size_t>(old), kCount);
}

TEST_CASE("D3: a topic that was seen gone and comes back empty is another one, wherever reading began") {
  const std::string release =
      GENERATE(std::string("2.4"), std::string("1.1"), std::string("0.9"), std::string("0.8.2"));
  const int64_t start = GENERATE(2, 4);
  const auto policy = GENERATE(OffsetReset::earliest, OffsetReset::latest, OffsetReset::none);
  CAPTURE(release, start, static_cast<int>(policy));
  SimClient client(39, {.brokers = 1});
  REQUIRE_FALSE(client.brokers->cluster().releases().as_version(release));
  fill_batches(client, "t", 1, 4, 1);
  Recorder recorder;
  Fetcher fetcher(*client.session, {{"t", 0, start}}, {.allow_auto_create_topics = false, .auto_offset_reset = policy});
  recorder.listen(fetcher);
  fetcher.fetch(recorder.ack(), recorder.end());
  client.run(3s);
  const size_t old = recorder.got.size();
  REQUIRE(old == static_cast<size_t>(4 - start));
  make_anew(client, 1, 9, 3s, 2s);
  client.run(20s);
  if (policy == OffsetReset::none) {
    CHECK(recorder.got.size() == old);
    CHECK(recorder.count(Type::partition_stopped) == 1);
    CHECK(recorder.ended_with(Errc::inconsistent_topic_id));
  } else {
    check_new(recorder, old, 9);
    CHECK(recorder.count(Type::topic_recreated) == 1);
  }
  CHECK(recorder.events.size() == 1);
  close(client, fetcher);
  client.close();
}

TEST_CASE("D3: only metadata tells, while the last answer to Fetch is still on its way") {
  const std::string release = GENERATE(std::string("2.8"), std::string("2.4"), std::string("1.1"));
  const bool seen_gone = GENERATE(true, false);  // not: another broker leads the new topic
  CAPTURE(release, seen_gone);
  SimClientOptions options{.brokers = 2};
  options.session.metadata_max_age = 1s;
  SimClient client(41, options);
  devbroker::Cluster& cluster = client.brokers->cluster();
  REQUIRE_FALSE(cluster.releases().as_version(release));
  make_empty(cluster, 1);
  fill_batches(client, "t", 1, 4, 1);
  Recorder recorder;
  Fetcher fetcher(*client.session, {{"t", 0, 0}}, {.allow_auto_create_topics = false});
  recorder.listen(fetcher);
  fetcher.fetch(recorder.ack(), recorder.end());
  REQUIRE(client.until([&] { return recorder.got.size() == 4; }));
  cluster.faults().add(ApiKey::fetch).delay(1500ms);
  client.run(600ms);  // the broker has found nothing
  REQUIRE_FALSE(cluster.topics().erase("t"));
  if (seen_gone) client.run(1100ms);
  make_empty(cluster, seen_gone ? 1 : 2);
  append_new(cluster, 0, 0, 6);
  check_taken_anew(client, fetcher, recorder, 4, 6);
}

TEST_CASE("D3: a log that was seen empty and ends before the position is a new one, however long it is by then") {
  const std::string release = GENERATE(std::string("2.8"), std::string("2.4"), std::string("1.1"));
  const std::string other =
      GENERATE(std::string(), std::string("1.1"));  // which has no ids, and tells of the topic, too
  const auto policy = GENERATE(OffsetReset::earliest, OffsetReset::latest);
  const uint64_t seed = GENERATE(range<uint64_t>(1, 5));
  CAPTURE(release, other, static_cast<int>(policy), seed);
  SimClient client(seed, {.brokers = 2});
  devbroker::Cluster& cluster = client.brokers->cluster();
  REQUIRE_FALSE(cluster.releases().as_version(release));
  if (!other.empty()) REQUIRE_FALSE(cluster.releases().as_version(other, 1));
  make_empty(cluster, 2);
  fill_batches(client, "t", 1, 20, 1);
  Recorder recorder;
  Fetcher fetcher(*client.session, {{"t", 0, 2}}, {.allow_auto_create_topics = false, .auto_offset_reset = policy});
  recorder.listen(fetcher);
  fetcher.fetch(recorder.ack(), recorder.end());
  REQUIRE(client.until([&] { return recorder.got.size() == 18; }));
  REQUIRE_FALSE(fetcher.pause({{"t", {0}}}));
  client.run(5s);
  REQUIRE_FALSE(cluster.topics().erase("t"));
  make_empty(cluster, 2);
  const int64_t asked = cluster.requests().count(ApiKey::list_offsets, 0);
  REQUIRE_FALSE(fetcher.resume({{"t", {0}}}));
  client.until([&] { return cluster.requests().count(ApiKey::list_offsets, 0) > asked; }, 5s);
  append_new(cluster, 0, 0, 8);
  check_taken_anew(client, fetcher, recorder, 18, 8);
}

TEST_CASE("D3: brokers have no ids at first: the first id is perhaps another topic's") {
  const bool anew = GENERATE(true, false);
  CAPTURE(anew);
  SimClientOptions options{.brokers = 1};
  options.session.metadata_max_age = 1s;
  SimClient client(42, options);
  devbroker::Cluster& cluster = client.brokers->cluster();
  REQUIRE_FALSE(cluster.releases().as_version("2.4"));
  fill_batches(client, "t", 1, 4, 1);
  Recorder recorder;
  Fetcher fetcher(*client.session, {{"t", 0, 0}}, {.allow_auto_create_topics = false});
  recorder.listen(fetcher);
  fetcher.fetch(recorder.ack(), recorder.end());
  REQUIRE(client.until([&] { return recorder.got.size() == 4; }));
  REQUIRE_FALSE(fetcher.pause({{"t", {0}}}));
  client.brokers->kill(1);
  REQUIRE_FALSE(cluster.releases().as_version(""));
  client.run(100ms);
  client.brokers->restart(1);
  if (anew) {
    make_anew(client, 1, 6);
  } else {
    fill_batches(client, "t", 1, 2, 1);
  }
  client.run(1500ms);  // metadata has come, and the time alone puts nothing in doubt yet
  REQUIRE_FALSE(fetcher.resume({{"t", {0}}}));
  client.run(20s);
  if (anew) {
    check_new(recorder, 4, 6);
    CHECK(recorder.count(Type::topic_recreated) == 1);
  } else {
    CHECK(recorder.offsets(0) == range(0, 6));
    CHECK(recorder.events.empty());
  }
  // From now on the id tells.
  const size_t before = recorder.got.size();
  make_anew(client, 1, 9);
  client.run(5s);
  check_new(recorder, before, 9);
  close(client, fetcher);
  client.close();
}

TEST_CASE("D3: where some brokers have no ids, one that has them is asked for the new id") {
  const uint64_t seed = GENERATE(range<uint64_t>(1, 13));
  const std::string release = GENERATE(std::string("0.8.2"), std::string("2.4"));
  CAPTURE(seed, release);
  SimClient client(seed, {.brokers = 3});
  devbroker::Cluster& cluster = client.brokers->cluster();
  for (const int32_t broker : {1, 3}) REQUIRE_FALSE(cluster.releases().as_version(release, broker));
  make_empty(cluster, 2);
  fill_batches(client, "t", 1, 4, 1);
  Recorder recorder;
  Fetcher fetcher(*client.session, {{"t", 0, 0}}, {.allow_auto_create_topics = false});
  recorder.listen(fetcher);
  fetcher.fetch(recorder.ack(), recorder.end());
  REQUIRE(client.until([&] { return recorder.got.size() == 4; }));
  client.run(1s);
  REQUIRE_FALSE(cluster.topics().erase("t"));
  make_empty(cluster, 2);
  append_new(cluster, 0, 0, 6);
  client.run(10s);
  check_new(recorder, 4, 6);
  CHECK(recorder.count(Type::topic_recreated) == 1);
  close(client, fetcher);
  client.close();
}

TEST_CASE("D3: a broker that does not know a topic for a moment has not lost it") {
  const std::string release =
      GENERATE(std::string(""), std::string("2.8"), std::string("2.4"), std::string("1.1"), std::string("0.8.2"));
  const int64_t start = GENERATE(0, 2, 4);
  const int64_t first = GENERATE(0, 1, 4);  // of the log, when it is asked about
  const ApiKey api = GENERATE(ApiKey::fetch, ApiKey::metadata, ApiKey::list_offsets);
  const int times = GENERATE(1, 8);
  CAPTURE(release, start, first, static_cast<int>(api), times);
  SimClient client(40, {.brokers = 1});
  devbroker::Cluster& cluster = client.brokers->cluster();
  REQUIRE_FALSE(cluster.releases().as_version(release));
  fill_batches(client, "t", 1, 4, 1);
  Recorder recorder;
  Fetcher fetcher(*client.session, {{"t", 0, start}}, {.allow_auto_create_topics = false});
  recorder.listen(fetcher);
  fetcher.fetch(recorder.ack(), recorder.end());
  client.run(2s);
  REQUIRE(recorder.offsets(0) == range(start, 4));
  if (first > 0) REQUIRE(cluster.topics().partition("t", 0)->log.truncate_before(first) == Errc::none);
  cluster.faults().add(api).times(times).reply(Errc::unknown_topic_or_partition);
  cluster.faults().add(ApiKey::fetch).times(1).reply(Errc::unknown_topic_or_partition);
  client.run(10s);
  fill_batches(client, "t", 1, 4, 1);
  client.run(10s);
  CHECK(recorder.offsets(0) == range(start, 8));
  CHECK(recorder.events.empty());
  close(client, fetcher);
  client.close();
}

TEST_CASE("D3: an empty log does not contradict a position that the application named and no broker confirmed") {
  const std::string release =
      GENERATE(std::string(""), std::string("2.4"), std::string("1.1"), std::string("0.9"), std::string("0.8.2"));
  const auto policy = GENERATE(OutOfRange::fail, OutOfRange::reset_to_earliest);
  CAPTURE(release, static_cast<int>(policy));
  SimClient client(43, {.brokers = 1});
  devbroker::Cluster& cluster = client.brokers->cluster();
  REQUIRE_FALSE(cluster.releases().as_version(release));
  make_empty(cluster, 1);
  Recorder recorder;
  Fetcher fetcher(*client.session, {{"t", 0, 0}}, {.allow_auto_create_topics = false, .on_start_out_of_range = policy});
  recorder.listen(fetcher);
  fetcher.fetch(recorder.ack(), recorder.end());
  client.run(2s);
  cluster.faults().add(ApiKey::fetch).times(2).reply(Errc::unknown_topic_or_partition);
  REQUIRE_FALSE(fetcher.seek({"t", 0, 3}));
  client.run(5s);
  CHECK(recorder.count(Type::topic_recreated) == 0);
  CHECK(recorder.count(policy == OutOfRange::fail ? Type::partition_stopped : Type::offset_reset) == 1);
  CHECK(recorder.events.size() == 1);
  if (!recorder.events.empty()) CHECK(recorder.events[0].error == Errc::offset_out_of_range);
  close(client, fetcher);
  client.close();
}

TEST_CASE("D3: where auto_offset_reset is none, the partition stops, and seek() begins in the new topic") {
  const std::string release = GENERATE(from_range(kReleases));
  SimClient client(32, {.brokers = 1});
  REQUIRE_FALSE(client.brokers->cluster().releases().as_version(release));
  fill_batches(client, "t", 1, 4, 1);
  Recorder recorder;
  Fetcher fetcher(*client.session, {{"t", 0, 0}},
                  {.allow_auto_create_topics = false, .auto_offset_reset = OffsetReset::none});
  recorder.listen(fetcher);
  fetcher.fetch(recorder.ack(), recorder.end());
  REQUIRE(client.until([&] { return recorder.got.size() == 4; }));
  client.run(1s);  // the next fetch waits at the broker
  make_anew(client, 1, 6);
  REQUIRE(client.until([&] { return recorder.count(Type::partition_stopped) == 1; }));
  CHECK(recorder.events[0].error == Errc::inconsistent_topic_id);
  client.run(5s);
  CHECK(recorder.got.size() == 4);
  REQUIRE(recorder.ends.size() == 1);  // no other partition is left
  CHECK(recorder.ends[0] == Errc::inconsistent_topic_id);
  REQUIRE_FALSE(fetcher.seek({"t", 0, 2}));
  fetcher.fetch(recorder.ack(), recorder.end());
  client.run(5s);
  CHECK(recorder.got.size() == 8);
  CHECK(recorder.got[4].offset == 2);
  CHECK(recorder.count(Type::topic_recreated) == 0);
  close(client, fetcher);
  client.close();
}

TEST_CASE(
    "D3: a partition that stops before the new topic's first record is found begins there later, with the event") {
  const bool grouped = GENERATE(false, true);
  const auto policy = GENERATE(OffsetReset::earliest, OffsetReset::latest);
  CAPTURE(grouped, static_cast<int>(policy));
  SimClient client(44, {.brokers = 1});
  devbroker::Cluster& cluster = client.brokers->cluster();
  make_empty(cluster, 1);
  Recorder recorder;
  const ConsumerOptions options{
      .allow_auto_create_topics = false, .auto_offset_reset = policy, .default_api_timeout = 3s};
  const auto check = [&](auto& reader, const auto& read) {
    recorder.listen(reader);
    read();
    client.run(1s);
    recorder.events.clear();  // where it begins
    fill_batches(client, "t", 1, 4, 1);
    REQUIRE(client.until([&] { return recorder.got.size() == 4; }));
    cluster.faults().add(ApiKey::list_offsets).always().reply(Errc::leader_not_available);
    make_anew(client, 1, 3);
    REQUIRE(client.until([&] { return !recorder.ends.empty(); }));
    CHECK(recorder.count(Type::partition_stopped) == 1);
    cluster.faults().clear();
    read();
    client.run(5s);
    check_new(recorder, 4, 3);
    CHECK(recorder.count(Type::topic_recreated) == 1);
    close(client, reader);
  };
  if (grouped) {
    Consumer consumer(*client.session, "g", {{"t", {0}}}, options);
    check(consumer, [&] { consumer.consume(recorder.ack(), recorder.end()); });
  } else {
    Fetcher fetcher(*client.session, {{"t", 0, 0}}, options);
    check(fetcher, [&] { fetcher.fetch(recorder.ack(), recorder.end()); });
  }
  client.close();
}

TEST_CASE("D3: the new topic has fewer partitions, or more") {
  const std::string release = GENERATE(std::string(), std::string("2.8"));
  const int32_t partitions = GENERATE(1, 3);
  SimClient client(35, {.brokers = 2});
  REQUIRE_FALSE(client.brokers->cluster().releases().as_version(release));
  fill_batches(client, "t", 2, 4, 1);
  Recorder recorder;
  Fetcher fetcher(*client.session, {{"t", 0, 0}, {"t", 1, 0}}, {.allow_auto_create_topics = false});
  recorder.listen(fetcher);
  fetcher.fetch(recorder.ack(), recorder.end());
  REQUIRE(client.until([&] { return recorder.got.size() == 8; }));
  make_anew(client, partitions, 3, 1s);
  client.run(3min);
  std::vector<int64_t> wanted = range(0, 4);
  for (const int64_t offset : range(0, 3)) wanted.push_back(offset);
  CHECK(recorder.offsets(0) == wanted);
  if (partitions == 1) {
    CHECK(recorder.offsets(1) == range(0, 4));
    CHECK(recorder.count(Type::partition_stopped) == 1);
  } else {
    CHECK(recorder.offsets(1) == wanted);
    CHECK(recorder.count(Type::topic_recreated) == 2);
  }
  close(client, fetcher);
  client.close();
}

TEST_CASE("D3: a place that a broker names is one of the new topic: no event, and nothing of it is read twice") {
  SimClient client(36, {.brokers = 1});
  fill_batches(client, "t", 1, 4, 1);
  Recorder recorder;
  Fetcher fetcher(*client.session, {{"t", 0, 0}});
  recorder.listen(fetcher);
  fetcher.fetch(recorder.ack(), recorder.end());
  REQUIRE(client.until([&] { return recorder.got.size() == 4; }));
  REQUIRE_FALSE(fetcher.pause({{"t", {0}}}));
  client.run(2s);
  make_anew(client, 1, 5);
  REQUIRE_FALSE(fetcher.seek(TopicOffset::latest("t", 0)));
  REQUIRE_FALSE(fetcher.resume({{"t", {0}}}));
  client.run(5s);
  CHECK(recorder.got.size() == 4);
  REQUIRE(client.brokers->cluster().contents().append("t", 0, {.value = "new"}) == 5);
  client.run(5s);
  REQUIRE(recorder.got.size() == 5);
  CHECK(recorder.got.back().offset == 5);
  CHECK(recorder.count(Type::topic_recreated) == 0);
  close(client, fetcher);
  client.close();
}

TEST_CASE("D3: a place in the old topic, named before anybody knew of the new one, is no place in the new one") {
  const std::string release = GENERATE(std::string(""), std::string("2.8"));
  const bool latest = GENERATE(true, false);  // not: the first record of an old topic that has lost some
  const int64_t count = GENERATE(0, 4, 6);
  CAPTURE(release, latest, count);
  SimClient client(36, {.brokers = 1});
  devbroker::Cluster& cluster = client.brokers->cluster();
  REQUIRE_FALSE(cluster.releases().as_version(release));
  fill_batches(client, "t", 1, 8, 1);
  REQUIRE(cluster.topics().partition("t", 0)->log.truncate_before(5) == Errc::none);
  Recorder recorder;
  cluster.faults().add(ApiKey::list_offsets).times(1).delay(300ms);
  Fetcher fetcher(*client.session, {latest ? TopicOffset::latest("t", 0) : TopicOffset::earliest("t", 0)},
                  {.allow_auto_create_topics = false});
  recorder.listen(fetcher);
  fetcher.fetch(recorder.ack(), recorder.end());
  REQUIRE(client.until([&] { return cluster.requests().count(ApiKey::list_offsets, 0) > 0; }));
  make_anew(client, 1, count);
  client.run(5s);
  append_new(cluster, 0, count, 9);
  client.run(5s);
  check_new(recorder, 0, 9);
  CHECK(recorder.events.size() == 1);
  CHECK(recorder.count(Type::topic_recreated) == 1);
  close(client, fetcher);
  client.close();
}

TEST_CASE("D3: a topic that stays is not asked about for each message, but once after each time away, for all") {
  const std::string release = GENERATE(std::string("2.8"), std::string("1.1"));
  SimClient client(37, {.brokers = 1});
  devbroker::Cluster& cluster = client.brokers->cluster();
  REQUIRE_FALSE(cluster.releases().as_version(release));
  fill_batches(client, "t", 8, 4, 1);
  Recorder recorder;
  std::vector<TopicOffset> start;
  Partitions all;
  for (int32_t p = 0; p < 8; ++p) {
    start.push_back({"t", p, 0});
    all["t"].push_back(p);
  }
  Fetcher fetcher(*client.session, start);
  recorder.listen(fetcher);
  fetcher.fetch(recorder.ack(), recorder.end());
  REQUIRE(client.until([&] { return recorder.got.size() == 32; }));
  client.run(10s);
  const auto asked = [&] {
    return cluster.requests().count(ApiKey::metadata, 0) + cluster.requests().count(ApiKey::list_offsets, 0);
  };
  const int64_t before = asked();
  client.run(60s);
  CHECK(asked() == before);
  REQUIRE_FALSE(fetcher.pause(all));
  client.run(10s);
  REQUIRE_FALSE(fetcher.resume(all));
  fill_batches(client, "t", 8, 4, 1);
  client.run(10s);
  CHECK(asked() <= before + (release == "2.8" ? 1 : 2));  // where the log ends, and what is newer
  recorder.check_dense(8, 0, 8);
  CHECK(recorder.events.empty());
  close(client, fetcher);
  client.close();
}
