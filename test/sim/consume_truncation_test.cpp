// D11: logs that lose records which were read already, as after an unclean election (KIP-320).
// Not here: the end of a session or a connection, offsets that are out of range (consume_fault_test.cpp).
#include "fetch_fixture.hpp"

using namespace kafka;
using namespace kafka::sim;
using namespace std::chrono_literals;
using Type = Event::Type;

TEST_CASE("D11: after an unclean election reading goes on where the logs part, with an event, or stops") {
  SimClient client(11, {.brokers = 3});
  devbroker::Cluster& cluster = client.brokers->cluster();
  fill_batches(client, "t", 1, 10, 1);
  const auto policy = GENERATE(OutOfRange::reset_to_earliest, OutOfRange::reset_to_latest, OutOfRange::fail);
  const bool longer = GENERATE(true, false);
  // 2.4 has Fetch 11: OffsetForLeaderEpoch is asked instead, also where metadata tells of no new leader.
  const std::string release = GENERATE(std::string(), std::string("2.4"));
  const bool moves = GENERATE(false, true);
  REQUIRE_FALSE(cluster.releases().as_version(release));
  CAPTURE(static_cast<int>(policy), longer, release, moves);
  Recorder recorder;
  Fetcher fetcher(*client.session, {{"t", 0, 0}}, {.on_offset_out_of_range = policy});
  recorder.listen(fetcher);
  fetcher.fetch(recorder.ack(), recorder.end());
  REQUIRE(client.until([&] { return !recorder.partition_ends.empty(); }));
  REQUIRE_FALSE(cluster.leaders().truncate_to("t", 0, 6));
  const int count = longer ? 20 : 2;  // the new log reaches beyond the old position, or not
  if (moves) {
    client.brokers->kill(cluster.topics().partition("t", 0)->leader);
    REQUIRE_FALSE(cluster.leaders().truncate_to("t", 0, 6));
  }
  for (int i = 0; i < count; ++i) REQUIRE(cluster.contents().append("t", 0, {.value = "new"}) == 6 + i);
  client.run(5s);
  if (policy == OutOfRange::fail) {
    CHECK(recorder.offsets(0) == range(0, 10));
    REQUIRE(recorder.count(Type::partition_stopped) == 1);
    CHECK(recorder.events.back().error == Errc::offset_out_of_range);
    CHECK(recorder.ended_with(Errc::offset_out_of_range));
    REQUIRE_FALSE(fetcher.seek({"t", 0, 6}));
    fetcher.fetch(recorder.ack(), recorder.end());
    client.run(5s);
  } else {
    REQUIRE(recorder.count(Type::log_truncated) == 1);
    CHECK(recorder.events.front().offset == 6);
  }
  CHECK(recorder.count(Type::offset_reset) == 0);
  std::vector<int64_t> wanted = range(0, 10);
  for (int i = 0; i < count; ++i) wanted.push_back(6 + i);
  CHECK(recorder.offsets(0) == wanted);
  close(client, fetcher);
  client.close();
}

TEST_CASE("D11: records that were fetched from a lost log and not dispatched are fetched again, without an event") {
  SimClient client(12, {.brokers = 3});
  devbroker::Cluster& cluster = client.brokers->cluster();
  fill_batches(client, "t", 1, 10, 1);
  Recorder recorder;
  Fetcher fetcher(*client.session, {{"t", 0, 0}});
  recorder.listen(fetcher);
  fetcher.fetch(recorder.keep(), recorder.end());
  REQUIRE(client.until([&] { return recorder.kept.size() == 1; }));
  client.run(1s);
  REQUIRE_FALSE(cluster.leaders().truncate_to("t", 0, 6));
  for (int i = 0; i < 10; ++i) REQUIRE(cluster.contents().append("t", 0, {.value = "new"}) == 6 + i);
  client.run(5s);
  while (recorder.got.size() < 16) {
    CHECK_FALSE(recorder.kept.back().ack());
    const size_t before = recorder.kept.size();
    REQUIRE(client.until([&] { return recorder.kept.size() > before; }, 10s));
  }
  CHECK(recorder.offsets(0) == range(0, 16));
  CHECK(recorder.got[7].value == "new");
  CHECK(recorder.events.empty());
  recorder.kept.clear();
  close(client, fetcher);
  client.close();
}

