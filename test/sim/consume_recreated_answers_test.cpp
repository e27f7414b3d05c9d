// D3: what becomes of envelopes and commits of a topic that is deleted and made anew.
// Not here: how a consumer notices it, and where it reads on (consume_recreated_test.cpp).
#include "recreated_fixture.hpp"

using namespace kafka;
using namespace kafka::sim;
using namespace std::chrono_literals;
using Type = Event::Type;

TEST_CASE("D3: envelopes of the old topic are lost, and their commits are not stored for the new one") {
  const std::string release = GENERATE(std::string(), std::string("2.8"));
  const Ordering ordering = GENERATE(Ordering::consumer, Ordering::partition, Ordering::unordered);
  const CommitMode mode = GENERATE(CommitMode::confirmed, CommitMode::pipelined);
  const bool noticed = GENERATE(true, false);
  if (!noticed && !release.empty()) return;  // by name a late commit looks like one of the new topic
  if (!noticed && mode == CommitMode::pipelined && ordering != Ordering::unordered) return;  // the next old one comes
  CAPTURE(release, static_cast<int>(ordering), static_cast<int>(mode), noticed);
  SimClient client(33, {.brokers = 1});
  REQUIRE_FALSE(client.brokers->cluster().releases().as_version(release));
  fill_batches(client, "t", 1, 6, 1);
  Recorder recorder;
  Consumer consumer(*client.session, "g", {{"t", {0}}}, {.commit_mode = mode, .ordering = ordering});
  recorder.listen(consumer);
  std::vector<Error> told;
  consumer.consume(recorder.each([&](MessageEnvelope envelope) {
    if (envelope.value() == "new") {
      CHECK_FALSE(envelope.commit({}, [&](Error error) { CHECK_FALSE(error); }));
    } else if (envelope.offset() < 3) {
      CHECK_FALSE(envelope.ack());
    } else {
      recorder.kept.push_back(std::move(envelope));
    }
  }),
                   recorder.end());
  const size_t kept = ordering == Ordering::unordered ? 3 : 1;
  REQUIRE(client.until([&] { return recorder.kept.size() == kept; }));
  const size_t before = recorder.got.size();
  make_anew(client, 1, 3);
  if (noticed) client.run(5s);
  for (MessageEnvelope& envelope : recorder.kept) {
    const Error error = envelope.commit({}, [&](Error outcome) { told.push_back(std::move(outcome)); });
    if (noticed) CHECK(error == Errc::lost);  // refused: nothing else tells of it
  }
  REQUIRE(client.until([&] { return told.size() == (noticed ? 0 : kept); }));
  for (const Error& error : told) CHECK(error == Errc::lost);
  REQUIRE(client.until([&] { return committed(client, "g", "t", 0) == 3; }));
  check_new(recorder, before, 3);
  CHECK(recorder.ends.empty());
  CHECK(recorder.count(Type::topic_recreated) == 1);
  recorder.kept.clear();
  close(client, consumer);
  client.close();
}

TEST_CASE("D3: an envelope of the old topic that is dropped or cancelled does not end the consumption") {
  const Ordering ordering = GENERATE(Ordering::consumer, Ordering::partition, Ordering::unordered);
  const bool cancel = GENERATE(false, true);
  CAPTURE(static_cast<int>(ordering), cancel);
  SimClient client(45, {.brokers = 1});
  fill_batches(client, "t", 1, 2, 1);
  Recorder recorder;
  Fetcher fetcher(*client.session, {{"t", 0, 0}}, {.allow_auto_create_topics = false, .ordering = ordering});
  recorder.listen(fetcher);
  fetcher.fetch(recorder.each([&](MessageEnvelope envelope) {
    if (envelope.value() == "new") {
      CHECK_FALSE(envelope.ack());
    } else {
      recorder.kept.push_back(std::move(envelope));
    }
  }),
                recorder.end());
  REQUIRE(client.until([&] { return !recorder.kept.empty(); }));
  client.run(1s);
  const size_t old = recorder.got.size();
  make_anew(client, 1, 3);
  REQUIRE(client.until([&] { return recorder.count(Type::topic_recreated) == 1; }));
  if (cancel) CHECK(recorder.kept.front().cancel() == Errc::lost);
  recorder.kept.clear();
  client.run(5s);
  check_new(recorder, old, 3);
  CHECK(recorder.ends.empty());
  close(client, fetcher);
  client.close();
}

