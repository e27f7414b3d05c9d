// `pipelined`: the next message does not wait for its predecessor's commit.
#include "consumer_fixture.hpp"

using namespace kafka;
using namespace kafka::sim;
using namespace std::chrono_literals;

namespace {

/// What the broker stored, in that order.
struct Watch {
  explicit Watch(SimClient& client) {
    client.brokers->cluster().groups().watch(
        [this](std::string_view, const TopicPartition&, int64_t offset) { stored.push_back(offset); });
  }
  std::vector<int64_t> stored;
};
}  // namespace

TEST_CASE("F4: pipelined: the next message goes out at once; one OffsetCommit is under way, and the newest wins") {
  const Ordering ordering = GENERATE(Ordering::consumer, Ordering::partition);
  SimClient client(1, {.brokers = 1});
  fill(client, "t", 1, 100);
  Watch watch(client);
  client.brokers->cluster().faults().add(ApiKey::offset_commit).always().delay(1s);
  Recorder recorder;
  std::vector<int64_t> told;
  Consumer consumer(*client.session, "g", kOne, {.commit_mode = CommitMode::pipelined, .ordering = ordering});
  consumer.consume(recorder.each([&](MessageEnvelope envelope) {
    const int64_t offset = envelope.offset();
    if (offset < 10) {
      CHECK_FALSE(envelope.commit("note " + std::to_string(offset), [&, offset](Error error) {
        CHECK_FALSE(error);
        CHECK(watch.stored.back() > offset);
        told.push_back(offset);
      }));
    } else {
      recorder.kept.push_back(std::move(envelope));
    }
  }),
                   recorder.end());
  CHECK(client.until([&] { return recorder.kept.size() == 1; }));
  client.run(500ms);
  CHECK(told.empty());
  CHECK(client.brokers->cluster().requests().count(ApiKey::offset_commit, 0) == 1);
  const size_t first = watch.stored.empty() ? 10 : static_cast<size_t>(watch.stored.front());
  // Two more while the first is under way: one request covers both.
  CHECK_FALSE(recorder.kept[0].commit("a", [&](Error) { told.push_back(10); }));
  client.run(10ms);
  REQUIRE(recorder.kept.size() == 2);
  CHECK_FALSE(recorder.kept[1].commit("b", [&](Error) { told.push_back(11); }));
  client.run(10ms);
  REQUIRE(recorder.kept.size() == 3);
  CHECK(client.brokers->cluster().requests().count(ApiKey::offset_commit, 0) == 1);
  CHECK(client.until([&] { return told.size() == first; }, 2s));
  client.run(10ms);
  CHECK(told == range(0, static_cast<int64_t>(first)));
  CHECK(client.until([&] { return told.size() == 12; }, 3s));
  CHECK(told == range(0, 12));
  CHECK(client.brokers->cluster().requests().count(ApiKey::offset_commit, 0) <= 3);
  CHECK(committed(client, "g", "t", 0) == 12);
  CHECK(client.brokers->cluster().groups().find("g", {"t", 0})->metadata == "b");
  CHECK(std::is_sorted(watch.stored.begin(), watch.stored.end()));
  close(client, consumer);
  client.close();
}

TEST_CASE("pipelined: one request carries all partitions that have something to store") {
  SimClient client(2, {.brokers = 1});
  fill(client, "t", 3, 50);
  client.brokers->cluster().faults().add(ApiKey::offset_commit).always().delay(100ms);
  Recorder recorder;
  Consumer consumer(
      *client.session, "g", kThree,
      {.commit_mode = CommitMode::pipelined, .ordering = GENERATE(Ordering::consumer, Ordering::partition)});
  consumer.consume(150, recorder.commit(), [&](Error error) {
    CHECK(recorder.commits.size() == 150);
    recorder.ends.push_back(std::move(error));
  });
  CHECK(client.until([&] { return !recorder.ends.empty(); }));
  CHECK(recorder.ended_well());
  recorder.check_dense(3, 0, 50);
  for (int p = 0; p < 3; ++p) CHECK(committed(client, "g", "t", p) == 50);
  CHECK(client.brokers->cluster().requests().count(ApiKey::offset_commit, 0) <= 5);
  close(client, consumer);
  client.close();
}

TEST_CASE("pipelined: close waits for what was answered") {
  SimClient client(3, {.brokers = 1});
  fill(client, "t", 3, 20);
  client.brokers->cluster().faults().add(ApiKey::offset_commit).always().delay(1s);
  Recorder recorder;
  Consumer consumer(*client.session, "g", kThree, {.commit_mode = CommitMode::pipelined});
  consumer.consume(recorder.each([&](MessageEnvelope envelope) {
    envelope.commit({}, [&](Error error) { recorder.commits.push_back(std::move(error)); });
    if (recorder.got.size() == 30) consumer.close([&] { CHECK(recorder.commits.size() == 30); });
  }),
                   recorder.end());
  CHECK(client.until([&] { return recorder.ends.size() == 1 && recorder.commits.size() == 30; }));
  client.run(3s);
  CHECK(recorder.got.size() == 30);
  for (const Error& error : recorder.commits) CHECK_FALSE(error);
  int64_t stored = 0;
  for (int p = 0; p < 3; ++p) stored += std::max<int64_t>(committed(client, "g", "t", p), 0);
  CHECK(stored == 30);
  client.close();
}

