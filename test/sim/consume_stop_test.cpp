// stop(): nothing more is dispatched, and what is open may still be answered and stored.
#include "consumer_fixture.hpp"

using namespace kafka;
using namespace kafka::sim;
using namespace std::chrono_literals;

namespace {

struct Stop {
  int calls = 0;
  size_t ends = 0;  // how many consumptions had ended by then
  Function<void()> take(const Recorder& recorder) {
    return [this, &recorder] {
      ++calls;
      ends = recorder.ends.size();
    };
  }
};

}  // namespace

TEST_CASE("stop() dispatches nothing more, and waits until open envelopes are answered and stored") {
  const Ordering ordering = GENERATE(Ordering::consumer, Ordering::partition, Ordering::unordered);
  const CommitMode mode = GENERATE(CommitMode::confirmed, CommitMode::pipelined);
  CAPTURE(static_cast<int>(ordering), static_cast<int>(mode));
  SimClient client(1, {.brokers = 1});
  fill(client, "t", 2, 8);
  Recorder recorder;
  Consumer consumer(*client.session, "g", {{"t", {0, 1}}}, {.commit_mode = mode, .max_open = 6, .ordering = ordering});
  consumer.consume(recorder.keep(), recorder.end());
  const size_t open = ordering == Ordering::consumer ? 1 : ordering == Ordering::partition ? 2 : 6;
  REQUIRE(client.until([&] { return recorder.kept.size() == open; }));
  Stop stop;
  consumer.stop(stop.take(recorder));
  client.run(1min);
  CHECK(stop.calls == 0);
  CHECK(recorder.ends.empty());
  client.brokers->cluster().faults().add(ApiKey::offset_commit).always().delay(300ms);
  for (MessageEnvelope& envelope : recorder.kept) {
    CHECK_FALSE(envelope.commit({}, [&](Error error) { recorder.commits.push_back(std::move(error)); }));
    client.run(50ms);
  }
  client.run(100ms);
  CHECK(stop.calls == 0);  // the last commit is under way
  REQUIRE(client.until([&] { return stop.calls == 1; }));
  CHECK(stop.ends == 1);
  CHECK(recorder.ended_well());
  CHECK(recorder.commits.size() == open);
  for (const Error& error : recorder.commits) CHECK_FALSE(error);
  CHECK(recorder.got.size() == open);
  const int64_t first = std::max<int64_t>(committed(client, "g", "t", 0), 0);
  const int64_t second = std::max<int64_t>(committed(client, "g", "t", 1), 0);
  CHECK(first + second == static_cast<int64_t>(open));
  // The next consumption goes on there.
  client.brokers->cluster().faults().clear();
  recorder.kept.clear();
  consumer.consume(recorder.commit(), recorder.end());
  client.run(3s);
  recorder.check_dense(2, 0, 8);
  close(client, consumer);
  client.close();
}

TEST_CASE("stop() ends at once if nothing is open, also before and between consumptions, and when closed") {
  SimClient client(1, {.brokers = 1});
  fill(client, "t", 1, 4);
  Recorder recorder;
  Stop stop;
  Consumer consumer(*client.session, "g", {{"t", {0}}});
  consumer.stop(stop.take(recorder));
  CHECK(stop.calls == 0);  // never inside the call
  client.run(1s);
  CHECK(stop.calls == 1);
  consumer.consume(recorder.ack(), recorder.end());
  client.run(1s);
  consumer.stop(stop.take(recorder));
  consumer.stop(stop.take(recorder));
  consumer.stop();
  client.run(1s);
  CHECK(stop.calls == 3);
  CHECK(recorder.ended_well());
  consumer.stop(stop.take(recorder));
  client.run(1s);
  CHECK(stop.calls == 4);
  CHECK(recorder.ends.size() == 1);
  close(client, consumer);
  consumer.stop(stop.take(recorder));
  client.run(1s);
  CHECK(stop.calls == 5);
  client.close();
}