TEST_CASE("D11: a second truncation is noticed as well") {
  SimClient client(13, {.brokers = 1});
  devbroker::Cluster& cluster = client.brokers->cluster();
  fill_batches(client, "t", 1, 10, 1);
  Recorder recorder;
  Fetcher fetcher(*client.session, {{"t", 0, 0}});
  recorder.listen(fetcher);
  fetcher.fetch(recorder.ack(), recorder.end());
  REQUIRE(client.until([&] { return recorder.got.size() == 10; }));
  REQUIRE_FALSE(cluster.leaders().truncate_to("t", 0, 6));
  client.run(5s);
  REQUIRE(recorder.count(Type::log_truncated) == 1);
  REQUIRE_FALSE(cluster.leaders().truncate_to("t", 0, 3));
  for (int i = 0; i < 10; ++i) REQUIRE(cluster.contents().append("t", 0, {.value = "new"}) == 3 + i);
  client.run(5s);
  REQUIRE(recorder.count(Type::log_truncated) == 2);
  CHECK(recorder.events[0].offset == 6);
  CHECK(recorder.events[1].offset == 3);
  std::vector<int64_t> wanted = range(0, 10);
  for (int i = 3; i < 13; ++i) wanted.push_back(i);
  CHECK(recorder.offsets(0) == wanted);
  close(client, fetcher);
  client.close();
}

TEST_CASE("D11: an envelope that was open when the log was cut below it commits no further than the cut") {
  SimClient client(14, {.brokers = 1});
  devbroker::Cluster& cluster = client.brokers->cluster();
  fill_batches(client, "t", 1, 10, 1);
  Recorder recorder;
  Consumer consumer(*client.session, "g", {{"t", {0}}});
  recorder.listen(consumer);
  std::optional<MessageEnvelope> open;
  consumer.consume(
      [&](MessageEnvelope envelope) {
        recorder.got.push_back({"t", 0, envelope.offset(), std::string(envelope.value())});
        if (envelope.offset() == 9 && !open) {
          open = std::move(envelope);
        } else {
          envelope.commit();
        }
      },
      recorder.end());
  REQUIRE(client.until([&] { return open.has_value(); }));
  REQUIRE(committed(client, "g", "t", 0) == 9);
  REQUIRE_FALSE(cluster.leaders().truncate_to("t", 0, 6));
  client.run(2s);
  REQUIRE(recorder.count(Type::log_truncated) == 1);
  const bool commits = GENERATE(true, false);
  int told = 0;
  if (commits) {
    open->commit({}, [&](Error error) {
      CHECK(error == Errc::offset_out_of_range);
      ++told;
    });
    REQUIRE(client.until([&] { return told == 1; }));
    CHECK(committed(client, "g", "t", 0) == 6);
  } else {
    open->ack();
  }
  for (int i = 0; i < 2; ++i) REQUIRE(cluster.contents().append("t", 0, {.value = "new"}) == 6 + i);
  REQUIRE(client.until([&] { return recorder.got.size() == 12 && committed(client, "g", "t", 0) == 8; }));
  CHECK(recorder.got[10].offset == 6);
  CHECK(recorder.got[10].value == "new");
  close(client, consumer);
  client.close();
}

