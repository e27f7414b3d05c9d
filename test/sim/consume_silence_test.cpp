// A consumer that stands still says so: forgotten envelopes, partitions that have all stopped, names given twice.
#include "consumer_fixture.hpp"

using namespace kafka;
using namespace kafka::sim;
using namespace std::chrono_literals;

namespace {

size_t lines_about(const SimClient& client, const std::string& text) {
  return static_cast<size_t>(std::count_if(client.log.begin(), client.log.end(), [&](const std::string& line) {
    return line.find(text) != std::string::npos;
  }));
}

const std::string kForgotten = "has had no answer";

}  // namespace

// --- forgotten envelopes ----------------------------------------------------

TEST_CASE("F20: an envelope that stays open is told of once, through the log") {
  const Ordering ordering = GENERATE(Ordering::consumer, Ordering::partition, Ordering::unordered);
  const int forgotten = GENERATE(0, 5);
  CAPTURE(static_cast<int>(ordering), forgotten);
  SimClient client(1, {.brokers = 1});
  fill(client, "t", 2, 12);
  Recorder recorder;
  Consumer consumer(*client.session, "g", {{"t", {0, 1}}}, {.ordering = ordering});
  MessageEnvelope kept;
  consumer.consume(recorder.each([&](MessageEnvelope envelope) {
    if (envelope.partition() == 1 && envelope.offset() == forgotten) {
      kept = std::move(envelope);
    } else {
      envelope.commit();
    }
  }));
  REQUIRE(client.until([&] { return kept.partition() == 1; }));
  client.run(9s);
  CHECK(lines_about(client, kForgotten) == 0);
  client.run(8s);
  REQUIRE(lines_about(client, kForgotten) == 1);
  CHECK(lines_about(client, "t/1, offset " + std::to_string(forgotten)) == 1);
  CHECK(recorder.ends.empty());
  // Only once, whatever comes.
  client.run(10min);
  CHECK_FALSE(kept.ack());
  REQUIRE(client.until([&] { return recorder.got.size() == 24; }));
  kept = MessageEnvelope();
  client.run(1min);
  CHECK(lines_about(client, kForgotten) == 1);
  close(client, consumer);
  client.close();
}

TEST_CASE("F20: a batch that stays open is told of too") {
  SimClient client(1, {.brokers = 1});
  fill(client, "t", 1, 12);
  std::vector<BatchEnvelope> kept;
  Fetcher fetcher(*client.session, {{"t", 0, 3}});
  fetcher.batch_fetch(4, [&](BatchEnvelope batch) { kept.push_back(std::move(batch)); });
  client.run(16s);
  CHECK(lines_about(client, "t/0, offset 3, has had no answer") == 1);
  kept.clear();
  close(client, fetcher);
  client.close();
}

TEST_CASE("F20: work that is slow, and commits that brokers leave without an answer, are not forgotten envelopes") {
  const Ordering ordering = GENERATE(Ordering::consumer, Ordering::partition, Ordering::unordered);
  const bool slow_broker = GENERATE(false, true);
  CAPTURE(static_cast<int>(ordering), slow_broker);
  SimClient client(1, {.brokers = 1});
  fill(client, "t", 1, 8);
  Recorder recorder;
  if (slow_broker) client.brokers->cluster().faults().add(ApiKey::offset_commit).always().delay(20s);
  Consumer consumer(*client.session, "g", {{"t", {0}}}, {.max_open = 1, .ordering = ordering});
  std::vector<net::Timer> timers;
  consumer.consume(recorder.each([&](MessageEnvelope envelope) {
    auto open = std::make_shared<MessageEnvelope>(std::move(envelope));
    timers.push_back(client.reactor.after(slow_broker ? 0s : 9s, [open] { open->commit(); }));
  }));
  client.run(2min);
  CHECK(recorder.got.size() >= 5);
  CHECK(lines_about(client, kForgotten) == 0);
  timers.clear();
  close(client, consumer);
  client.close();
}

// --- nothing can come any more ----------------------------------------------

