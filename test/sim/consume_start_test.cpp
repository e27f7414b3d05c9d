// Where consuming begins: at committed offsets, by a reset policy, at a place; what happens when a position or a topic
// does not exist. Also the look-ups themselves: OffsetMaster and ConsumerGroup.
#include "consumer_fixture.hpp"

using namespace kafka;
using namespace kafka::sim;
using namespace std::chrono_literals;

namespace {}

TEST_CASE("F18: where nothing is committed auto_offset_reset says where to begin, and an event tells so") {
  const OffsetReset policy = GENERATE(OffsetReset::earliest, OffsetReset::latest, OffsetReset::none);
  const bool handler = GENERATE(true, false);
  CAPTURE(static_cast<int>(policy), handler);
  SimClient client(1, {.brokers = 3});
  client.session->on_event({});
  fill(client, "t", 1, 10);
  REQUIRE_FALSE(client.brokers->cluster().contents().truncate_before("t", 0, 4));
  Recorder recorder;
  Consumer consumer(*client.session, "g", kOne, {.auto_offset_reset = policy});
  if (handler) recorder.listen(consumer);
  consumer.consume(recorder.ack(), recorder.end());
  client.run(2s);
  fill(client, "t", 1, 2);
  client.run(2s);
  const std::vector<int64_t> wanted = policy == OffsetReset::earliest ? range(4, 12)
                                      : policy == OffsetReset::latest ? range(10, 12)
                                                                      : std::vector<int64_t>();
  CHECK(recorder.offsets(0) == wanted);
  if (policy == OffsetReset::none) {
    CHECK(recorder.ended_with(Errc::no_offset));
    if (handler) {
      REQUIRE(recorder.events.size() == 1);
      CHECK(recorder.events[0].type == Event::Type::partition_stopped);
      CHECK(recorder.events[0].error == Errc::no_offset);
      // Only seek() starts it again.
      CHECK_FALSE(consumer.seek(TopicOffset::at_time("t", 0, 1008)));
      consumer.consume(recorder.ack(), recorder.end());
      client.run(2s);
      CHECK(recorder.offsets(0) == range(8, 12));
      CHECK(recorder.count(Event::Type::partition_resumed) == 1);
    } else {
      consumer.consume(recorder.ack(), recorder.end());
      client.run(1s);
      CHECK(recorder.ends.size() == 2);  // the second one ended at once, too
    }
  } else if (handler) {
    REQUIRE(recorder.events.size() == 1);
    CHECK(recorder.events[0].type == Event::Type::offset_reset);
    CHECK(recorder.events[0].error == Errc::no_offset);
    CHECK(recorder.events[0].offset == wanted.front());
  }
  close(client, consumer);
  client.close();
}

TEST_CASE("D16: a reset policy decides about that error and no other, and an event tells so") {
  const OutOfRange policy = GENERATE(OutOfRange::fail, OutOfRange::reset_to_earliest, OutOfRange::reset_to_latest);
  const std::string release = GENERATE(std::string(), std::string("0.8.2"));
  CAPTURE(static_cast<int>(policy), release);
  SimClient client(2, {.brokers = 1});
  REQUIRE_FALSE(client.brokers->cluster().releases().as_version(release));
  fill(client, "t", 2, 10);
  Recorder recorder;
  Fetcher fetcher(*client.session, {{"t", 0, 2}, {"t", 1, 0}}, {.on_start_out_of_range = policy});
  recorder.listen(fetcher);
  REQUIRE_FALSE(client.brokers->cluster().contents().truncate_before("t", 0, 6));
  // Other errors do not reset.
  devbroker::Faults& faults = client.brokers->cluster().faults();
  faults.add(ApiKey::fetch).partition("t", 0).reply(Errc::not_leader_or_follower);
  faults.add(ApiKey::fetch).partition("t", 0).reply(Errc::unknown_topic_or_partition);
  faults.add(ApiKey::fetch).partition("t", 0).reply(Errc::corrupt_message);
  faults.add(ApiKey::fetch).partition("t", 0).reply(static_cast<Errc>(999));
  fetcher.fetch(recorder.ack(), recorder.end());
  client.run(8s);
  CHECK(recorder.offsets(1) == range(0, 10));
  REQUIRE(recorder.events.size() == 1);
  if (policy == OutOfRange::fail) {
    CHECK(recorder.offsets(0).empty());
    CHECK(recorder.events[0].type == Event::Type::partition_stopped);
    CHECK_FALSE(fetcher.seek(TopicOffset::earliest("t", 0)));
    client.run(2s);
    CHECK(recorder.offsets(0) == range(6, 10));
  } else {
    CHECK(recorder.events[0].type == Event::Type::offset_reset);
    const int64_t start = policy == OutOfRange::reset_to_earliest ? 6 : 10;
    CHECK(recorder.events[0].offset == start);
    fill(client, "t", 1, 2);
    client.run(2s);
    CHECK(recorder.offsets(0) == range(start, 12));
  }
  CHECK(recorder.events[0].error == Errc::offset_out_of_range);
  close(client, fetcher);
  client.close();
}

