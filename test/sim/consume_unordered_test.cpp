// Many envelopes open at once, answered in any order: what is stored, what comes again, what is lost.
// Not here: pipelined commits (consume_pipelined_test.cpp).
#include "consumer_fixture.hpp"
#include "records/builder.hpp"

using namespace kafka;
using namespace kafka::sim;
using namespace std::chrono_literals;

namespace {

const Partitions kTwoPartitions = {{"t", {0, 1}}};

struct UnorderedBench {
  explicit UnorderedBench(int32_t partitions, int64_t count, ConsumerOptions changed = {}, Partitions wanted = {})
      : client(1, {.brokers = 1, .session = {.close_timeout = 2s}}), options(std::move(changed)) {
    options.ordering = Ordering::unordered;
    fill(client, "t", partitions, count);
    if (wanted.empty()) {
      for (int32_t p = 0; p < partitions; ++p) wanted["t"].push_back(p);
    }
    consumer.emplace(*client.session, "g", wanted, options);
  }
  /// Keeps envelopes until there are so many.
  void keep(size_t count) {
    consumer->consume(recorder.keep(), recorder.end());
    CHECK(client.until([&] { return recorder.kept.size() >= count; }, 5s));
    client.run(500ms);
    REQUIRE(recorder.kept.size() == count);
  }
  MessageEnvelope take(int64_t offset, int32_t partition = 0) {
    for (MessageEnvelope& envelope : recorder.kept) {
      if (envelope.offset() == offset && envelope.partition() == partition && !envelope.answered())
        return std::move(envelope);
    }
    FAIL("offset " << offset << " is not open");
    return {};
  }
  void ack(int64_t offset, int32_t partition = 0) { CHECK_FALSE(take(offset, partition).ack()); }
  void commit(int64_t offset, std::string_view metadata = {}, int32_t partition = 0) {
    CHECK_FALSE(take(offset, partition).commit(metadata, done(offset)));
  }
  Function<void(Error)> done(int64_t offset) {
    return [this, offset](Error error) {
      told.push_back(offset);
      recorder.commits.push_back(std::move(error));
    };
  }
  int64_t stored(int32_t partition = 0) { return committed(client, "g", "t", partition); }
  int64_t requests() { return client.brokers->cluster().requests().count(ApiKey::offset_commit, 0); }
  void finish() {
    close(client, *consumer);
    client.close();
  }

  SimClient client;
  ConsumerOptions options;
  Recorder recorder;
  std::vector<int64_t> told;  // offsets whose commits have ended, in that order
  std::optional<Consumer> consumer;
};

}  // namespace

TEST_CASE("unordered: max_open envelopes are open at once in all, and each answer makes room for one") {
  UnorderedBench fixture(2, 10, {.max_open = 7});
  fixture.keep(7);
  CHECK(fixture.recorder.offsets(0).size() + fixture.recorder.offsets(1).size() == 7);
  // Each partition comes in order.
  for (int32_t p = 0; p < 2; ++p) {
    CHECK(fixture.recorder.offsets(p) == range(0, static_cast<int64_t>(fixture.recorder.offsets(p).size())));
  }
  CHECK_FALSE(fixture.recorder.kept[5].ack());
  fixture.client.run(1s);
  CHECK(fixture.recorder.kept.size() == 8);
  CHECK_FALSE(fixture.recorder.kept[2].ack());
  CHECK_FALSE(fixture.recorder.kept[0].ack());
  fixture.client.run(1s);
  CHECK(fixture.recorder.kept.size() == 10);
  fixture.finish();
}

TEST_CASE("unordered: an offset is stored when everything below it is answered, in one request for all") {
  UnorderedBench fixture(1, 10, {.commit_mode = GENERATE(CommitMode::confirmed, CommitMode::pipelined)});
  fixture.keep(10);
  for (const int64_t offset : {4, 2, 1, 3}) fixture.commit(offset, "note " + std::to_string(offset));
  fixture.client.run(2s);
  CHECK(fixture.stored() == -1);
  CHECK(fixture.recorder.commits.empty());
  CHECK(fixture.consumer->position("t", 0) == 0);
  fixture.ack(0);
  CHECK(fixture.consumer->position("t", 0) == 5);
  fixture.client.run(1s);
  CHECK(fixture.stored() == 5);
  CHECK(fixture.requests() == 1);
  CHECK(fixture.told == std::vector<int64_t>{1, 2, 3, 4});
  for (const Error& error : fixture.recorder.commits) CHECK_FALSE(error);
  CHECK(fixture.client.brokers->cluster().groups().find("g", {"t", 0})->metadata == "note 4");
  fixture.finish();
}

