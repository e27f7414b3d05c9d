// The numbers of a session as text for Prometheus.
#include <kafka/stats.hpp>

#include <algorithm>
#include <cstdio>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kafka {
namespace {

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

void print(Exposition& out, const std::vector<BrokerStats>& brokers) {
  if (brokers.empty()) return;
  const auto of_brokers = [&](const char* name, const char* type, const char* help, auto value) {
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

/// One gauge of every partition of these producers or consumers.
template <class Objects, class Read>
void print_partitions(Exposition& out, const Objects& objects, const char* label, const char* name, const char* help,
                      Read read) {
  out.family(name, "gauge", help);
  for (size_t i = 0; i < objects.size(); ++i) {
    for (const auto& partition : objects[i].partitions) {
      out.sample(
          {{label, std::to_string(i)}, {"topic", partition.topic}, {"partition", std::to_string(partition.partition)}},
          read(partition));
    }
  }
}

void print(Exposition& out, const std::vector<ProducerStats>& producers) {
  if (producers.empty()) return;
  const auto produced = [&](const char* name, const char* type, const char* help, auto value) {
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
  print_partitions(out, producers, "producer", "producer_partition_batches", "Batches that wait to be sent.",
                   [](auto& p) { return p.batches; });
  print_partitions(out, producers, "producer", "producer_partition_in_flight", "Batches under way.",
                   [](auto& p) { return p.in_flight; });
}

void print_members(Exposition& out, const std::vector<ConsumerStats>& consumers) {
  const auto is_member = [](const ConsumerStats& consumer) { return consumer.member.has_value(); };
  if (std::none_of(consumers.begin(), consumers.end(), is_member)) return;
  out.family("consumer_member_state", "gauge", "1, with the state of the member as a label.");
  for (size_t i = 0; i < consumers.size(); ++i) {
    if (!is_member(consumers[i])) continue;
    out.sample({{"consumer", std::to_string(i)},
                {"group", consumers[i].group},
                {"state", to_string(consumers[i].member->state)}},
               1);
  }
  const auto of_members = [&](const char* name, const char* type, const char* help, auto value) {
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
}

void print(Exposition& out, const std::vector<ConsumerStats>& consumers) {
  if (consumers.empty()) return;
  const auto consumed = [&](const char* name, const char* type, const char* help, auto value) {
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
  print_members(out, consumers);
  print_partitions(out, consumers, "consumer", "consumer_partition_position",
                   "The next offset to dispatch, -1 unknown.", [](auto& p) { return p.position; });
  print_partitions(out, consumers, "consumer", "consumer_partition_lag", "Records behind it, -1 unknown.",
                   [](auto& p) { return p.lag; });
  print_partitions(out, consumers, "consumer", "consumer_partition_buffered_bytes", "Bytes fetched and not parsed yet.",
                   [](auto& p) { return p.buffered_bytes; });
}

}  // namespace

std::string Stats::to_prometheus(const std::string& prefix) const {
  Exposition out(prefix);
  print(out, brokers);
  print(out, producers);
  print(out, consumers);
  return out.take();
}

}  // namespace kafka