namespace {

// How a position comes about that the broker does not have.
enum class Way { fetcher, seek, seek_before, after_reconnect, stored, lost };

OutOfRange other(OutOfRange policy) {
  return policy == OutOfRange::fail ? OutOfRange::reset_to_earliest : OutOfRange::fail;
}

}  // namespace

TEST_CASE("D18: on_start_out_of_range decides about offsets that the application named, and about no others") {
  const Way way = GENERATE(Way::fetcher, Way::seek, Way::seek_before, Way::after_reconnect, Way::stored, Way::lost);
  const OutOfRange policy = GENERATE(OutOfRange::fail, OutOfRange::reset_to_earliest, OutOfRange::reset_to_latest);
  const int64_t place = GENERATE(3, 11, 500);
  const std::string release = GENERATE(std::string(), std::string("1.1"), std::string("0.8.2"));
  if (way == Way::lost && place != 3) return;  // the log's end moves back only where it is truncated
  CAPTURE(static_cast<int>(way), static_cast<int>(policy), place, release);
  SimClient client(2, {.brokers = 1});
  REQUIRE_FALSE(client.brokers->cluster().releases().as_version(release));
  fill(client, "t", 1, 10);
  const bool named = way != Way::stored && way != Way::lost;
  const ConsumerOptions options{.on_offset_out_of_range = named ? other(policy) : policy,
                                .on_start_out_of_range = named ? policy : other(policy)};
  if (way != Way::lost) REQUIRE_FALSE(client.brokers->cluster().contents().truncate_before("t", 0, 6));
  Recorder recorder;
  std::optional<Consumer> consumer;
  std::optional<Fetcher> fetcher;
  const bool grouped = way == Way::stored;
  if (grouped) {
    ConsumerGroup group(*client.session, "g");
    bool stored = false;
    group.commit_offsets({{"t", 0, place, {}, {}, -1}}, [&](Error error, auto) { stored = !error; });
    REQUIRE(client.until([&] { return stored; }));
    consumer.emplace(*client.session, "g", kOne, options);
    recorder.listen(*consumer);
    consumer->consume(recorder.ack(), recorder.end());
  } else {
    const bool later = way == Way::seek || way == Way::seek_before;
    fetcher.emplace(*client.session, std::vector<TopicOffset>{{"t", 0, later ? 7 : place}}, options);
    recorder.listen(*fetcher);
    devbroker::Faults& faults = client.brokers->cluster().faults();
    if (way == Way::after_reconnect)
      faults.add(ApiKey::fetch).close_before();  // the first question is lost, and asked again
    if (way == Way::seek_before) CHECK_FALSE(fetcher->seek({"t", 0, place}));
    fetcher->fetch(way == Way::lost ? recorder.keep() : recorder.ack(), recorder.end());
    if (way == Way::lost) {
      // Message 3 is open, and the rest is dropped by a seek there: then the records go away.
      REQUIRE(client.until([&] { return recorder.kept.size() == 1; }));
      REQUIRE_FALSE(client.brokers->cluster().contents().truncate_before("t", 0, 6));
      CHECK_FALSE(recorder.kept.front().cancel());
      REQUIRE(client.until([&] { return recorder.ends.size() == 1; }));
      recorder.got.clear();
      recorder.ends.clear();
      fetcher->fetch(recorder.ack(), recorder.end());
    }
    if (way == Way::seek) {
      REQUIRE(client.until([&] { return recorder.got.size() == 3; }));
      recorder.got.clear();
      CHECK_FALSE(fetcher->seek({"t", 0, place}));
    }
  }
  client.run(4s);
  REQUIRE(recorder.events.size() == 1);
  CHECK(recorder.events[0].error == Errc::offset_out_of_range);
  CHECK(recorder.events[0].error.message().find("offset " + std::to_string(place) + " of t/0") != std::string::npos);
  if (policy == OutOfRange::fail) {
    CHECK(recorder.events[0].type == Event::Type::partition_stopped);
    CHECK(recorder.events[0].error.message().find("ends at 10") != std::string::npos);
    CHECK(recorder.got.empty());
  } else {
    CHECK(recorder.events[0].type == Event::Type::offset_reset);
    const int64_t start = policy == OutOfRange::reset_to_earliest ? 6 : 10;
    CHECK(recorder.events[0].offset == start);
    fill(client, "t", 1, 2);
    client.run(2s);
    CHECK(recorder.offsets(0) == range(start, 12));
  }
  fetcher.reset();
  consumer.reset();
  client.close();
}

