#include "group/heartbeats.hpp"

#include <algorithm>

#include "base/error_table.hpp"
#include "group/coordinator_errors.hpp"
#include "protocol/heartbeat.hpp"

namespace kafka::group {

using protocol::HeartbeatRequest;
using protocol::HeartbeatResponse;

void Heartbeats::start(net::Duration session) {
  session_ = session;
  last_ = core_.reactor().now();
  if (!under_way_) arm();
}

void Heartbeats::heard(net::TimePoint sent_at) {
  if (sent_at <= heard_) return;
  heard_ = sent_at;
  owner_.trusted_until(trusted_until());
}

void Heartbeats::joining(net::TimePoint until) {
  sync_until_ = until;
  if (heard_ > net::TimePoint::min()) owner_.trusted_until(trusted_until());
}

void Heartbeats::synced(net::TimePoint sent_at) {
  sync_until_.reset();
  heard(sent_at);
  if (trusted_until() <= core_.reactor().now()) ask();
}

void Heartbeats::ask() {
  if (under_way_) return;
  timer_.cancel();
  send();
}

net::TimePoint Heartbeats::trusted_until() const {
  const net::TimePoint end = heard_ + session_;
  return sync_until_ ? std::min(end, std::max(heard_, *sync_until_)) : end;
}

void Heartbeats::stop() {
  timer_.cancel();
  under_way_ = false;
  hurry_until_ = {};
  heard_ = net::TimePoint::min();
  sync_until_.reset();
  scope_.end();
  owner_.trusted_until(net::TimePoint::max());
}

void Heartbeats::hurry() {
  hurry_until_ = core_.reactor().now() + kHurry;
  if (!under_way_) arm();
}

void Heartbeats::arm() {
  const net::TimePoint now = core_.reactor().now();
  const net::Duration pause = now < hurry_until_ ? std::min(kFast, interval_) : interval_;
  timer_ = core_.reactor().after(std::max(last_ + pause - now, net::Duration::zero()), scope_.wrap([this] {
    timer_.cancel();
    send();
  }));
}

// One at a time. A second one would say nothing more, and where the coordinator is slow they would pile up.
void Heartbeats::send() {
  under_way_ = true;
  last_ = core_.reactor().now();
  const Scope::Guard guard = scope_.guard();
  core_.coordinators().call<HeartbeatRequest>(
      cluster::CoordinatorKey::group(identity_.group), HeartbeatRequest(),
      {.timeout = session_, .answer_timeout = session_ / kPatience, .wanted = [guard] { return guard.alive(); }},
      [this, guard](const HeartbeatResponse& response) {
        return guard.alive() ? coordinator_error(identity_.group, response.error_code) : Error();
      },
      scope_.wrap(
          [this, sent = identity_](const Error& error, HeartbeatResponse& response, const cluster::CallInfo& info) {
            const Error outcome = error ? error : group_error(sent.group, response.error_code);
            answered(sent, outcome, info.sent_at);
          }),
      [this, guard](HeartbeatRequest& request, int16_t version) {
        if (!guard.alive()) return Error(Errc::closed);
        request.group_id = identity_.group;
        request.generation_id = identity_.generation;
        request.member_id = identity_.member_id;
        request.group_instance_id.reset();
        if (version >= HeartbeatRequest::kInstanceIdFrom && !identity_.instance_id.empty())
          request.group_instance_id = identity_.instance_id;
        return Error();
      });
}

void Heartbeats::answered(const Identity& sent, const Error& error, net::TimePoint sent_at) {
  under_way_ = false;
  // While the group prepares a rebalance the coordinator says so, and counts the member in all the same.
  if (!error || error == Errc::rebalance_in_progress) heard(sent_at);
  if (!under_way_) arm();
  owner_.heartbeat_answered(sent, error);  // may stop everything
}

}  // namespace kafka::group
