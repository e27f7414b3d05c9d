// Answers to Produce about very many batches: they are settled over several turns of the loop.
// Not here: what an answer means for a batch (producer_retry_test.cpp, producer_idempotence_test.cpp).
#include "producer/answer_queue.hpp"

#include "producer_fixture.hpp"

using namespace kafka;
using namespace kafka::sim;
using namespace std::chrono_literals;
using producer::AnswerQueue;

namespace {

constexpr int32_t kTopics = 3;
constexpr int32_t kPartitions = 9'000;
constexpr size_t kMany = kTopics * kPartitions;

std::string topic_name(int32_t number) { return "many" + std::to_string(number); }

// One broker that leads all partitions of some topics, and a record for each of them.
struct ManyPartitions : ProducerWorld {
  explicit ManyPartitions(ProducerOptions options = {})
      : ProducerWorld(std::move(options), {.brokers = 1, .session = pauses()}) {
    for (int32_t topic = 0; topic < kTopics; ++topic)
      REQUIRE_FALSE(cluster().topics().create(topic_name(topic), kPartitions));
    warm_up();
    // Their leaders are known before the records come, so that one request takes them all.
    for (int32_t topic = 0; topic < kTopics; ++topic) {
      REQUIRE_FALSE(producer->send({.topic = topic_name(topic), .partition = 0, .value = "first"}, warm.take()));
    }
    REQUIRE(until_reports(warm, kTopics));
  }
  void send_all() {
    for (int32_t topic = 0; topic < kTopics; ++topic) {
      const std::string name = topic_name(topic);
      for (int32_t i = 0; i < kPartitions; ++i) {
        REQUIRE_FALSE(
            producer->send({.topic = name, .partition = i, .value = "v"}, [this](const DeliveryReport& report) {
              ++reports;
              failed += report.error ? 1 : 0;
              unknown += report.persistence == Persistence::maybe ? 1 : 0;
            }));
      }
    }
  }
  uint64_t retries() const { return session->stats().producers.at(0).retries; }
  bool until_settling() {
    return until([&] { return retries() > 0; });
  }

  // Long pauses end together (RetryPause::kGather): there are few passes over all partitions.
  static SessionOptions pauses() {
    SessionOptions session;
    session.retry_backoff = session.retry_backoff_max = 1s;
    return session;
  }

  Reports warm;
  size_t reports = 0;
  size_t failed = 0;
  size_t unknown = 0;
};

}  // namespace

TEST_CASE("A20: a failure of very many batches is settled over several turns, and each of them is sent again") {
  ManyPartitions client;
  client.on_produce().reply(Errc::not_enough_replicas);
  client.send_all();
  uint64_t last = 0;
  uint64_t most = 0;
  CHECK(client.until([&] {
    const uint64_t now = client.retries();
    most = std::max(most, now - last);
    last = now;
    return client.reports == kMany;
  }));
  CHECK(last == kMany);
  CHECK(most <= AnswerQueue::kMostATurn);
  CHECK(client.failed == 0);
  client.finish();
}

TEST_CASE("A20: batches of an answer that is not settled yet keep the outcome that the answer gave them") {
  ManyPartitions client;
  client.on_produce().reply(Errc::not_enough_replicas);
  client.send_all();
  REQUIRE(client.until_settling());
  CHECK(client.retries() < kMany);
  SECTION("when everything is aborted") {
    client.producer->abort();
    CHECK(client.until([&] { return client.reports == kMany; }));
    CHECK(client.failed == kMany);
    CHECK(client.unknown == 0);  // the leader has said that it stored none of them
    client.finish();
  }
  SECTION("when the producer closes without waiting") {
    client.producer->close(0ms);
    CHECK(client.until([&] { return client.reports == kMany; }));
    CHECK(client.failed == kMany);
    CHECK(client.unknown == 0);
    client.close();
  }
  SECTION("when it is destroyed") {
    client.producer.reset();
    client.run(1s);
    CHECK(client.reports < kMany);
    client.close();
  }
}

TEST_CASE("A20: later answers wait behind one that is being settled, and nothing changes its order") {
  ManyPartitions client(ProducerOptions{.linger = 0ms});
  client.on_produce().reply(Errc::not_enough_replicas);
  client.send_all();
  REQUIRE(client.until_settling());
  // Partition 0 is among the last ones of the answer.
  Reports later;
  for (int i = 0; i < 3; ++i) client.send(Record{.topic = "many0", .partition = 0, .value = "later"}, later, i);
  CHECK(client.until([&] { return client.reports == kMany && later.size() == 3; }));
  CHECK(later.ids() == std::vector<int>{0, 1, 2});
  CHECK(client.values(0, "many0") == std::vector<std::string>{"first", "v", "later", "later", "later"});
  client.finish();
}

TEST_CASE("A20: records expire while an answer is settled, and each has one report") {
  ManyPartitions client(ProducerOptions{.delivery_timeout = 3s});
  client.on_produce().reply(Errc::not_enough_replicas).always();
  client.send_all();
  CHECK(client.until([&] { return client.reports == kMany; }, 10s));
  CHECK(client.failed == kMany);
  client.run(10s);
  CHECK(client.reports == kMany);
  client.finish();
}