// The application goes back, and has an envelope from before open, or its commit is noted and not sent. Then records
// are cut that were only fetched.
TEST_CASE("D11: after a seek backwards a truncation shortens only the commits that it cuts, and says so to them") {
  SimClient client(16, {.brokers = 1});
  devbroker::Cluster& cluster = client.brokers->cluster();
  fill_batches(client, "t", 1, 20, 1);
  const CommitMode mode = GENERATE(CommitMode::confirmed, CommitMode::pipelined);
  const Ordering ordering = GENERATE(Ordering::consumer, Ordering::partition);
  const bool noted = GENERATE(false, true);
  const int64_t end = GENERATE(15, 11, 6);
  CAPTURE(static_cast<int>(mode), static_cast<int>(ordering), noted, end);
  Recorder recorder;
  Consumer consumer(*client.session, "g", {{"t", {0}}}, {.commit_mode = mode, .ordering = ordering});
  recorder.listen(consumer);
  std::optional<MessageEnvelope> open;
  std::vector<MessageEnvelope> rest;
  consumer.consume(recorder.each([&](MessageEnvelope envelope) {
    if (open) {
      rest.push_back(std::move(envelope));
    } else if (envelope.offset() == 10) {
      open = std::move(envelope);
    } else {
      envelope.ack();
    }
  }),
                   recorder.end());
  REQUIRE(client.until([&] { return open.has_value(); }));
  std::vector<Error> told;
  const auto commit = [&] { CHECK_FALSE(open->commit({}, [&](Error error) { told.push_back(std::move(error)); })); };
  if (noted) {
    cluster.faults().add(ApiKey::offset_commit).times(1).drop_response();  // it is sent again much later
    commit();
    client.run(1ms);
  }
  REQUIRE_FALSE(consumer.seek({"t", 0, 1}));
  client.run(1s);
  REQUIRE_FALSE(cluster.leaders().truncate_to("t", 0, end));
  client.run(2s);
  if (!noted) commit();
  REQUIRE(client.until([&] { return !told.empty(); }, 2min));
  CHECK(recorder.count(Type::log_truncated) == 0);
  if (end < 11) {
    CHECK(told.front() == Errc::offset_out_of_range);
  } else {
    CHECK_FALSE(told.front());
  }
  CHECK(committed(client, "g", "t", 0) == (noted ? 11 : std::min<int64_t>(end, 11)));
  CHECK(recorder.ends.empty());
  REQUIRE(client.until([&] { return !rest.empty(); }));
  CHECK(rest.front().offset() == (noted && mode == CommitMode::pipelined ? 11 : 1));
  rest.clear();
  close(client, consumer);
  client.close();
}

TEST_CASE(
    "D11: of commits that were joined into one, those that a truncation cuts get the error, and the rest is stored") {
  SimClient client(17, {.brokers = 1});
  devbroker::Cluster& cluster = client.brokers->cluster();
  fill_batches(client, "t", 1, 10, 1);
  Recorder recorder;
  Consumer consumer(*client.session, "g", {{"t", {0}}}, {.commit_mode = CommitMode::pipelined});
  recorder.listen(consumer);
  cluster.faults().add(ApiKey::offset_commit).times(1).delay(5s);
  std::map<int64_t, Error> told;
  consumer.consume(recorder.each([&](MessageEnvelope envelope) {
    const int64_t offset = envelope.offset();
    envelope.commit({}, [&told, offset](Error error) { told[offset] = std::move(error); });
    if (offset == 2) CHECK_FALSE(consumer.pause({{"t", {0}}}));
  }),
                   recorder.end());
  REQUIRE(client.until([&] { return recorder.got.size() == 3; }));
  client.run(1ms);  // the first commit has left with what was answered until then
  REQUIRE_FALSE(consumer.resume({{"t", {0}}}));
  REQUIRE(client.until([&] { return recorder.got.size() == 10; }));
  REQUIRE_FALSE(cluster.leaders().truncate_to("t", 0, 6));
  REQUIRE(client.until([&] { return told.size() == 10; }, 1min));
  CHECK(recorder.count(Type::log_truncated) == 1);
  for (const auto& [offset, error] : told) {
    CAPTURE(offset);
    CHECK(error.code() == (offset < 6 ? Errc::none : Errc::offset_out_of_range));
  }
  CHECK(committed(client, "g", "t", 0) == 6);
  CHECK(recorder.ends.empty());
  close(client, consumer);
  client.close();
}