TEST_CASE("unordered: ack stores nothing by itself, and is covered by the commit of a later message") {
  UnorderedBench fixture(1, 6);
  fixture.keep(6);
  for (const int64_t offset : {0, 1, 3}) fixture.ack(offset);
  fixture.client.run(1s);
  CHECK(fixture.stored() == -1);
  fixture.commit(2);
  fixture.client.run(1s);
  CHECK(fixture.stored() == 3);  // what was acked behind it is not stored
  fixture.ack(4);
  fixture.commit(5);
  fixture.client.run(1s);
  CHECK(fixture.stored() == 6);
  fixture.finish();
  CHECK(fixture.stored() == 6);
}

TEST_CASE("unordered: offsets that are missing from the log do not hold up what is stored") {
  SimClient client(1, {.brokers = 1});
  devbroker::Cluster& brokers = client.brokers->cluster();
  REQUIRE_FALSE(brokers.topics().create("t", 1));
  const std::vector<Message> two = {{.value = "a"}, {.value = "b"}};
  brokers.transactions().append("t", 0, 1, two, Compression::none);  // 0, 1
  brokers.transactions().end("t", 0, 1, TransactionEnd::commit);     // 2
  brokers.transactions().append("t", 0, 1, two, Compression::none);  // 3, 4: aborted
  brokers.transactions().end("t", 0, 1, TransactionEnd::abort);      // 5
  brokers.transactions().append("t", 0, 1, two, Compression::none);  // 6, 7
  brokers.transactions().end("t", 0, 1, TransactionEnd::commit);     // 8
  Recorder recorder;
  Consumer consumer(*client.session, "g", kOne, {.ordering = Ordering::unordered});
  recorder.listen_ends(consumer);
  consumer.consume(recorder.keep(), recorder.end());
  CHECK(client.until([&] { return recorder.kept.size() == 4; }));
  client.run(1s);
  CHECK(recorder.offsets(0) == std::vector<int64_t>{0, 1, 6, 7});
  CHECK_FALSE(recorder.kept[2].commit());
  CHECK_FALSE(recorder.kept[1].ack());
  client.run(1s);
  CHECK(committed(client, "g", "t", 0) == -1);
  CHECK(recorder.partition_ends.empty());
  CHECK_FALSE(recorder.kept[0].commit());
  client.run(1s);
  CHECK(committed(client, "g", "t", 0) == 7);
  CHECK(consumer.position("t", 0) == 7);
  CHECK_FALSE(recorder.kept[3].commit());
  client.run(1s);
  CHECK(committed(client, "g", "t", 0) == 9);  // the marker behind it, too
  CHECK(recorder.partition_ends.size() == 1);
  close(client, consumer);
  client.close();
}

TEST_CASE("unordered and confirmed: an envelope takes its place until its offset is stored") {
  UnorderedBench fixture(1, 10, {.max_open = 3});
  fixture.keep(3);
  fixture.client.brokers->cluster().faults().add(ApiKey::offset_commit).always().delay(1s);
  fixture.commit(1);
  fixture.client.run(1s);
  CHECK(fixture.recorder.kept.size() == 3);  // 0 is open
  fixture.commit(0);
  fixture.client.run(500ms);
  CHECK(fixture.recorder.kept.size() == 3);  // the broker has not answered
  CHECK(fixture.told.empty());
  fixture.client.run(1s);
  CHECK(fixture.told == std::vector<int64_t>{0, 1});
  CHECK(fixture.recorder.kept.size() == 5);
  fixture.finish();
}

TEST_CASE("unordered and pipelined: an answer makes room at once") {
  UnorderedBench fixture(1, 10, {.commit_mode = CommitMode::pipelined, .max_open = 3});
  fixture.keep(3);
  fixture.client.brokers->cluster().faults().add(ApiKey::offset_commit).always().delay(1s);
  fixture.commit(1);
  fixture.client.run(10ms);
  CHECK(fixture.recorder.kept.size() == 4);
  fixture.commit(0);
  fixture.client.run(10ms);
  CHECK(fixture.recorder.kept.size() == 5);
  CHECK(fixture.told.empty());
  fixture.client.run(2s);
  CHECK(fixture.told == std::vector<int64_t>{0, 1});
  fixture.finish();
}