TEST_CASE("D18: the start and the end of the log exist, and a named offset that was found is a position like others") {
  const int64_t place = GENERATE(6, 10);
  SimClient client(2, {.brokers = 1});
  fill(client, "t", 1, 10);
  REQUIRE_FALSE(client.brokers->cluster().contents().truncate_before("t", 0, 6));
  Recorder recorder;
  Fetcher fetcher(*client.session, {{"t", 0, place}});
  recorder.listen(fetcher);
  fetcher.fetch(recorder.ack(), recorder.end());
  client.run(2s);
  fill(client, "t", 1, 2);
  client.run(2s);
  CHECK(recorder.offsets(0) == range(place, 12));
  CHECK(recorder.events.empty());
  // Retention overtakes a reader that waits at the end: on_offset_out_of_range decides, which resets.
  CHECK_FALSE(fetcher.pause({{"t", {0}}}));
  client.run(1s);
  fill(client, "t", 1, 8);
  REQUIRE_FALSE(client.brokers->cluster().contents().truncate_before("t", 0, 16));
  CHECK_FALSE(fetcher.resume({{"t", {0}}}));
  client.run(2s);
  CHECK(recorder.count(Event::Type::offset_reset) == 1);
  CHECK(recorder.got.back().offset == 19);
  close(client, fetcher);
  client.close();
}

TEST_CASE("D18: a named offset out of range ends a consumption without a handler, and so does every next one") {
  SimClient client(2, {.brokers = 1});
  client.session->on_event({});
  fill(client, "t", 1, 10);
  Recorder recorder;
  Fetcher fetcher(*client.session, {{"t", 0, 11}});
  fetcher.fetch(recorder.ack(), recorder.end());
  client.run(2s);
  REQUIRE(recorder.ended_with(Errc::offset_out_of_range));
  CHECK(recorder.ends[0].message().find("offset 11 of t/0") != std::string::npos);
  fill(client, "t", 1, 2);  // even though it exists by now: only a seek starts the partition again
  fetcher.fetch(recorder.ack(), recorder.end());
  client.run(2s);
  CHECK(recorder.ends.size() == 2);
  CHECK_FALSE(fetcher.seek({"t", 0, 11}));
  fetcher.fetch(recorder.ack(), recorder.end());
  client.run(2s);
  CHECK(recorder.offsets(0) == range(11, 12));
  close(client, fetcher);
  client.close();
}