TEST_CASE(
    "D11: where no epoch tells that the log was cut, its end does: a commit behind it is stored as far as it goes") {
  SimClient client(18, {.brokers = 1});
  devbroker::Cluster& cluster = client.brokers->cluster();
  REQUIRE_FALSE(cluster.releases().as_version("1.1"));
  fill_batches(client, "t", 1, 10, 1);
  const auto policy = GENERATE(OutOfRange::reset_to_earliest, OutOfRange::reset_to_latest, OutOfRange::fail);
  Recorder recorder;
  Consumer consumer(*client.session, "g", {{"t", {0}}},
                    {.commit_mode = CommitMode::pipelined, .on_offset_out_of_range = policy});
  recorder.listen(consumer);
  cluster.faults().add(ApiKey::offset_commit).times(1).delay(5s);
  std::map<int64_t, Error> told;
  consumer.consume(recorder.each([&](MessageEnvelope envelope) {
    const int64_t offset = envelope.offset();
    if (recorder.got.size() > 10 || offset < 4) {
      envelope.ack();
    } else {
      envelope.commit({}, [&told, offset](Error error) { told[offset] = std::move(error); });
      if (offset == 4) CHECK_FALSE(consumer.pause({{"t", {0}}}));
    }
  }),
                   recorder.end());
  REQUIRE(client.until([&] { return recorder.got.size() == 5; }));
  client.run(1ms);
  REQUIRE_FALSE(consumer.resume({{"t", {0}}}));
  REQUIRE(client.until([&] { return recorder.got.size() == 10; }));
  CHECK(told.empty());  // that of 4 is under way, and the others wait for it
  REQUIRE_FALSE(cluster.leaders().truncate_to("t", 0, 6));
  REQUIRE(client.until([&] { return told.size() == 6; }));
  CHECK(recorder.events.back().error == Errc::offset_out_of_range);
  CHECK(recorder.events.back().type == (policy == OutOfRange::fail ? Type::partition_stopped : Type::offset_reset));
  for (const auto& [offset, error] : told) {
    CAPTURE(offset);
    CHECK(error.code() == (offset < 6 ? Errc::none : Errc::offset_out_of_range));
  }
  CHECK(committed(client, "g", "t", 0) == 6);
  CHECK(recorder.ends.empty());
  close(client, consumer);
  client.close();
}

TEST_CASE("D11: where nobody knows where the log was cut, no commit covers records that came since") {
  SimClient client(19, {.brokers = 1});
  devbroker::Cluster& cluster = client.brokers->cluster();
  REQUIRE_FALSE(cluster.releases().as_version("1.1"));
  fill_batches(client, "t", 1, 5, 5);
  const auto policy = GENERATE(OutOfRange::reset_to_earliest, OutOfRange::reset_to_latest, OutOfRange::fail);
  const CommitMode mode = GENERATE(CommitMode::confirmed, CommitMode::pipelined);
  const bool answered = GENERATE(false, true);  // the commit waits for the one before it when the log is cut
  if (answered && mode == CommitMode::confirmed) return;
  CAPTURE(static_cast<int>(policy), static_cast<int>(mode), answered);
  Recorder recorder;
  Consumer consumer(*client.session, "g", {{"t", {0}}}, {.commit_mode = mode, .on_offset_out_of_range = policy});
  recorder.listen(consumer);
  if (answered) cluster.faults().add(ApiKey::offset_commit).times(1).delay(5s);
  std::vector<Error> told;
  std::vector<BatchEnvelope> batches;
  const auto commit = [&](size_t index) {
    batches[index].commit({}, [&told](Error error) { told.push_back(std::move(error)); });
  };
  consumer.batch_consume(100, [&](BatchEnvelope batch) {
    batches.push_back(std::move(batch));
    if (batches.size() == 1 || (batches.size() == 2 && answered)) commit(batches.size() - 1);
    if (batches.size() > 2) batches.back().ack();
  });
  REQUIRE(client.until([&] { return batches.size() == 1; }));
  client.run(1ms);  // its commit has left
  fill_batches(client, "t", 1, 5, 5);
  REQUIRE(client.until([&] { return batches.size() == 2; }));
  client.run(1s);
  REQUIRE_FALSE(cluster.leaders().truncate_to("t", 0, 7));
  fill_batches(client, "t", 1, 2, 1);  // 7 and 8 are new, and 10 was committed in another log
  client.run(3s);
  CHECK(recorder.events.back().error == Errc::offset_out_of_range);
  if (!answered) commit(1);
  REQUIRE(client.until([&] { return told.size() == 2; }));
  const size_t lost = answered ? 0 : 1;
  CHECK(told[lost] == Errc::offset_out_of_range);
  CHECK_FALSE(told[1 - lost]);
  client.run(2s);
  CHECK(committed(client, "g", "t", 0) == 5);
  close(client, consumer);
  client.close();
}