TEST_CASE("unordered: seek takes back what is open: answers are lost, and store and move nothing") {
  const int64_t to = GENERATE(0, 2, 30);
  const auto mode = GENERATE(CommitMode::confirmed, CommitMode::pipelined);
  UnorderedBench fixture(1, 40, {.commit_mode = mode, .max_open = 5});
  fixture.keep(5);
  fixture.commit(0);
  fixture.client.run(1s);
  REQUIRE(fixture.stored() == 1);
  REQUIRE(fixture.recorder.kept.size() == 6);
  fixture.commit(3);  // waits for 1 and 2
  CHECK_FALSE(fixture.consumer->seek({"t", 0, to}));
  CHECK(fixture.consumer->position("t", 0) == to);
  fixture.client.run(1s);
  CHECK(fixture.told == std::vector<int64_t>{0, 3});
  CHECK(fixture.recorder.commits.back() == Errc::lost);
  // The open ones still take their places: 1, 2, 4 and 5.
  REQUIRE(fixture.recorder.kept.size() == 7);
  CHECK(fixture.recorder.kept[6].offset() == to);
  MessageEnvelope old = std::move(fixture.recorder.kept[1]);
  CHECK(old.offset() == 1);
  CHECK(old.value() == "0:1");
  CHECK(old.commit({}, fixture.done(1)) == Errc::lost);
  CHECK(old.ack() == Errc::already_answered);
  CHECK(fixture.recorder.kept[5].ack() == Errc::lost);
  fixture.client.run(1s);
  REQUIRE(fixture.recorder.kept.size() == 9);
  CHECK(fixture.told.back() == 3);  // a refused answer has its return value, and is not told as well
  CHECK(fixture.stored() == 1);
  CHECK(fixture.consumer->position("t", 0) == to);
  // Answers to the new envelopes count. Answers to the old ones in between change nothing.
  CHECK_FALSE(fixture.recorder.kept[8].commit());
  CHECK(fixture.recorder.kept[2].ack() == Errc::lost);
  CHECK_FALSE(fixture.recorder.kept[6].commit());
  CHECK(fixture.recorder.kept[4].commit() == Errc::lost);
  CHECK_FALSE(fixture.recorder.kept[7].ack());
  fixture.client.run(1s);
  CHECK(fixture.stored() == to + 3);
  CHECK(fixture.recorder.ends.empty());
  // Each answer has made room for one more.
  CHECK(std::count_if(fixture.recorder.kept.begin(), fixture.recorder.kept.end(), [](const MessageEnvelope& envelope) {
          return !envelope.answered() && envelope.offset() >= 0;
        }) == 5);
  fixture.finish();
}

TEST_CASE("unordered: a dropped envelope ends the consumption; what was answered below it is stored, nothing above") {
  const auto mode = GENERATE(CommitMode::confirmed, CommitMode::pipelined);
  const bool drop = GENERATE(true, false);
  UnorderedBench fixture(2, 10, {.commit_mode = mode, .max_open = 20});
  fixture.keep(20);
  fixture.client.brokers->cluster().faults().add(ApiKey::offset_commit).always().delay(200ms);
  for (const int64_t offset : {0, 1, 5, 6}) fixture.commit(offset);
  fixture.ack(3);
  fixture.commit(0, {}, 1);
  MessageEnvelope fourth = fixture.take(4);
  if (!drop) CHECK_FALSE(fourth.cancel());
  fourth = {};
  CHECK(fixture.recorder.ends.empty());
  fixture.client.run(1s);
  if (drop) {
    CHECK(fixture.recorder.ended_with(Errc::envelope_dropped));
  } else {
    CHECK(fixture.recorder.ended_well());
  }
  REQUIRE(fixture.told.size() == 5);
  CHECK(fixture.stored() == 2);
  CHECK(fixture.stored(1) == 1);
  CHECK(std::count_if(fixture.recorder.commits.begin(), fixture.recorder.commits.end(),
                      [](const Error& error) { return error == Errc::lost; }) == 2);
  // Below it, 2 is still open, and so are those of the other partition.
  CHECK(fixture.consumer->position("t", 0) == 2);
  CHECK(fixture.take(7).ack() == Errc::lost);
  fixture.commit(2);
  fixture.commit(1, {}, 1);
  fixture.client.run(1s);
  CHECK(fixture.stored() == 3);
  CHECK(fixture.stored(1) == 2);
  CHECK(fixture.consumer->position("t", 0) == 4);
  // It comes again, and so does everything behind it.
  Recorder second;
  fixture.consumer->consume(second.ack(), second.end());
  fixture.client.run(1s);
  CHECK(second.offsets(0) == range(4, 10));
  CHECK(second.offsets(1).empty());  // all of them are open
  // The earlier consumption left envelopes open. When they are dropped, their messages come again, and the present
  // consumption goes on.
  fixture.take(2, 1) = {};
  fixture.client.run(1s);
  CHECK(second.offsets(1) == range(2, 10));
  CHECK(second.ends.empty());
  fixture.finish();
  CHECK(fixture.stored() == 3);
  CHECK(second.ended_with(Errc::closed));
}

