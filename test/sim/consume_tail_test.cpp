// B7: what lies behind the last committed record and holds no message: the stored offset gets behind it.
// Not here: which records of transactions are delivered (consume_transactions_test.cpp).
#include "consumer_fixture.hpp"

using namespace kafka;
using namespace kafka::sim;
using namespace std::chrono_literals;

namespace {

constexpr int64_t kProducer = 7000;

// One broker with the topic t, and a consumer of it.
struct TailBench {
  explicit TailBench(uint64_t seed, ConsumerOptions options = {}, int brokers = 1)
      : client(seed, {.brokers = brokers}), cluster(client.brokers->cluster()) {
    REQUIRE_FALSE(cluster.topics().create("t", 1));
    consumer.emplace(*client.session, "g", Partitions{{"t", {0}}}, std::move(options));
    recorder.listen(*consumer);
  }
  void consume(MessageCallback each) { consumer->consume(std::move(each), recorder.end()); }
  void transaction(int count, TransactionEnd end) {
    std::vector<Message> messages(static_cast<size_t>(count), Message{.value = "x", .timestamp = 1});
    REQUIRE(cluster.transactions().append("t", 0, kProducer, messages, Compression::none) >= 0);
    REQUIRE(cluster.transactions().end("t", 0, kProducer, end) >= 0);
  }
  int64_t stored() { return committed(client, "g", "t", 0); }
  int64_t commits() { return cluster.requests().count(ApiKey::offset_commit, 0); }
  // A record, and the marker behind it, which the stored offset passes by itself.
  void pass_marker(int64_t stored_then) {
    transaction(1, TransactionEnd::commit);
    REQUIRE(client.until([&] { return stored() == stored_then; }, 10s));
  }
  void finish() {
    close(client, *consumer);
    client.close();
  }

  SimClient client;
  devbroker::Cluster& cluster;
  Recorder recorder;
  std::optional<Consumer> consumer;
};

}  // namespace

TEST_CASE("B7: the stored offset gets behind markers and aborted records, with the metadata of the last commit") {
  const CommitMode mode = GENERATE(CommitMode::confirmed, CommitMode::pipelined);
  const Ordering ordering = GENERATE(Ordering::consumer, Ordering::partition, Ordering::unordered);
  const bool aborts = GENERATE(false, true);
  CAPTURE(static_cast<int>(mode), static_cast<int>(ordering), aborts);
  TailBench fixture(51, {.commit_mode = mode, .ordering = ordering});
  Recorder& recorder = fixture.recorder;
  fixture.consume(recorder.each([](MessageEnvelope envelope) { CHECK_FALSE(envelope.commit("mine")); }));
  fixture.transaction(3, TransactionEnd::commit);
  if (aborts) fixture.transaction(2, TransactionEnd::abort);
  const int64_t end = aborts ? 7 : 4;
  REQUIRE(fixture.client.until([&] { return fixture.stored() == end; }, 10s));
  CHECK(recorder.got.size() == 3);
  CHECK(fixture.cluster.groups().find("g", {"t", 0})->metadata == "mine");
  const int64_t commits = fixture.commits();
  fixture.client.run(20s);
  CHECK(fixture.commits() == commits);  // there is nothing more to say
  // A marker that comes alone, much later.
  REQUIRE(fixture.cluster.transactions().end("t", 0, kProducer, TransactionEnd::commit) == end);
  REQUIRE(fixture.client.until([&] { return fixture.stored() == end + 1; }, 10s));
  CHECK(fixture.commits() == commits + 1);
  fixture.finish();
}

TEST_CASE("B7: it never gets beyond a record that was not answered, nor beyond one that was acked after the commit") {
  const bool open = GENERATE(false, true);
  const Ordering ordering = GENERATE(Ordering::consumer, Ordering::unordered);
  TailBench fixture(52, {.ordering = ordering});
  Recorder& recorder = fixture.recorder;
  fixture.consume(recorder.each([&](MessageEnvelope envelope) {
    if (envelope.offset() == 0) {
      CHECK_FALSE(envelope.commit());
    } else if (open) {
      recorder.kept.push_back(std::move(envelope));
    } else {
      CHECK_FALSE(envelope.ack());
    }
  }));
  fixture.pass_marker(2);                          // 0, and a marker at 1
  fixture.transaction(1, TransactionEnd::commit);  // 2, and a marker at 3
  fixture.client.run(10s);
  CHECK(recorder.got.size() == 2);
  CHECK(fixture.stored() == 2);
  recorder.kept.clear();
  fixture.finish();
}

TEST_CASE("B7: a seek beyond the last commit stores nothing, since what lies between was not answered") {
  TailBench fixture(55);
  Recorder& recorder = fixture.recorder;
  fixture.consume(recorder.commit());
  fixture.pass_marker(2);  // 0, and a marker at 1
  fixture.consumer->pause();
  fixture.transaction(3, TransactionEnd::commit);  // 2 to 4, and a marker at 5
  REQUIRE_FALSE(fixture.consumer->seek({"t", 0, 5}));
  fixture.consumer->resume();
  fixture.client.run(10s);
  CHECK(recorder.got.size() == 1);
  CHECK(fixture.stored() == 2);
  fixture.finish();
}

