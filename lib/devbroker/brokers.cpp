// The brokers of the cluster (see brokers.hpp).
#include "devbroker/brokers.hpp"

#include <utility>

namespace kafka::devbroker {

Brokers::Brokers(net::Duration failover_time, std::function<void(int32_t id)> on_death, std::function<void()> on_change)
    : failover_time_(failover_time), on_death_(std::move(on_death)), on_change_(std::move(on_change)) {}

void Brokers::add(int32_t id, BrokerHandle& broker) {
  State& state = brokers_[id];
  state.handle = &broker;
  state.alive = state.listed = true;
}

BrokerHandle* Brokers::find(int32_t id) const {
  auto at = brokers_.find(id);
  return at == brokers_.end() ? nullptr : at->second.handle;
}

std::vector<int32_t> Brokers::ids() const {
  std::vector<int32_t> ids;
  for (const auto& [id, state] : brokers_) ids.push_back(id);
  return ids;
}

bool Brokers::alive(int32_t id) const {
  auto at = brokers_.find(id);
  return at != brokers_.end() && at->second.alive;
}

int64_t Brokers::starts(int32_t id) const {
  auto at = brokers_.find(id);
  return at == brokers_.end() ? 0 : at->second.starts;
}

bool Brokers::listed(int32_t id) const {
  auto at = brokers_.find(id);
  return at != brokers_.end() && at->second.listed;
}

std::vector<int32_t> Brokers::listed_ids() const {
  std::vector<int32_t> ids;
  for (const auto& [id, state] : brokers_) {
    if (state.listed) ids.push_back(id);
  }
  return ids;
}

int32_t Brokers::controller() const {
  for (const auto& [id, state] : brokers_) {
    if (state.alive) return id;
  }
  return -1;
}

std::string Brokers::bootstrap_servers() const {
  std::string list;
  for (const auto& [id, state] : brokers_) {
    if (!list.empty()) list += ',';
    const std::string host = state.handle->host();
    list += host.find(':') == std::string::npos ? host : "[" + host + "]";
    list += ':' + std::to_string(state.handle->port());
  }
  return list;
}

int64_t Brokers::wall_clock_ms() const {
  return brokers_.empty() ? 0 : brokers_.begin()->second.handle->reactor().wall_clock_ms();
}

void Brokers::kill(int32_t id) {
  auto at = brokers_.find(id);
  if (at == brokers_.end() || !at->second.alive) return;
  State& state = at->second;
  state.alive = false;
  state.fetch_sessions.clear();
  state.handle->stop();
  on_death_(id);
  if (failover_time_.count() <= 0) {
    state.listed = false;
    on_change_();
    return;
  }
  // The timer runs on a living broker's reactor if there is one. In a simulation a dead host's clock may stand still.
  BrokerHandle* witness = find(controller());
  net::Reactor& clock = (witness == nullptr ? state.handle : witness)->reactor();
  state.failover = clock.after(failover_time_, [this, id] {
    auto found = brokers_.find(id);
    if (found == brokers_.end()) return;
    found->second.failover.cancel();
    found->second.listed = false;
    on_change_();
  });
}

void Brokers::restart(int32_t id) {
  auto at = brokers_.find(id);
  if (at == brokers_.end() || at->second.alive) return;
  at->second.failover.cancel();
  if (at->second.handle->start()) return;
  at->second.alive = at->second.listed = true;
  ++at->second.starts;
  on_change_();
}

void Brokers::pause(int32_t id) {
  if (BrokerHandle* handle = find(id)) handle->set_paused(true);
}

void Brokers::resume(int32_t id) {
  if (BrokerHandle* handle = find(id)) handle->set_paused(false);
}

void Brokers::disconnect(int32_t id) {
  for (auto& [other, state] : brokers_) {
    if (id == 0 || id == other) state.handle->disconnect_all();
  }
}

int64_t Brokers::accepted_connections(int32_t id) const {
  int64_t sum = 0;
  for (const auto& [other, state] : brokers_) sum += id == 0 || id == other ? state.handle->accepted() : 0;
  return sum;
}

int64_t Brokers::open_connections(int32_t id) const {
  int64_t sum = 0;
  for (const auto& [other, state] : brokers_) sum += id == 0 || id == other ? state.handle->open() : 0;
  return sum;
}

void Brokers::set_rack(int32_t id, std::string rack) {
  if (auto at = brokers_.find(id); at != brokers_.end()) at->second.rack = std::move(rack);
}

const std::string& Brokers::rack(int32_t id) const {
  static const std::string unknown;
  auto at = brokers_.find(id);
  return at == brokers_.end() ? unknown : at->second.rack;
}

int64_t Brokers::fetch_session_count(int32_t id) const {
  size_t sum = 0;
  for (const auto& [other, state] : brokers_) sum += id == 0 || id == other ? state.fetch_sessions.count() : 0;
  return static_cast<int64_t>(sum);
}

void Brokers::evict_fetch_sessions(int32_t id) {
  for (auto& [other, state] : brokers_) {
    if (id == 0 || id == other) state.fetch_sessions.clear();
  }
}

}  // namespace kafka::devbroker
