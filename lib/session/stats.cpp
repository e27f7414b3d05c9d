// Session::stats(): gathers the snapshot, and prints it for Prometheus. The numbers are counted where things happen: in
// cluster/endpoint, the producer and the consumer.
#include <kafka/stats.hpp>

#include <algorithm>
#include <cstdio>
#include <initializer_list>
#include <set>
#include <string_view>
#include <utility>

#include "session/core.hpp"

namespace kafka {

void Histogram::add(std::chrono::microseconds value) {
  size_t bucket = 0;
  while (bucket < kBounds.size() && value.count() > kBounds[bucket]) ++bucket;
  ++counts[bucket];
  ++count;
  sum += value;
}

std::chrono::microseconds Histogram::quantile(double share) const {
  if (count == 0) return std::chrono::microseconds(0);
  const double wanted = share * static_cast<double>(count);
  uint64_t seen = 0;
  for (size_t bucket = 0; bucket < kBounds.size(); ++bucket) {
    seen += counts[bucket];
    if (seen > 0 && static_cast<double>(seen) >= wanted) return std::chrono::microseconds(kBounds[bucket]);
  }
  return std::chrono::microseconds(kBounds.back());
}

namespace {

BrokerStats describe(const cluster::Broker& broker) {
  BrokerStats stats;
  stats.id = cluster::Contacts::has(broker.id) ? -1 : broker.id;
  stats.address = broker.endpoint->name();
  const cluster::Traffic& traffic = broker.endpoint->traffic;
  stats.connects = traffic.connects;
  stats.requests = traffic.requests;
  stats.responses = traffic.responses;
  stats.bytes_sent = traffic.bytes_sent;
  stats.bytes_received = traffic.bytes_received;
  stats.round_trip = traffic.round_trip;
  stats.throttled = broker.endpoint->throttle.answers();
  stats.throttle_time = std::chrono::duration_cast<std::chrono::milliseconds>(broker.endpoint->throttle.total());
  broker.each_link([&](const cluster::Link& link) {
    stats.connections += link.ready() ? 1 : 0;
    stats.in_flight += link.in_flight();
    stats.waiting += link.waiting();
  });
  return stats;
}

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.6g", value);
  return text;
}

template <class T>
std::string number(T value) {
  return std::to_string(value);
}

double seconds(std::chrono::microseconds value) { return static_cast<double>(value.count()) / 1e6; }

using Labels = std::initializer_list<std::pair<const char*, std::string_view>>;

// Writes one exposition. The format wants all samples of a metric together, behind its HELP and TYPE lines.
class Exposition {
 public:
  explicit Exposition(const std::string& prefix) : prefix_(prefix) {}

  /// The samples that follow are of this metric.
  void family(const char* name, const char* type, const char* help) {
    name_ = prefix_ + "_" + name;
    text_ += "# HELP " + name_ + " " + help + "\n# TYPE " + name_ + " " + type + "\n";
  }
  template <class T>
  void sample(Labels labels, T value, const char* suffix = "") {
    text_ += name_ + suffix;
    char before = '{';
    for (const auto& [label, content] : labels) {
      text_ += std::exchange(before, ',');
      text_ += label;
      text_ += "=\"";
      for (const char c : content) {
        if (c == '\\' || c == '"') text_ += '\\';
        if (c == '\n') {
          text_ += "\\n";
        } else {
          text_ += c;
        }
      }
      text_ += '"';
    }
    if (before == ',') text_ += '}';
    text_.append(" ").append(number(value)).append("\n");
  }
  std::string take() { return std::move(text_); }

 private:
  const std::string prefix_;
  std::string name_;
  std::string text_;
};

}  // namespace

