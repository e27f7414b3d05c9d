// The numbers of a session.
#include <kafka/stats.hpp>

#include <string>

#include "capi/bytes.hpp"
#include "capi/call.hpp"
#include "capi/result.hpp"
#include "capi/session.hpp"

using kafka::Error;
using kafka::Stats;
using kafka::capi::check;
using kafka::capi::failed;
using kafka::capi::Table;

namespace {

int64_t number(uint64_t value) { return static_cast<int64_t>(value); }

void add_brokers(kafka_result& result, const Stats& stats) {
  Table& brokers = result.add(
      "brokers", {"id", "address", "connections", "in_flight", "waiting", "connects", "requests", "responses",
                  "bytes_sent", "bytes_received", "throttled", "throttle_time_ms", "waits_for"});
  for (const auto& each : stats.brokers) {
    brokers.add({int64_t{each.id}, each.address, number(each.connections), number(each.in_flight), number(each.waiting),
                 number(each.connects), number(each.requests), number(each.responses), number(each.bytes_sent),
                 number(each.bytes_received), number(each.throttled), int64_t{each.throttle_time.count()},
                 each.waits_for});
  }
  // The last bucket has no bound.
  Table& times = result.add("round_trips", {"broker", "address", "most_us", "count"});
  for (const auto& each : stats.brokers) {
    for (size_t k = 0; k < each.round_trip.counts.size(); ++k) {
      const int64_t most = k < kafka::Histogram::kBounds.size() ? kafka::Histogram::kBounds[k] : -1;
      times.add({int64_t{each.id}, each.address, most, number(each.round_trip.counts[k])});
    }
  }
}

void add_producers(kafka_result& result, const Stats& stats) {
  Table& producers =
      result.add("producers", {"queued", "queued_bytes", "spare_bytes", "buffer_memory", "requests_in_flight",
                               "delivered", "failed", "unknown", "batches", "batch_bytes", "retries"});
  for (const auto& each : stats.producers) {
    producers.add({number(each.queued), number(each.queued_bytes), number(each.spare_bytes), each.buffer_memory,
                   number(each.requests_in_flight), number(each.delivered), number(each.failed), number(each.unknown),
                   number(each.batches), number(each.batch_bytes), number(each.retries)});
  }
  Table& partitions =
      result.add("producer_partitions", {"producer", "topic", "partition", "batches", "in_flight", "records"});
  for (size_t k = 0; k < stats.producers.size(); ++k) {
    for (const auto& each : stats.producers[k].partitions) {
      partitions.add({number(k), each.topic, int64_t{each.partition}, number(each.batches), number(each.in_flight),
                      number(each.records)});
    }
  }
}

void add_consumers(kafka_result& result, const Stats& stats) {
  Table& consumers = result.add("consumers", {"group", "fetch_memory", "fetched_bytes", "reserved_bytes", "open",
                                              "envelopes", "fetches", "received_bytes", "commits"});
  for (const auto& each : stats.consumers) {
    consumers.add({each.group, each.fetch_memory, number(each.fetched_bytes), number(each.reserved_bytes),
                   number(each.open), number(each.envelopes), number(each.fetches), number(each.received_bytes),
                   number(each.commits)});
  }
  Table& members =
      result.add("members", {"consumer", "state", "generation", "owned", "generations", "assigned", "revoked", "lost"});
  for (size_t k = 0; k < stats.consumers.size(); ++k) {
    const auto& member = stats.consumers[k].member;
    if (!member) continue;
    members.add({number(k), std::string(to_string(member->state)), int64_t{member->generation}, number(member->owned),
                 number(member->generations), number(member->assigned), number(member->revoked), number(member->lost)});
  }
  Table& partitions = result.add("consumer_partitions", {"consumer", "topic", "partition", "position", "end", "lag",
                                                         "buffered_bytes", "paused", "stopped"});
  for (size_t k = 0; k < stats.consumers.size(); ++k) {
    for (const auto& each : stats.consumers[k].partitions) {
      partitions.add({number(k), each.topic, int64_t{each.partition}, each.position, each.end, each.lag,
                      number(each.buffered_bytes), int64_t{each.paused}, int64_t{each.stopped}});
    }
  }
}

}  // namespace

extern "C" {

kafka_result* kafka_session_stats(const kafka_session* session) {
  if (const Error wrong = check(__func__, session)) return failed(wrong), nullptr;
  const Stats stats = session->session.stats();
  auto* result = new (std::nothrow) kafka_result;
  if (result == nullptr) return nullptr;
  add_brokers(*result, stats);
  add_producers(*result, stats);
  add_consumers(*result, stats);
  return result;
}

char* kafka_session_prometheus(const kafka_session* session, const char* prefix) {
  if (const Error wrong = check(__func__, session)) return failed(wrong), nullptr;
  return kafka::capi::new_string(session->session.stats().to_prometheus(prefix == nullptr ? "uvkafka" : prefix));
}

}  // extern "C"
