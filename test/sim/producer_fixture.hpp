// For simulated tests of producers: a client with a topic, and the reports in the order in which they came.
#pragma once

#include <kafka/producer.hpp>

#include <concepts>
#include <string>
#include <string_view>
#include <vector>

#include "sim_client.hpp"

namespace kafka::sim {

/// Reports in the order in which they came.
struct Reports {
  struct Entry {
    int id = 0;
    DeliveryReport report;
  };
  std::vector<Entry> all;

  /// The callback for the record with this id; the Reports outlives it.
  DeliveryCallback take(int id = 0) {
    return [this, id](const DeliveryReport& report) { all.push_back({id, report}); };
  }
  size_t size() const { return all.size(); }
  const DeliveryReport& operator[](size_t i) const { return all.at(i).report; }
  size_t count(Errc code) const {
    size_t found = 0;
    for (const Entry& entry : all) found += entry.report.error == code ? 1 : 0;
    return found;
  }
  std::vector<int> ids() const {
    std::vector<int> found;
    for (const Entry& entry : all) found.push_back(entry.id);
    return found;
  }
};

/// Three brokers (or as told), topic "t" with three partitions led by 1, 2 and 3.
struct ProducerWorld : SimClient {
  explicit ProducerWorld(ProducerOptions options = {}, SimClientOptions setup = {.brokers = 3}, uint64_t seed = 1)
      : SimClient(seed, with_brokers(std::move(setup))) {
    REQUIRE_FALSE((*brokers)->topics().create("t", 3));
    producer.emplace(*session, std::move(options));
  }
  ~ProducerWorld() { producer.reset(); }

  devbroker::Cluster& cluster() { return brokers->cluster(); }
  Fault& on_produce() { return cluster().faults().add(ApiKey::produce); }
  std::vector<std::string> values(int32_t partition, const std::string& topic = "t") {
    std::vector<std::string> found;
    for (const OwnedMessage& message : cluster().contents().read(topic, partition))
      found.push_back(message.value.value_or("null"));
    return found;
  }
  int64_t produces(int32_t broker = 0) { return cluster().requests().count(ApiKey::produce, broker); }
  int32_t leader(int32_t partition) { return cluster().topics().partition("t", partition)->leader; }

  /// Sends `value` to partition 0 of "t".
  /// A template, so that braces always mean a Record.
  template <std::convertible_to<std::string> Text>
  Error send(const Text& value, Reports& reports, int id = 0) {
    return send({.topic = "t", .partition = 0, .value = std::string_view(value)}, reports, id);
  }
  /// Every record has one outcome in `reports`: that of the return value if it is refused, and then no other.
  Error send(const Record& record, Reports& reports, int id = 0) {
    Error refused = producer->send(record, reports.take(id));
    if (refused) reports.take(id)({.error = refused});
    return refused;
  }
  bool until_reports(const Reports& reports, size_t count, net::Duration limit = std::chrono::minutes(5)) {
    return until([&] { return reports.size() >= count; }, limit);
  }
  /// One record there and back: connections and metadata are there then.
  void warm_up(int32_t partition = 0) {
    Reports reports;
    producer->send({.topic = "t", .partition = partition, .value = "warm-up"}, reports.take());
    REQUIRE(until_reports(reports, 1));
    REQUIRE_FALSE(reports[0].error);
  }
  void finish() {
    close(std::chrono::minutes(2));
    CHECK(producer->queued() == 0);
    CHECK(producer->queued_bytes() == 0);
  }

  std::optional<Producer> producer;

 private:
  static SimClientOptions with_brokers(SimClientOptions setup) {
    if (setup.brokers == 0) setup.brokers = 3;
    return setup;
  }
};

}  // namespace kafka::sim
