// A consumer that is steered while it runs: pause, resume, seek at every moment, positions and ends.
#include "consumer_fixture.hpp"

using namespace kafka;
using namespace kafka::sim;
using namespace std::chrono_literals;

namespace {
const Partitions kTwo = {{"t", {0, 1}}};
}  // namespace

TEST_CASE("pause takes effect at once, also within a batch, keeps what was fetched, and resume goes on there") {
  SimClient client(1, {.brokers = 1});
  fill_batches(client, "t", 2, 20, GENERATE(1, 10, 20));
  Recorder recorder;
  Consumer consumer(*client.session, "g", kTwo);
  consumer.consume(recorder.each([&](MessageEnvelope envelope) {
    if (envelope.partition() == 0 && envelope.offset() == 4) CHECK_FALSE(consumer.pause(kOne));
    envelope.ack();
  }),
                   recorder.end());
  client.run(3s);
  CHECK(recorder.offsets(0) == range(0, 5));
  CHECK(recorder.offsets(1) == range(0, 20));
  CHECK(consumer.position("t", 0) == 5);
  fill(client, "t", 2, 5);
  client.run(1s);
  CHECK(recorder.offsets(0) == range(0, 5));
  CHECK(recorder.offsets(1) == range(0, 25));
  CHECK_FALSE(consumer.resume(kOne));
  CHECK(client.until([&] { return recorder.got.size() == 50; }, 1s));
  recorder.check_dense(2, 0, 25);
  close(client, consumer);
  client.close();
}

TEST_CASE("a consumer that begins paused, or is paused while a fetch is under way, stays quiet until resume") {
  SimClient client(2, {.brokers = 1});
  fill(client, "t", 1, 3);
  Recorder recorder;
  Consumer consumer(*client.session, "g", kOne);
  CHECK_FALSE(consumer.pause(kOne));
  consumer.consume(recorder.ack(), recorder.end());
  client.run(2s);
  CHECK(recorder.got.empty());
  CHECK(client.brokers->cluster().requests().count(ApiKey::fetch, 0) == 0);
  CHECK_FALSE(consumer.resume(kOne));
  CHECK(client.until([&] { return recorder.got.size() == 3; }, 1s));
  client.run(200ms);  // a long poll is under way
  CHECK_FALSE(consumer.pause(kOne));
  fill(client, "t", 1, 2);
  client.run(2s);
  CHECK(recorder.got.size() == 3);
  CHECK_FALSE(consumer.resume(kOne));
  CHECK(client.until([&] { return recorder.got.size() == 5; }, 1s));
  close(client, consumer);
  client.close();
}

TEST_CASE("seek drops what was fetched and goes on at the place, backwards and forwards") {
  SimClient client(3, {.brokers = 1});
  fill(client, "t", 1, 100);
  Recorder recorder;
  Consumer consumer(*client.session, "g", kOne);
  int jumps = 0;
  consumer.consume(recorder.each([&](MessageEnvelope envelope) {
    envelope.ack();
    if (envelope.offset() == 9 && jumps == 0) {
      ++jumps;
      CHECK_FALSE(consumer.seek({"t", 0, 50}));
      CHECK(consumer.position("t", 0) == 50);
    } else if (envelope.offset() == 59 && jumps == 1) {
      ++jumps;
      CHECK_FALSE(consumer.seek(TopicOffset::earliest("t", 0)));
      CHECK(consumer.position("t", 0) == -1);
    } else if (envelope.offset() == 4 && jumps == 2) {
      ++jumps;
      CHECK_FALSE(consumer.seek(TopicOffset::at_time("t", 0, 1090)));
    }
  }),
                   recorder.end());
  CHECK(client.until([&] { return recorder.got.size() == 35; }));
  client.run(1s);
  std::vector<int64_t> wanted = range(0, 10);
  for (const auto& [from, to] : {std::pair{50, 60}, {0, 5}, {90, 100}}) {
    for (int64_t i = from; i < to; ++i) wanted.push_back(i);
  }
  CHECK(recorder.offsets(0) == wanted);
  close(client, consumer);
  client.close();
}

