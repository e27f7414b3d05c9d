// Partitions that are taken from a running consumer, and given back, at every moment that matters: while a fetch, a
// commit, an envelope or a question about the position refers to them.
#include "consumer/access.hpp"
#include "consumer_bench.hpp"

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
    book.listen(consumer);
  }
  Consumer start(Mode mode, int64_t messages) {
    fill(client, "t", 2, messages);
    return Consumer(
        *client.session, "g", {{"t", {0, 1}}},
        {.auto_offset_reset = OffsetReset::earliest, .commit_mode = mode.commit_mode, .ordering = mode.ordering});
  }
  void take() { reader.take_away({{"t", {0}}}); }
  void give() { reader.assign({{"t", {0}}}); }
  size_t open() {
    const Stats stats = client.session->stats();
    return stats.consumers.empty() ? 0 : static_cast<size_t>(stats.consumers.front().open);
  }
  int64_t stored(int32_t partition) { return committed(client, "g", "t", partition); }
  // Everything from `first` on is delivered of the partition that was given back, and nothing is left open.
  void finish() {
    close(client, consumer);
    for (MessageEnvelope& envelope : book.kept) {
      if (!envelope.answered()) CHECK(envelope.ack() == Errc::lost);
    }
    client.close();
  }

  SimClient client;
  Book book;
  Consumer consumer;
  consumer::Reader& reader;
};

// What came of partition 0 since `from` messages had come in all.
std::vector<int64_t> since(const Book& book, size_t from) {
  std::vector<int64_t> all;
  for (size_t i = from; i < book.got.size(); ++i) {
    if (book.got[i].partition == 0) all.push_back(book.got[i].offset);
  }
  return all;
}

}  // namespace

TEST_CASE("A partition that is taken while it is fetched: the answer changes nothing; given back, it begins anew") {
  const Mode mode = GENERATE(from_range(modes()));
  TakingBench bench(mode, 4);
  bench.client.brokers->cluster().faults().add(ApiKey::fetch).delay(500ms);
  bench.consumer.consume(bench.book.ack(), bench.book.end());
  bench.client.run(300ms);
  REQUIRE(bench.book.got.empty());
  bench.take();
  CHECK(bench.consumer.position("t", 0) == -1);
  CHECK(bench.consumer.pause({{"t", {0}}}) == Errc::invalid_argument);
  const bool back_at_once = GENERATE(false, true);
  if (back_at_once) bench.give();
  bench.client.run(5s);
  CHECK(bench.book.offsets(1) == range(0, 4));
  CHECK(bench.book.offsets(0) == (back_at_once ? range(0, 4) : range(0, 0)));
  if (!back_at_once) {
    bench.give();
    bench.client.run(5s);
    CHECK(bench.book.offsets(0) == range(0, 4));
  }
  CHECK(bench.open() == 0);
  bench.finish();
}

TEST_CASE("A partition that is taken while an envelope is open: every answer says lost, and counts no more") {
  const Mode mode = GENERATE(from_range(modes()));
  const int answer = GENERATE(0, 1, 2, 3);
  TakingBench bench(mode);
  bench.consumer.pause({{"t", {1}}});
  bench.consumer.consume(bench.book.keep(), bench.book.end());
  REQUIRE(bench.client.until([&] { return !bench.book.kept.empty(); }));
  bench.client.run(1s);
  const size_t opened = bench.book.kept.size();
  bench.take();
  CHECK(bench.open() == opened);  // the application has them still
  std::vector<Error> outcomes;
  for (MessageEnvelope& envelope : bench.book.kept) {
    if (answer == 0) CHECK(envelope.ack() == Errc::lost);
    if (answer == 1) CHECK(envelope.commit({}, [&](Error error) { outcomes.push_back(error); }) == Errc::lost);
    if (answer == 2) CHECK(envelope.cancel() == Errc::lost);
    if (answer == 3) envelope = MessageEnvelope();
  }
  bench.client.run(5s);
  CHECK(outcomes.size() == (answer == 1 ? opened : 0));
  for (const Error& outcome : outcomes) CHECK(outcome == Errc::lost);
  CHECK(bench.open() == 0);
  CHECK(bench.stored(0) == -1);
  CHECK(bench.book.ends.empty());  // not even a dropped one ends the consumption
  bench.book.kept.clear();
  CHECK_FALSE(bench.consumer.resume({{"t", {1}}}));
  bench.client.run(1s);
  REQUIRE_FALSE(bench.book.kept.empty());  // the other partition goes on
  CHECK(bench.book.kept.front().partition() == 1);
  bench.finish();
}

