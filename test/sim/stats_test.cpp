// Session::stats(): the numbers after known work, and their text for Prometheus.
#include <kafka/kafka.hpp>

#include <map>
#include <set>
#include <sstream>

#include "sim_client.hpp"

using namespace kafka;
using namespace kafka::sim;
using namespace std::chrono_literals;

namespace {

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

}  // namespace

TEST_CASE("stats: brokers, producers and consumers say what they have done and hold") {
  SimClient client(1, {.brokers = 2});
  REQUIRE_FALSE(client.brokers->cluster().topics().create("t", 2));
  Producer producer(*client.session, {.acks = Acks::all});
  REQUIRE(client->stats().producers.size() == 1);
  CHECK(client->stats().producers[0].queued == 0);
  int reports = 0;
  for (int i = 0; i < 10; ++i) {
    producer.send({.topic = "t", .partition = i % 2, .value = "0123456789"}, [&](const DeliveryReport&) { ++reports; });
  }
  CHECK(producer.send({.topic = "not a name", .value = "x"}) == Errc::invalid_topic);
  Stats before = client->stats();
  REQUIRE(before.producers.size() == 1);
  CHECK(before.producers[0].queued == 10);
  CHECK(before.producers[0].queued_bytes > 100);
  CHECK(before.producers[0].delivered == 0);
  REQUIRE(client.until([&] { return reports == 10; }));

  Fetcher fetcher(*client.session, {TopicOffset::earliest("t", 0), TopicOffset::earliest("t", 1)});
  int seen = 0;
  std::optional<MessageEnvelope> kept;
  fetcher.fetch([&](MessageEnvelope envelope) {
    if (++seen == 4) {
      kept = std::move(envelope);
    } else {
      envelope.ack();
    }
  });
  REQUIRE(client.until([&] { return seen == 4; }));
  client.run(1s);

  const Stats stats = client->stats();
  REQUIRE(stats.producers.size() == 1);
  const ProducerStats& produced = stats.producers[0];
  CHECK(produced.queued == 0);
  CHECK(produced.queued_bytes == 0);
  CHECK(produced.delivered == 10);
  CHECK(produced.failed == 1);
  CHECK(produced.unknown == 0);
  CHECK(produced.retries == 0);
  CHECK(produced.batches >= 2);
  CHECK(produced.batch_bytes > 100);
  REQUIRE(produced.partitions.size() == 2);
  CHECK(produced.partitions[1].topic == "t");
  CHECK(produced.partitions[1].partition == 1);
  CHECK(produced.partitions[1].records == 5);
  CHECK(produced.partitions[1].batches == 0);

  REQUIRE(stats.consumers.size() == 1);
  const ConsumerStats& consumed = stats.consumers[0];
  CHECK(consumed.envelopes == 4);
  CHECK(consumed.open == 1);
  CHECK(consumed.fetches >= 2);
  CHECK(consumed.received_bytes > 100);
  CHECK(consumed.fetched_bytes > 0);
  CHECK(consumed.fetched_bytes <= static_cast<size_t>(consumed.fetch_memory));
  REQUIRE(consumed.partitions.size() == 2);
  int64_t lag = 0;
  for (const auto& partition : consumed.partitions) {
    CHECK(partition.end == 5);
    CHECK(partition.lag == partition.end - partition.position);
    lag += partition.lag;
  }
  CHECK(lag == 7);  // the open one is not answered

  REQUIRE(stats.brokers.size() == 2);
  uint64_t received = 0;
  for (const BrokerStats& broker : stats.brokers) {
    CHECK(broker.id > 0);
    CHECK(broker.connections >= 1);
    CHECK(broker.connects >= broker.connections);
    CHECK(broker.requests == broker.responses + broker.in_flight);
    CHECK(broker.round_trip.count == broker.responses);
    CHECK(broker.round_trip.quantile(0.5) > 0us);
    CHECK(broker.bytes_sent > 0);
    received += broker.bytes_received;
  }
  CHECK(received > consumed.received_bytes);
  kept.reset();
  producer.close();
  fetcher.close();
  client.close();
  CHECK(client->stats().brokers.empty());
}