TEST_CASE("D19: a consumption of partitions that do not exist ends with the error, with a handler and without") {
  const bool handler = GENERATE(false, true);
  const bool create = GENERATE(false, true);
  const bool fetches = GENERATE(false, true);
  const Partitions named = GENERATE(Partitions{{"mistyped", {0, 1}}}, Partitions{{"t", {7, 8}}});
  if (create && named.contains("mistyped")) return;  // the broker creates it
  CAPTURE(handler, create, fetches, named.begin()->first);
  SimClient client(1, {.brokers = 1});
  if (!handler) client.session->on_event({});
  fill(client, "t", 1, 4);
  Recorder recorder;
  const ConsumerOptions options{.allow_auto_create_topics = create, .default_api_timeout = 10s};
  std::optional<Consumer> consumer;
  std::optional<Fetcher> fetcher;
  if (fetches) {
    std::vector<TopicOffset> start;
    for (const auto& [topic, numbers] : named) {
      start.push_back({topic, numbers[0], 0});
      start.push_back(TopicOffset::earliest(topic, numbers[1]));
    }
    fetcher.emplace(*client.session, start, options);
    if (handler) recorder.listen(*fetcher);
    fetcher->fetch(recorder.ack(), recorder.end());
  } else {
    consumer.emplace(*client.session, "g", named, options);
    if (handler) recorder.listen(*consumer);
    consumer->consume(recorder.ack(), recorder.end());
  }
  client.run(30s);
  REQUIRE(recorder.ends.size() == 1);
  INFO(recorder.ends[0].message());
  CHECK(recorder.ends[0] == Errc::unknown_topic_or_partition);
  if (handler) CHECK(recorder.count(Event::Type::partition_stopped) == 2);
  fetcher.reset();
  consumer.reset();
  client.close();
}

TEST_CASE("D19: while one partition is left, a consumption with a handler goes on") {
  SimClient client(1, {.brokers = 1});
  fill(client, "t", 1, 4);
  Recorder recorder;
  Consumer consumer(*client.session, "g", {{"t", {0, 7}}}, {.default_api_timeout = 5s});
  recorder.listen(consumer);
  consumer.consume(recorder.ack(), recorder.end());
  client.run(20s);
  CHECK(recorder.count(Event::Type::partition_stopped) == 1);
  CHECK(recorder.ends.empty());
  fill(client, "t", 1, 4);
  client.run(2s);
  CHECK(recorder.offsets(0) == range(0, 8));
  close(client, consumer);
  client.close();
}

TEST_CASE("D19: a handler that seeks keeps the consumption, and the last handler decides") {
  const int seeks_at = GENERATE(-1, 0, 1);  // of the partition that is sought
  const bool session_handler = GENERATE(false, true);
  CAPTURE(seeks_at, session_handler);
  SimClient client(1, {.brokers = 1});
  fill(client, "t", 2, 4);
  Recorder recorder;
  Fetcher fetcher(*client.session, {{"t", 0, 50}, {"t", 1, 50}});
  std::vector<std::string> order;
  const auto handler = [&](const Event& event) {
    if (event.type != Event::Type::partition_stopped) return;
    order.push_back("stopped " + std::to_string(event.partition));
    // The last one to be told restarts the one that is named, also if that one was told before.
    if (order.size() == 2 && seeks_at >= 0) CHECK_FALSE(fetcher.seek({"t", seeks_at, 1}));
  };
  if (session_handler) {
    client.session->on_event(handler);
  } else {
    fetcher.on_event(handler);
  }
  fetcher.fetch(recorder.ack(), [&](Error error) {
    order.push_back("end");
    recorder.ends.push_back(error);
  });
  client.run(5s);
  if (seeks_at < 0) {
    CHECK(order == std::vector<std::string>{"stopped 0", "stopped 1", "end"});
    CHECK(recorder.ended_with(Errc::offset_out_of_range));
  } else {
    CHECK(order == std::vector<std::string>{"stopped 0", "stopped 1"});
    CHECK(recorder.offsets(seeks_at) == range(1, 4));
  }
  close(client, fetcher);
  client.close();
}

