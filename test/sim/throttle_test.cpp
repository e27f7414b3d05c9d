// C18: a broker whose quota is used up asks the client to pause (KIP-219): which requests are held back, for how long,
// and that the pause does not look like a broker that is silent.
#include "cluster/throttle.hpp"

#include <kafka/kafka.hpp>

#include "connection_fixture.hpp"
#include "consumer_fixture.hpp"

using namespace kafka;
using namespace kafka::sim;
using Catch::Matchers::Contains;
using Api = protocol::ApiKey;

namespace {

// Answers Metadata, the n-th request with the n-th pause (none behind the last).
struct Pauses {
  Pauses(ConnectionFixture& fixture, std::vector<int32_t> pauses) : fixture_(fixture), pauses_(std::move(pauses)) {
    fixture.server.on_request = [this](ScriptedBroker::Connection& peer, const RequestHeader& header, codec::Reader&) {
      if (header.api != Api::metadata) return false;
      came.push_back(fixture_.world.now());
      protocol::MetadataResponse response = fixture_.server.metadata;
      response.throttle_time_ms = came.size() <= pauses_.size() ? pauses_[came.size() - 1] : 0;
      peer.answer(header, response);
      return true;
    };
  }
  // The fixture goes on for a while after us.
  ~Pauses() { fixture_.server.on_request = {}; }
  Pauses(const Pauses&) = delete;
  Pauses& operator=(const Pauses&) = delete;
  std::vector<net::TimePoint> came;

 private:
  ConnectionFixture& fixture_;
  std::vector<int32_t> pauses_;
};

}  // namespace

TEST_CASE(
    "C18: a throttled connection sends nothing until the pause is over, in versions where the client has to wait") {
  const int16_t version = GENERATE(as<int16_t>{}, 5, 6, 12);
  ConnectionFixture fixture;
  fixture.establish();
  Pauses pauses(fixture, {2000});
  std::shared_ptr<Answer> inside;
  auto call = std::make_unique<TypedCall<protocol::MetadataRequest>>(
      protocol::MetadataRequest(), fixture.reactor.now() + 1s,
      [&](Error error, protocol::MetadataResponse&, const CallInfo&) {
        CHECK_FALSE(error);
        inside = fixture.ask(500ms, version);  // asks again before any other request
      });
  call->set_max_version(version);
  fixture.connection->send(std::move(call));
  REQUIRE(fixture.until([&] { return inside != nullptr; }));
  const net::TimePoint told = fixture.world.now();
  fixture.world.run_for(100ms);
  auto later = fixture.ask(500ms, version);
  if (version < 6) {  // the broker itself has waited
    fixture.world.run_for(100ms);
    CHECK(pauses.came.size() == 3);
    CHECK(later->calls == 1);
    return;
  }
  CHECK(fixture.connection->in_flight() == 2);
  fixture.world.run_for(1890ms);
  CHECK(pauses.came.size() == 1);
  REQUIRE(fixture.until([&] { return later->calls == 1; }, 100ms));
  CHECK(pauses.came.size() == 3);
  CHECK(pauses.came[1] - told >= 2s);
  CHECK_FALSE(inside->error);
  CHECK_FALSE(later->error);
  CHECK(fixture.throttle.answers() == 1);
  CHECK(fixture.throttle.total() == 2s);
}

TEST_CASE("C18: the pause does not count against requests that are under way or held back; the time after it does") {
  ConnectionFixture fixture;
  fixture.establish();
  const bool answers = GENERATE(true, false);
  std::vector<RequestHeader> asked;
  ScriptedBroker::Connection* peer = nullptr;
  fixture.server.on_request = [&](ScriptedBroker::Connection& from, const RequestHeader& header, codec::Reader&) {
    if (header.api != Api::metadata) return false;
    peer = &from;
    asked.push_back(header);
    return true;
  };
  auto first = fixture.ask(500ms);
  auto second = fixture.ask(500ms);
  REQUIRE(fixture.until([&] { return asked.size() == 2; }));
  protocol::MetadataResponse response = fixture.server.metadata;
  response.throttle_time_ms = 3000;
  peer->answer(asked[0], response);
  REQUIRE(fixture.until([&] { return first->calls == 1; }));
  const net::TimePoint told = fixture.world.now();
  auto held = fixture.ask(100ms);
  fixture.world.run_for(2990ms);
  CHECK(second->calls == 0);
  CHECK(held->calls == 0);
  CHECK(asked.size() == 2);
  if (answers) {
    fixture.world.run_for(20ms);
    response.throttle_time_ms = 0;
    peer->answer(asked[1], response);
    REQUIRE(fixture.until([&] { return asked.size() == 3; }, 50ms));
    peer->answer(asked[2], response);
    REQUIRE(fixture.until([&] { return held->calls == 1; }, 50ms));
    CHECK_FALSE(second->error);
    CHECK_FALSE(held->error);
    CHECK(fixture.ended == 0);
  } else {
    REQUIRE(fixture.until_ended(1s));
    CHECK(fixture.world.now() - told >= 3100ms);
    CHECK(fixture.world.now() - told < 3110ms);
    CHECK(held->error == Errc::timed_out);
    CHECK(second->error == Errc::disconnected);
  }
}

