#include "cluster/coordinator.hpp"

#include <algorithm>

#include "base/error_table.hpp"
#include "protocol/find_coordinator.hpp"

namespace kafka::cluster {
namespace {

std::string describe(const CoordinatorKey& key) {
  return (key.type == CoordinatorKey::Type::group ? "group " : "transactional id ") + key.name;
}

// The broker that an answer to FindCoordinator names, or the error.
Error take_coordinator(const CoordinatorKey& key, const protocol::FindCoordinatorResponse& response, int16_t version,
                       BrokerInfo& broker) {
  broker = {response.node_id, response.host, response.port, ""};
  int16_t code = response.error_code;
  if (version >= protocol::FindCoordinatorRequest::kManyKeysFrom) {
    if (response.coordinators.empty()) return Error(Errc::protocol_error, "FindCoordinator answered about no group");
    const auto& entry = response.coordinators.front();
    broker = {entry.node_id, entry.host, entry.port, ""};
    code = entry.error_code;
  }
  if (code != 0) return broker_error(code, describe(key));
  if (broker.id < 0 || broker.host.empty() || broker.port <= 0 || broker.port > 65535) {
    return Error(Errc::coordinator_not_available, "the answer names no broker");
  }
  return {};
}

}  // namespace

Coordinators::Coordinators(Router& router, Metadata& metadata) : router_(router), metadata_(metadata) {}
Coordinators::~Coordinators() = default;

int32_t Coordinators::cached(const CoordinatorKey& key) const {
  const auto entry = coordinators_.find(key);
  return entry == coordinators_.end() ? -1 : entry->second.node;
}

void Coordinators::start(std::shared_ptr<Job> job) {
  jobs_.push_back(job);
  router_.reactor().defer(scope_.wrap([this, job] { run(job); }));
}

void Coordinators::run(const std::shared_ptr<Job>& job) {
  if (std::find(jobs_.begin(), jobs_.end(), job) == jobs_.end()) return;  // ended meanwhile
  const net::Duration left = job->deadline - router_.reactor().now();
  if (left <= net::Duration::zero()) return expired(job);
  if (!job->wanted()) return end(job, Error(Errc::closed, "nobody waits for the answer"));
  Coordinator& coordinator = coordinators_[job->key];
  if (coordinator.node < 0 || !router_.knows(coordinator.node)) {
    coordinator.node = -1;
    coordinator.waiting.push_back(job);
    // The call whose question is under way may have more time than this one.
    job->timer = router_.reactor().after(left, [this, weak = std::weak_ptr<Job>(job)] {
      if (auto due = weak.lock()) expired(due);
    });
    if (!coordinator.finding) find(job->key);
    return;
  }
  const bool own_timeout = job->way.answer_timeout > net::Duration::zero();
  job->attempt(*this, coordinator.node,
               {own_timeout ? job->way.answer_timeout : router_.config().request_timeout, left}, job);
}

void Coordinators::expired(const std::shared_ptr<Job>& job) {
  const std::string why = job->last_error ? ": " + job->last_error.message() : "";
  end(job, Error(Errc::timed_out, "the coordinator of " + describe(job->key) + why));
}

void Coordinators::find(const CoordinatorKey& key) {
  Coordinator& coordinator = coordinators_[key];
  coordinator.finding = true;
  protocol::FindCoordinatorRequest request;
  request.key = key.name;
  request.key_type = static_cast<int8_t>(key.type);
  net::Duration timeout = net::Duration::zero();
  for (const auto& job : coordinator.waiting) timeout = std::max(timeout, job->deadline - router_.reactor().now());
  router_.call<protocol::FindCoordinatorRequest>(
      router_.any_broker(), Purpose::general, std::move(request), {router_.config().request_timeout, timeout},
      scope_.wrap([this, key](Error error, protocol::FindCoordinatorResponse& response, const CallInfo& info) {
        BrokerInfo broker;
        if (!error) error = take_coordinator(key, response, info.version, broker);
        if (!error) metadata_.add_brokers({broker});  // new, or moved
        const bool worth_retrying = router_.worth_retrying(error, info);
        found(key, std::move(error), broker.id, worth_retrying);
      }),
      [name = key.name](protocol::FindCoordinatorRequest& adapted, int16_t version) {
        if (version >= protocol::FindCoordinatorRequest::kManyKeysFrom) {
          adapted.key.clear();
          adapted.coordinator_keys = {name};
        }
        return Error();
      });
}

void Coordinators::found(const CoordinatorKey& key, Error error, int32_t node, bool worth_retrying) {
  Coordinator& coordinator = coordinators_[key];
  coordinator.finding = false;
  if (!error) coordinator.node = node;
  auto waiting = std::move(coordinator.waiting);
  coordinator.waiting.clear();
  const Scope::Guard guard = scope_.guard();
  for (const auto& job : waiting) {
    if (!guard.alive()) return;
    if (std::find(jobs_.begin(), jobs_.end(), job) == jobs_.end()) continue;  // ended meanwhile
    job->timer.cancel();
    if (!error) {
      run(job);
    } else if (worth_retrying) {
      retry(job, error);
    } else {
      end(job, error);
    }
  }
}

void Coordinators::attempted(const std::shared_ptr<Job>& job, int32_t node, Error error, const CallInfo& info) {
  // A broker that closed a few connections is guessed to be of 0.8.2. The guess may be wrong, and the API be there.
  if (error == Errc::unsupported_version && info.guessed) {
    Link* const to = job->way.lane ? router_.link(node, *job->way.lane) : router_.link(node, Purpose::coordinator);
    if (to != nullptr) to->doubt();
    return retry(job, std::move(error));
  }
  if (!error || !router_.worth_retrying(error, info)) return end(job, std::move(error));
  const bool transport = info.refused || error == Errc::disconnected || error == Errc::connect_failed ||
                         error == Errc::timed_out || error == Errc::broker_not_available ||
                         error == Errc::protocol_error;
  if (traits(error.code()).refresh == Refresh::metadata) metadata_.refresh();  // it may have another address now
  Coordinator& coordinator = coordinators_[job->key];
  const bool moved = transport || traits(error.code()).refresh == Refresh::coordinator;
  if (moved && coordinator.node == node) coordinator.node = -1;
  retry(job, std::move(error));
}

void Coordinators::retry(const std::shared_ptr<Job>& job, Error error) {
  if (closed_) return end(job, Error(Errc::closed));
  const net::Duration wait = router_.delay(job->retry);
  if (job->retry.until() >= job->deadline) {
    return end(job, Error(Errc::timed_out, "the coordinator of " + describe(job->key) + ": " + error.message()));
  }
  if (on_retry_) on_retry_(describe(job->key), error);
  job->last_error = std::move(error);
  job->timer = router_.reactor().after(wait, [this, weak = std::weak_ptr<Job>(job)] {
    if (auto due = weak.lock()) run(due);
  });
}

void Coordinators::end(const std::shared_ptr<Job>& job, Error error) {
  const auto entry = std::find(jobs_.begin(), jobs_.end(), job);
  if (entry == jobs_.end()) return;
  const std::shared_ptr<Job> pinned = *entry;
  jobs_.erase(entry);
  pinned->timer.cancel();
  pinned->finish(std::move(error));
}

void Coordinators::close(Error error) {
  closed_ = true;
  auto jobs = jobs_;
  for (const auto& job : jobs) end(job, error);
}

}  // namespace kafka::cluster