TEST_CASE("stats: a retry, and a record of unknown fate, are counted as such") {
  SimClient client(1, {.brokers = 1});
  REQUIRE_FALSE(client.brokers->cluster().topics().create("t", 1));
  Producer producer(*client.session, {.acks = Acks::leader, .delivery_timeout = 2s, .request_timeout = 1s});
  int reports = 0;
  producer.send({.topic = "t", .partition = 0, .value = "x"}, [&](const DeliveryReport& report) {
    CHECK(report.persistence == Persistence::maybe);
    ++reports;
  });
  client.brokers->cluster().faults().add(ApiKey::produce).always().swallow();
  REQUIRE(client.until([&] { return reports == 1; }));
  const Stats stats = client->stats();
  REQUIRE(stats.producers.size() == 1);
  CHECK(stats.producers[0].unknown == 1);
  CHECK(stats.producers[0].failed == 0);
  CHECK(stats.producers[0].retries >= 1);
  producer.close();
  client.close();
}

TEST_CASE("stats: a histogram's quantile is the bound of the bucket it falls into") {
  Histogram histogram;
  CHECK(histogram.quantile(0.5) == 0us);
  for (int i = 0; i < 90; ++i) histogram.add(80us);
  for (int i = 0; i < 9; ++i) histogram.add(250us);
  histogram.add(1h);
  CHECK(histogram.count == 100);
  CHECK(histogram.quantile(0.5) == 100us);
  CHECK(histogram.quantile(0.95) == 250us);
  CHECK(histogram.quantile(1) == 30s);
  CHECK(histogram.counts.back() == 1);
}

TEST_CASE("stats: the text for Prometheus has each family once, with its samples, and escapes labels") {
  Stats stats;
  stats.brokers.push_back({.id = 1, .address = "a\"b\\c\n:1"});
  stats.brokers[0].round_trip.add(80us);
  stats.brokers[0].round_trip.add(1h);
  stats.brokers.push_back({.id = 2, .address = "b:1"});
  stats.producers.emplace_back().partitions.push_back({"t", 3, 2, 1, 7});
  stats.consumers.emplace_back().partitions.push_back({"t", 3, 5, 9, 4, 100, false, false});
  stats.consumers[0].group = "g";
  stats.consumers.emplace_back().group = "m";
  stats.consumers[1].member = ConsumerStats::Member{GroupView::State::stable, 4, 2, 3, 5, 2, 1};
  const std::string text = stats.to_prometheus("kafka");
  std::set<std::string> families;
  std::map<std::string, std::string> samples;
  std::string family;
  for (const std::string& line : lines_of(text)) {
    if (line.starts_with("# HELP ")) {
      family = line.substr(7, line.find(' ', 7) - 7);
      CHECK(families.insert(family).second);
      CHECK(family.starts_with("kafka_"));
    } else if (line.starts_with("# TYPE ")) {
      CHECK(line.starts_with("# TYPE " + family + " "));
      if (line.ends_with(" counter")) CHECK(family.ends_with("_total"));
    } else {
      CHECK(line.starts_with(family));
      const size_t space = line.rfind(' ');
      CHECK(samples.emplace(line.substr(0, space), line.substr(space + 1)).second);
    }
  }
  CHECK(samples.at(R"(kafka_broker_connections{broker="1",address="a\"b\\c\n:1"})") == "0");
  CHECK(samples.at(R"(kafka_broker_round_trip_seconds_bucket{broker="1",address="a\"b\\c\n:1",le="0.0001"})") == "1");
  CHECK(samples.at(R"(kafka_broker_round_trip_seconds_bucket{broker="1",address="a\"b\\c\n:1",le="+Inf"})") == "2");
  CHECK(samples.at(R"(kafka_broker_round_trip_seconds_sum{broker="1",address="a\"b\\c\n:1"})") == "3600");
  CHECK(samples.at(R"(kafka_producer_partition_batches{producer="0",topic="t",partition="3"})") == "2");
  CHECK(samples.at(R"(kafka_consumer_partition_lag{consumer="0",topic="t",partition="3"})") == "4");
  CHECK(samples.at(R"(kafka_consumer_open_envelopes{consumer="0",group="g"})") == "0");
  CHECK(samples.at(R"(kafka_consumer_member_state{consumer="1",group="m",state="stable"})") == "1");
  CHECK(samples.at(R"(kafka_consumer_owned_partitions{consumer="1",group="m"})") == "2");
  CHECK(samples.at(R"(kafka_consumer_generations_total{consumer="1",group="m"})") == "3");
  CHECK(samples.at(R"(kafka_consumer_assigned_partitions_total{consumer="1",group="m"})") == "5");
  CHECK(samples.at(R"(kafka_consumer_revoked_partitions_total{consumer="1",group="m"})") == "2");
  CHECK(samples.at(R"(kafka_consumer_lost_partitions_total{consumer="1",group="m"})") == "1");
  CHECK_FALSE(samples.contains(R"(kafka_consumer_owned_partitions{consumer="0",group="g"})"));
  CHECK(Stats().to_prometheus().empty());
}
