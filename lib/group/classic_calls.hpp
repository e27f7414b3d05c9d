// The requests of a classic member: JoinGroup (key 11), SyncGroup (14) and LeaveGroup (13).
// JoinGroup and SyncGroup wait at the broker until other members have joined, and a broker serves one request of a
// connection at a time. So they go by a connection of the member's own. Suppose they shared one with heartbeats: a
// heartbeat behind a JoinGroup that waits for another member would come too late. Suppose two members shared one: the
// JoinGroup of the second would wait for that of the first, which waits for the second.
// Not here: what the answers mean (classic_member.cpp), heartbeats (heartbeats.hpp).
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/scope.hpp"
#include "group/identity.hpp"
#include "group/member_options.hpp"
#include "group/strategies.hpp"
#include "protocol/join_group.hpp"
#include "protocol/leave_group.hpp"
#include "protocol/sync_group.hpp"
#include "session/core.hpp"

namespace kafka::group {

/// Owns the member's connection, and the call that is under way.
class ClassicCalls {
 public:
  using JoinDone = cluster::TypedCall<protocol::JoinGroupRequest>::Done;
  using SyncDone = cluster::TypedCall<protocol::SyncGroupRequest>::Done;
  using Assignments = std::vector<protocol::SyncGroupRequest::SyncGroupRequestAssignment>;

  /// The group has this much longer than the rebalance timeout to answer.
  static constexpr net::Duration kSlack = std::chrono::seconds(5);
  /// LeaveGroup takes no longer: the end of the session does the same.
  static constexpr net::Duration kLeavePatience = std::chrono::seconds(5);

  /// All arguments outlive this object.
  ClassicCalls(session::Core& core, const MemberOptions& options, const Strategies& strategies,
               const Identity& identity)
      : core_(core), options_(options), strategies_(strategies), identity_(identity) {}

  /// The coordinator's error codes are the caller's to look at, but for those of a coordinator that moved or loads.
  /// `owned` is empty for a member that has given everything up.
  void join(const std::set<std::string>& topics, const Partitions& owned, const Partitions& last_assigned,
            std::string reason, JoinDone done);
  /// `assignments` are empty for a follower. `assignor`: that the group has chosen.
  void sync(std::string assignor, Assignments assignments, SyncDone done);
  /// By `identity`, in `timeout` at most. `done` is called once, however it ends.
  void leave(const Identity& identity, net::Duration timeout, std::string reason, Function<void()> done);
  /// Nothing that was asked is answered any more, and the connection is closed.
  void close();

  /// A JoinGroup is under way that may have reached the coordinator: its answer has to be waited for.
  bool join_sent() const { return join_sent_; }
  net::Duration session_timeout() const;
  /// With JoinGroup 0 there is none, and the session's counts.
  net::Duration rebalance_timeout() const;

 private:
  Error fill(protocol::JoinGroupRequest& request, int16_t version, const std::set<std::string>& topics,
             const Partitions& owned, const Partitions& last_assigned, const std::string& reason);
  cluster::Lane lane();
  bool old() const { return join_version_ >= 0 && join_version_ < protocol::JoinGroupRequest::kRebalanceTimeoutFrom; }

  session::Core& core_;
  const MemberOptions& options_;
  const Strategies& strategies_;
  const Identity& identity_;
  int16_t join_version_ = -1;  // -1: not known yet
  bool join_sent_ = false;
  std::optional<cluster::Lane> lane_;
  Scope scope_;
};

}  // namespace kafka::group