TEST_CASE("D3: commits that are under way or wait when the topic is made anew are lost, and the consumption goes on") {
  const std::string release = GENERATE(std::string(), std::string("2.8"));
  const Ordering ordering = GENERATE(Ordering::consumer, Ordering::unordered);
  const CommitMode mode = GENERATE(CommitMode::confirmed, CommitMode::pipelined);
  CAPTURE(release, static_cast<int>(ordering), static_cast<int>(mode));
  SimClient client(34, {.brokers = 1});
  REQUIRE_FALSE(client.brokers->cluster().releases().as_version(release));
  fill_batches(client, "t", 1, 6, 1);
  client.brokers->cluster().faults().add(ApiKey::offset_commit).times(1).swallow();
  Recorder recorder;
  Consumer consumer(*client.session, "g", {{"t", {0}}}, {.commit_mode = mode, .ordering = ordering});
  recorder.listen(consumer);
  std::map<std::string, std::vector<Errc>> told;
  consumer.consume(recorder.each([&](MessageEnvelope envelope) {
    const std::string value(envelope.value() == "new" ? "new" : "old");
    envelope.commit({}, [&told, value](Error error) { told[value].push_back(error.code()); });
  }),
                   recorder.end());
  REQUIRE(client.until([&] { return !recorder.got.empty(); }));
  client.run(1s);
  const size_t old = recorder.got.size();
  make_anew(client, 1, 3);
  REQUIRE(client.until([&] { return told["new"].size() == 3 && told["old"].size() == old; }, 5min));
  for (const Errc code : told["old"]) CHECK(code == Errc::lost);
  for (const Errc code : told["new"]) CHECK(code == Errc::none);
  check_new(recorder, old, 3);
  CHECK(committed(client, "g", "t", 0) == 3);
  CHECK(recorder.ends.empty());
  close(client, consumer);
  client.close();
}

TEST_CASE("D3: the next message comes after a lost commit was reported") {
  const Ordering ordering = GENERATE(Ordering::consumer, Ordering::partition);
  const auto delay = GENERATE(100ms, 700ms);
  CAPTURE(static_cast<int>(ordering), delay.count());
  SimClient client(43, {.brokers = 1});
  fill_batches(client, "t", 1, 2, 1);
  fill_batches(client, "u", 1, 20, 4);
  client.brokers->cluster().faults().add(ApiKey::offset_commit).topic("t").delay(delay);
  Recorder recorder;
  Consumer consumer(*client.session, "g", {{"t", {0}}, {"u", {0}}},
                    {.commit_mode = CommitMode::confirmed, .ordering = ordering});
  recorder.listen(consumer);
  std::map<std::string, int> open;
  int lost = 0;
  bool anew = false;
  consumer.consume(recorder.each([&](MessageEnvelope envelope) {
    const std::string topic(ordering == Ordering::consumer ? "" : envelope.topic());
    CHECK(open[topic] == 0);
    ++open[topic];
    const bool old = envelope.topic() == "t" && !std::exchange(anew, true);
    envelope.commit({}, [&, topic](Error error) {
      --open[topic];
      lost += error == Errc::lost ? 1 : 0;
    });
    if (old) make_anew(client, 1, 3);
  }),
                   recorder.end());
  client.run(20s);
  CHECK(lost == 1);
  CHECK(committed(client, "g", "t", 0) == 3);
  CHECK(committed(client, "g", "u", 0) == 20);
  CHECK(recorder.ends.empty());
  close(client, consumer);
  client.close();
}
