// Partitions that are taken from a running consumer, and given back, at every moment that matters: while a fetch, a
// commit, an envelope or a question about the position refers to them.
#include "consumer/access.hpp"
#include "consumer_fixture.hpp"

using namespace kafka;
using namespace kafka::sim;
using namespace std::chrono_literals;

namespace {

struct Mode {
  Ordering ordering;
  CommitMode commit_mode;
};

std::vector<Mode> modes() {
  std::vector<Mode> all;
  for (const Ordering ordering : {Ordering::consumer, Ordering::partition, Ordering::unordered}) {
    for (const CommitMode commit_mode : {CommitMode::confirmed, CommitMode::pipelined})
      all.push_back({ordering, commit_mode});
  }
  return all;
}

// One partition is taken, the other one stays.
struct TakingBench {
  explicit TakingBench(Mode mode, int64_t messages = 20)
      : client(1, {.brokers = 1}), consumer(start(mode, messages)), reader(consumer::ReaderAccess::reader(consumer)) {
    recorder.listen(consumer);
  }
  Consumer start(Mode mode, int64_t messages) {
    fill(client, "t", 2, messages);
    return Consumer(
        *client.session, "g", {{"t", {0, 1}}},
        {.auto_offset_reset = OffsetReset::earliest, .commit_mode = mode.commit_mode, .ordering = mode.ordering});
  }
  void take() { reader.roster().take_away({{"t", {0}}}); }
  void give() { reader.roster().assign({{"t", {0}}}); }
  size_t open() {
    const Stats stats = client.session->stats();
    return stats.consumers.empty() ? 0 : static_cast<size_t>(stats.consumers.front().open);
  }
  int64_t stored(int32_t partition) { return committed(client, "g", "t", partition); }
  // The partition that was given back delivers everything from `first` on, and nothing is left open.
  void finish() {
    close(client, consumer);
    for (MessageEnvelope& envelope : recorder.kept) {
      if (!envelope.answered()) CHECK(envelope.ack() == Errc::lost);
    }
    client.close();
  }

  SimClient client;
  Recorder recorder;
  Consumer consumer;
  consumer::Reader& reader;
};

// The messages of partition 0 among those behind the first `from`.
std::vector<int64_t> since(const Recorder& recorder, size_t from) {
  std::vector<int64_t> all;
  for (size_t i = from; i < recorder.got.size(); ++i) {
    if (recorder.got[i].partition == 0) all.push_back(recorder.got[i].offset);
  }
  return all;
}

}  // namespace

TEST_CASE("A partition that is taken while it is fetched: the answer changes nothing; given back, it begins anew") {
  const Mode mode = GENERATE(from_range(modes()));
  TakingBench fixture(mode, 4);
  fixture.client.brokers->cluster().faults().add(ApiKey::fetch).delay(500ms);
  fixture.consumer.consume(fixture.recorder.ack(), fixture.recorder.end());
  fixture.client.run(300ms);
  REQUIRE(fixture.recorder.got.empty());
  fixture.take();
  CHECK(fixture.consumer.position("t", 0) == -1);
  CHECK(fixture.consumer.pause({{"t", {0}}}) == Errc::invalid_argument);
  const bool back_at_once = GENERATE(false, true);
  if (back_at_once) fixture.give();
  fixture.client.run(5s);
  CHECK(fixture.recorder.offsets(1) == range(0, 4));
  CHECK(fixture.recorder.offsets(0) == (back_at_once ? range(0, 4) : range(0, 0)));
  if (!back_at_once) {
    fixture.give();
    fixture.client.run(5s);
    CHECK(fixture.recorder.offsets(0) == range(0, 4));
  }
  CHECK(fixture.open() == 0);
  fixture.finish();
}

