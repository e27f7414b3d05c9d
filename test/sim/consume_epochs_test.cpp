// D11: leader epochs of a consumer that does not continue from records it has read itself: epochs of commits, leaders
// that have to be asked first, former leaders (KIP-320).
// Not here: logs that are cut while they are read (consume_truncation_test.cpp).
#include "fetch_fixture.hpp"

using namespace kafka;
using namespace kafka::sim;
using namespace std::chrono_literals;
using Type = Event::Type;

namespace {

int32_t leader(SimClient& client) { return client.brokers->cluster().topics().partition("t", 0)->leader; }

int fetches(SimClient& client, int32_t broker) {
  int found = 0;
  for (const auto& seen : client.brokers->cluster().requests().seen())
    found += seen.api == ApiKey::fetch && seen.broker == broker ? 1 : 0;
  return found;
}

void commit(SimClient& client, int64_t offset, int32_t epoch) {
  ConsumerGroup group(*client.session, "g");
  ConsumerOffset stored{"t", 0, offset};
  stored.leader_epoch = epoch;
  int told = 0;
  group.commit_offsets({stored}, [&](Error error, const auto&) {
    CHECK_FALSE(error);
    ++told;
  });
  REQUIRE(client.until([&] { return told == 1; }));
}

// Ten messages. The session knows a leader of the past, which has only five of them.
int32_t leader_of_the_past(SimClient& client) {
  devbroker::Cluster& cluster = client.brokers->cluster();
  fill(client, "t", 1, 10);
  Recorder recorder;
  Fetcher fetcher(*client.session, {{"t", 0, 0}});
  fetcher.fetch(recorder.ack(), recorder.end());
  REQUIRE(client.until([&] { return recorder.got.size() == 10; }));
  close(client, fetcher);
  const int32_t old = leader(client);
  REQUIRE_FALSE(cluster.leaders().move("t", 0, old % 3 + 1));
  REQUIRE_FALSE(cluster.leaders().set_replica_end("t", 0, old, 5));
  return old;
}

}  // namespace

TEST_CASE("D11, F19: a consumer that begins at a committed offset notices that the log was cut meanwhile") {
  SimClient client(21, {.brokers = 3});
  devbroker::Cluster& cluster = client.brokers->cluster();
  const std::string release = GENERATE(std::string(), std::string("2.4"), std::string("2.8"));
  REQUIRE_FALSE(cluster.releases().as_version(release));
  const Ordering ordering = GENERATE(Ordering::consumer, Ordering::unordered);
  const CommitMode mode = GENERATE(CommitMode::confirmed, CommitMode::pipelined);
  const auto policy = GENERATE(OutOfRange::reset_to_earliest, OutOfRange::fail);
  fill_batches(client, "t", 1, 10, 2);
  const int32_t epoch = cluster.topics().partition("t", 0)->epoch;
  const ConsumerOptions options{.commit_mode = mode, .on_offset_out_of_range = policy, .ordering = ordering};
  Recorder recorder;
  {
    Consumer consumer(*client.session, "g", {{"t", {0}}}, options);
    const bool batches = GENERATE(false, true);
    if (batches) {
      consumer.batch_consume(
          6, [](BatchEnvelope envelope) { envelope.commit(); }, recorder.end());
    } else {
      consumer.consume(
          10, [](MessageEnvelope envelope) { envelope.commit(); }, recorder.end());
    }
    REQUIRE(client.until([&] { return committed(client, "g", "t", 0) == 10; }));
    close(client, consumer);
  }
  CHECK(cluster.groups().find("g", {"t", 0})->leader_epoch == epoch);
  REQUIRE_FALSE(cluster.leaders().truncate_to("t", 0, 6));
  for (int i = 0; i < 20; ++i) REQUIRE(cluster.contents().append("t", 0, {.value = "new"}) == 6 + i);
  Consumer consumer(*client.session, "g", {{"t", {0}}}, options);
  recorder.listen(consumer);
  consumer.consume(recorder.ack(), recorder.end());
  client.run(5s);
  if (policy == OutOfRange::fail) {
    CHECK(recorder.got.empty());
    REQUIRE(recorder.count(Type::partition_stopped) == 1);
    CHECK(recorder.events.back().error == Errc::offset_out_of_range);
  } else {
    REQUIRE(recorder.count(Type::log_truncated) == 1);
    CHECK(recorder.events[0].offset == 6);
    CHECK(recorder.offsets(0) == range(6, 26));
  }
  CHECK(recorder.count(Type::offset_reset) == 0);
  close(client, consumer);
  client.close();
}