TEST_CASE("D16: records that were fetched before the position vanished are still delivered") {
  SimClient client(3, {.brokers = 1});
  REQUIRE_FALSE(client.brokers->cluster().releases().as_version("1.1"));  // it does not tell where logs part
  fill(client, "t", 1, 6);
  Recorder recorder;
  Consumer consumer(*client.session, "g", kOne);
  recorder.listen(consumer);
  consumer.consume(recorder.keep(), recorder.end());
  CHECK(client.until([&] { return recorder.kept.size() == 1; }));
  client.run(1s);
  client.brokers->cluster().leaders().truncate_to("t", 0,
                                                  3);  // the broker loses the rest, which the consumer has already
  client.run(2s);
  recorder.events.clear();  // the first event said that nothing was committed
  for (size_t i = 0; i < 5; ++i) {
    recorder.kept.back().ack();
    CHECK(client.until([&] { return recorder.kept.size() == i + 2; }, 1s));
  }
  CHECK(recorder.offsets(0) == range(0, 6));
  recorder.kept.back().ack();
  CHECK(client.until([&] { return recorder.count(Event::Type::offset_reset) == 1; }, 2s));
  close(client, consumer);
  client.close();
}

TEST_CASE("a Fetcher begins at a number, at either end, or at a time") {
  const std::string release = GENERATE(std::string(), std::string("0.10"), std::string("2.8"));
  CAPTURE(release);
  SimClient client(4, {.brokers = 3});
  REQUIRE_FALSE(client.brokers->cluster().releases().as_version(release));
  fill(client, "t", 5, 10);  // timestamps 1000 + offset
  Recorder recorder;
  Fetcher fetcher(*client.session, {{"t", 0, 7},
                                    TopicOffset::earliest("t", 1),
                                    TopicOffset::latest("t", 2),
                                    TopicOffset::at_time("t", 3, 1004),
                                    TopicOffset::at_time("t", 4, 5000)});
  fetcher.fetch(recorder.commit(), recorder.end());
  client.run(2s);
  CHECK(recorder.offsets(0) == range(7, 10));
  CHECK(recorder.offsets(1) == range(0, 10));
  CHECK(recorder.offsets(2).empty());
  if (release != "0.10") CHECK(recorder.offsets(3) == range(4, 10));
  CHECK(recorder.offsets(4).empty());
  CHECK(recorder.commits.size() == recorder.got.size());  // a commit acts as an ack
  for (const Error& error : recorder.commits) CHECK_FALSE(error);
  fill(client, "t", 5, 1);
  client.run(2s);
  CHECK(recorder.offsets(2) == range(10, 11));
  CHECK(recorder.offsets(4) == range(10, 11));
  close(client, fetcher);
  CHECK(client.brokers->cluster().requests().count(ApiKey::offset_commit, 0) == 0);
  CHECK(client.brokers->cluster().requests().count(ApiKey::find_coordinator, 0) == 0);
  client.close();
}

TEST_CASE("a limited Fetcher and batch_fetch go on where they stopped") {
  SimClient client(5, {.brokers = 1});
  fill(client, "t", 1, 10);
  Recorder recorder;
  Fetcher fetcher(*client.session, {TopicOffset::earliest("t", 0)});
  fetcher.fetch(4, recorder.ack(), recorder.end());
  CHECK(client.until([&] { return recorder.ended_well(); }));
  std::vector<int64_t> rest;
  fetcher.batch_fetch(100, [&](BatchEnvelope batch) {
    for (const MessageView& item : batch.items()) rest.push_back(item.offset);
    batch.ack();
  });
  CHECK(client.until([&] { return rest.size() == 6; }));
  CHECK(recorder.offsets(0) == range(0, 4));
  CHECK(rest == range(4, 10));
  close(client, fetcher);
  client.close();
}