TEST_CASE("seek under an open envelope: it stays valid, and no answer moves the position") {
  enum class Answer { ack, commit, cancel, drop };
  for (const Answer answer : {Answer::ack, Answer::commit, Answer::cancel, Answer::drop}) {
    CAPTURE(static_cast<int>(answer));
    SimClient client(4, {.brokers = 1});
    fill(client, "t", 1, 20);
    Recorder recorder;
    Consumer consumer(*client.session, "g", kOne);
    consumer.consume(recorder.keep(), recorder.end());
    CHECK(client.until([&] { return recorder.kept.size() == 1; }));
    CHECK(consumer.position("t", 0) == 0);
    CHECK_FALSE(consumer.seek({"t", 0, 12}));
    CHECK(consumer.position("t", 0) == 12);
    client.run(1s);
    CHECK(recorder.kept.size() == 1);  // still one at a time
    CHECK(recorder.kept[0].value() == "0:0");
    if (answer == Answer::ack) CHECK_FALSE(recorder.kept[0].ack());
    if (answer == Answer::commit) CHECK_FALSE(recorder.kept[0].commit());
    if (answer == Answer::cancel) CHECK_FALSE(recorder.kept[0].cancel());
    if (answer == Answer::drop) recorder.kept.clear();
    client.run(1s);
    if (answer == Answer::cancel || answer == Answer::drop) {
      CHECK(recorder.ends.size() == 1);
      consumer.consume(recorder.keep(), recorder.end());
      client.run(1s);
    }
    REQUIRE(recorder.got.size() == 2);
    CHECK(recorder.got[1].offset == 12);
    CHECK(consumer.position("t", 0) == 12);
    CHECK(committed(client, "g", "t", 0) == (answer == Answer::commit ? 1 : -1));
    close(client, consumer);
    client.close();
  }
}

TEST_CASE("F21: seek while offsets are looked up or fetched: the newest place counts") {
  const Errc quiet = Errc::none;
  for (const ApiKey slow : {ApiKey::offset_fetch, ApiKey::list_offsets, ApiKey::fetch}) {
    CAPTURE(static_cast<int>(slow), static_cast<int>(quiet));
    SimClient client(5, {.brokers = 1});
    fill(client, "t", 1, 20);
    client.brokers->cluster().faults().add(slow).delay(1s);
    Recorder recorder;
    Consumer consumer(*client.session, "g", kOne);
    recorder.listen(consumer);
    consumer.consume(recorder.ack(), recorder.end());
    CHECK(client.until([&] { return client.brokers->cluster().requests().count(slow, 0) > 0; }));
    CHECK_FALSE(consumer.seek(TopicOffset::latest("t", 0)));
    client.run(10ms);
    CHECK_FALSE(consumer.seek(TopicOffset::earliest("t", 0)));
    CHECK_FALSE(consumer.seek({"t", 0, 15}));
    CHECK(consumer.position("t", 0) == 15);
    client.run(4s);
    CHECK(recorder.offsets(0) == range(15, 20));
    close(client, consumer);
    client.close();
  }
}

TEST_CASE("seek before consume() sets the start, whatever is committed") {
  SimClient client(6, {.brokers = 1});
  fill(client, "t", 2, 10);
  client.brokers->cluster().groups().commit("g", {"t", 0}, {2});
  client.brokers->cluster().groups().commit("g", {"t", 1}, {2});
  Recorder recorder;
  Consumer consumer(*client.session, "g", kTwo);
  CHECK_FALSE(consumer.seek({"t", 0, 7}));
  CHECK_FALSE(consumer.seek(TopicOffset::latest("t", 1)));
  CHECK(consumer.position("t", 0) == 7);
  client.run(1s);
  CHECK(client.brokers->cluster().requests().count(ApiKey::metadata, 0) == 0);
  consumer.consume(recorder.ack(), recorder.end());
  client.run(1s);
  fill(client, "t", 2, 1);
  client.run(1s);
  CHECK(recorder.offsets(0) == range(7, 11));
  CHECK(recorder.offsets(1) == range(10, 11));
  close(client, consumer);
  client.close();
}