TEST_CASE("D11: leader epochs are stored and read by groups where the coordinator knows them") {
  SimClient client(22, {.brokers = 1});
  const std::string release = GENERATE(std::string(), std::string("2.4"), std::string("1.1"), std::string("0.8.2"));
  REQUIRE_FALSE(client.brokers->cluster().releases().as_version(release));
  REQUIRE_FALSE(client.brokers->cluster().topics().create("t", 2));
  commit(client, 5, 3);
  ConsumerGroup group(*client.session, "g");
  std::vector<ConsumerOffset> found;
  group.fetch_offsets({{"t", {0, 1}}}, [&](Error error, std::vector<ConsumerOffset> offsets) {
    CHECK_FALSE(error);
    found = std::move(offsets);
  });
  REQUIRE(client.until([&] { return found.size() == 2; }));
  CHECK(found[0].offset == 5);
  CHECK(found[0].leader_epoch == (release.empty() || release == "2.4" ? 3 : -1));
  CHECK(found[1].leader_epoch == -1);
  found.clear();
  group.commit_offsets({{"t", 0, 5, {}, {}, -2}}, [&](Error error, std::vector<ConsumerOffset>) {
    CHECK(error == Errc::invalid_argument);
    CHECK(error.message().find("leader_epoch -2 of t/0") != std::string::npos);
    found.emplace_back();
  });
  REQUIRE(client.until([&] { return !found.empty(); }));
  client.close();
}

TEST_CASE("D11: no failure of OffsetForLeaderEpoch resets or stops a partition") {
  SimClient client(23, {.brokers = 3});
  devbroker::Cluster& cluster = client.brokers->cluster();
  REQUIRE_FALSE(cluster.releases().as_version("2.4"));
  fill(client, "t", 1, 10);
  Recorder recorder;
  Fetcher fetcher(*client.session, {{"t", 0, 0}}, {.on_offset_out_of_range = OutOfRange::fail});
  recorder.listen(fetcher);
  fetcher.fetch(recorder.ack(), recorder.end());
  REQUIRE(client.until([&] { return recorder.got.size() == 10; }));
  devbroker::Faults& faults = cluster.faults();
  const int kind = GENERATE(range(0, 6));
  CAPTURE(kind);
  Fault& fault = faults.add(ApiKey::offset_for_leader_epoch);
  if (kind == 0) fault.partition("t", 0).always().reply(Errc::topic_authorization_failed);
  if (kind == 1) fault.partition("t", 0).reply(Errc::unknown_leader_epoch);
  if (kind == 2) fault.partition("t", 0).reply(static_cast<Errc>(999));
  if (kind == 3) fault.close_before();
  if (kind == 4) fault.partition("t", 0).always().reply(Errc::offset_out_of_range);
  if (kind == 5) fault.partition("t", 0).always().reply(Errc::unknown_leader_epoch);
  client.brokers->kill(leader(client));
  fill(client, "t", 1, 5);
  REQUIRE(client.until([&] { return recorder.got.size() == 15; }, 20s));
  CHECK(fault.hits() >= 1);
  CHECK(fault.hits() <= (kind == 5 ? 6 : 1));
  CHECK(recorder.offsets(0) == range(0, 15));
  CHECK(recorder.events.empty());
  close(client, fetcher);
  client.close();
}

TEST_CASE("D11: a leader with an older epoch than the committed one is not asked; a newer leader is waited for") {
  SimClient client(24, {.brokers = 3});
  devbroker::Cluster& cluster = client.brokers->cluster();
  const int32_t old = leader_of_the_past(client);
  commit(client, 10, cluster.topics().partition("t", 0)->epoch);
  fill(client, "t", 1, 5);
  const int before = fetches(client, old);
  Recorder recorder;
  Consumer consumer(*client.session, "g", {{"t", {0}}}, {.on_offset_out_of_range = OutOfRange::reset_to_earliest});
  recorder.listen(consumer);
  consumer.consume(recorder.ack(), recorder.end());
  REQUIRE(client.until([&] { return recorder.got.size() == 5; }, 2s));
  CHECK(recorder.offsets(0) == range(10, 15));
  CHECK(recorder.events.empty());
  CHECK(fetches(client, old) == before);
  close(client, consumer);
  client.close();
}