TEST_CASE("A partition that is given back while an envelope of the first time is open: its answer finds nothing") {
  const Mode mode = GENERATE(from_range(modes()));
  if (mode.ordering == Ordering::consumer) return;  // nothing more comes before that envelope is answered
  TakingBench bench(mode);
  bench.consumer.consume(bench.book.keep(), bench.book.end());
  REQUIRE(bench.client.until([&] { return bench.book.kept.size() >= 2; }));
  bench.client.run(1s);
  std::vector<MessageEnvelope> old = std::move(bench.book.kept);
  bench.book.kept.clear();
  const size_t before = bench.book.got.size();
  const size_t of_other = bench.book.offsets(1).size();
  bench.take();
  bench.give();
  bench.client.run(1s);
  const std::vector<int64_t> again = since(bench.book, before);
  REQUIRE_FALSE(again.empty());
  CHECK(again.front() == 0);
  CHECK(bench.consumer.position("t", 0) == 0);
  for (MessageEnvelope& envelope : old) {
    if (envelope.partition() == 0) CHECK(envelope.commit() == Errc::lost);
  }
  bench.client.run(1s);
  CHECK(bench.consumer.position("t", 0) == 0);
  CHECK(bench.stored(0) == -1);
  CHECK(bench.open() == again.size() + of_other);
  bench.finish();
  for (MessageEnvelope& envelope : old) {
    if (!envelope.answered()) CHECK(envelope.ack() == Errc::lost);
  }
}

TEST_CASE("A partition that is taken while its commit is under way: the broker's answer tells what became of it") {
  const Mode mode = GENERATE(from_range(modes()));
  const bool fails = GENERATE(false, true);
  const bool given_back = GENERATE(false, true);
  TakingBench bench(mode);
  auto& faults = bench.client.brokers->cluster().faults();
  if (fails) {
    faults.add(ApiKey::offset_commit).delay(1s).reply(Errc::group_authorization_failed);
  } else {
    faults.add(ApiKey::offset_commit).delay(1s);
  }
  bench.consumer.pause({{"t", {1}}});
  bool committed_one = false;
  bool over = false;
  bench.consumer.consume(bench.book.each([&](MessageEnvelope envelope) {
    if (over) return void(envelope.ack());
    if (std::exchange(committed_one, true)) return bench.book.kept.push_back(std::move(envelope));
    CHECK_FALSE(envelope.commit({}, [&](Error error) { bench.book.commits.push_back(std::move(error)); }));
  }),
                         bench.book.end());
  REQUIRE(bench.client.until([&] { return committed_one; }));
  bench.client.run(100ms);
  REQUIRE(bench.book.commits.empty());
  bench.take();
  if (given_back) bench.give();
  bench.client.run(100ms);
  CHECK(bench.book.commits.empty());
  bench.client.run(5s);
  REQUIRE(bench.book.commits.size() == 1);
  CHECK(bench.book.commits.front() == (fails ? Errc::group_authorization_failed : Errc::none));
  CHECK(bench.stored(0) == (fails ? -1 : 1));
  CHECK(bench.book.ends.empty());  // what fails for a partition that is gone ends nothing
  over = true;
  for (MessageEnvelope& envelope : bench.book.kept) envelope.ack();
  CHECK_FALSE(bench.consumer.resume({{"t", {1}}}));
  bench.client.run(1s);
  CHECK_FALSE(bench.book.offsets(1).empty());
  bench.finish();
}

TEST_CASE("A newer commit of a partition that was given back waits for the older one, whose retry could overtake it") {
  const Mode mode = GENERATE(from_range(modes()));
  TakingBench bench(mode);
  auto& cluster = bench.client.brokers->cluster();
  cluster.faults().add(ApiKey::offset_commit).delay(1s).reply(Errc::coordinator_load_in_progress);
  bench.consumer.pause({{"t", {1}}});
  bench.consumer.consume(2, bench.book.commit(), bench.book.end());
  REQUIRE(bench.client.until([&] { return cluster.requests().count(ApiKey::offset_commit, 0) > 0; }));
  bench.take();
  bench.give();
  bench.client.run(800ms);
  CHECK(cluster.requests().count(ApiKey::offset_commit, 0) == 1);
  bench.client.run(10s);
  CHECK(bench.stored(0) >= 1);
  for (const Error& error : bench.book.commits) CHECK((!error || error == Errc::lost));
  bench.finish();
}

TEST_CASE("A partition that is taken when an answer was given and not sent yet: done says lost, nothing is stored") {
  const Mode mode = GENERATE(from_range(modes()));
  TakingBench bench(mode);
  bench.consumer.pause({{"t", {1}}});
  bool taken = false;
  bench.consumer.consume(bench.book.each([&](MessageEnvelope envelope) {
    CHECK_FALSE(envelope.commit("m", [&](Error error) { bench.book.commits.push_back(std::move(error)); }));
    if (!std::exchange(taken, true)) bench.take();  // in the turn of the commit
  }),
                         bench.book.end());
  REQUIRE(bench.client.until([&] { return !bench.book.commits.empty(); }));
  CHECK(bench.book.commits.front() == Errc::lost);
  bench.client.run(2s);
  CHECK(bench.book.got.size() == 1);  // nothing is dispatched of a partition that was taken in its own callback
  CHECK(bench.open() == 0);
  CHECK(bench.stored(0) == -1);
  bench.give();
  bench.client.run(10s);
  CHECK(since(bench.book, 1) == range(0, 20));
  CHECK(bench.stored(0) == 20);
  CHECK(bench.book.ends.empty());
  bench.finish();
}

