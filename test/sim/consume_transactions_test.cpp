// Transactions as a consumer sees them: what read_committed leaves out, and where a partition ends for it.
#include "consumer_fixture.hpp"

using namespace kafka;
using namespace kafka::sim;
using namespace std::chrono_literals;

namespace {

struct TransactionsBench {
  TransactionsBench() : client(1, {.brokers = 1}) { REQUIRE_FALSE(brokers().topics().create("t", 1)); }
  devbroker::Cluster& brokers() { return client.brokers->cluster(); }
  int64_t write(int64_t producer, int count = 1, Compression codec = Compression::none) {
    std::vector<std::string> values;
    std::vector<Message> messages;
    const int64_t end = brokers().topics().partition("t", 0)->log.end_offset();
    for (int i = 0; i < count; ++i) values.push_back(text(0, end + i));
    for (const std::string& value : values) messages.push_back({.value = value, .timestamp = 1000});
    return brokers().transactions().append("t", 0, producer, messages, codec);
  }
  void end(int64_t producer, TransactionEnd how) { REQUIRE(brokers().transactions().end("t", 0, producer, how) >= 0); }

  SimClient client;
};

}  // namespace

TEST_CASE("B8: read_committed, the default, leaves aborted transactions out, whatever the order of the list") {
  TransactionsBench fixture;
  const auto codec = GENERATE(Compression::none, Compression::gzip);
  fixture.brokers().transactions().set_aborted_newest_first(GENERATE(false, true));
  fixture.write(1, 3, codec);              // 0 to 2, aborted
  fixture.write(2, 2, codec);              // 3, 4, committed
  fixture.end(1, TransactionEnd::abort);   // 5
  fixture.end(1, TransactionEnd::abort);   // 6: the coordinator's second try
  fixture.write(1, 2, codec);              // 7, 8: the same producer, committed
  fixture.end(2, TransactionEnd::commit);  // 9
  fixture.end(1, TransactionEnd::commit);  // 10
  fixture.end(3, TransactionEnd::abort);   // 11: a marker without data
  fixture.write(1, 2, codec);              // 12, 13, aborted
  fill(fixture.client, "t", 1, 1);         // 14, outside any transaction
  fixture.end(1, TransactionEnd::abort);   // 15
  const bool committed_only = GENERATE(true, false);
  ConsumerOptions options{.max_partition_fetch_bytes = GENERATE(1024, 1048576)};
  if (!committed_only) options.isolation_level = IsolationLevel::read_uncommitted;
  const int64_t from = GENERATE(0, 1, 4, 8, 13);
  Recorder recorder;
  Fetcher fetcher(*fixture.client.session, {{"t", 0, from}}, options);
  recorder.listen_ends(fetcher);
  fetcher.fetch(recorder.ack(), recorder.end());
  REQUIRE(fixture.client.until([&] { return !recorder.partition_ends.empty(); }));
  std::vector<int64_t> wanted =
      committed_only ? std::vector<int64_t>{3, 4, 7, 8, 14} : std::vector<int64_t>{0, 1, 2, 3, 4, 7, 8, 12, 13, 14};
  std::erase_if(wanted, [&](int64_t offset) { return offset < from; });
  CHECK(recorder.offsets(0) == wanted);
  CHECK(fetcher.position("t", 0) == 16);
  close(fixture.client, fetcher);
  fixture.client.close();
}

TEST_CASE("B9: answers that hold nothing but aborted data move the position on, and stop nothing") {
  TransactionsBench fixture;
  for (int i = 0; i < 200; ++i) {
    fixture.write(1, 5);
    fixture.end(1, TransactionEnd::abort);
  }
  fixture.write(1, 1);
  fixture.end(1, TransactionEnd::commit);
  Recorder recorder;
  Fetcher fetcher(*fixture.client.session, {{"t", 0, 0}}, {.fetch_memory = 65536, .max_partition_fetch_bytes = 1024});
  recorder.listen(fetcher);
  fetcher.fetch(recorder.ack(), recorder.end());
  REQUIRE(fixture.client.until([&] { return !recorder.partition_ends.empty(); }));
  CHECK(recorder.offsets(0) == std::vector<int64_t>{1200});
  CHECK(recorder.events.empty());
  close(fixture.client, fetcher);
  fixture.client.close();
}

TEST_CASE("An open transaction is the end of the partition for read_committed, also for latest and by time") {
  TransactionsBench fixture;
  fill(fixture.client, "t", 1, 2);
  fixture.write(1);                 // 2, open
  fill(fixture.client, "t", 1, 2);  // 3, 4: behind it
  Recorder recorder;
  Fetcher fetcher(*fixture.client.session, {{"t", 0, 0}});
  recorder.listen_ends(fetcher);
  fetcher.fetch(recorder.ack(), recorder.end());
  REQUIRE(fixture.client.until([&] { return !recorder.partition_ends.empty(); }));
  CHECK(recorder.offsets(0) == range(0, 2));
  CHECK(fetcher.at_end("t", 0));
  CHECK(fetcher.position("t", 0) == 2);

  Recorder late;
  Fetcher latest(*fixture.client.session, {TopicOffset::latest("t", 0)});
  latest.fetch(late.ack(), late.end());
  REQUIRE(fixture.client.until([&] { return latest.position("t", 0) >= 0; }));
  CHECK(latest.position("t", 0) == 2);
  Recorder dirty;
  Fetcher uncommitted(*fixture.client.session, {TopicOffset::latest("t", 0)},
                      {.isolation_level = IsolationLevel::read_uncommitted});
  uncommitted.fetch(dirty.ack(), dirty.end());
  REQUIRE(fixture.client.until([&] { return uncommitted.position("t", 0) >= 0; }));
  CHECK(uncommitted.position("t", 0) == 5);

  fixture.end(1, TransactionEnd::commit);  // 5
  REQUIRE(fixture.client.until([&] { return late.got.size() == 3 && recorder.got.size() == 5; }));
  CHECK(late.offsets(0) == range(2, 5));
  CHECK(recorder.offsets(0) == range(0, 5));
  close(fixture.client, fetcher);
  close(fixture.client, latest);
  close(fixture.client, uncommitted);
  fixture.client.close();
}

TEST_CASE("read_committed reads brokers that know no transactions") {
  SimClient client(1, {.brokers = 1});
  REQUIRE_FALSE(client.brokers->cluster().releases().as_version(GENERATE("0.8.2", "0.10")));
  fill(client, "t", 1, 5);
  Recorder recorder;
  Fetcher fetcher(*client.session, {TopicOffset::earliest("t", 0)});
  recorder.listen_ends(fetcher);
  fetcher.fetch(recorder.ack(), recorder.end());
  REQUIRE(client.until([&] { return !recorder.partition_ends.empty(); }));
  CHECK(recorder.offsets(0) == range(0, 5));
  close(client, fetcher);
  client.close();
}
