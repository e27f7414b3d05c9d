// Consuming without faults: order, what each answer does, limits, batches, one consumption at a time.
// Not here: where partitions begin (consume_start_test.cpp), pause and seek (consume_control_test.cpp),
// faults (consume_fault_test.cpp).
#include "consumer_fixture.hpp"
#include "records/builder.hpp"

using namespace kafka;
using namespace kafka::sim;
using namespace std::chrono_literals;

namespace {}  // namespace

TEST_CASE("every message of every partition comes once and in order, whatever the broker's age") {
  const std::string release =
      GENERATE(std::string(), std::string("0.8.2"), std::string("0.9"), std::string("0.10"), std::string("0.11"),
               std::string("1.1"), std::string("2.4"), std::string("2.8"), std::string("4.3"));
  const Ordering ordering = GENERATE(Ordering::consumer, Ordering::partition);
  CAPTURE(release);
  SimClient client(1, {.brokers = 3});
  fill(client, "t", 3, 200);
  REQUIRE_FALSE(client.brokers->cluster().releases().as_version(release));
  Recorder recorder;
  {
    Consumer consumer(*client.session, "g", kThree, {.ordering = ordering});
    recorder.listen(consumer);
    consumer.consume(recorder.ack(), recorder.end());
    CHECK(recorder.got.empty());
    CHECK(client.until([&] { return recorder.got.size() == 600 && recorder.partition_ends.size() == 3; }, 5s));
    fill(client, "t", 3, 50);
    CHECK(client.until([&] { return recorder.got.size() == 750 && recorder.partition_ends.size() == 6; }, 5s));
    client.run(5s);
    recorder.check_dense(3, 0, 250);
    CHECK(recorder.partition_ends.size() == 6);
    CHECK(recorder.deepest == 1);
    CHECK(recorder.ends.empty());
    close(client, consumer);
    CHECK(recorder.ended_with(Errc::closed));
  }
  client.close();
}

TEST_CASE("commit stores the next offset, and only then is the next message dispatched") {
  SimClient client(2, {.brokers = 3});
  fill(client, "t", 1, 5);
  Recorder recorder;
  Consumer consumer(*client.session, "g", kOne);
  consumer.consume(recorder.each([&](MessageEnvelope envelope) {
    const int64_t offset = envelope.offset();
    CHECK(committed(client, "g", "t", 0) == (offset == 0 ? -1 : offset));
    CHECK_FALSE(envelope.commit("note " + std::to_string(offset),
                                [&](Error error) { recorder.commits.push_back(std::move(error)); }));
    CHECK(recorder.commits.size() == static_cast<size_t>(offset));
    CHECK(envelope.answered());
  }),
                   recorder.end());
  CHECK(client.until([&] { return recorder.commits.size() == 5; }));
  recorder.check_dense(1, 0, 5);
  for (const Error& error : recorder.commits) CHECK_FALSE(error);
  CHECK(committed(client, "g", "t", 0) == 5);
  const auto* stored = client.brokers->cluster().groups().find("g", {"t", 0});
  REQUIRE(stored != nullptr);
  CHECK(stored->metadata == "note 4");
  close(client, consumer);

  // Another consumer of the group goes on there.
  fill(client, "t", 1, 1);
  Recorder second;
  Consumer next(*client.session, "g", kOne);
  next.consume(second.ack(), second.end());
  CHECK(client.until([&] { return !second.got.empty(); }));
  CHECK(second.offsets(0) == range(5, 6));
  CHECK(committed(client, "g", "t", 0) == 5);
  close(client, next);
  client.close();
}

TEST_CASE("ack moves on and stores nothing; cancel ends, and the message comes again") {
  SimClient client(3, {.brokers = 1});
  fill(client, "t", 1, 10);
  Recorder recorder;
  Consumer consumer(*client.session, "g", kOne);
  consumer.consume(recorder.each([&](MessageEnvelope envelope) {
    if (envelope.offset() == 3) {
      CHECK_FALSE(envelope.cancel());
    } else {
      CHECK_FALSE(envelope.ack());
    }
  }),
                   recorder.end());
  CHECK(client.until([&] { return !recorder.ends.empty(); }));
  client.run(2s);
  CHECK(recorder.ended_well());
  CHECK(recorder.offsets(0) == range(0, 4));
  CHECK(committed(client, "g", "t", 0) == -1);
  CHECK(consumer.position("t", 0) == 3);

  recorder = {};
  consumer.consume(recorder.ack(), recorder.end());
  CHECK(client.until([&] { return recorder.got.size() == 7; }));
  recorder.check_dense(1, 3, 10);
  close(client, consumer);
  client.close();
}