TEST_CASE("C18: of several pauses the latest end counts, and each is counted once") {
  ConnectionFixture fixture;
  fixture.establish();
  Pauses pauses(fixture, {1000, 3000, 100});
  fixture.world.set_latency(1ms, 1ms);
  auto first = fixture.ask(200ms);
  auto second = fixture.ask(200ms);
  auto third = fixture.ask(200ms);
  REQUIRE(fixture.until([&] { return third->calls == 1; }));
  const net::TimePoint told = fixture.world.now();
  auto held = fixture.ask(200ms);
  fixture.world.run_for(2990ms);
  CHECK(pauses.came.size() == 3);
  REQUIRE(fixture.until([&] { return held->calls == 1; }, 100ms));
  CHECK_FALSE(held->error);
  CHECK(pauses.came[3] - told >= 3s);
  CHECK(fixture.throttle.answers() == 3);
  CHECK(fixture.throttle.total() == 3s);
}

TEST_CASE("C18: a longer pause told on another connection prolongs this one's") {
  ConnectionFixture fixture;
  fixture.establish();
  Pauses pauses(fixture, {1000});
  auto first = fixture.ask(200ms);
  REQUIRE(fixture.until([&] { return first->calls == 1; }));
  auto held = fixture.ask(200ms);
  fixture.world.run_for(500ms);
  fixture.throttle.ask(fixture.reactor.now(), 2s);
  fixture.world.run_for(1990ms);
  CHECK(pauses.came.size() == 1);
  REQUIRE(fixture.until([&] { return held->calls == 1; }, 100ms));
  CHECK_FALSE(held->error);
  CHECK(fixture.throttle.total() >= 2500ms);
  CHECK(fixture.throttle.total() < 2520ms);
}

TEST_CASE("C18: a negative pause is ignored, and no pause is longer than a minute") {
  ConnectionFixture fixture;
  fixture.establish();
  Pauses pauses(fixture, {-1, INT32_MIN, INT32_MAX});
  for (int i = 0; i < 3; ++i) {
    auto answer = fixture.ask(200ms);
    REQUIRE(fixture.until([&] { return answer->calls == 1; }, 100ms));
  }
  auto held = fixture.ask(200ms);
  fixture.world.run_for(kThrottleMax - 10ms);
  CHECK(held->calls == 0);
  REQUIRE(fixture.until([&] { return held->calls == 1; }, 100ms));
  CHECK_FALSE(held->error);
  CHECK(fixture.throttle.answers() == 1);
}

TEST_CASE("C18: requests that are held back end with their connection, as not sent") {
  ConnectionFixture fixture;
  fixture.establish();
  Pauses pauses(fixture, {60000});
  auto first = fixture.ask();
  REQUIRE(fixture.until([&] { return first->calls == 1; }));
  auto a = fixture.ask();
  auto b = fixture.ask();
  Errc expected = Errc::none;
  SECTION("closed by us") {
    fixture.connection->close(Error(Errc::closed, "test"));
    REQUIRE(fixture.until_ended(100ms));
    expected = Errc::closed;
  }
  SECTION("closed by the peer") {
    fixture.server.connections[0]->close();
    REQUIRE(fixture.until_ended(100ms));
    expected = Errc::disconnected;
  }
  SECTION("destroyed") {
    fixture.connection.reset();
    fixture.world.run_for(1ms);
    expected = Errc::closed;
  }
  for (const auto& held : {a, b}) {
    CHECK(held->calls == 1);
    CHECK(held->error.code() == expected);
    CHECK(held->info.sent == Sent::no);
  }
  CHECK(pauses.came.size() == 1);
}