TEST_CASE("A partition that is taken while an envelope is open: every answer says lost, and counts no more") {
  const Mode mode = GENERATE(from_range(modes()));
  const int answer = GENERATE(0, 1, 2, 3);
  TakingBench fixture(mode);
  fixture.consumer.pause({{"t", {1}}});
  fixture.consumer.consume(fixture.recorder.keep(), fixture.recorder.end());
  REQUIRE(fixture.client.until([&] { return !fixture.recorder.kept.empty(); }));
  fixture.client.run(1s);
  const size_t opened = fixture.recorder.kept.size();
  fixture.take();
  CHECK(fixture.open() == opened);  // the application still holds them
  std::vector<Error> outcomes;
  for (MessageEnvelope& envelope : fixture.recorder.kept) {
    if (answer == 0) CHECK(envelope.ack() == Errc::lost);
    if (answer == 1) CHECK(envelope.commit({}, [&](Error error) { outcomes.push_back(error); }) == Errc::lost);
    if (answer == 2) CHECK(envelope.cancel() == Errc::lost);
    if (answer == 3) envelope = MessageEnvelope();
  }
  fixture.client.run(5s);
  CHECK(outcomes.empty());  // the return value has said it
  CHECK(fixture.open() == 0);
  CHECK(fixture.stored(0) == -1);
  CHECK(fixture.recorder.ends.empty());  // a dropped envelope does not end the consumption either
  fixture.recorder.kept.clear();
  CHECK_FALSE(fixture.consumer.resume({{"t", {1}}}));
  fixture.client.run(1s);
  REQUIRE_FALSE(fixture.recorder.kept.empty());  // the other partition goes on
  CHECK(fixture.recorder.kept.front().partition() == 1);
  fixture.finish();
}

TEST_CASE("A partition that is given back while an envelope of the first time is open: its answer finds nothing") {
  const Mode mode = GENERATE(from_range(modes()));
  if (mode.ordering == Ordering::consumer) return;  // nothing more comes before that envelope is answered
  TakingBench fixture(mode);
  fixture.consumer.consume(fixture.recorder.keep(), fixture.recorder.end());
  REQUIRE(fixture.client.until([&] { return fixture.recorder.kept.size() >= 2; }));
  fixture.client.run(1s);
  std::vector<MessageEnvelope> old = std::move(fixture.recorder.kept);
  fixture.recorder.kept.clear();
  const size_t before = fixture.recorder.got.size();
  const size_t of_other = fixture.recorder.offsets(1).size();
  fixture.take();
  fixture.give();
  fixture.client.run(1s);
  const std::vector<int64_t> again = since(fixture.recorder, before);
  REQUIRE_FALSE(again.empty());
  CHECK(again.front() == 0);
  CHECK(fixture.consumer.position("t", 0) == 0);
  for (MessageEnvelope& envelope : old) {
    if (envelope.partition() == 0) CHECK(envelope.commit() == Errc::lost);
  }
  fixture.client.run(1s);
  CHECK(fixture.consumer.position("t", 0) == 0);
  CHECK(fixture.stored(0) == -1);
  CHECK(fixture.open() == again.size() + of_other);
  fixture.finish();
  for (MessageEnvelope& envelope : old) {
    if (!envelope.answered()) CHECK(envelope.ack() == Errc::lost);
  }
}

TEST_CASE("A partition that is taken while its commit is under way: the broker's answer tells what became of it") {
  const Mode mode = GENERATE(from_range(modes()));
  const bool fails = GENERATE(false, true);
  const bool given_back = GENERATE(false, true);
  TakingBench fixture(mode);
  auto& faults = fixture.client.brokers->cluster().faults();
  if (fails) {
    faults.add(ApiKey::offset_commit).delay(1s).reply(Errc::group_authorization_failed);
  } else {
    faults.add(ApiKey::offset_commit).delay(1s);
  }
  fixture.consumer.pause({{"t", {1}}});
  bool committed_one = false;
  bool over = false;
  fixture.consumer.consume(fixture.recorder.each([&](MessageEnvelope envelope) {
    if (over) return void(envelope.ack());
    if (std::exchange(committed_one, true)) return fixture.recorder.kept.push_back(std::move(envelope));
    CHECK_FALSE(envelope.commit({}, [&](Error error) { fixture.recorder.commits.push_back(std::move(error)); }));
  }),
                           fixture.recorder.end());
  REQUIRE(fixture.client.until([&] { return committed_one; }));
  fixture.client.run(100ms);
  REQUIRE(fixture.recorder.commits.empty());
  fixture.take();
  if (given_back) fixture.give();
  fixture.client.run(100ms);
  CHECK(fixture.recorder.commits.empty());
  fixture.client.run(5s);
  REQUIRE(fixture.recorder.commits.size() == 1);
  CHECK(fixture.recorder.commits.front() == (fails ? Errc::group_authorization_failed : Errc::none));
  CHECK(fixture.stored(0) == (fails ? -1 : 1));
  CHECK(fixture.recorder.ends.empty());  // a failure of a partition that was taken away ends nothing
  over = true;
  for (MessageEnvelope& envelope : fixture.recorder.kept) envelope.ack();
  CHECK_FALSE(fixture.consumer.resume({{"t", {1}}}));
  fixture.client.run(1s);
  CHECK_FALSE(fixture.recorder.offsets(1).empty());
  fixture.finish();
}