TEST_CASE("unordered: close stores what was answered, and commits that wait for an answer below end with closed") {
  const auto mode = GENERATE(CommitMode::confirmed, CommitMode::pipelined);
  const bool whole_session = GENERATE(true, false);
  UnorderedBench fixture(1, 10, {.commit_mode = mode});
  fixture.keep(10);
  fixture.client.brokers->cluster().faults().add(ApiKey::offset_commit).always().delay(200ms);
  for (const int64_t offset : {0, 1, 2, 6}) fixture.commit(offset);
  std::vector<std::string> order;
  const auto closed = [&] {
    CHECK(fixture.told == std::vector<int64_t>{0, 1, 2, 3, 6});
    CHECK(fixture.recorder.ended_with(Errc::closed));
    order.emplace_back("closed");
  };
  if (whole_session) {
    fixture.client.session->close(closed);
  } else {
    fixture.consumer->close(closed);
  }
  fixture.client.run(50ms);
  fixture.ack(4);  // the seek is under way: answers still count
  fixture.commit(3);
  CHECK(fixture.client.until([&] { return !order.empty(); }, 1s));
  REQUIRE(fixture.recorder.commits.size() == 5);
  for (size_t i = 0; i < 4; ++i) CHECK_FALSE(fixture.recorder.commits[i]);
  CHECK(fixture.recorder.commits[4] == Errc::closed);
  CHECK(fixture.stored() == 4);
  CHECK(fixture.take(5).commit({}, fixture.done(5)) == Errc::lost);
  fixture.client.run(1s);
  CHECK(fixture.told.back() != 5);
  CHECK(fixture.stored() == 4);
  if (!whole_session) fixture.client.close();
}

TEST_CASE("unordered: what a close deadline cuts off ends with closed, in time") {
  const auto mode = GENERATE(CommitMode::confirmed, CommitMode::pipelined);
  UnorderedBench fixture(1, 10, {.commit_mode = mode});
  fixture.keep(10);
  fixture.client.brokers->cluster().faults().add(ApiKey::offset_commit).always().swallow();
  fixture.commit(0);
  fixture.client.run(100ms);  // under way
  fixture.commit(1);          // noted
  fixture.commit(3);          // waits for 2
  int closed = 0;
  fixture.consumer->close([&] {
    ++closed;
    CHECK(fixture.told.size() == 3);
    CHECK(fixture.recorder.ends.size() == 1);
  });
  fixture.client.run(1900ms);
  CHECK(fixture.told.empty());
  CHECK(fixture.client.until([&] { return closed == 1; }, 200ms));
  for (const Error& error : fixture.recorder.commits) CHECK(error == Errc::closed);
  CHECK(fixture.take(2).ack() == Errc::lost);
  fixture.client.close();
}

TEST_CASE("unordered: a commit that fails for good ends the consumption; what was not stored comes again") {
  const auto mode = GENERATE(CommitMode::confirmed, CommitMode::pipelined);
  UnorderedBench fixture(2, 10, {.commit_mode = mode});
  fixture.keep(20);
  devbroker::Faults& faults = fixture.client.brokers->cluster().faults();
  fixture.commit(0);
  fixture.client.run(1s);
  REQUIRE(fixture.stored() == 1);
  faults.add(ApiKey::offset_commit).delay(100ms).reply(Errc::group_authorization_failed);
  fixture.ack(1);
  fixture.commit(2);
  fixture.client.run(50ms);
  fixture.commit(3);         // would cover the commit before it
  fixture.commit(5);         // waits for 4
  fixture.commit(0, {}, 1);  // of another partition: it has a request of its own
  fixture.client.run(1s);
  CHECK(fixture.recorder.ended_with(Errc::group_authorization_failed));
  REQUIRE(fixture.told.size() == 5);
  size_t failed = 0;
  size_t lost = 0;
  for (const Error& error : fixture.recorder.commits) {
    failed += error == Errc::group_authorization_failed ? 1 : 0;
    lost += error == Errc::lost ? 1 : 0;
  }
  CHECK(failed == 2);
  CHECK(lost == 1);
  CHECK(fixture.stored() == 1);
  CHECK(fixture.stored(1) == 1);
  CHECK(fixture.consumer->position("t", 0) == 2);
  CHECK(fixture.take(4).ack() == Errc::lost);
  Recorder second;
  fixture.consumer->consume(second.commit(), second.end());
  fixture.client.run(2s);
  CHECK(second.offsets(0) == range(2, 10));
  CHECK(fixture.stored() == 10);
  fixture.finish();
}