TEST_CASE("D11: with unordered, answers to envelopes that were open when the log was cut store nothing beyond it") {
  SimClient client(15, {.brokers = 1});
  devbroker::Cluster& cluster = client.brokers->cluster();
  fill_batches(client, "t", 1, 10, 1);
  const CommitMode mode = GENERATE(CommitMode::confirmed, CommitMode::pipelined);
  Recorder recorder;
  Consumer consumer(*client.session, "g", {{"t", {0}}}, {.commit_mode = mode, .ordering = Ordering::unordered});
  recorder.listen(consumer);
  std::vector<MessageEnvelope> open;
  consumer.consume(
      [&](MessageEnvelope envelope) {
        recorder.got.push_back({"t", 0, envelope.offset(), std::string(envelope.value())});
        if (recorder.got.size() > 10 || envelope.offset() < 4) {
          envelope.commit();
        } else {
          open.push_back(std::move(envelope));
        }
      },
      recorder.end());
  REQUIRE(client.until([&] { return open.size() == 6 && committed(client, "g", "t", 0) == 4; }));
  REQUIRE_FALSE(cluster.leaders().truncate_to("t", 0, 6));
  client.run(2s);
  REQUIRE(recorder.count(Type::log_truncated) == 1);
  for (MessageEnvelope& envelope : open) CHECK(envelope.commit() == Errc::lost);
  client.run(2s);
  CHECK(committed(client, "g", "t", 0) <= 6);
  for (int i = 0; i < 2; ++i) REQUIRE(cluster.contents().append("t", 0, {.value = "new"}) == 6 + i);
  REQUIRE(client.until([&] { return recorder.got.size() == 12 && committed(client, "g", "t", 0) == 8; }));
  CHECK(recorder.got[10].value == "new");
  close(client, consumer);
  client.close();
}

TEST_CASE("D11: a leader that does not know the epoch of the last record resets nothing, nor does an undefined end") {
  FetchFixture fixture(1);
  fixture.peer.lead(3);
  fixture.peer.add(0, 10, 0, {.leader_epoch = 3});
  int doubts = 0;
  const bool undefined = GENERATE(false, true);
  fixture.peer.twist = [&](const protocol::FetchRequest& request, protocol::FetchResponse& response) {
    if (request.topics.empty() || request.topics[0].partitions[0].last_fetched_epoch < 0) return;
    CHECK(request.topics[0].partitions[0].last_fetched_epoch == 3);
    ++doubts;
    auto& answer = response.responses[0].partitions[0];
    if (undefined) {
      answer.diverging_epoch = {.epoch = -1, .end_offset = -1};
    } else {
      answer.error_code = static_cast<int16_t>(Errc::offset_out_of_range);
    }
  };
  Recorder recorder;
  Fetcher fetcher = fixture.fetcher(1);
  recorder.listen(fetcher);
  fetcher.fetch(recorder.ack(), recorder.end());
  REQUIRE(fixture.client.until([&] { return doubts > 0; }));
  fixture.peer.add(0, 10, 0, {.leader_epoch = 3});
  fixture.client.run(5s);
  CHECK(recorder.offsets(0) == range(0, 20));
  CHECK(recorder.events.empty());
  close(fixture.client, fetcher);
  fixture.client.close();
}