TEST_CASE("position is the open envelope's until it is answered; the end is reported once per reaching") {
  SimClient client(7, {.brokers = 1});
  fill(client, "t", 1, 2);
  Recorder recorder;
  Consumer consumer(*client.session, "g", kOne);
  recorder.listen(consumer);
  CHECK(consumer.position("t", 0) == -1);
  CHECK_FALSE(consumer.at_end("t", 0));
  consumer.consume(recorder.keep(), recorder.end());
  CHECK(client.until([&] { return recorder.kept.size() == 1; }));
  CHECK(consumer.position("t", 0) == 0);
  CHECK_FALSE(recorder.kept.back().ack());
  CHECK(client.until([&] { return recorder.kept.size() == 2; }));
  CHECK(consumer.position("t", 0) == 1);
  client.run(3s);
  CHECK(recorder.partition_ends.empty());  // the last one is still open
  CHECK_FALSE(recorder.kept.back().ack());
  client.run(3s);
  CHECK(consumer.position("t", 0) == 2);
  CHECK(consumer.at_end("t", 0));
  REQUIRE(recorder.partition_ends.size() == 1);
  CHECK(recorder.partition_ends[0].second == 2);
  fill(client, "t", 1, 1);
  CHECK(client.until([&] { return recorder.kept.size() == 3; }));
  CHECK_FALSE(recorder.kept.back().ack());
  client.run(3s);
  CHECK(recorder.partition_ends.size() == 2);
  CHECK_FALSE(consumer.seek(TopicOffset::latest("t", 0)));
  client.run(3s);
  CHECK(recorder.partition_ends.size() == 3);  // reached again
  close(client, consumer);
  client.close();
}

TEST_CASE("an empty partition is at its end; the handler runs in the middle of other partitions' messages") {
  SimClient client(8, {.brokers = 1});
  fill(client, "t", 2, 0);
  fill(client, "u", 1, 50);
  Recorder recorder;
  Fetcher fetcher(*client.session, {{"t", 0, 0}, {"t", 1, 0}, {"u", 0, 0}});
  recorder.listen(fetcher);
  fetcher.fetch(recorder.ack(), recorder.end());
  CHECK(client.until([&] { return recorder.partition_ends.size() == 3; }, 2s));
  CHECK(recorder.got.size() == 50);
  client.run(2s);
  CHECK(recorder.partition_ends.size() == 3);
  close(client, fetcher);
  client.close();
}

TEST_CASE("an envelope that is dropped while its partition is stopped comes again") {
  SimClient client(9, {.brokers = 1});
  fill(client, "t", 1, 3);
  Recorder recorder;
  Consumer consumer(*client.session, "g", kOne);
  recorder.listen(consumer);
  consumer.consume(recorder.keep(), recorder.end());
  CHECK(client.until([&] { return recorder.kept.size() == 1; }));
  client.brokers->cluster().faults().add(ApiKey::fetch).reply(Errc::topic_authorization_failed);
  client.brokers->cluster().brokers().disconnect(1);
  CHECK(client.until([&] { return recorder.count(Event::Type::partition_stopped) == 1; }));
  const bool cancel = GENERATE(true, false);
  if (cancel) CHECK_FALSE(recorder.kept.front().cancel());
  recorder.kept.clear();
  CHECK(client.until([&] { return recorder.ends.size() == 1; }));
  CHECK(consumer.position("t", 0) == 0);
  recorder = {};
  consumer.consume(recorder.ack(), recorder.end());
  CHECK(client.until([&] { return recorder.got.size() == 3; }));
  recorder.check_dense(1, 0, 3);
  close(client, consumer);
  client.close();
}

TEST_CASE("F21: however often the application seeks while the leader cannot be reached, it is asked once then") {
  SimClient client(1, {.brokers = 1});
  fill(client, "t", 1, 20);
  Recorder recorder;
  Fetcher fetcher(*client.session, {TopicOffset::earliest("t", 0)});
  fetcher.fetch(recorder.ack());
  CHECK(client.until([&] { return recorder.got.size() == 20; }));
  const int64_t before = client.brokers->cluster().requests().count(ApiKey::list_offsets);
  client.brokers->pause(1);
  client.world.reset_connections(SimClient::kHost, client.brokers->host(1), false);
  for (int i = 0; i < 20; ++i) {
    CHECK_FALSE(fetcher.seek(TopicOffset::earliest("t", 0)));
    client.run(50ms);
  }
  client.brokers->resume(1);
  CHECK(client.until([&] { return recorder.got.size() == 40; }));
  CHECK(client.brokers->cluster().requests().count(ApiKey::list_offsets) == before + 1);
  client.close();
}