std::string Stats::to_prometheus(const std::string& prefix) const {
  Exposition out(prefix);
  const auto of_brokers = [&](const char* name, const char* type, const char* help, auto value) {
    if (brokers.empty()) return;
    out.family(name, type, help);
    for (const BrokerStats& broker : brokers) {
      out.sample({{"broker", std::to_string(broker.id)}, {"address", broker.address}}, value(broker));
    }
  };
  of_brokers("broker_connections", "gauge", "Connections that are ready.", [](auto& b) { return b.connections; });
  of_brokers("broker_requests_in_flight", "gauge", "Requests without a response.", [](auto& b) { return b.in_flight; });
  of_brokers("broker_requests_waiting", "gauge", "Requests that wait for a connection.",
             [](auto& b) { return b.waiting; });
  of_brokers("broker_connects_total", "counter", "Connections that became ready.", [](auto& b) { return b.connects; });
  of_brokers("broker_requests_total", "counter", "Requests sent.", [](auto& b) { return b.requests; });
  of_brokers("broker_responses_total", "counter", "Responses received.", [](auto& b) { return b.responses; });
  of_brokers("broker_sent_bytes_total", "counter", "Bytes sent.", [](auto& b) { return b.bytes_sent; });
  of_brokers("broker_received_bytes_total", "counter", "Bytes received.", [](auto& b) { return b.bytes_received; });
  of_brokers("broker_throttled_total", "counter", "Responses that asked for a pause.",
             [](auto& b) { return b.throttled; });
  of_brokers("broker_throttle_seconds_total", "counter", "Total time of those pauses.",
             [](auto& b) { return seconds(b.throttle_time); });
  if (!brokers.empty()) {
    out.family("broker_round_trip_seconds", "histogram", "From sending a request to its response.");
    for (const BrokerStats& broker : brokers) {
      const std::string id = std::to_string(broker.id);
      uint64_t below = 0;
      for (size_t i = 0; i < Histogram::kBounds.size(); ++i) {
        below += broker.round_trip.counts[i];
        const std::string bound = number(seconds(std::chrono::microseconds(Histogram::kBounds[i])));
        out.sample({{"broker", id}, {"address", broker.address}, {"le", bound}}, below, "_bucket");
      }
      out.sample({{"broker", id}, {"address", broker.address}, {"le", "+Inf"}}, broker.round_trip.count, "_bucket");
      out.sample({{"broker", id}, {"address", broker.address}}, seconds(broker.round_trip.sum), "_sum");
      out.sample({{"broker", id}, {"address", broker.address}}, broker.round_trip.count, "_count");
    }
  }

  const auto of_partitions = [&](const auto& objects, const char* label, const char* name, const char* help,
                                 auto value) {
    if (objects.empty()) return;
    out.family(name, "gauge", help);
    for (size_t i = 0; i < objects.size(); ++i) {
      for (const auto& partition : objects[i].partitions) {
        out.sample({{label, std::to_string(i)},
                    {"topic", partition.topic},
                    {"partition", std::to_string(partition.partition)}},
                   value(partition));
      }
    }
  };
  const auto produced = [&](const char* name, const char* type, const char* help, auto value) {
    if (producers.empty()) return;
    out.family(name, type, help);
    for (size_t i = 0; i < producers.size(); ++i) out.sample({{"producer", std::to_string(i)}}, value(producers[i]));
  };
  produced("producer_queued_records", "gauge", "Records without an outcome.", [](auto& p) { return p.queued; });
  produced("producer_queued_bytes", "gauge", "Bytes of buffer_memory that they use.",
           [](auto& p) { return p.queued_bytes; });
  produced("producer_spare_bytes", "gauge", "Bytes kept for the next batches.", [](auto& p) { return p.spare_bytes; });
  produced("producer_buffer_memory_bytes", "gauge", "The limit of buffered bytes.",
           [](auto& p) { return p.buffer_memory; });
  produced("producer_requests_in_flight", "gauge", "Produce requests under way.",
           [](auto& p) { return p.requests_in_flight; });
  produced("producer_delivered_records_total", "counter", "Records delivered.", [](auto& p) { return p.delivered; });
  produced("producer_failed_records_total", "counter", "Records that are not in the log.",
           [](auto& p) { return p.failed; });
  produced("producer_unknown_records_total", "counter", "Records of which nobody knows whether they are in the log.",
           [](auto& p) { return p.unknown; });
  produced("producer_batches_total", "counter", "Batches that ended.", [](auto& p) { return p.batches; });
  produced("producer_batch_bytes_total", "counter", "Bytes of those batches, compressed.",
           [](auto& p) { return p.batch_bytes; });
  produced("producer_retries_total", "counter", "Batches sent again.", [](auto& p) { return p.retries; });
  of_partitions(producers, "producer", "producer_partition_batches", "Batches that wait to be sent.",
                [](auto& p) { return p.batches; });
  of_partitions(producers, "producer", "producer_partition_in_flight", "Batches under way.",
                [](auto& p) { return p.in_flight; });

  const auto consumed = [&](const char* name, const char* type, const char* help, auto value) {
    if (consumers.empty()) return;
    out.family(name, type, help);
    for (size_t i = 0; i < consumers.size(); ++i) {
      out.sample({{"consumer", std::to_string(i)}, {"group", consumers[i].group}}, value(consumers[i]));
    }
  };
  consumed("consumer_fetched_bytes", "gauge", "Bytes fetched and not dispatched yet.",
           [](auto& c) { return c.fetched_bytes; });
  consumed("consumer_reserved_bytes", "gauge", "Bytes that requests under way may bring.",
           [](auto& c) { return c.reserved_bytes; });
  consumed("consumer_fetch_memory_bytes", "gauge", "The limit of both.", [](auto& c) { return c.fetch_memory; });
  consumed("consumer_open_envelopes", "gauge", "Open envelopes.", [](auto& c) { return c.open; });
  consumed("consumer_envelopes_total", "counter", "Envelopes dispatched.", [](auto& c) { return c.envelopes; });
  consumed("consumer_fetches_total", "counter", "Fetch requests.", [](auto& c) { return c.fetches; });
  consumed("consumer_received_bytes_total", "counter", "Bytes of records received, compressed.",
           [](auto& c) { return c.received_bytes; });
  consumed("consumer_commits_total", "counter", "Commits asked for.", [](auto& c) { return c.commits; });
  const auto is_member = [](const ConsumerStats& consumer) { return consumer.member.has_value(); };
  const bool has_members = std::any_of(consumers.begin(), consumers.end(), is_member);
  if (has_members) {
    out.family("consumer_member_state", "gauge", "1, with the state of the member as a label.");
    for (size_t i = 0; i < consumers.size(); ++i) {
      if (!is_member(consumers[i])) continue;
      out.sample({{"consumer", std::to_string(i)},
                  {"group", consumers[i].group},
                  {"state", to_string(consumers[i].member->state)}},
                 1);
    }
  }
  const auto of_members = [&](const char* name, const char* type, const char* help, auto value) {
    if (!has_members) return;
    out.family(name, type, help);
    for (size_t i = 0; i < consumers.size(); ++i) {
      if (!is_member(consumers[i])) continue;
      out.sample({{"consumer", std::to_string(i)}, {"group", consumers[i].group}}, value(*consumers[i].member));
    }
  };
  of_members("consumer_owned_partitions", "gauge", "Partitions of the member.", [](auto& m) { return m.owned; });
  of_members("consumer_generations_total", "counter", "Generations that the member was in.",
             [](auto& m) { return m.generations; });
  of_members("consumer_assigned_partitions_total", "counter", "Partitions that came.",
             [](auto& m) { return m.assigned; });
  of_members("consumer_revoked_partitions_total", "counter", "Partitions given up, with their answers stored.",
             [](auto& m) { return m.revoked; });
  of_members("consumer_lost_partitions_total", "counter", "Partitions that were taken from the member.",
             [](auto& m) { return m.lost; });
  of_partitions(consumers, "consumer", "consumer_partition_position", "The next offset to dispatch, -1 unknown.",
                [](auto& p) { return p.position; });
  of_partitions(consumers, "consumer", "consumer_partition_lag", "Records behind it, -1 unknown.",
                [](auto& p) { return p.lag; });
  of_partitions(consumers, "consumer", "consumer_partition_buffered_bytes", "Bytes fetched and not parsed yet.",
                [](auto& p) { return p.buffered_bytes; });
  return out.take();
}

Stats Session::stats() const { return core_->stats(); }

}  // namespace kafka

namespace kafka::session {

Stats Core::stats() const {
  Stats stats;
  if (!live()) return stats;
  std::set<const cluster::Endpoint*> known;
  for (const auto& [id, broker] : cluster_->router.brokers()) {
    known.insert(broker.endpoint.get());
    stats.brokers.push_back(describe(broker));
  }
  // A contact point is also one of the brokers once metadata names it. Both then share one endpoint, which is told
  // once.
  for (const auto& [id, contact] : cluster_->router.contacts()) {
    if (!known.contains(contact.endpoint.get())) stats.brokers.push_back(describe(contact));
  }
  for (const Client* client : clients_) client->add_stats(stats);
  return stats;
}

}  // namespace kafka::session
