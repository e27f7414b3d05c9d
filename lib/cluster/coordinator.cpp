#include "cluster/coordinator.hpp"

#include <algorithm>

#include "base/error_table.hpp"
#include "protocol/find_coordinator.hpp"

namespace kafka::cluster {
namespace {

constexpr int16_t kFirstBatchedVersion = 4;  // KIP-699
constexpr int8_t kGroupKey = 0;

}  // namespace

Coordinators::Coordinators(Router& router, Metadata& metadata) : router_(router), metadata_(metadata) {}
Coordinators::~Coordinators() = default;

int32_t Coordinators::cached(const std::string& group) const {
  const auto entry = groups_.find(group);
  return entry == groups_.end() ? -1 : entry->second.node;
}

void Coordinators::start(std::shared_ptr<Job> job) {
  jobs_.push_back(job);
  router_.reactor().defer(scope_.wrap([this, job] { run(job); }));
}

void Coordinators::run(const std::shared_ptr<Job>& job) {
  if (std::find(jobs_.begin(), jobs_.end(), job) == jobs_.end()) return;  // ended meanwhile
  const net::Duration left = job->deadline - router_.reactor().now();
  if (left <= net::Duration::zero()) return expired(job);
  Group& group = groups_[job->group];
  if (group.node < 0 || !router_.knows(group.node)) {
    group.node = -1;
    group.waiting.push_back(job);
    // The question may have been asked by somebody who has more time.
    job->timer = router_.reactor().after(left, [this, weak = std::weak_ptr<Job>(job)] {
      if (auto due = weak.lock()) expired(due);
    });
    if (!group.finding) find(job->group);
    return;
  }
  job->attempt(*this, group.node, {router_.config().request_timeout, left}, job);
}

void Coordinators::expired(const std::shared_ptr<Job>& job) {
  const std::string why = job->last_error ? ": " + job->last_error.message() : "";
  end(job, Error(Errc::timed_out, "the coordinator of group " + job->group + why));
}

void Coordinators::find(const std::string& name) {
  groups_[name].finding = true;
  protocol::FindCoordinatorRequest request;
  request.key = name;
  request.key_type = kGroupKey;
  net::Duration timeout = net::Duration::zero();
  for (const auto& job : groups_[name].waiting) timeout = std::max(timeout, job->deadline - router_.reactor().now());
  router_.call<protocol::FindCoordinatorRequest>(
      router_.any_broker(), Purpose::general, std::move(request), {router_.config().request_timeout, timeout},
      scope_.wrap([this, name](Error error, protocol::FindCoordinatorResponse& response, const CallInfo& info) {
        BrokerInfo broker{response.node_id, response.host, response.port, ""};
        int16_t code = response.error_code;
        if (!error && info.version >= kFirstBatchedVersion) {
          if (response.coordinators.empty()) {
            error = Error(Errc::protocol_error, "FindCoordinator answered about no group");
          } else {
            const auto& entry = response.coordinators.front();
            broker = {entry.node_id, entry.host, entry.port, ""};
            code = entry.error_code;
          }
        }
        if (!error && code != 0) error = broker_error(code, "group " + name);
        if (!error && (broker.id < 0 || broker.host.empty() || broker.port <= 0 || broker.port > 65535)) {
          error = Error(Errc::coordinator_not_available, "the answer names no broker");
        }
        if (!error) metadata_.add_brokers({broker});  // new, or moved
        found(name, std::move(error), broker.id);
      }),
      [name](protocol::FindCoordinatorRequest& adapted, int16_t version) {
        if (version >= kFirstBatchedVersion) {
          adapted.key.clear();
          adapted.coordinator_keys = {name};
        }
        return Error();
      });
}

void Coordinators::found(const std::string& name, Error error, int32_t node) {
  Group& group = groups_[name];
  group.finding = false;
  if (!error) group.node = node;
  auto waiting = std::move(group.waiting);
  group.waiting.clear();
  const Scope::Guard guard = scope_.guard();
  for (const auto& job : waiting) {
    if (!guard.alive()) return;
    if (std::find(jobs_.begin(), jobs_.end(), job) == jobs_.end()) continue;  // ended meanwhile
    job->timer.cancel();
    if (!error) {
      run(job);
    } else if (traits(error.code()).retry == Retry::yes) {
      retry(job, error);
    } else {
      end(job, error);
    }
  }
}

void Coordinators::attempted(const std::shared_ptr<Job>& job, int32_t node, Error error) {
  if (!error || traits(error.code()).retry == Retry::no) return end(job, std::move(error));
  const bool transport = error == Errc::disconnected || error == Errc::connect_failed || error == Errc::timed_out ||
                         error == Errc::broker_not_available || error == Errc::protocol_error;
  if (traits(error.code()).refresh == Refresh::metadata) metadata_.refresh();  // it may have another address now
  Group& group = groups_[job->group];
  if ((transport || traits(error.code()).refresh == Refresh::coordinator) && group.node == node) group.node = -1;
  retry(job, std::move(error));
}

void Coordinators::retry(const std::shared_ptr<Job>& job, Error error) {
  if (closed_) return end(job, Error(Errc::closed));
  const net::Duration wait = router_.delay(job->retry);
  if (job->retry.until() >= job->deadline) {
    return end(job, Error(Errc::timed_out, "the coordinator of group " + job->group + ": " + error.message()));
  }
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