TEST_CASE("a partition absent from metadata is waited for default_api_timeout, then it stops; others go on") {
  const bool handler = GENERATE(true, false);
  const bool by_number = GENERATE(true, false);
  CAPTURE(handler, by_number);
  SimClient client(6, {.brokers = 1, .cluster = {.auto_create_topics = false}});
  client.session->on_event({});
  fill(client, "t", 1, 3);
  Recorder recorder;
  std::vector<TopicOffset> places = {{"t", 0, 0}};
  places.push_back(by_number ? TopicOffset{"t", 1, 0} : TopicOffset::earliest("t", 1));
  Fetcher fetcher(*client.session, places, {.default_api_timeout = 5s});
  if (handler) recorder.listen(fetcher);
  fetcher.fetch(recorder.ack(), recorder.end());
  client.run(4s);
  CHECK(recorder.got.size() == 3);
  CHECK(recorder.events.empty());
  CHECK(recorder.ends.empty());
  CHECK(client.brokers->cluster().requests().count(ApiKey::metadata, 0) < 20);
  client.run(2s);
  const Errc code = Errc::unknown_topic_or_partition;
  if (handler) {
    REQUIRE(recorder.events.size() == 1);
    CHECK(recorder.events[0].type == Event::Type::partition_stopped);
    CHECK(recorder.events[0].error == code);
    CHECK(recorder.events[0].partition == 1);
    fill(client, "t", 1, 1);
    CHECK(client.until([&] { return recorder.got.size() == 4; }, 1s));
    CHECK(recorder.ends.empty());
  } else {
    CHECK(recorder.ended_with(code));
  }
  close(client, fetcher);
  client.close();
}

TEST_CASE("a topic that is deleted under its consumer stops after default_api_timeout") {
  SimClient client(7, {.brokers = 1, .cluster = {.auto_create_topics = false}});
  fill(client, "t", 1, 3);
  fill(client, "u", 1, 3);
  Recorder recorder;
  Consumer consumer(*client.session, "g", {{"t", {0}}, {"u", {0}}}, {.default_api_timeout = 5s});
  recorder.listen(consumer);
  consumer.consume(recorder.ack(), recorder.end());
  CHECK(client.until([&] { return recorder.got.size() == 6; }));
  REQUIRE_FALSE(client.brokers->cluster().topics().erase("t"));
  client.run(4s);
  CHECK(recorder.count(Event::Type::partition_stopped) == 0);
  client.run(4s);
  REQUIRE(recorder.count(Event::Type::partition_stopped) == 1);
  for (const Event& event : recorder.events) {
    if (event.type != Event::Type::partition_stopped) continue;
    CHECK(event.topic == "t");
    CHECK(event.error == Errc::unknown_topic_or_partition);
  }
  fill(client, "u", 1, 1);
  CHECK(client.until([&] { return recorder.got.size() == 7; }, 1s));
  close(client, consumer);
  client.close();
}

TEST_CASE("a topic is created on demand, unless that is switched off") {
  const bool create = GENERATE(true, false);
  SimClient client(8, {.brokers = 3});
  Recorder recorder;
  Consumer consumer(*client.session, "g", {{"new", {0}}},
                    {.allow_auto_create_topics = create, .default_api_timeout = 5s});
  recorder.listen(consumer);
  consumer.consume(recorder.ack(), recorder.end());
  client.run(3s);
  CHECK((client.brokers->cluster().topics().find("new") != nullptr) == create);
  if (!create) {
    fill(client, "new", 1, 2);  // the topic appears while the consumer waits for it
  } else {
    fill(client, "new", 1, 2);
  }
  CHECK(client.until([&] { return recorder.got.size() == 2; }, 3s));
  CHECK(recorder.count(Event::Type::partition_stopped) == 0);
  close(client, consumer);
  client.close();
}