TEST_CASE("B7: a stream of short transactions costs one further commit a second at most") {
  TailBench fixture(53);
  Recorder& recorder = fixture.recorder;
  fixture.consume(recorder.commit());
  fixture.client.run(1s);
  const int64_t before = fixture.commits();
  for (int i = 0; i < 50; ++i) {
    fixture.transaction(1, TransactionEnd::commit);
    fixture.client.run(100ms);
  }
  fixture.client.run(2s);
  CHECK(recorder.commits.size() == 50);
  CHECK(fixture.commits() - before >= 51);
  CHECK(fixture.commits() - before <= 50 + 7);
  CHECK(fixture.stored() == 100);
  fixture.finish();
}

TEST_CASE("B7: a further commit that fails ends nothing and is not told, and the next one makes up for it") {
  TailBench fixture(54);
  Recorder& recorder = fixture.recorder;
  fixture.consume(recorder.commit());
  fixture.client.run(1s);
  fixture.cluster.faults().add(ApiKey::offset_commit).skip(1).times(1).reply(Errc::group_authorization_failed);
  fixture.transaction(1, TransactionEnd::commit);
  fixture.client.run(5s);
  CHECK(fixture.stored() == 1);
  CHECK(recorder.ends.empty());
  fixture.transaction(1, TransactionEnd::commit);
  REQUIRE(fixture.client.until([&] { return fixture.stored() == 4; }, 10s));
  CHECK(recorder.got.size() == 2);
  for (const Error& error : recorder.commits) CHECK_FALSE(error);
  fixture.finish();
}

TEST_CASE("B7: a consumption that has ended moves the stored offset no more") {
  TailBench fixture(56);
  Recorder& recorder = fixture.recorder;
  fixture.consume(recorder.commit());
  fixture.pass_marker(2);                          // 0, and a marker at 1
  fixture.transaction(1, TransactionEnd::commit);  // 2, and a marker at 3, within the pause
  REQUIRE(fixture.client.until([&] { return fixture.stored() == 3; }, 10s));
  fixture.client.run(100ms);
  fixture.consumer->stop();
  fixture.client.run(5s);
  CHECK(recorder.ended_well());
  CHECK(fixture.stored() == 3);
  fixture.finish();
}

TEST_CASE("B7: a record that is handed out during the pause keeps the stored offset below it") {
  TailBench fixture(57);
  Recorder& recorder = fixture.recorder;
  fixture.consume(recorder.each([&](MessageEnvelope envelope) {
    if (envelope.offset() == 4) return recorder.kept.push_back(std::move(envelope));
    CHECK_FALSE(envelope.commit());
  }));
  fixture.pass_marker(2);                          // 0, and a marker at 1
  fixture.transaction(1, TransactionEnd::commit);  // 2, and a marker at 3
  REQUIRE(fixture.client.until([&] { return fixture.stored() == 3; }, 10s));
  fixture.client.run(100ms);
  fixture.transaction(1, TransactionEnd::commit);  // 4, and a marker at 5
  REQUIRE(fixture.client.until([&] { return recorder.kept.size() == 1; }, 10s));
  fixture.client.run(5s);
  CHECK(fixture.stored() <= 4);
  recorder.kept.clear();
  fixture.finish();
}

TEST_CASE("B7: a commit of the application that joins a further one is reported, also when it fails") {
  TailBench fixture(58, {.commit_mode = CommitMode::pipelined});
  Recorder& recorder = fixture.recorder;
  fixture.client.run(1s);
  fixture.cluster.faults().add(ApiKey::offset_commit).times(1).delay(3s);
  fixture.cluster.faults().add(ApiKey::offset_commit).times(1).reply(Errc::group_authorization_failed);
  fixture.consume(recorder.commit());
  fixture.transaction(1, TransactionEnd::commit);  // 0, and a marker at 1: its further commit waits for the first one
  fixture.client.run(1s);
  fixture.transaction(1, TransactionEnd::commit);  // 2, and a marker at 3
  REQUIRE(fixture.client.until([&] { return recorder.commits.size() == 2; }, 10s));
  CHECK_FALSE(recorder.commits[0]);
  CHECK(recorder.commits[1] == Errc::group_authorization_failed);
  fixture.finish();
}

TEST_CASE("B7: a further commit has the epoch of the leader that wrote what it passes") {
  TailBench fixture(59, {}, 2);
  devbroker::Cluster& cluster = fixture.cluster;
  fixture.consume(fixture.recorder.commit());
  fixture.pass_marker(2);
  REQUIRE_FALSE(cluster.leaders().move("t", 0, cluster.topics().partition("t", 0)->leader == 1 ? 2 : 1));
  REQUIRE(cluster.transactions().end("t", 0, kProducer, TransactionEnd::commit) == 2);
  REQUIRE(fixture.client.until([&] { return fixture.stored() == 3; }, 20s));
  CHECK(cluster.groups().find("g", {"t", 0})->leader_epoch == cluster.topics().partition("t", 0)->epoch);
  fixture.finish();
}