TEST_CASE("A newer commit of a partition that was given back waits for the older one, whose retry could overtake it") {
  const Mode mode = GENERATE(from_range(modes()));
  TakingBench fixture(mode);
  auto& cluster = fixture.client.brokers->cluster();
  cluster.faults().add(ApiKey::offset_commit).delay(1s).reply(Errc::coordinator_load_in_progress);
  fixture.consumer.pause({{"t", {1}}});
  fixture.consumer.consume(2, fixture.recorder.commit(), fixture.recorder.end());
  REQUIRE(fixture.client.until([&] { return cluster.requests().count(ApiKey::offset_commit, 0) > 0; }));
  fixture.take();
  fixture.give();
  fixture.client.run(800ms);
  CHECK(cluster.requests().count(ApiKey::offset_commit, 0) == 1);
  fixture.client.run(10s);
  CHECK(fixture.stored(0) >= 1);
  for (const Error& error : fixture.recorder.commits) CHECK((!error || error == Errc::lost));
  fixture.finish();
}

TEST_CASE("A partition that is taken when an answer was given and not sent yet: done says lost, nothing is stored") {
  const Mode mode = GENERATE(from_range(modes()));
  TakingBench fixture(mode);
  fixture.consumer.pause({{"t", {1}}});
  bool taken = false;
  fixture.consumer.consume(fixture.recorder.each([&](MessageEnvelope envelope) {
    CHECK_FALSE(envelope.commit("m", [&](Error error) { fixture.recorder.commits.push_back(std::move(error)); }));
    if (!std::exchange(taken, true)) fixture.take();  // in the turn of the commit
  }),
                           fixture.recorder.end());
  REQUIRE(fixture.client.until([&] { return !fixture.recorder.commits.empty(); }));
  CHECK(fixture.recorder.commits.front() == Errc::lost);
  fixture.client.run(2s);
  CHECK(fixture.recorder.got.size() == 1);  // a partition that was taken in its own callback dispatches nothing more
  CHECK(fixture.open() == 0);
  CHECK(fixture.stored(0) == -1);
  fixture.give();
  fixture.client.run(10s);
  CHECK(since(fixture.recorder, 1) == range(0, 20));
  CHECK(fixture.stored(0) == 20);
  CHECK(fixture.recorder.ends.empty());
  fixture.finish();
}

TEST_CASE("unordered: a commit that waits for an earlier answer says lost when the partition is taken") {
  const CommitMode commit_mode = GENERATE(CommitMode::confirmed, CommitMode::pipelined);
  TakingBench fixture({Ordering::unordered, commit_mode});
  fixture.consumer.pause({{"t", {1}}});
  fixture.consumer.consume(fixture.recorder.keep(), fixture.recorder.end());
  REQUIRE(fixture.client.until([&] { return fixture.recorder.kept.size() == 20; }));
  for (size_t i = 5; i < 10; ++i)
    CHECK_FALSE(fixture.recorder.kept[i].commit(
        {}, [&](Error error) { fixture.recorder.commits.push_back(std::move(error)); }));
  fixture.client.run(1s);
  CHECK(fixture.recorder.commits.empty());
  fixture.take();
  fixture.client.run(100ms);
  CHECK(fixture.recorder.commits.size() == 5);
  for (const Error& error : fixture.recorder.commits) CHECK(error == Errc::lost);
  CHECK(fixture.open() == 15);
  for (MessageEnvelope& envelope : fixture.recorder.kept) {
    if (!envelope.answered()) CHECK(envelope.ack() == Errc::lost);
  }
  CHECK(fixture.open() == 0);
  fixture.finish();
}

