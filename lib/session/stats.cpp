// Session::stats(): gathers the snapshot. The numbers are counted where things happen: in cluster/endpoint, the
// producer and the consumer. Not here: its text for Prometheus (prometheus.cpp).
#include <kafka/stats.hpp>

#include <set>

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
    if (stats.waits_for.empty()) stats.waits_for = link.waits_for();
  });
  return stats;
}

}  // namespace

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