TEST_CASE("pipelined: ack stores nothing by itself") {
  SimClient client(4, {.brokers = 1});
  fill(client, "t", 1, 10);
  Recorder recorder;
  Consumer consumer(*client.session, "g", kOne, {.commit_mode = CommitMode::pipelined});
  consumer.consume(recorder.each([&](MessageEnvelope envelope) {
    const Error error = envelope.offset() == 5 ? envelope.commit() : envelope.ack();
    CHECK_FALSE(error);
  }),
                   recorder.end());
  CHECK(client.until([&] { return recorder.got.size() == 10; }));
  close(client, consumer);
  CHECK(committed(client, "g", "t", 0) == 6);
  client.close();
}

TEST_CASE("pipelined: a commit that fails for good ends the consumption, also one whose limit is reached") {
  const bool limited = GENERATE(false, true);
  SimClient client(5, {.brokers = 1});
  fill(client, "t", 1, 20);
  devbroker::Faults& faults = client.brokers->cluster().faults();
  faults.add(ApiKey::offset_commit).times(1).delay(100ms);
  faults.add(ApiKey::offset_commit).delay(100ms).reply(Errc::group_authorization_failed);
  Recorder recorder;
  Consumer consumer(*client.session, "g", kOne, {.commit_mode = CommitMode::pipelined});
  std::vector<MessageEnvelope> kept;
  auto answer = [&](MessageEnvelope envelope) {
    const int64_t offset = envelope.offset();
    if (offset == 3 || offset == 8) return kept.push_back(std::move(envelope));
    CHECK_FALSE(envelope.commit({}, [&](Error error) { recorder.commits.push_back(std::move(error)); }));
  };
  if (limited) {
    consumer.consume(8, recorder.each(answer), recorder.end());
  } else {
    consumer.consume(recorder.each(answer), recorder.end());
  }
  CHECK(client.until([&] { return recorder.commits.size() == 3; }));  // 0 to 2
  CHECK_FALSE(kept.front().commit({}, [&](Error error) { recorder.commits.push_back(std::move(error)); }));
  CHECK(client.until([&] { return !recorder.ends.empty(); }));
  CHECK(recorder.ended_with(Errc::group_authorization_failed));
  REQUIRE(recorder.commits.size() == 8);
  for (size_t i = 3; i < 8; ++i) CHECK(recorder.commits[i] == Errc::group_authorization_failed);
  CHECK(committed(client, "g", "t", 0) == 3);
  CHECK(consumer.position("t", 0) == 3);
  if (!limited) CHECK_FALSE(kept.back().ack());
  recorder = {};
  consumer.consume(recorder.commit(), recorder.end());
  CHECK(client.until([&] { return committed(client, "g", "t", 0) == 20; }));
  CHECK(recorder.offsets(0) == range(3, 20));
  close(client, consumer);
  client.close();
}

TEST_CASE("pipelined: a commit that was under way when the position was set does not take it back") {
  const bool fails = GENERATE(false, true);
  const bool before = GENERATE(false, true);
  SimClient client(6, {.brokers = 1});
  fill(client, "t", 1, 20);
  devbroker::Faults& faults = client.brokers->cluster().faults();
  if (fails) {
    faults.add(ApiKey::offset_commit).delay(100ms).reply(Errc::group_authorization_failed);
  } else {
    faults.add(ApiKey::offset_commit).delay(100ms);
  }
  Recorder recorder;
  Consumer consumer(*client.session, "g", kOne, {.commit_mode = CommitMode::pipelined});
  consumer.consume(recorder.keep(), recorder.end());
  CHECK(client.until([&] { return recorder.kept.size() == 1; }));
  const auto commit = [&] {
    CHECK_FALSE(recorder.kept.front().commit({}, [&](Error error) { recorder.commits.push_back(std::move(error)); }));
  };
  if (before) commit();
  CHECK_FALSE(consumer.seek({"t", 0, 12}));
  if (!before) commit();
  CHECK(client.until([&] { return recorder.commits.size() == 1; }));
  client.run(1s);
  CHECK(consumer.position("t", 0) == 12);
  CHECK(committed(client, "g", "t", 0) == (fails ? -1 : 1));
  CHECK(recorder.ends.size() == (fails ? 1 : 0));
  close(client, consumer);
  client.close();
}