TEST_CASE("unordered: a commit that waits for an earlier answer says lost when the partition is taken") {
  const CommitMode commit_mode = GENERATE(CommitMode::confirmed, CommitMode::pipelined);
  TakingBench bench({Ordering::unordered, commit_mode});
  bench.consumer.pause({{"t", {1}}});
  bench.consumer.consume(bench.book.keep(), bench.book.end());
  REQUIRE(bench.client.until([&] { return bench.book.kept.size() == 20; }));
  for (size_t i = 5; i < 10; ++i)
    CHECK_FALSE(bench.book.kept[i].commit({}, [&](Error error) { bench.book.commits.push_back(std::move(error)); }));
  bench.client.run(1s);
  CHECK(bench.book.commits.empty());
  bench.take();
  bench.client.run(100ms);
  CHECK(bench.book.commits.size() == 5);
  for (const Error& error : bench.book.commits) CHECK(error == Errc::lost);
  CHECK(bench.open() == 15);
  for (MessageEnvelope& envelope : bench.book.kept) {
    if (!envelope.answered()) CHECK(envelope.ack() == Errc::lost);
  }
  CHECK(bench.open() == 0);
  bench.finish();
}

TEST_CASE("A partition that is taken while its position is asked for: the answer is not for the one that comes back") {
  const Mode mode = GENERATE(from_range(modes()));
  const ApiKey question = GENERATE(ApiKey::offset_fetch, ApiKey::list_offsets);
  TakingBench bench(mode, 4);
  bench.client.brokers->cluster().faults().add(question).delay(1s);
  bench.consumer.consume(bench.book.ack(), bench.book.end());
  bench.client.run(500ms);
  REQUIRE(bench.book.got.empty());
  bench.take();
  const bool back_at_once = GENERATE(false, true);
  if (back_at_once) bench.give();
  bench.client.run(5s);
  CHECK(bench.book.offsets(1) == range(0, 4));
  if (!back_at_once) {
    CHECK(bench.book.offsets(0).empty());
    bench.give();
    bench.client.run(5s);
  }
  CHECK(bench.book.offsets(0) == range(0, 4));
  bench.finish();
}

TEST_CASE("A limit is reached with envelopes of a partition that was taken, once they are answered") {
  const Mode mode = GENERATE(from_range(modes()));
  TakingBench bench(mode);
  bench.consumer.pause({{"t", {1}}});
  bench.consumer.consume(1, bench.book.keep(), bench.book.end());
  REQUIRE(bench.client.until([&] { return bench.book.kept.size() == 1; }));
  bench.take();
  bench.client.run(1s);
  CHECK(bench.book.ends.empty());
  CHECK(bench.book.kept.front().ack() == Errc::lost);
  bench.client.run(1s);
  CHECK(bench.book.ended_well());
  bench.finish();
}

TEST_CASE("All partitions are taken, others are given: sessions, topics and slots follow") {
  const Mode mode = GENERATE(from_range(modes()));
  TakingBench bench(mode, 4);
  fill(bench.client, "u", 2, 4);
  bench.consumer.consume(bench.book.ack(), bench.book.end());
  bench.client.run(2s);
  CHECK(bench.book.got.size() == 8);
  bench.reader.take_away({{"t", {0, 1}}, {"x", {7}}});
  bench.client.run(1s);
  bench.reader.assign({{"u", {0}}});
  bench.client.run(2s);
  bench.reader.assign({{"u", {0, 1}}, {"t", {1}}});
  bench.client.run(2s);
  std::map<std::string, size_t> of_topic;
  for (const Book::Entry& entry : bench.book.got) ++of_topic[entry.topic];
  CHECK(of_topic["u"] == 8);
  CHECK(of_topic["t"] == 12);  // nothing was stored, so t/1 begins anew
  // Each once more, in other slots than before: the brokers' sessions must not mix them up.
  for (int round = 0; round < 3; ++round) {
    bench.reader.take_away({{"t", {1}}});
    bench.reader.take_away({{"u", {0, 1}}});
    bench.reader.assign({{"t", {1}}});
    bench.reader.assign({{"u", {1}}});
    bench.reader.assign({{"u", {0}}});
    bench.client.run(2s);
  }
  of_topic.clear();
  for (const Book::Entry& entry : bench.book.got) ++of_topic[entry.topic];
  CHECK(of_topic["u"] == 32);
  CHECK(of_topic["t"] == 24);
  fill(bench.client, "u", 2, 1);
  bench.client.run(2s);
  of_topic.clear();
  for (const Book::Entry& entry : bench.book.got) ++of_topic[entry.topic];
  CHECK(of_topic["u"] == 34);
  CHECK(bench.open() == 0);
  bench.finish();
}