TEST_CASE("C18: a request with a limit of its own does not wait for the end of the pause, and affects no other") {
  ConnectionFixture fixture;
  fixture.establish();
  Pauses pauses(fixture, {5000});
  auto first = fixture.ask(1s);
  REQUIRE(fixture.until([&] { return first->calls == 1; }));
  auto patient = fixture.ask(1s);
  int ended = 0;
  auto call = std::make_unique<TypedCall<protocol::MetadataRequest>>(
      protocol::MetadataRequest(), fixture.reactor.now() + 1s,
      [&](Error error, protocol::MetadataResponse&, const CallInfo& info) {
        ++ended;
        CHECK(error == Errc::timed_out);
        CHECK(info.sent == Sent::no);
      });
  call->set_limit(fixture.reactor.now() + 2s);
  fixture.connection->send(std::move(call));
  fixture.world.run_for(1990ms);
  CHECK(ended == 0);
  fixture.world.run_for(20ms);
  CHECK(ended == 1);
  REQUIRE(fixture.until([&] { return patient->calls == 1; }, 4s));
  CHECK_FALSE(patient->error);
  CHECK(pauses.came.size() == 2);
  CHECK(fixture.ended == 0);
}

TEST_CASE("C18: a connection that takes no more requests still sends what it holds back") {
  ConnectionFixture fixture;
  fixture.establish();
  Pauses pauses(fixture, {1000});
  auto first = fixture.ask();
  REQUIRE(fixture.until([&] { return first->calls == 1; }));
  auto held = fixture.ask();
  fixture.connection->retire(Error(Errc::disconnected, "test"));
  fixture.world.run_for(900ms);
  CHECK(fixture.ended == 0);
  REQUIRE(fixture.until_ended(200ms));
  CHECK(held->calls == 1);
  CHECK_FALSE(held->error);
}

TEST_CASE("C18: ApiVersions may ask for a pause too, and a handshake waits for the end of one") {
  ConnectionFixture fixture;
  fixture.server.versions.throttle_time_ms = 1000;
  fixture.throttle.ask(fixture.reactor.now(), 5s);
  fixture.open(1s);
  fixture.world.run_for(4990ms);
  CHECK(fixture.server.asked(Api::api_versions) == 0);
  REQUIRE(fixture.until([&] { return fixture.ready == 1; }, 100ms));
  auto held = fixture.ask(200ms);
  fixture.world.run_for(900ms);
  CHECK(fixture.server.asked(Api::metadata) == 0);
  REQUIRE(fixture.until([&] { return held->calls == 1; }, 200ms));
  CHECK_FALSE(held->error);
}