TEST_CASE("A partition that is taken while its position is asked for: the answer is not for the one that comes back") {
  const Mode mode = GENERATE(from_range(modes()));
  const ApiKey question = GENERATE(ApiKey::offset_fetch, ApiKey::list_offsets);
  TakingBench fixture(mode, 4);
  fixture.client.brokers->cluster().faults().add(question).delay(1s);
  fixture.consumer.consume(fixture.recorder.ack(), fixture.recorder.end());
  fixture.client.run(500ms);
  REQUIRE(fixture.recorder.got.empty());
  fixture.take();
  const bool back_at_once = GENERATE(false, true);
  if (back_at_once) fixture.give();
  fixture.client.run(5s);
  CHECK(fixture.recorder.offsets(1) == range(0, 4));
  if (!back_at_once) {
    CHECK(fixture.recorder.offsets(0).empty());
    fixture.give();
    fixture.client.run(5s);
  }
  CHECK(fixture.recorder.offsets(0) == range(0, 4));
  fixture.finish();
}

TEST_CASE("A limit is reached with envelopes of a partition that was taken, once they are answered") {
  const Mode mode = GENERATE(from_range(modes()));
  TakingBench fixture(mode);
  fixture.consumer.pause({{"t", {1}}});
  fixture.consumer.consume(1, fixture.recorder.keep(), fixture.recorder.end());
  REQUIRE(fixture.client.until([&] { return fixture.recorder.kept.size() == 1; }));
  fixture.take();
  fixture.client.run(1s);
  CHECK(fixture.recorder.ends.empty());
  CHECK(fixture.recorder.kept.front().ack() == Errc::lost);
  fixture.client.run(1s);
  CHECK(fixture.recorder.ended_well());
  fixture.finish();
}

TEST_CASE("All partitions are taken, others are given: sessions, topics and slots follow") {
  const Mode mode = GENERATE(from_range(modes()));
  TakingBench fixture(mode, 4);
  fill(fixture.client, "u", 2, 4);
  fixture.consumer.consume(fixture.recorder.ack(), fixture.recorder.end());
  fixture.client.run(2s);
  CHECK(fixture.recorder.got.size() == 8);
  fixture.reader.roster().take_away({{"t", {0, 1}}, {"x", {7}}});
  fixture.client.run(1s);
  fixture.reader.roster().assign({{"u", {0}}});
  fixture.client.run(2s);
  fixture.reader.roster().assign({{"u", {0, 1}}, {"t", {1}}});
  fixture.client.run(2s);
  std::map<std::string, size_t> of_topic;
  for (const Recorder::Entry& entry : fixture.recorder.got) ++of_topic[entry.topic];
  CHECK(of_topic["u"] == 8);
  CHECK(of_topic["t"] == 12);  // nothing was stored, so t/1 begins anew
  // Each once more, in other slots than before: the brokers' sessions must not mix them up.
  for (int round = 0; round < 3; ++round) {
    fixture.reader.roster().take_away({{"t", {1}}});
    fixture.reader.roster().take_away({{"u", {0, 1}}});
    fixture.reader.roster().assign({{"t", {1}}});
    fixture.reader.roster().assign({{"u", {1}}});
    fixture.reader.roster().assign({{"u", {0}}});
    fixture.client.run(2s);
  }
  of_topic.clear();
  for (const Recorder::Entry& entry : fixture.recorder.got) ++of_topic[entry.topic];
  CHECK(of_topic["u"] == 32);
  CHECK(of_topic["t"] == 24);
  fill(fixture.client, "u", 2, 1);
  fixture.client.run(2s);
  of_topic.clear();
  for (const Recorder::Entry& entry : fixture.recorder.got) ++of_topic[entry.topic];
  CHECK(of_topic["u"] == 34);
  CHECK(fixture.open() == 0);
  fixture.finish();
}