TEST_CASE("OffsetMaster finds the first, the next and the one at a time, and names what is wrong by partition") {
  const std::string release = GENERATE(std::string(), std::string("0.8.2"), std::string("0.11"));
  CAPTURE(release);
  SimClient client(9, {.brokers = 3, .session = {.default_api_timeout = 5s}, .cluster = {.auto_create_topics = false}});
  REQUIRE_FALSE(client.brokers->cluster().releases().as_version(release));
  fill(client, "t", 3, 10);
  REQUIRE_FALSE(client.brokers->cluster().contents().truncate_before("t", 1, 4));
  client.brokers->cluster().faults().add(ApiKey::list_offsets).reply(Errc::not_leader_or_follower);
  client.brokers->cluster().faults().add(ApiKey::list_offsets).close_before();
  OffsetMaster master(*client.session);
  Outcome<std::vector<TopicOffset>> earliest;
  Outcome<std::vector<TopicOffset>> latest;
  Outcome<std::vector<TopicOffset>> timed;
  Outcome<std::vector<TopicOffset>> absent;
  const Partitions all = {{"t", {0, 1, 2}}};
  master.fetch_earliest(all, earliest.take());
  master.fetch_latest(all, latest.take());
  master.fetch_by_time(all, 1007, timed.take());
  master.fetch_earliest({{"t", {2, 9}}, {"none", {0}}}, absent.take());
  CHECK(earliest.calls + latest.calls + timed.calls + absent.calls == 0);
  CHECK(client.until([&] { return earliest.calls && latest.calls && timed.calls && absent.calls; }, 10s));
  CHECK(earliest.error.message() == Error().message());
  CHECK(latest.error.message() == Error().message());
  const auto offsets = [](const std::vector<TopicOffset>& found) {
    std::vector<int64_t> numbers;
    for (const TopicOffset& place : found) numbers.push_back(place.offset);
    return numbers;
  };
  CHECK(offsets(earliest.value) == std::vector<int64_t>{0, 4, 0});
  CHECK(offsets(latest.value) == std::vector<int64_t>{10, 10, 10});
  if (release != "0.8.2") {
    CHECK(offsets(timed.value) == std::vector<int64_t>{7, 7, 7});
    CHECK(timed.value[0].timestamp == 1007);
  }
  CHECK(absent.error);
  REQUIRE(absent.value.size() == 3);
  CHECK(absent.value[0].error);  // none/0: the answers have the order of the question
  CHECK_FALSE(absent.value[1].error);
  CHECK(absent.value[1].offset == 0);
  CHECK(absent.value[2].error);
  client.run(1s);
  CHECK(earliest.calls == 1);
  CHECK(absent.calls == 1);
  Outcome<std::vector<TopicOffset>> refused;
  master.fetch_by_time(all, -5, refused.take());
  CHECK(refused.calls == 0);
  client.run(1ms);
  CHECK(refused.error == Errc::invalid_argument);
  Outcome<std::vector<TopicOffset>> closed;
  master.fetch_latest({{"none", {0}}}, closed.take());
  client.close();
  CHECK(closed.calls == 1);
  CHECK(closed.error == Errc::closed);
}