TEST_CASE("C18: a pause told by a fetch holds produce to that broker back, not to others, and no timeout comes of it") {
  SimClient client(1, {.brokers = 2, .session = {.request_timeout = 1s}});
  REQUIRE_FALSE((*client.brokers)->topics().create("t", 2));
  const int32_t slow = (*client.brokers)->topics().partition("t", 0)->leader;
  Fault& fault = (*client.brokers)->faults().add(kafka::ApiKey::fetch).broker(slow).throttle(5s);
  Fetcher fetcher(*client.session, {TopicOffset::earliest("t", 0), TopicOffset::earliest("t", 1)});
  int seen = 0;
  fetcher.fetch([&](MessageEnvelope envelope) { ++seen, envelope.ack(); });
  REQUIRE(client.until([&] { return !client->stats().brokers.empty() && fault.hits() == 1; }));
  const auto throttled = [&] {
    uint64_t answers = 0;
    for (const BrokerStats& broker : client->stats().brokers) answers += broker.id == slow ? broker.throttled : 0;
    return answers;
  };
  REQUIRE(client.until([&] { return throttled() == 1; }));
  const net::TimePoint told = client.world.now();
  Producer producer(*client.session, {.acks = Acks::leader});
  net::TimePoint done[2] = {};
  for (int i = 0; i < 2; ++i) {
    producer.send({.topic = "t", .partition = i, .value = "v"}, [&, i](const DeliveryReport& report) {
      CHECK_FALSE(report.error);
      done[i] = client.world.now();
    });
  }
  REQUIRE(client.until([&] { return done[1] != net::TimePoint(); }, 1s));
  int described = 0;
  client->cluster([&](Error error, ClusterMetadata) {
    CHECK_FALSE(error);
    ++described;
  });
  REQUIRE(client.until([&] { return described == 1; }, 1s));  // by the other broker
  REQUIRE(client.until([&] { return done[0] != net::TimePoint() && seen == 2; }));
  CHECK(done[0] - told >= 5s);
  CHECK(done[0] - told < 5500ms);
  for (const SeenRequest& request : (*client.brokers)->requests().seen()) {
    if (request.broker != slow) continue;
    const auto at = request.at - std::chrono::duration_cast<std::chrono::nanoseconds>(told.time_since_epoch());
    CHECK((at <= 2ms || at >= 5s));  // the requests that were under way have come
  }
  const Stats stats = client->stats();
  CHECK(stats.producers[0].retries == 0);
  CHECK(client.count(Event::Type::broker_disconnected) == 0);
  for (const BrokerStats& broker : stats.brokers) {
    CHECK(broker.throttled == (broker.id == slow ? 1u : 0u));
    CHECK(broker.throttle_time == (broker.id == slow ? 5s : 0s));
  }
  const std::string text = stats.to_prometheus();
  const std::string label = "{broker=\"" + std::to_string(slow) + "\",address=\"10.1.0." + std::to_string(slow);
  CHECK_THAT(text, Contains("uvkafka_broker_throttled_total" + label + ":9092\"} 1\n"));
  CHECK_THAT(text, Contains("uvkafka_broker_throttle_seconds_total" + label + ":9092\"} 5\n"));
}

TEST_CASE("C18: a fetch over quota is answered without its partitions, and they go on however often that happens") {
  SimClient client(2, {.brokers = 1});
  fill(client, "t", 2, 3);
  devbroker::Faults& faults = client.brokers->cluster().faults();
  const Fault& first = faults.add(kafka::ApiKey::fetch).times(8).throttle(300ms);
  Recorder recorder;
  Fetcher fetcher(*client.session, {TopicOffset::earliest("t", 0), TopicOffset::earliest("t", 1)});
  recorder.listen(fetcher);
  fetcher.fetch(recorder.ack(), recorder.end());
  CHECK(client.until([&] { return recorder.got.size() == 6; }));
  CHECK(first.hits() == 8);
  // In the middle of a fetch session: it goes on.
  const Fault& second = faults.add(kafka::ApiKey::fetch).times(8).throttle(300ms);
  fill(client, "t", 2, 2);
  CHECK(client.until([&] { return second.hits() == 8; }));
  client.run(2s);
  recorder.check_dense(2, 0, 5);
  CHECK(recorder.count(Event::Type::partition_stopped) == 0);
  CHECK(recorder.ends.empty());
  close(client, fetcher);
  client.close();
}

TEST_CASE(
    "C18: closing with a deadline does not wait for the end of a pause; requests held back were certainly not sent") {
  SimClient client(1, {.brokers = 1});
  REQUIRE_FALSE((*client.brokers)->topics().create("t", 1));
  Producer producer(*client.session, {.acks = Acks::leader});
  int reports = 0;
  producer.send({.topic = "t", .value = "1"}, [&](const DeliveryReport& report) {
    CHECK_FALSE(report.error);
    ++reports;
  });
  Fault& fault = (*client.brokers)->faults().add(kafka::ApiKey::produce).throttle(30s);
  REQUIRE(client.until([&] { return reports == 1; }));
  CHECK(fault.hits() == 1);
  producer.send({.topic = "t", .value = "2"}, [&](const DeliveryReport& report) {
    CHECK(report.error == Errc::closed);
    CHECK(report.persistence == Persistence::no);
    ++reports;
  });
  client.run(1s);
  const net::TimePoint begun = client.world.now();
  bool closed = false;
  client->close(2s, [&] { closed = true; });
  REQUIRE(client.until([&] { return closed; }));
  CHECK(client.world.now() - begun <= 2001ms);
  CHECK(reports == 2);
  CHECK((*client.brokers)->contents().read("t", 0).size() == 1);
}