TEST_CASE(
    "D11: the place where logs part is believed only if it has an epoch and lies before the position; no busy loop") {
  const bool asked = GENERATE(true, false);
  FetchFixture fixture(1, asked ? 12 : 11);
  fixture.peer.lead(3);
  fixture.peer.add(0, 10, 0, {.leader_epoch = 3});
  fixture.peer.twist = [&](const protocol::FetchRequest& request, protocol::FetchResponse& response) {
    CHECK((asked || request.topics[0].partitions[0].last_fetched_epoch == -1));
    auto& answer = response.responses[0].partitions[0];
    if (request.topics[0].partitions[0].fetch_offset == 10) answer.diverging_epoch = {.epoch = 3, .end_offset = 10};
    if (request.topics[0].partitions[0].fetch_offset == 0) answer.diverging_epoch = {.epoch = 0, .end_offset = 0};
  };
  if (!asked) {
    fixture.peer.twist = [&](const protocol::FetchRequest& request, protocol::FetchResponse&) {
      CHECK(request.topics[0].partitions[0].last_fetched_epoch == -1);
    };
  }
  Recorder recorder;
  Fetcher fetcher = fixture.fetcher(1);
  recorder.listen(fetcher);
  fetcher.fetch(recorder.ack(), recorder.end());
  fixture.client.run(10s);
  CHECK(recorder.offsets(0) == range(0, 10));
  CHECK(recorder.count(Type::log_truncated) == 0);
  CHECK(fixture.peer.asked.size() < 60);
  if (asked) {
    REQUIRE(fixture.stopped(recorder) != nullptr);
    CHECK(fixture.stopped(recorder)->error == Errc::protocol_error);
  }
  close(fixture.client, fetcher);
  fixture.client.close();
}

TEST_CASE("D11: what was answered before the position was set back does not count where the log ends below a commit") {
  SimClient client(19, {.brokers = 1});
  devbroker::Cluster& cluster = client.brokers->cluster();
  REQUIRE_FALSE(cluster.releases().as_version("1.1"));
  fill_batches(client, "t", 1, 10, 1);
  Recorder recorder;
  Consumer consumer(*client.session, "g", {{"t", {0}}},
                    {.commit_mode = CommitMode::pipelined, .on_offset_out_of_range = OutOfRange::fail});
  recorder.listen(consumer);
  cluster.faults().add(ApiKey::offset_commit).times(1).delay(5s);
  std::vector<std::pair<int64_t, Errc>> told;
  bool again = false;
  consumer.consume(recorder.each([&](MessageEnvelope envelope) {
    const int64_t offset = envelope.offset();
    const bool commits = again ? offset == 2 || offset == 9 : offset == 4 || offset == 7;
    if (!commits) return static_cast<void>(envelope.ack());
    CHECK_FALSE(envelope.commit({}, [&told, offset](Error error) { told.emplace_back(offset, error.code()); }));
    if (offset == 4) CHECK_FALSE(consumer.pause({{"t", {0}}}));
  }),
                   recorder.end());
  REQUIRE(client.until([&] { return recorder.got.size() == 5; }));
  client.run(1ms);  // the commit of 4 is under way
  REQUIRE_FALSE(consumer.resume({{"t", {0}}}));
  REQUIRE(client.until([&] { return recorder.got.size() == 10; }));
  again = true;
  REQUIRE_FALSE(consumer.seek({"t", 0, 0}));
  REQUIRE(client.until([&] { return recorder.got.size() == 20; }));
  CHECK(told.empty());
  REQUIRE_FALSE(cluster.leaders().truncate_to("t", 0, 8));
  REQUIRE(client.until([&] { return told.size() == 4; }));
  const std::vector<std::pair<int64_t, Errc>> wanted{
      {4, Errc::none}, {7, Errc::lost}, {2, Errc::none}, {9, Errc::offset_out_of_range}};
  CHECK(told == wanted);
  CHECK(committed(client, "g", "t", 0) == 3);
  close(client, consumer);
  client.close();
}