TEST_CASE("unordered: a limit counts what is dispatched, and ends when all of it is answered and confirmed") {
  const auto mode = GENERATE(CommitMode::confirmed, CommitMode::pipelined);
  UnorderedBench fixture(2, 10, {.commit_mode = mode});
  fixture.client.brokers->cluster().faults().add(ApiKey::offset_commit).always().delay(300ms);
  fixture.consumer->consume(6, fixture.recorder.keep(), [&](Error error) {
    CHECK(fixture.told.size() == 5);
    fixture.recorder.ends.push_back(std::move(error));
  });
  fixture.client.run(2s);
  REQUIRE(fixture.recorder.kept.size() == 6);
  for (size_t i = 6; i-- > 1;) {
    const int64_t offset = fixture.recorder.kept[i].offset();
    CHECK_FALSE(fixture.recorder.kept[i].commit({}, fixture.done(offset)));
  }
  fixture.client.run(2s);
  CHECK(fixture.recorder.ends.empty());
  CHECK_FALSE(fixture.recorder.kept[0].ack());
  fixture.client.run(100ms);
  CHECK(fixture.recorder.ends.empty());
  fixture.client.run(2s);
  CHECK(fixture.recorder.ended_well());
  CHECK(std::max<int64_t>(fixture.stored(0), 0) + std::max<int64_t>(fixture.stored(1), 0) == 6);
  fixture.recorder = {};
  fixture.consumer->consume(14, fixture.recorder.ack(), fixture.recorder.end());
  fixture.client.run(1s);
  CHECK(fixture.recorder.got.size() == 14);
  CHECK(fixture.recorder.ended_well());
  fixture.finish();
}

TEST_CASE("unordered: a batch is one open envelope") {
  UnorderedBench fixture(1, 50, {.max_open = 3});
  std::vector<BatchEnvelope> kept;
  fixture.consumer->batch_consume(
      10, [&](BatchEnvelope batch) { kept.push_back(std::move(batch)); }, fixture.recorder.end());
  fixture.client.run(1s);
  REQUIRE(kept.size() == 3);
  CHECK_FALSE(kept[1].commit("second", fixture.done(1)));
  CHECK_FALSE(kept[2].ack());
  fixture.client.run(1s);
  REQUIRE(kept.size() == 4);
  CHECK(fixture.stored() == -1);
  CHECK_FALSE(kept[0].ack());
  fixture.client.run(1s);
  CHECK(fixture.stored() == 20);
  CHECK(fixture.client.brokers->cluster().groups().find("g", {"t", 0})->metadata == "second");
  REQUIRE(kept.size() == 5);
  CHECK(kept[4].items().front().offset == 40);
  kept.clear();
  fixture.client.run(1s);
  CHECK(fixture.recorder.ended_with(Errc::envelope_dropped));
  CHECK(fixture.consumer->position("t", 0) == 30);
  fixture.finish();
}

TEST_CASE("unordered: paused and stopped partitions keep what is open; its answers count") {
  UnorderedBench fixture(2, 10, {.max_open = 4});
  fixture.recorder.listen(*fixture.consumer);
  CHECK_FALSE(fixture.consumer->pause({{"t", {1}}}));
  fixture.keep(4);
  CHECK_FALSE(fixture.consumer->pause(kOne));
  for (const int64_t offset : {3, 1, 0, 2}) fixture.commit(offset);
  fixture.client.run(1s);
  CHECK(fixture.stored() == 4);
  CHECK(fixture.recorder.kept.size() == 4);
  CHECK_FALSE(fixture.consumer->resume(kTwoPartitions));
  fixture.client.run(1s);
  REQUIRE(fixture.recorder.kept.size() == 8);
  fixture.client.brokers->cluster().faults().add(ApiKey::fetch).always().reply(Errc::topic_authorization_failed);
  fixture.client.brokers->cluster().brokers().disconnect(1);
  CHECK(fixture.client.until([&] { return fixture.recorder.count(Event::Type::partition_stopped) == 2; }));
  const MessageEnvelope& any = fixture.recorder.kept[5];
  const int32_t partition = any.partition();
  const int64_t first = fixture.consumer->position("t", partition);
  CHECK(first <= any.offset());
  for (size_t i = 4; i < 8; ++i) CHECK_FALSE(fixture.recorder.kept[i].commit());
  fixture.client.run(1s);
  CHECK(fixture.stored(0) + std::max<int64_t>(fixture.stored(1), 0) == 8);
  CHECK(fixture.recorder.ended_with(Errc::topic_authorization_failed));  // nothing is left to be read
  fixture.client.brokers->cluster().faults().clear();
  fixture.finish();
}