TEST_CASE("ConsumerGroup stores, reads and resets offsets, also while the coordinator moves") {
  const std::string release = GENERATE(std::string(), std::string("0.8.2"), std::string("2.8"));
  CAPTURE(release);
  SimClient client(10, {.brokers = 3});
  devbroker::Cluster& cluster = client.brokers->cluster();
  REQUIRE_FALSE(cluster.releases().as_version(release));
  fill(client, "t", 2, 10);
  REQUIRE_FALSE(cluster.contents().truncate_before("t", 1, 4));
  ConsumerGroup group(*client.session, "g");
  const Partitions all = {{"t", {0, 1}}};
  auto wait = [&](auto&& start) {
    Outcome<std::vector<ConsumerOffset>> outcome;
    start(outcome);
    CHECK(outcome.calls == 0);
    REQUIRE(client.until([&] { return outcome.calls > 0; }, 70s));
    return outcome;
  };
  auto read = wait([&](auto& outcome) { group.fetch_offsets(all, outcome.take()); });
  CHECK_FALSE(read.error);
  REQUIRE(read.value.size() == 2);
  CHECK(read.value[0].offset == -1);
  auto stored = wait([&](auto& outcome) { group.commit_offsets({{"t", 1, 7, "here"}, {"t", 0, 3}}, outcome.take()); });
  CHECK_FALSE(stored.error);
  CHECK(committed(client, "g", "t", 1) == 7);
  REQUIRE_FALSE(cluster.coordinators().move("g", cluster.coordinators().of("g") % 3 + 1));
  read = wait([&](auto& outcome) { group.fetch_offsets(all, outcome.take()); });
  REQUIRE(read.value.size() == 2);
  CHECK(read.value[0].offset == 3);
  CHECK(read.value[1].offset == 7);
  CHECK(read.value[1].metadata == "here");
  REQUIRE_FALSE(cluster.coordinators().move("g", cluster.coordinators().of("g") % 3 + 1));
  cluster.faults().add(ApiKey::find_coordinator).reply(Errc::coordinator_not_available);
  cluster.faults().add(ApiKey::offset_commit).reply(Errc::coordinator_load_in_progress);
  CHECK_FALSE(wait([&](auto& outcome) { group.reset_offsets_to_earliest(all, outcome.take()); }).error);
  CHECK(committed(client, "g", "t", 0) == 0);
  CHECK(committed(client, "g", "t", 1) == 4);
  CHECK_FALSE(wait([&](auto& outcome) { group.reset_offsets_to_latest(all, outcome.take()); }).error);
  CHECK(committed(client, "g", "t", 0) == 10);
  CHECK(wait([&](auto& outcome) { group.commit_offsets({}, outcome.take()); }).error == Errc::invalid_argument);
  CHECK(wait([&](auto& outcome) {
          group.commit_offsets({{"t", 0, -1}}, outcome.take());
        }).error == Errc::invalid_argument);
  client.close();
}

TEST_CASE("F17: committed offsets are waited for while the coordinator is not there, never replaced by a reset") {
  SimClient client(11, {.brokers = 3});
  fill(client, "t", 1, 10);
  client.brokers->cluster().groups().commit("g", {"t", 0}, {6});
  devbroker::Faults& faults = client.brokers->cluster().faults();
  faults.add(ApiKey::find_coordinator).times(3).reply(Errc::coordinator_not_available);
  faults.add(ApiKey::offset_fetch).times(2).reply(Errc::coordinator_load_in_progress);
  faults.add(ApiKey::offset_fetch).reply(Errc::not_coordinator);
  faults.add(ApiKey::offset_fetch).close_after();
  faults.add(ApiKey::offset_fetch).times(3).reply(Errc::unstable_offset_commit);
  Recorder recorder;
  Consumer consumer(*client.session, "g", kOne);
  recorder.listen(consumer);
  consumer.consume(recorder.ack(), recorder.end());
  CHECK(client.until([&] { return recorder.got.size() == 4; }, 20s));
  CHECK(recorder.offsets(0) == range(6, 10));
  CHECK(recorder.events.empty());
  close(client, consumer);
  client.close();
}

TEST_CASE("partitions that a leader refuses together are asked about together again") {
  SimClient client(31, {.brokers = 1});
  fill(client, "t", 30, 4);
  client.brokers->cluster().faults().add(ApiKey::list_offsets).always().reply(Errc::not_leader_or_follower);
  Partitions all;
  for (int32_t number = 0; number < 30; ++number) all["t"].push_back(number);
  OffsetMaster offsets(*client.session);
  Outcome<std::vector<TopicOffset>> found;
  offsets.fetch_latest(all, found.take());
  client.run(10s);
  const auto asked = client.brokers->cluster().requests().count(ApiKey::list_offsets, 0);
  CHECK(asked > 8);
  CHECK(asked < 25);
  client.brokers->cluster().faults().clear();
  CHECK(client.until([&] { return found.calls == 1; }, 2s));
  CHECK_FALSE(found.error);
  client.close();
}