TEST_CASE("D11: an epoch that no leader ever reaches holds a partition up only for a while") {
  SimClient client(25, {.brokers = 3});
  fill(client, "t", 1, 10);
  commit(client, 7, 1000);
  Recorder recorder;
  Consumer consumer(*client.session, "g", {{"t", {0}}});
  recorder.listen(consumer);
  consumer.consume(recorder.ack(), recorder.end());
  client.run(9s);
  CHECK(recorder.got.empty());
  REQUIRE(client.until([&] { return recorder.got.size() == 3; }, 2s));
  CHECK(recorder.offsets(0) == range(7, 10));
  CHECK(recorder.events.empty());
  close(client, consumer);
  client.close();
}

TEST_CASE("D11: a consumer that reads from a follower notices a cut log as well") {
  SimClient client(27, {.brokers = 3});
  devbroker::Cluster& cluster = client.brokers->cluster();
  REQUIRE_FALSE(cluster.releases().as_version(GENERATE(std::string(), std::string("2.4"))));
  for (int32_t id = 1; id <= 3; ++id) cluster.brokers().set_rack(id, "rack-" + std::to_string(id));
  fill_batches(client, "t", 1, 10, 1);
  const int32_t near = leader(client) % 3 + 1;
  Recorder recorder;
  Fetcher fetcher(*client.session, {{"t", 0, 0}}, {.client_rack = "rack-" + std::to_string(near)});
  recorder.listen(fetcher);
  fetcher.fetch(recorder.ack(), recorder.end());
  REQUIRE(client.until([&] { return recorder.got.size() == 10; }));
  REQUIRE(fetches(client, near) > 0);
  REQUIRE_FALSE(cluster.leaders().truncate_to("t", 0, 6));
  const int count = GENERATE(2, 20);  // the new log reaches beyond the old position, or not
  for (int i = 0; i < count; ++i) REQUIRE(cluster.contents().append("t", 0, {.value = "new"}) == 6 + i);
  client.run(5s);
  REQUIRE(recorder.count(Type::log_truncated) == 1);
  CHECK(recorder.events[0].offset == 6);
  std::vector<int64_t> wanted = range(0, 10);
  for (int i = 0; i < count; ++i) wanted.push_back(6 + i);
  CHECK(recorder.offsets(0) == wanted);
  CHECK(recorder.count(Type::offset_reset) == 0);
  close(client, fetcher);
  client.close();
}

TEST_CASE("D11: metadata with older epochs than the leader's batches delays nothing") {
  FetchFixture fixture(1);
  Recorder recorder;
  Fetcher fetcher = fixture.fetcher(1);
  recorder.listen(fetcher);
  fetcher.fetch(recorder.ack(), recorder.end());
  for (int32_t i = 1; i <= 5; ++i) {
    fixture.peer.add(0, 10, 0, {.leader_epoch = i});  // metadata still says epoch 0
    REQUIRE(fixture.client.until([&] { return recorder.got.size() == static_cast<size_t>(10 * i); }, 1s));
  }
  CHECK(recorder.events.empty());
  close(fixture.client, fetcher);
  fixture.client.close();
}

TEST_CASE("D16: a former leader that lacks the position resets nothing: the present leader is asked") {
  SimClient client(26, {.brokers = 3});
  const OutOfRange policy = GENERATE(OutOfRange::fail, OutOfRange::reset_to_earliest, OutOfRange::reset_to_latest);
  const int32_t old = leader_of_the_past(client);
  commit(client, 10, -1);
  fill(client, "t", 1, 5);
  const int before = fetches(client, old);
  Recorder recorder;
  Consumer consumer(*client.session, "g", {{"t", {0}}}, {.on_offset_out_of_range = policy});
  recorder.listen(consumer);
  consumer.consume(recorder.ack(), recorder.end());
  REQUIRE(client.until([&] { return recorder.got.size() == 5; }, 5s));
  CHECK(recorder.offsets(0) == range(10, 15));
  CHECK(recorder.events.empty());
  CHECK(fetches(client, old) == before + 1);
  close(client, consumer);
  client.close();
}
