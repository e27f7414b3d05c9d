// Objects that were moved from do nothing, and their calls say `closed`. What they were moved to goes on.
#include <kafka/consumer_group.hpp>
#include <kafka/groups.hpp>
#include <kafka/offset_master.hpp>
#include <kafka/producer.hpp>

#include "consumer_fixture.hpp"

using namespace kafka;
using namespace kafka::sim;
using namespace std::chrono_literals;

namespace {

// Counts calls that must say `closed`.
struct Told {
  int count = 0;
  auto closed() {
    return [this](const Error& error, const auto&...) {
      CHECK(error == Errc::closed);
      ++count;
    };
  }
  auto call() {
    return [this] { ++count; };
  }
};

// Every call of a session that was moved from. How many callbacks must come.
int use(Session& gone, Told& told) {
  CHECK(gone.error() == Errc::closed);
  CHECK(gone.contact_points().empty());
  CHECK(gone.options().max_dispatch > 0);
  CHECK(gone.closed());
  CHECK(gone.stats().brokers.empty());
  gone.on_event([](const Event&) { FAIL("an event"); });
  gone.on_log(LogLevel::trace, [](LogLevel, std::string_view) { FAIL("a line"); });
  gone.on_turn([] { FAIL("a turn"); });
  gone.set_resolver([](const std::string&, const Session::ResolveDone&) { FAIL("a look-up"); });
  gone.ref();
  gone.unref();
  const auto token = std::make_shared<int>(0);
  CHECK_FALSE(gone.post([token] { FAIL("posted"); }));
  CHECK(token.use_count() == 1);
  gone.cluster(told.closed());
  gone.list_topics(told.closed());
  gone.get_metadata({"t"}, told.closed());
  gone.close(told.call());
  gone.close(1s, told.call());
  return 5;
}

int use(Producer& gone, Told& told) {
  CHECK(gone.error() == Errc::closed);
  CHECK(gone.options().acks == Acks::all);
  const auto token = std::make_shared<int>(0);
  const Record record{.topic = "t", .partition = 0, .value = "v"};
  CHECK(gone.send(record, [token](const DeliveryReport&) { FAIL("a report"); }) == Errc::closed);
  CHECK(token.use_count() == 1);
  CHECK(gone.send(record, uint64_t{1}) == Errc::closed);
  const Topic topic = gone.topic("t");
  CHECK(gone.send(topic, record) == Errc::closed);
  CHECK(gone.send(topic, record, uint64_t{1}) == Errc::closed);
  gone.on_delivery([](uint64_t, const DeliveryReport&) { FAIL("a report"); });
  gone.on_drain([] { FAIL("room"); });
  gone.set_partitioner([](const Record&, int32_t) { return 0; });
  CHECK_FALSE(gone.would_block(record));
  CHECK_FALSE(gone.would_block(topic, record));
  CHECK(gone.queued() == 0);
  CHECK(gone.queued_bytes() == 0);
  gone.abort();
  gone.produce({{.topic = "t", .partition = 0, .messages = {{.value = "v"}}}}, [&](const ProduceResult& result) {
    CHECK(result.has_error(Errc::closed));
    ++told.count;
  });
  gone.flush(told.call());
  gone.close(told.call());
  gone.close(1s, told.call());
  return 4;
}

// What a Consumer and a Fetcher have in common.
int use_reader(PartitionReader& gone, Told& told) {
  CHECK(gone.error() == Errc::closed);
  CHECK(gone.options().max_open > 0);
  CHECK(gone.pause({{"t", {0}}}) == Errc::closed);
  CHECK(gone.resume({{"t", {0}}}) == Errc::closed);
  CHECK(gone.seek({"t", 0, 0}) == Errc::closed);
  CHECK(gone.position("t", 0) == -1);
  CHECK_FALSE(gone.at_end("t", 0));
  gone.on_event([](const Event&) { FAIL("an event"); });
  gone.on_partition_end([](const TopicPartition&, int64_t) { FAIL("an end"); });
  gone.close(told.call());
  return 1;
}

int use(Consumer& gone, Told& told) {
  gone.consume([](const MessageEnvelope&) { FAIL("a message"); }, told.closed());
  gone.consume(
      1, [](const MessageEnvelope&) { FAIL("a message"); }, told.closed());
  gone.batch_consume(
      1, [](const BatchEnvelope&) { FAIL("a batch"); }, told.closed());
  return 3 + use_reader(gone, told);
}

int use(Fetcher& gone, Told& told) {
  gone.fetch([](const MessageEnvelope&) { FAIL("a message"); }, told.closed());
  gone.fetch(
      1, [](const MessageEnvelope&) { FAIL("a message"); }, told.closed());
  gone.batch_fetch(
      1, [](const BatchEnvelope&) { FAIL("a batch"); }, told.closed());
  return 3 + use_reader(gone, told);
}

int use(OffsetMaster& gone, Told& told) {
  gone.fetch_earliest({{"t", {0}}}, told.closed());
  gone.fetch_latest({{"t", {0}}}, told.closed());
  gone.fetch_by_time({{"t", {0}}}, 1, told.closed());
  return 3;
}

int use(ConsumerGroup& gone, Told& told) {
  CHECK(gone.name().empty());
  gone.fetch_offsets({{"t", {0}}}, told.closed());
  gone.commit_offsets({{"t", 0, 1}}, told.closed());
  gone.reset_offsets_to_earliest({{"t", {0}}}, told.closed());
  gone.reset_offsets_to_latest({{"t", {0}}}, told.closed());
  return 4;
}

int use(Groups& gone, Told& told) {
  gone.list(told.closed());
  gone.describe({"g"}, told.closed());
  gone.lag("g", told.closed());
  gone.delete_groups({"g"}, told.closed());
  gone.delete_offsets("g", {{"t", {0}}}, told.closed());
  gone.remove_members("g", {MemberToRemove::id("m")}, "", told.closed());
  return 6;
}

// Moves an object, and uses what is left of it; then once more, when it was moved from twice; then assigns to it.
template <class T>
void check(SimClient& client, T object, void (*works)(SimClient&, T&)) {
  Told told;
  T other = std::move(object);
  int expected = use(object, told);
  T third = std::move(object);
  expected += use(object, told);
  expected += use(third, told);
  CHECK(told.count == 0);  // never inside the call
  client.run(1ms);
  CHECK(told.count == expected);
  works(client, other);
  object = std::move(other);
  works(client, object);
  expected += use(other, told);
  client.run(1ms);
  CHECK(told.count == expected);
}

}  // namespace