TEST_CASE("unordered: behind an envelope that stays open a partition goes on to a limit, then waits for it") {
  SimClient client(1, {.brokers = 1});
  REQUIRE_FALSE(client.brokers->cluster().topics().create("t", 1));
  constexpr int64_t kMessages = 80'000;
  constexpr int64_t kMost = 65536;
  records::BatchBuilder builder;
  for (int64_t i = 1; i <= kMessages; ++i) {
    REQUIRE(builder.append(1, {}, "v") == Errc::none);
    if (builder.count() < 10'000) continue;
    Bytes sealed;
    REQUIRE_FALSE(builder.seal({}, sealed));
    devbroker::Cluster& cluster = client.brokers->cluster();
    REQUIRE(cluster.contents().append(*cluster.topics().partition("t", 0), sealed, 3, 1).error == Errc::none);
  }
  int64_t seen = 0;
  MessageEnvelope first;
  Consumer consumer(*client.session, "g", kOne,
                    {.commit_mode = CommitMode::pipelined, .ordering = Ordering::unordered});
  consumer.consume([&](MessageEnvelope envelope) {
    if (seen++ == 0) {
      first = std::move(envelope);
    } else {
      envelope.commit();
    }
  });
  client.run(2s);
  CHECK(seen == kMost);
  CHECK(committed(client, "g", "t", 0) == -1);
  CHECK_FALSE(first.ack());
  first = {};
  client.run(2s);
  CHECK(seen == kMessages);
  CHECK(committed(client, "g", "t", 0) == kMessages);
  close(client, consumer);
  client.close();
}

TEST_CASE("unordered: what open envelopes keep counts against fetch_memory, and is free when they are gone") {
  const auto codec = GENERATE(Compression::none, Compression::gzip);
  SimClient client(1, {.brokers = 1});
  devbroker::Cluster& cluster = client.brokers->cluster();
  REQUIRE_FALSE(cluster.topics().create("t", 1));
  constexpr int64_t kMessages = 60;
  const std::string value(8000, 'x');
  for (int64_t i = 0; i < kMessages; ++i) {
    records::BatchBuilder builder;
    REQUIRE(builder.append(1, {}, value) == Errc::none);
    Bytes sealed;
    REQUIRE_FALSE(builder.seal({.codec = codec}, sealed));
    REQUIRE(cluster.contents().append(*cluster.topics().partition("t", 0), sealed, 3, 1).error == Errc::none);
  }
  Recorder recorder;
  Consumer consumer(*client.session, "g", kOne,
                    {.fetch_max_bytes = 10'000,
                     .fetch_memory = 65536,
                     .max_partition_fetch_bytes = 10'000,
                     .ordering = Ordering::unordered});
  consumer.consume(recorder.keep(), recorder.end());
  client.run(5s);
  // They do not come all at once: open envelopes fill the memory.
  const size_t most = recorder.kept.size();
  CHECK(most >= 5);
  CHECK(most * value.size() <= 65536 + 4 * value.size());
  // An answered envelope still keeps its bytes until it is destroyed.
  for (MessageEnvelope& envelope : recorder.kept) CHECK_FALSE(envelope.ack());
  for (int i = 0; i < 100 && recorder.got.size() < kMessages; ++i) {
    for (MessageEnvelope& envelope : recorder.kept) envelope.ack();
    recorder.kept.clear();
    client.run(1s);
  }
  CHECK(recorder.got.size() == kMessages);
  CHECK(client.session->stats().consumers.front().fetched_bytes <= 65536 + 4 * value.size());
  for (MessageEnvelope& envelope : recorder.kept) envelope.ack();
  recorder.kept.clear();
  client.run(1s);
  CHECK(client.session->stats().consumers.front().fetched_bytes <= value.size() + 1000);
  close(client, consumer);
  client.close();
}