TEST_CASE("G2, G16: a second answer changes nothing and says already_answered; after close it is lost") {
  SimClient client(4, {.brokers = 1});
  fill(client, "t", 1, 3);
  Recorder recorder;
  Consumer consumer(*client.session, "g", kOne);
  consumer.consume(recorder.keep(), recorder.end());
  CHECK(client.until([&] { return recorder.kept.size() == 1; }));
  client.run(2s);
  CHECK(recorder.kept.size() == 1);
  MessageEnvelope first = std::move(recorder.kept.front());
  CHECK_FALSE(first.ack());
  CHECK(first.ack() == Errc::already_answered);
  CHECK(first.cancel() == Errc::already_answered);
  const auto alive = std::make_shared<int>(0);
  const auto never = [alive](const Error&) { FAIL("called, though the answer was refused"); };
  CHECK(first.commit({}, never) == Errc::already_answered);
  CHECK(alive.use_count() == 2);  // destroyed before the call returned
  CHECK(client.until([&] { return recorder.kept.size() == 2; }));
  CHECK(committed(client, "g", "t", 0) == -1);
  close(client, consumer);
  MessageEnvelope second = std::move(recorder.kept.back());
  CHECK(second.value() == "0:1");
  CHECK(second.commit({}, never) == Errc::lost);
  CHECK(alive.use_count() == 2);
  client.run(1s);
  CHECK(second.ack() == Errc::already_answered);
  CHECK(recorder.ended_with(Errc::closed));
  client.close();
}

TEST_CASE("a dropped envelope ends the consumption; nothing is stored, and the message comes again") {
  SimClient client(5, {.brokers = 1});
  fill(client, "t", 1, 5);
  const bool inside = GENERATE(true, false);
  Recorder recorder;
  Consumer consumer(*client.session, "g", kOne);
  auto drop_second = [&](MessageEnvelope envelope) {
    if (envelope.offset() == 0) {
      envelope.commit();
    } else if (!inside) {
      recorder.kept.push_back(std::move(envelope));
    }
  };
  consumer.consume(recorder.each(drop_second), recorder.end());
  if (!inside) {
    CHECK(client.until([&] { return recorder.kept.size() == 1; }));
    recorder.kept.clear();
  }
  CHECK(client.until([&] { return !recorder.ends.empty(); }));
  client.run(1s);
  CHECK(recorder.ended_with(Errc::envelope_dropped));
  CHECK(committed(client, "g", "t", 0) == 1);
  CHECK(recorder.offsets(0) == range(0, 2));
  recorder = {};
  consumer.consume(recorder.commit(), recorder.end());
  CHECK(client.until([&] { return recorder.commits.size() == 4; }));
  CHECK(recorder.offsets(0) == range(1, 5));
  close(client, consumer);
  client.close();
}