TEST_CASE("G15: objects that were moved from say closed, and what they were moved to goes on") {
  SimClient client(1, {.brokers = 1});
  fill(client, "t", 1, 8);
  SECTION("a session") {
    SessionOptions options = client.options();
    check<Session>(client, session::Access::session(session::Core::make(client.reactor, options)),
                   [](SimClient& world, Session& session) {
                     int calls = 0;
                     session.cluster([&](const Error& error, const ClusterMetadata&) {
                       CHECK_FALSE(error);
                       ++calls;
                     });
                     CHECK(world.until([&] { return calls == 1; }));
                   });
  }
  SECTION("objects of a session that was moved from") {
    Session session = session::Access::session(session::Core::make(client.reactor, client.options()));
    Session moved = std::move(session);
    CHECK(Producer(session).error() == Errc::closed);
    CHECK(Consumer(session, "g", {{"t", {0}}}).error() == Errc::closed);
    Told told;
    OffsetMaster master(session);
    CHECK(use(master, told) == 3);
    client.run(1ms);
    CHECK(told.count == 3);
  }
  SECTION("groups") {
    check<Groups>(client, Groups(*client.session), [](SimClient& world, Groups& groups) {
      Outcome<GroupList> outcome;
      groups.list(outcome.take());
      CHECK(world.until([&] { return outcome.calls == 1; }));
      CHECK_FALSE(outcome.error);
    });
  }
  SECTION("a producer") {
    check<Producer>(client, Producer(*client.session), [](SimClient& world, Producer& producer) {
      int reports = 0;
      CHECK_FALSE(producer.send({.topic = "t", .partition = 0, .value = "v"}, [&](const DeliveryReport& report) {
        CHECK_FALSE(report.error);
        ++reports;
      }));
      CHECK(world.until([&] { return reports == 1; }));
    });
  }
  SECTION("a consumer") {
    check<Consumer>(client, Consumer(*client.session, "g", {{"t", {0}}}), [](SimClient& world, Consumer& consumer) {
      Recorder recorder;
      consumer.consume(2, recorder.ack(), recorder.end());
      CHECK(world.until([&] { return recorder.ended_well(); }));
    });
  }
  SECTION("a fetcher") {
    check<Fetcher>(client, Fetcher(*client.session, {TopicOffset::earliest("t", 0)}),
                   [](SimClient& world, Fetcher& fetcher) {
                     Recorder recorder;
                     fetcher.fetch(2, recorder.ack(), recorder.end());
                     CHECK(world.until([&] { return recorder.ended_well(); }));
                   });
  }
  SECTION("an OffsetMaster") {
    check<OffsetMaster>(client, OffsetMaster(*client.session), [](SimClient& world, OffsetMaster& master) {
      Outcome<std::vector<TopicOffset>> outcome;
      master.fetch_latest({{"t", {0}}}, outcome.take());
      CHECK(world.until([&] { return outcome.calls == 1; }));
      CHECK(outcome.value.at(0).offset == 8);
    });
  }
  SECTION("a ConsumerGroup") {
    check<ConsumerGroup>(client, ConsumerGroup(*client.session, "g"), [](SimClient& world, ConsumerGroup& group) {
      Outcome<std::vector<ConsumerOffset>> outcome;
      group.fetch_offsets({{"t", {0}}}, outcome.take());
      CHECK(world.until([&] { return outcome.calls == 1; }));
      CHECK_FALSE(outcome.error);
    });
  }
  SECTION("a topic handle") {
    Producer producer(*client.session);
    Topic topic = producer.topic("t");
    const Topic other = std::move(topic);
    CHECK(topic.name().empty());
    CHECK(topic.error() == Errc::invalid_topic);
    CHECK(producer.send(topic, {.partition = 0, .value = "v"}) == Errc::invalid_topic);
    CHECK_FALSE(producer.send(other, {.partition = 0, .value = "v"}));
  }
  client.close();
}

TEST_CASE("G15: an object that was moved from may outlive its session, and may be moved and destroyed then") {
  SimClient client(1, {.brokers = 1});
  Producer producer(*client.session);
  Consumer consumer(*client.session, "g", {{"t", {0}}});
  Producer other = std::move(producer);
  Consumer reader = std::move(consumer);
  client.session.reset();
  client.core.reset();
  CHECK(producer.send({.topic = "t", .partition = 0, .value = "v"}) == Errc::closed);
  CHECK(consumer.seek({"t", 0, 0}) == Errc::closed);
  Told told;
  int expected = use(producer, told) + use(consumer, told);
  client.run(1ms);
  CHECK(told.count == expected);
  producer = std::move(other);
  consumer = std::move(reader);
  CHECK(producer.send({.topic = "t", .partition = 0, .value = "v"}) == Errc::closed);
}