TEST_CASE("stop() after a consumption that left envelopes open waits for them, and consume() is refused meanwhile") {
  SimClient client(1, {.brokers = 1});
  fill(client, "t", 1, 4);
  Recorder recorder;
  Consumer consumer(*client.session, "g", {{"t", {0}}}, {.max_open = 3, .ordering = Ordering::unordered});
  consumer.consume(recorder.keep(), recorder.end());
  REQUIRE(client.until([&] { return recorder.kept.size() == 3; }));
  CHECK_FALSE(recorder.kept[2].cancel());
  Stop stop;
  consumer.stop(stop.take(recorder));  // on_end is queued, and has not run
  client.run(1s);
  CHECK(stop.calls == 0);
  Recorder refused;
  consumer.consume(refused.ack(), refused.end());
  client.run(1s);
  CHECK(refused.ended_with(Errc::invalid_argument));
  CHECK_FALSE(recorder.kept[1].commit());
  CHECK_FALSE(recorder.kept[0].commit());
  client.run(1s);
  CHECK(stop.calls == 1);
  CHECK(recorder.ended_well());
  CHECK(committed(client, "g", "t", 0) == 2);
  // The same once on_end has run.
  recorder.kept.clear();
  consumer.consume(recorder.keep(), recorder.end());
  REQUIRE(client.until([&] { return recorder.kept.size() == 2; }));
  CHECK_FALSE(recorder.kept[1].cancel());
  client.run(1s);
  CHECK(recorder.ends.size() == 2);
  consumer.stop(stop.take(recorder));
  client.run(1s);
  CHECK(stop.calls == 1);
  CHECK_FALSE(recorder.kept[0].commit());
  client.run(1s);
  CHECK(stop.calls == 2);
  CHECK(committed(client, "g", "t", 0) == 3);
  close(client, consumer);
  client.close();
}

TEST_CASE("while stop() waits, a dropped envelope and a commit that fails are the consumption's error") {
  const bool drops = GENERATE(false, true);
  SimClient client(1, {.brokers = 1});
  fill(client, "t", 1, 4);
  Recorder recorder;
  Consumer consumer(*client.session, "g", {{"t", {0}}});
  consumer.consume(recorder.keep(), recorder.end());
  REQUIRE(client.until([&] { return recorder.kept.size() == 1; }));
  Stop stop;
  consumer.stop(stop.take(recorder));
  client.brokers->cluster().faults().add(ApiKey::offset_commit).always().reply(Errc::group_authorization_failed);
  if (!drops) CHECK_FALSE(recorder.kept[0].commit());
  client.run(1s);
  recorder.kept.clear();
  client.run(1s);
  CHECK(recorder.ended_with(drops ? Errc::envelope_dropped : Errc::group_authorization_failed));
  CHECK(stop.calls == 1);
  CHECK(consumer.position("t", 0) == 0);
  close(client, consumer);
  client.close();
}

TEST_CASE("close() ends the waiting of stop(), and destruction leaves its callback uncalled") {
  const bool closes = GENERATE(false, true);
  SimClient client(1, {.brokers = 1});
  fill(client, "t", 1, 4);
  Recorder recorder;
  std::optional<Consumer> consumer(std::in_place, *client.session, "g", Partitions{{"t", {0}}});
  consumer->consume(recorder.keep(), recorder.end());
  REQUIRE(client.until([&] { return recorder.kept.size() == 1; }));
  Stop stop;
  consumer->stop(stop.take(recorder));
  client.run(1s);
  if (closes) {
    close(client, *consumer);
    CHECK(stop.calls == 1);
    CHECK(recorder.ended_with(Errc::closed));
  } else {
    consumer.reset();
    client.run(1s);
    CHECK(stop.calls == 0);
  }
  CHECK(recorder.kept[0].commit() == Errc::lost);
  client.close();
}

TEST_CASE("stop() inside the callback for a message keeps that message open until it is answered") {
  SimClient client(1, {.brokers = 1});
  fill(client, "t", 1, 8);
  Recorder recorder;
  Stop stop;
  Fetcher fetcher(*client.session, {{"t", 0, 0}});
  fetcher.fetch(recorder.each([&](MessageEnvelope envelope) {
    if (envelope.offset() == 2) fetcher.stop(stop.take(recorder));
    if (envelope.offset() < 2) {
      CHECK_FALSE(envelope.ack());
    } else {
      recorder.kept.push_back(std::move(envelope));
    }
  }),
                recorder.end());
  client.run(1s);
  CHECK(recorder.got.size() == 3);
  CHECK(stop.calls == 0);
  CHECK_FALSE(recorder.kept[0].ack());
  client.run(1s);
  CHECK(stop.calls == 1);
  CHECK(recorder.ended_well());
  close(client, fetcher);
  client.close();
}
