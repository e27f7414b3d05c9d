// Reading all partitions of topics, also those that are made later; which partitions there are; pausing all of them.
#include "consumer_fixture.hpp"

using namespace kafka;
using namespace kafka::sim;
using namespace std::chrono_literals;

namespace {

SimClientOptions quick() {
  SimClientOptions options{.brokers = 3};
  options.session.metadata_max_age = 5s;
  return options;
}

}  // namespace

// Compile tests: braces mean fixed partitions, whatever else can be named.
TEST_CASE("braces are fixed partitions and starting places") {
  SimClient client(1, {.brokers = 1});
  const Consumer consumer(*client.session, "g", {{"t", {0}}});
  CHECK(consumer.partitions() == Partitions{{"t", {0}}});
  const Consumer two(*client.session, "g", {{"t", {0, 1}}, {"u", {4}}}, {.max_open = 5});
  CHECK(two.partitions() == Partitions{{"t", {0, 1}}, {"u", {4}}});
  const Fetcher fetcher(*client.session, {{"t", 3, 0}});
  CHECK(fetcher.partitions() == Partitions{{"t", {3}}});
  const Fetcher both(*client.session, {{"t", 1, 7}, {"t", 0, 0}}, {.max_open = 5});
  CHECK(both.partitions() == Partitions{{"t", {0, 1}}});
  const std::string name = "u";
  CHECK(AllPartitions{"t", name, std::string_view("v")}.topics == std::vector<std::string>{"t", "u", "v"});
  CHECK(AllPartitions(std::vector<std::string>{"t", "u"}).topics == std::vector<std::string>{"t", "u"});
  AllPartitions copy{"t"};
  const AllPartitions again(copy);
  CHECK(again.topics == copy.topics);
  client.close();
}

TEST_CASE("all partitions of a topic are read, also those that are made later") {
  const bool grouped = GENERATE(false, true);
  const OffsetReset reset = GENERATE(OffsetReset::earliest, OffsetReset::latest);
  CAPTURE(grouped, static_cast<int>(reset));
  SimClient client(1, quick());
  fill(client, "t", 2, 8);
  fill(client, "u", 1, 8);
  Recorder recorder;
  std::optional<Consumer> consumer;
  std::optional<Fetcher> fetcher;
  const ConsumerOptions options{.auto_offset_reset = reset};
  if (grouped) {
    consumer.emplace(*client.session, "g", AllPartitions{"t", "u"}, options);
    recorder.listen(*consumer);
    CHECK(consumer->partitions().empty());
    consumer->consume(recorder.commit(), recorder.end());
  } else {
    fetcher.emplace(*client.session, AllPartitions{"t", "u"}, options);
    recorder.listen(*fetcher);
    fetcher->fetch(recorder.commit(), recorder.end());
  }
  const auto partitions = [&] { return grouped ? consumer->partitions() : fetcher->partitions(); };
  client.run(2s);
  CHECK(partitions() == Partitions{{"t", {0, 1}}, {"u", {0}}});
  const size_t old = reset == OffsetReset::earliest ? 24 : 0;
  CHECK(recorder.got.size() == old);
  REQUIRE_FALSE(client.brokers->cluster().topics().grow("t", 4));
  fill(client, "t", 4, 4);  // before the consumer knows of the new ones
  client.run(7s);
  CHECK(partitions() == Partitions{{"t", {0, 1, 2, 3}}, {"u", {0}}});
  CHECK(recorder.got.size() == old + 16);
  CHECK(recorder.offsets(3) == range(0, 4));
  CHECK(recorder.ends.empty());
  if (grouped) {
    client.run(1s);
    CHECK(committed(client, "g", "t", 3) == 4);
    close(client, *consumer);
  } else {
    close(client, *fetcher);
  }
  client.close();
}

TEST_CASE(
    "a Consumer of all partitions begins at stored offsets, and without a handler nothing that is missing ends it") {
  SimClient client(1, quick());
  client.session->on_event({});
  fill(client, "t", 2, 8);
  bool stored = false;
  ConsumerGroup(*client.session, "g").commit_offsets({{"t", 1, 5, {}, {}, -1}}, [&](Error error, auto) {
    stored = !error;
  });
  REQUIRE(client.until([&] { return stored; }));
  Recorder recorder;
  Consumer consumer(*client.session, "g", AllPartitions{"t", "missing"},
                    {.allow_auto_create_topics = false, .default_api_timeout = 5s});
  consumer.consume(recorder.commit(), recorder.end());
  client.run(1min);
  CHECK(recorder.offsets(0) == range(0, 8));
  CHECK(recorder.offsets(1) == range(5, 8));
  CHECK(recorder.ends.empty());
  size_t lines = 0;
  for (const std::string& line : client.log) lines += line.find("topic missing: ") != std::string::npos ? 1 : 0;
  CHECK(lines == 1);
  // It is made at last, and read from its first record.
  fill(client, "missing", 1, 4);
  client.run(3s);
  CHECK(recorder.got.size() == 8 + 3 + 4);
  close(client, consumer);
  client.close();
}

