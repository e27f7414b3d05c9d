#include "group/classic_calls.hpp"

#include <algorithm>
#include <memory>
#include <utility>

#include "group/coordinator_errors.hpp"
#include "group/subscription.hpp"
#include "group/unless_empty.hpp"
#include "session/option_fields.hpp"

namespace kafka::group {

using cluster::CallInfo;
using cluster::CoordinatorKey;
using protocol::JoinGroupRequest;
using protocol::JoinGroupResponse;
using protocol::LeaveGroupRequest;
using protocol::LeaveGroupResponse;
using protocol::SyncGroupRequest;
using protocol::SyncGroupResponse;

namespace {

constexpr const char* kProtocolType = "consumer";

int32_t ms(net::Duration duration) {
  return static_cast<int32_t>(std::chrono::duration_cast<std::chrono::milliseconds>(duration).count());
}

}  // namespace

net::Duration ClassicCalls::session_timeout() const {
  if (options_.session_timeout) return *options_.session_timeout;
  return old() ? session::kOldSessionTimeout : session::kSessionTimeout;
}

net::Duration ClassicCalls::rebalance_timeout() const { return old() ? session_timeout() : options_.rebalance_timeout; }

cluster::Lane ClassicCalls::lane() {
  if (!lane_) lane_ = core_.router().add_lane();
  return *lane_;
}

void ClassicCalls::close() {
  scope_.end();
  join_sent_ = false;
  if (lane_ && core_.live()) core_.router().drop_lane(*lane_);
  lane_.reset();
}

void ClassicCalls::join(const std::set<std::string>& topics, const Partitions& owned, const Partitions& last_assigned,
                        std::string reason, JoinDone done) {
  const net::Duration timeout = std::max(rebalance_timeout(), session_timeout()) + kSlack;
  const Scope::Guard guard = scope_.guard();
  core_.coordinators().call<JoinGroupRequest>(
      CoordinatorKey::group(identity_.group), JoinGroupRequest(),
      {.timeout = timeout, .lane = lane(), .answer_timeout = timeout, .wanted = [guard] { return guard.alive(); }},
      [group = identity_.group](const JoinGroupResponse& response) {
        return coordinator_error(group, response.error_code);
      },
      scope_.wrap(
          [this, done = std::move(done)](Error error, JoinGroupResponse& response, const CallInfo& info) mutable {
            if (info.version >= 0) join_version_ = info.version;
            join_sent_ = false;
            done(std::move(error), response, info);
          }),
      [this, guard, topics, owned, last_assigned, reason = std::move(reason)](JoinGroupRequest& request,
                                                                              int16_t version) {
        return guard.alive() ? fill(request, version, topics, owned, last_assigned, reason) : Error(Errc::closed);
      });
}

Error ClassicCalls::fill(JoinGroupRequest& request, int16_t version, const std::set<std::string>& topics,
                         const Partitions& owned, const Partitions& last_assigned, const std::string& reason) {
  join_version_ = version;
  join_sent_ = true;
  request = {};
  if (!options_.instance_id.empty() && version < JoinGroupRequest::kInstanceIdFrom) {
    return Error(Errc::unsupported_feature,
                 "group.instance.id: static members need Kafka 2.3, and the coordinator is older");
  }
  request.group_id = identity_.group;
  request.session_timeout_ms = ms(session_timeout());
  request.rebalance_timeout_ms = ms(rebalance_timeout());
  request.member_id = identity_.member_id;
  if (version >= JoinGroupRequest::kInstanceIdFrom) request.group_instance_id = unless_empty(identity_.instance_id);
  request.protocol_type = kProtocolType;
  if (version >= JoinGroupRequest::kReasonFrom) request.reason = unless_empty(reason);
  for (const auto& assignor : strategies_) {
    Subscription subscription;
    subscription.topics.assign(topics.begin(), topics.end());
    subscription.user_data = assignor->user_data(last_assigned, identity_.generation);
    subscription.owned = owned;
    subscription.generation = identity_.generation;
    subscription.rack = options_.rack;
    auto& protocol = request.protocols.emplace_back();
    protocol.name = assignor->name();
    if (Error error = encode(subscription, Subscription::kNewest, protocol.metadata)) return error;
  }
  return {};
}

void ClassicCalls::sync(std::string assignor, Assignments assignments, SyncDone done) {
  const net::Duration timeout = std::max(rebalance_timeout(), session_timeout()) + kSlack;
  const Scope::Guard guard = scope_.guard();
  SyncGroupRequest request;
  request.assignments = std::move(assignments);
  core_.coordinators().call<SyncGroupRequest>(
      CoordinatorKey::group(identity_.group), std::move(request),
      {.timeout = timeout, .lane = lane(), .answer_timeout = timeout, .wanted = [guard] { return guard.alive(); }},
      [group = identity_.group](const SyncGroupResponse& response) {
        return coordinator_error(group, response.error_code);
      },
      scope_.wrap(std::move(done)),
      [this, guard, assignor = std::move(assignor)](SyncGroupRequest& adapted, int16_t version) {
        if (!guard.alive()) return Error(Errc::closed);
        adapted.group_id = identity_.group;
        adapted.generation_id = identity_.generation;
        adapted.member_id = identity_.member_id;
        adapted.group_instance_id.reset();
        adapted.protocol_type.reset();
        adapted.protocol_name.reset();
        if (version >= SyncGroupRequest::kInstanceIdFrom)
          adapted.group_instance_id = unless_empty(identity_.instance_id);
        if (version >= SyncGroupRequest::kProtocolTypeFrom) {
          adapted.protocol_type = kProtocolType;
          adapted.protocol_name = assignor;
        }
        return Error();
      });
}

// By the coordinator's connection: on the member's own one a JoinGroup may stand before it.
void ClassicCalls::leave(const Identity& identity, net::Duration timeout, std::string reason, Function<void()> done) {
  core_.coordinators().call<LeaveGroupRequest>(
      CoordinatorKey::group(identity.group), LeaveGroupRequest(), {.timeout = std::min(timeout, kLeavePatience)},
      [group = identity.group](const LeaveGroupResponse& response) {
        return coordinator_error(group, response.error_code);
      },
      [done = std::move(done)](const Error&, LeaveGroupResponse&, const CallInfo&) mutable {
        if (done) done();
      },
      [identity, reason = std::move(reason)](LeaveGroupRequest& request, int16_t version) {
        request = {};
        request.group_id = identity.group;
        if (version < LeaveGroupRequest::kManyMembersFrom) {
          request.member_id = identity.member_id;
          return Error();
        }
        auto& member = request.members.emplace_back();
        member.member_id = identity.member_id;
        member.group_instance_id = unless_empty(identity.instance_id);
        if (version >= LeaveGroupRequest::kReasonFrom) member.reason = unless_empty(reason);
        return Error();
      });
}

}  // namespace kafka::group