TEST_CASE("answers inside the callback do not recurse") {
  SimClient client(6, {.brokers = 1});
  REQUIRE_FALSE(client.brokers->cluster().topics().create("t", 1));
  constexpr int64_t kMessages = 100'000;
  records::BatchBuilder builder;
  for (int64_t i = 0; i < kMessages; ++i) {
    REQUIRE(builder.append(1, {}, "v") == Errc::none);
    if (builder.count() < 10'000) continue;
    Bytes sealed;
    REQUIRE_FALSE(builder.seal({}, sealed));
    devbroker::Cluster& cluster = client.brokers->cluster();
    REQUIRE(cluster.contents().append(*cluster.topics().partition("t", 0), sealed, 3, 1).error == Errc::none);
  }
  int64_t seen = 0;
  int depth = 0;
  int deepest = 0;
  Consumer consumer(*client.session, "g", kOne);
  consumer.consume([&](MessageEnvelope envelope) {
    deepest = std::max(deepest, ++depth);
    if (envelope.offset() == seen) ++seen;
    envelope.ack();
    --depth;
  });
  CHECK(client.until([&] { return seen == kMessages; }));
  CHECK(deepest == 1);
  close(client, consumer);
  client.close();
}

TEST_CASE("a limit ends the consumption once, when its last message is answered and confirmed") {
  SimClient client(7, {.brokers = 1});
  fill(client, "t", 3, 10);
  const Ordering ordering = GENERATE(Ordering::consumer, Ordering::partition);
  Recorder recorder;
  Consumer consumer(*client.session, "g", kThree, {.ordering = ordering});
  consumer.consume(4, recorder.commit(), [&](Error error) {
    CHECK(recorder.commits.size() == 4);
    recorder.ends.push_back(std::move(error));
  });
  CHECK(client.until([&] { return !recorder.ends.empty(); }));
  client.run(2s);
  CHECK(recorder.ended_well());
  CHECK(recorder.got.size() == 4);
  int64_t stored = 0;
  for (int p = 0; p < 3; ++p) stored += std::max<int64_t>(committed(client, "g", "t", p), 0);
  CHECK(stored == 4);
  // The next consumption dispatches at once what lies in the buffers, without asking the broker.
  client.world.black_hole("client", "broker-1", true);
  consumer.consume(26, recorder.ack(), recorder.end());
  CHECK(client.until([&] { return recorder.got.size() == 30; }, 100ms));
  CHECK(client.until([&] { return recorder.ends.size() == 2; }, 100ms));
  recorder.check_dense(3, 0, 10);
  client.world.black_hole("client", "broker-1", false);
  close(client, consumer);
  client.close();
}

TEST_CASE("a limit that is held open waits for its answers") {
  SimClient client(8, {.brokers = 1});
  fill(client, "t", 3, 10);
  Recorder recorder;
  Consumer consumer(*client.session, "g", kThree, {.ordering = Ordering::partition});
  consumer.consume(2, recorder.keep(), recorder.end());
  CHECK(client.until([&] { return recorder.kept.size() == 2; }));
  client.run(2s);
  CHECK(recorder.kept.size() == 2);
  CHECK(recorder.ends.empty());
  CHECK_FALSE(recorder.kept[1].ack());
  client.run(1s);
  CHECK(recorder.ends.empty());
  CHECK_FALSE(recorder.kept[0].ack());
  CHECK(recorder.ends.empty());
  CHECK(client.until([&] { return recorder.ended_well(); }));
  client.close();
}

TEST_CASE("ordering says how many envelopes are open: one in all, or one per partition") {
  SimClient client(9, {.brokers = 3});
  fill(client, "t", 3, 10);
  Recorder one;
  Consumer first(*client.session, "g", kThree);
  first.consume(one.keep(), one.end());
  Recorder each;
  Consumer second(*client.session, "h", kThree, {.ordering = Ordering::partition});
  second.consume(each.keep(), each.end());
  CHECK(client.until([&] { return each.kept.size() == 3; }));
  client.run(3s);
  CHECK(one.kept.size() == 1);
  REQUIRE(each.kept.size() == 3);
  // An answer lets only its own partition go on.
  const int32_t partition = each.kept[1].partition();
  CHECK_FALSE(each.kept[1].ack());
  CHECK(client.until([&] { return each.kept.size() == 4; }));
  client.run(1s);
  REQUIRE(each.kept.size() == 4);
  CHECK(each.kept[3].partition() == partition);
  CHECK(each.kept[3].offset() == 1);
  close(client, first);
  close(client, second);
  client.close();
}

TEST_CASE("an answer given inside another partition's callback frees its own partition at once") {
  SimClient client(16, {.brokers = 1});
  fill(client, "t", 2, 10);
  Recorder recorder;
  Consumer consumer(*client.session, "g", {{"t", {0, 1}}}, {.ordering = Ordering::partition});
  recorder.listen_ends(consumer);
  consumer.consume(recorder.each([&](MessageEnvelope envelope) {
    recorder.kept.push_back(std::move(envelope));
    if (recorder.kept.size() < 2) return;
    CHECK_FALSE(recorder.kept.front().ack());
    recorder.kept.erase(recorder.kept.begin());
  }));
  CHECK(client.until([&] { return recorder.got.size() == 20; }, 2s));
  CHECK(client.until([&] { return recorder.partition_ends.size() == 1; }, 2s));  // the last message is still open
  close(client, consumer);
  client.close();
}

TEST_CASE("a batch holds 1 to max records of one partition, in order, spans batches, and never waits") {
  SimClient client(10, {.brokers = 1});
  fill(client, "t", 2, 25);  // each message is a batch of its own there
  struct Seen {
    int32_t partition;
    std::vector<int64_t> offsets;
  };
  std::vector<Seen> seen;
  std::vector<Error> ends;
  std::vector<BatchEnvelope> kept;
  Consumer consumer(*client.session, "g", {{"t", {0, 1}}});
  consumer.batch_consume(
      10,
      [&](BatchEnvelope batch) {
        Seen& entry = seen.emplace_back(Seen{batch.partition(), {}});
        for (const MessageView& item : batch.items()) {
          entry.offsets.push_back(item.offset);
          CHECK(item.value == text(batch.partition(), item.offset));
        }
        if (kept.empty()) {
          kept.push_back(std::move(batch));
          return;
        }
        CHECK_FALSE(batch.commit());
      },
      [&](Error error) { ends.push_back(std::move(error)); });
  CHECK(client.until([&] { return seen.size() == 1; }));
  client.run(1s);
  REQUIRE(seen.size() == 1);
  CHECK(seen.front().offsets == range(0, 10));
  const std::vector<OwnedMessage> owned = kept.front().detach();
  REQUIRE(owned.size() == 10);
  CHECK(owned[9].value == text(kept.front().partition(), 9));
  CHECK_FALSE(kept.front().commit());
  CHECK(client.until([&] { return committed(client, "g", "t", 0) == 25 && committed(client, "g", "t", 1) == 25; }));
  CHECK(seen.size() == 6);
  for (int32_t p = 0; p < 2; ++p) {
    std::vector<int64_t> all;
    for (const Seen& entry : seen) {
      CHECK(entry.offsets.size() <= 10);
      if (entry.partition == p) all.insert(all.end(), entry.offsets.begin(), entry.offsets.end());
    }
    CHECK(all == range(0, 25));
  }
  fill(client, "t", 1, 1);
  CHECK(client.until([&] { return seen.size() == 7; }, 200ms));  // it did not wait for the other nine
  CHECK(seen.back().offsets == range(25, 26));
  close(client, consumer);
  CHECK(ends.size() == 1);
  client.close();
}

TEST_CASE("one consumption at a time: another is refused, and may begin once the first has ended") {
  SimClient client(11, {.brokers = 1});
  fill(client, "t", 1, 4);
  Recorder recorder;
  Recorder refused;
  Consumer consumer(*client.session, "g", kOne);
  consumer.consume(2, recorder.ack(), recorder.end());
  consumer.consume(refused.ack(), refused.end());
  CHECK(refused.ends.empty());
  CHECK(client.until([&] { return !refused.ends.empty() && !recorder.ends.empty(); }));
  CHECK(refused.ended_with(Errc::invalid_argument));
  CHECK(refused.got.empty());
  CHECK(recorder.ended_well());
  consumer.consume(2, recorder.ack(), [&](Error error) {
    recorder.ends.push_back(std::move(error));
    fill(client, "t", 1, 1);
    consumer.consume(1, recorder.ack(), recorder.end());  // from inside on_end
  });
  CHECK(client.until([&] { return recorder.ends.size() == 3; }));
  recorder.check_dense(1, 0, 5);
  for (const Error& error : recorder.ends) CHECK_FALSE(error);
  Recorder bad;
  consumer.consume(0, bad.ack(), bad.end());
  consumer.batch_consume(
      0, [](BatchEnvelope) {}, bad.end());
  consumer.consume(MessageCallback(), bad.end());
  CHECK(client.until([&] { return bad.ends.size() == 3; }));
  for (const Error& error : bad.ends) CHECK(error == Errc::invalid_argument);
  close(client, consumer);
  Recorder after;
  consumer.consume(after.ack(), after.end());
  CHECK(client.until([&] { return after.ended_with(Errc::closed); }));
  client.close();
}

TEST_CASE("an answer to an envelope of an earlier consumption does not end the next one") {
  SimClient client(12, {.brokers = 1});
  fill(client, "t", 2, 4);
  Recorder recorder;
  Consumer consumer(*client.session, "g", {{"t", {0, 1}}}, {.ordering = Ordering::partition});
  consumer.consume(recorder.keep(), recorder.end());
  CHECK(client.until([&] { return recorder.kept.size() == 2; }));
  CHECK_FALSE(recorder.kept[0].cancel());
  CHECK(client.until([&] { return recorder.ended_well(); }));
  MessageEnvelope old = std::move(recorder.kept[1]);
  const int32_t other = old.partition();
  recorder.got.clear();
  consumer.consume(recorder.ack(), recorder.end());
  CHECK(client.until([&] { return recorder.got.size() == 4; }));
  CHECK(recorder.offsets(other).empty());  // its first message is still open
  CHECK_FALSE(old.cancel());
  CHECK(client.until([&] { return recorder.got.size() == 8; }));
  recorder.check_dense(2, 0, 4);
  CHECK(recorder.ends.size() == 1);
  close(client, consumer);
  client.close();
}

TEST_CASE("a commit that fails for good ends the consumption, and the message comes again") {
  SimClient client(13, {.brokers = 1});
  fill(client, "t", 1, 4);
  client.brokers->cluster().faults().add(ApiKey::offset_commit).skip(1).reply(Errc::group_authorization_failed);
  Recorder recorder;
  Consumer consumer(*client.session, "g", kOne);
  consumer.consume(recorder.commit(), recorder.end());
  CHECK(client.until([&] { return !recorder.ends.empty(); }));
  CHECK(recorder.ended_with(Errc::group_authorization_failed));
  REQUIRE(recorder.commits.size() == 2);
  CHECK_FALSE(recorder.commits[0]);
  CHECK(recorder.commits[1] == Errc::group_authorization_failed);
  CHECK(committed(client, "g", "t", 0) == 1);
  CHECK(consumer.position("t", 0) == 1);
  recorder = {};
  consumer.consume(recorder.commit(), recorder.end());
  CHECK(client.until([&] { return recorder.commits.size() == 3; }));
  CHECK(recorder.offsets(0) == range(1, 4));
  close(client, consumer);
  client.close();
}

TEST_CASE("a commit is tried again while the coordinator loads, moves or answers nothing") {
  SimClient client(14, {.brokers = 3, .session = {.request_timeout = 2s}});
  fill(client, "t", 1, 6);
  devbroker::Faults& faults = client.brokers->cluster().faults();
  faults.add(ApiKey::offset_commit).times(2).reply(Errc::coordinator_load_in_progress);
  faults.add(ApiKey::offset_commit).reply(Errc::not_coordinator);
  faults.add(ApiKey::offset_commit).swallow();
  faults.add(ApiKey::offset_commit).close_after();
  Recorder recorder;
  Consumer consumer(*client.session, "g", kOne);
  consumer.consume(recorder.each([&](MessageEnvelope envelope) {
    if (envelope.offset() == 4) {
      const int32_t now = client.brokers->cluster().coordinators().of("g");
      REQUIRE_FALSE(client.brokers->cluster().coordinators().move("g", now % 3 + 1));
    }
    envelope.commit({}, [&](Error error) { recorder.commits.push_back(std::move(error)); });
  }),
                   recorder.end());
  CHECK(client.until([&] { return recorder.commits.size() == 6; }));
  for (const Error& error : recorder.commits) CHECK_FALSE(error);
  recorder.check_dense(1, 0, 6);
  CHECK(committed(client, "g", "t", 0) == 6);
  close(client, consumer);
  client.close();
}