TEST_CASE("a topic that appears later is read from its first record, whatever the policy") {
  SimClient client(1, quick());
  Recorder recorder;
  Fetcher fetcher(*client.session, AllPartitions{"t"},
                  {.allow_auto_create_topics = false, .auto_offset_reset = OffsetReset::latest});
  recorder.listen(fetcher);
  fetcher.fetch(recorder.ack(), recorder.end());
  client.run(10s);
  CHECK(fetcher.partitions().empty());
  fill(client, "t", 2, 4);
  client.run(3s);
  recorder.check_dense(2, 0, 4);
  close(client, fetcher);
  client.close();
}

TEST_CASE("a topic that is gone for long and comes back is read again by a consumer of all partitions") {
  SimClient client(1, quick());
  fill(client, "t", 1, 4);
  Recorder recorder;
  Fetcher fetcher(*client.session, AllPartitions{"t"}, {.allow_auto_create_topics = false, .default_api_timeout = 5s});
  recorder.listen(fetcher);
  fetcher.fetch(recorder.ack(), recorder.end());
  client.run(2s);
  CHECK(recorder.got.size() == 4);
  devbroker::Faults& faults = client.brokers->cluster().faults();
  faults.add(ApiKey::fetch).topic("t").always().reply(Errc::unknown_topic_or_partition);
  faults.add(ApiKey::metadata).topic("t").always().reply(Errc::unknown_topic_or_partition);
  client.run(20s);
  CHECK(recorder.count(Event::Type::partition_stopped) == 1);
  CHECK(recorder.ends.empty());
  faults.clear();
  client.run(8s);
  CHECK(recorder.count(Event::Type::partition_resumed) == 1);
  fill(client, "t", 1, 4);
  client.run(3s);
  CHECK(recorder.offsets(0) == range(0, 8));
  close(client, fetcher);
  client.close();
}

TEST_CASE("what a consumer of all partitions cannot be made of is refused") {
  SimClient client(1, {.brokers = 1});
  const auto refused = [&](AllPartitions all, ConsumerOptions options = {}) {
    const Consumer consumer(*client.session, "g", all, options);
    const Fetcher fetcher(*client.session, all, options);
    CHECK(consumer.error().message() == fetcher.error().message());
    return fetcher.error().message();
  };
  CHECK(refused(AllPartitions(std::vector<std::string>())).find("at least one") != std::string::npos);
  CHECK(refused(AllPartitions{"t", "u", "t"}).find("topic t is named twice") != std::string::npos);
  CHECK(refused(AllPartitions{"a b"}).find("a b") != std::string::npos);
  const Fetcher nowhere(*client.session, AllPartitions{"t"}, {.auto_offset_reset = OffsetReset::none});
  CHECK(nowhere.error() == Errc::invalid_argument);
  const Consumer somewhere(*client.session, "g", AllPartitions{"t"}, {.auto_offset_reset = OffsetReset::none});
  CHECK_FALSE(somewhere.error());
  const Consumer nobody(*client.session, "", AllPartitions{"t"});
  CHECK(nobody.error() == Errc::invalid_argument);
  client.close();
}

TEST_CASE("pause() and resume() without arguments are for all partitions, and for those that come later") {
  SimClient client(1, quick());
  fill(client, "t", 2, 4);
  Recorder recorder;
  Fetcher fetcher(*client.session, AllPartitions{"t"});
  recorder.listen(fetcher);
  fetcher.fetch(recorder.ack(), recorder.end());
  client.run(1s);
  CHECK(recorder.got.size() == 8);
  CHECK_FALSE(fetcher.pause());
  fill(client, "t", 2, 4);
  REQUIRE_FALSE(client.brokers->cluster().topics().grow("t", 3));
  fill(client, "t", 3, 4);
  client.run(8s);
  CHECK(recorder.got.size() == 8);
  CHECK_FALSE(fetcher.resume({{"t", {1}}}));
  client.run(1s);
  CHECK(recorder.offsets(1) == range(0, 12));
  CHECK(recorder.offsets(2).empty());
  CHECK_FALSE(fetcher.resume());
  client.run(1s);
  CHECK(recorder.offsets(0) == range(0, 12));
  CHECK(recorder.offsets(2) == range(0, 4));
  close(client, fetcher);
  CHECK(fetcher.pause() == Errc::closed);
  client.close();
}