TEST_CASE("pipelined: a commit that a lower one replaces before it is sent is not told to be stored") {
  SimClient client(6, {.brokers = 1});
  fill(client, "t", 2, 20);
  devbroker::Faults& faults = client.brokers->cluster().faults();
  faults.add(ApiKey::offset_commit).delay(100ms).reply(Errc::group_authorization_failed);
  faults.add(ApiKey::offset_commit).always().delay(1s);
  Consumer consumer(*client.session, "g", {{"t", {0, 1}}},
                    {.commit_mode = CommitMode::pipelined, .ordering = Ordering::partition});
  Watch watch(client);
  std::map<int32_t, MessageEnvelope> kept;
  std::vector<Error> ends, outcomes;
  const auto note = [&](Error error) { outcomes.push_back(std::move(error)); };
  consumer.consume(
      [&](MessageEnvelope envelope) {
        if (envelope.partition() == 0 && envelope.offset() < 3) {
          envelope.commit();
        } else {
          kept.emplace(envelope.partition(), std::move(envelope));
        }
      },
      [&](Error error) { ends.push_back(std::move(error)); });
  CHECK(client.until([&] { return !ends.empty(); }));
  REQUIRE(kept.size() == 2);
  // What failed comes again. A commit of the other partition is under way, so that the next ones wait.
  CHECK_FALSE(kept[1].commit());
  client.run(10ms);
  CHECK_FALSE(kept[0].commit({}, note));
  consumer.consume([&](MessageEnvelope envelope) {
    if (envelope.partition() == 0 && envelope.offset() == 0) {
      CHECK_FALSE(envelope.commit({}, note));
    } else {
      kept[envelope.partition()] = std::move(envelope);
    }
  });
  CHECK(client.until([&] { return outcomes.size() == 2; }));
  CHECK(outcomes[0] == Errc::lost);
  CHECK(outcomes[0].message().find("a later commit stored offset 1 in place of 4") != std::string::npos);
  CHECK_FALSE(outcomes[1]);
  CHECK(watch.stored == std::vector<int64_t>{1, 1});
  kept.clear();
  close(client, consumer);
  client.close();
}

TEST_CASE("pipelined: a cancelled or dropped message comes again; what was answered before is stored") {
  const bool cancel = GENERATE(true, false);
  SimClient client(7, {.brokers = 1});
  fill(client, "t", 1, 10);
  client.brokers->cluster().faults().add(ApiKey::offset_commit).always().delay(100ms);
  Recorder recorder;
  Consumer consumer(*client.session, "g", kOne, {.commit_mode = CommitMode::pipelined});
  consumer.consume(recorder.each([&](MessageEnvelope envelope) {
    if (envelope.offset() < 4) envelope.commit();
    if (envelope.offset() == 4 && cancel) envelope.cancel();
  }),
                   [&](Error error) {
                     CHECK(committed(client, "g", "t", 0) == 4);
                     recorder.ends.push_back(std::move(error));
                   });
  CHECK(client.until([&] { return !recorder.ends.empty(); }));
  CHECK((cancel ? recorder.ended_well() : recorder.ended_with(Errc::envelope_dropped)));
  CHECK(recorder.offsets(0) == range(0, 5));
  CHECK(consumer.position("t", 0) == 4);
  close(client, consumer);
  client.close();
}

TEST_CASE("F5: commits that are tried again never go back") {
  SimClient client(8, {.brokers = 3, .session = {.request_timeout = 500ms}});
  fill(client, "t", 1, 200);
  Watch watch(client);
  devbroker::Faults& faults = client.brokers->cluster().faults();
  faults.add(ApiKey::offset_commit).times(3).reply(Errc::coordinator_load_in_progress);
  faults.add(ApiKey::offset_commit).reply(Errc::not_coordinator);
  faults.add(ApiKey::offset_commit).close_after();
  const Ordering ordering = GENERATE(Ordering::partition, Ordering::unordered);
  Recorder recorder;
  Consumer consumer(*client.session, "g", kOne, {.commit_mode = CommitMode::pipelined, .ordering = ordering});
  consumer.consume(recorder.commit(), recorder.end());
  CHECK(client.until([&] { return recorder.commits.size() == 200; }));
  for (const Error& error : recorder.commits) CHECK_FALSE(error);
  CHECK(std::is_sorted(watch.stored.begin(), watch.stored.end()));
  CHECK(committed(client, "g", "t", 0) == 200);
  close(client, consumer);
  client.close();
}

TEST_CASE("a Fetcher's commit acts as ack in every mode") {
  SimClient client(9, {.brokers = 1});
  fill(client, "t", 1, 20);
  const auto mode = GENERATE(CommitMode::confirmed, CommitMode::pipelined);
  const auto ordering = GENERATE(Ordering::consumer, Ordering::partition, Ordering::unordered);
  Recorder recorder;
  Fetcher fetcher(*client.session, {{"t", 0, 0}}, {.commit_mode = mode, .ordering = ordering});
  fetcher.fetch(20, recorder.commit(), recorder.end());
  CHECK(client.until([&] { return !recorder.ends.empty() && recorder.commits.size() == 20; }));
  CHECK(recorder.ended_well());
  for (const Error& error : recorder.commits) CHECK_FALSE(error);
  CHECK(client.brokers->cluster().requests().count(ApiKey::offset_commit, 0) == 0);
  close(client, fetcher);
  client.close();
}
