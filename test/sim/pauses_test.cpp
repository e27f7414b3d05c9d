// Options that are 0 where 0 means "without a pause": whatever fails, the client never asks in a loop that takes no
// time.
// Not here: how pauses grow (test/unit/cluster/retry_pause_test.cpp), pauses with the default options
// (test/sim/hostile).
#include "consumer_fixture.hpp"
#include "producer_fixture.hpp"

using namespace kafka;
using namespace kafka::sim;
using namespace std::chrono_literals;

namespace {

/// A pause of 1 ms before each attempt, for the few objects of this test.
constexpr int64_t kMostASecond = 4000;

SessionOptions without_pauses() {
  SessionOptions options;
  options.broker_address_ttl = 0ms;
  options.metadata_recovery_rebootstrap_trigger = 0ms;
  options.reconnect_backoff = options.reconnect_backoff_max = 0ms;
  options.retry_backoff = options.retry_backoff_max = 0ms;
  return options;
}

// A producer, a consumer with commits, and a Fetcher beside them, on a network that takes no time.
struct Everything : SimClient {
  Everything() : SimClient(1, {.brokers = 1, .session = without_pauses()}) {
    world.set_latency(0ns, 0ns);
    fill(*this, "t", 1, 4);
  }

  void start() {
    ConsumerOptions options;
    options.fetch_max_wait = 0ms;
    options.fetch_min_bytes = 0;
    consumer.emplace(*session, "g", Partitions{{"t", {0}}}, options);
    consumer->consume(recorder.commit(), recorder.end());
    fetcher.emplace(*session, std::vector<TopicOffset>{{"t", 0, kLatestOffset}}, options);
    fetcher->fetch([](MessageEnvelope envelope) { envelope.ack(); });
    producer.emplace(*session, ProducerOptions{.linger = 0ms});
    producer->send({.topic = "t", .partition = 0, .value = "v"}, [](const DeliveryReport&) {});
  }
  void stop() {
    producer.reset();
    fetcher.reset();
    consumer.reset();
  }

  Recorder recorder;
  std::optional<Consumer> consumer;
  std::optional<Fetcher> fetcher;
  std::optional<Producer> producer;
};

}  // namespace

TEST_CASE("options of 0 leave a pause between attempts that fail") {
  static const std::pair<ApiKey, Errc> kFailures[] = {{ApiKey::metadata, Errc::leader_not_available},
                                                      {ApiKey::produce, Errc::not_enough_replicas},
                                                      {ApiKey::fetch, Errc::not_leader_or_follower},
                                                      {ApiKey::fetch, Errc::offset_out_of_range},
                                                      {ApiKey::list_offsets, Errc::not_leader_or_follower},
                                                      {ApiKey::find_coordinator, Errc::coordinator_not_available},
                                                      {ApiKey::offset_fetch, Errc::coordinator_load_in_progress},
                                                      {ApiKey::offset_commit, Errc::not_coordinator},
                                                      {ApiKey::init_producer_id, Errc::coordinator_load_in_progress},
                                                      {ApiKey::api_versions, Errc::unknown_server_error}};
  for (const auto& [api, error] : kFailures) {
    Everything client;
    CAPTURE(to_string(api), error);
    client.brokers->cluster().faults().add(api).reply(error).always();
    client.start();
    client.run(1s);
    for (int16_t key = 0; key < 70; ++key) {
      CAPTURE(to_string(ApiKey(key)));
      CHECK(client.brokers->cluster().requests().count(ApiKey(key), 0) <= kMostASecond);
    }
    client.stop();
  }
}

TEST_CASE("options of 0 leave a pause between connections that break") {
  for (const ApiKey api : {ApiKey::metadata, ApiKey::produce, ApiKey::fetch, ApiKey::offset_commit}) {
    Everything client;
    CAPTURE(to_string(api));
    client.brokers->cluster().faults().add(api).close_before().always();
    client.start();
    client.run(1s);
    CHECK(client.brokers->cluster().requests().count(ApiKey::api_versions, 0) <= kMostASecond);
    CHECK(client.brokers->cluster().requests().count(api, 0) <= kMostASecond);
    client.stop();
  }
}