TEST_CASE("D19: a consumption that begins with stopped partitions ends, unless the application seeks") {
  const bool seeks = GENERATE(false, true);
  SimClient client(1, {.brokers = 1});
  fill(client, "t", 1, 4);
  Recorder recorder;
  Fetcher fetcher(*client.session, {{"t", 0, 50}});
  recorder.listen(fetcher);
  fetcher.fetch(recorder.ack(), recorder.end());
  client.run(2s);
  REQUIRE(recorder.ended_with(Errc::offset_out_of_range));
  fetcher.fetch(recorder.ack(), recorder.end());
  if (seeks) CHECK_FALSE(fetcher.seek({"t", 0, 0}));
  client.run(2s);
  CHECK(recorder.ends.size() == (seeks ? 1 : 2));
  CHECK(recorder.got.size() == (seeks ? 4 : 0));
  if (!seeks) CHECK(recorder.ends.back() == Errc::offset_out_of_range);
  close(client, fetcher);
  client.close();
}

TEST_CASE("D19: a consumer that is destroyed by the handler of its last stop ends nothing") {
  SimClient client(1, {.brokers = 1});
  fill(client, "t", 1, 4);
  std::optional<Fetcher> fetcher(std::in_place, *client.session, std::vector<TopicOffset>{{"t", 0, 50}});
  fetcher->on_event([&](const Event& event) {
    if (event.type == Event::Type::partition_stopped) fetcher.reset();
  });
  bool ended = false;
  fetcher->fetch([](MessageEnvelope) {}, [&](Error) { ended = true; });
  client.run(2s);
  CHECK_FALSE(fetcher);
  CHECK_FALSE(ended);
  client.close();
}

// --- names given twice ------------------------------------------------------

TEST_CASE("a partition that is named twice is refused by every object, in the same words") {
  SimClient client(1, {.brokers = 1});
  const Partitions twice{{"t", {0, 1, 0}}};
  const std::string words = "t/0 is named twice";
  const Consumer consumer(*client.session, "g", twice);
  CHECK(consumer.error() == Errc::invalid_argument);
  CHECK(consumer.error().message().find(words) != std::string::npos);
  const Fetcher fetcher(*client.session, {{"t", 0, 5}, {"t", 1, 0}, TopicOffset::latest("t", 0)});
  CHECK(fetcher.error() == Errc::invalid_argument);
  CHECK(fetcher.error().message().find(words) != std::string::npos);
  std::vector<Error> told;
  OffsetMaster(*client.session).fetch_latest(twice, [&](Error error, auto) { told.push_back(std::move(error)); });
  ConsumerGroup group(*client.session, "g");
  group.fetch_offsets(twice, [&](Error error, auto) { told.push_back(std::move(error)); });
  group.reset_offsets_to_latest(twice, [&](Error error, auto) { told.push_back(std::move(error)); });
  group.commit_offsets({{"t", 0, 5}, {"t", 1, 5}, {"t", 0, 6}},
                       [&](Error error, auto) { told.push_back(std::move(error)); });
  REQUIRE(client.until([&] { return told.size() == 4; }));
  for (const Error& error : told) {
    CHECK(error == Errc::invalid_argument);
    CHECK(error.message().find(words) != std::string::npos);
  }
  client.close();
}

TEST_CASE("a topic that is given twice has the partitions of both, as for a Fetcher") {
  SimClient client(1, {.brokers = 1});
  fill(client, "t", 3, 4);
  Recorder recorder;
  Consumer consumer(*client.session, "g", {{"t", {0}}, {"t", {1, 2}}});
  REQUIRE_FALSE(consumer.error());
  consumer.consume(recorder.ack(), recorder.end());
  client.run(2s);
  recorder.check_dense(3, 0, 4);
  const Consumer again(*client.session, "g", {{"t", {0, 1}}, {"t", {1}}});
  CHECK(again.error() == Errc::invalid_argument);
  CHECK(again.error().message().find("t/1 is named twice") != std::string::npos);
  close(client, consumer);
  client.close();
}
