// A member by Kafka's classic group protocol.
//
//   away ──► joining ──► leading ──► syncing ──► stable ──► joining ...
//              ▲  │          (leader)    │          │
//              └──┴──────── paused ◄─────┘          └──► leaving ──► away
//
//   From any state: `failed` when the group refuses the member for good, `away` after suspend().
//
// The assignor that the group has chosen decides how partitions move, not the list that this member offers. Eager: the
// member gives everything up before it joins again. Cooperative (KIP-429): it keeps what it owns, and gives up only
// what the new assignment lacks. Then it joins again, so that others get that.
// Not here: the requests (classic_calls.hpp), heartbeats (heartbeats.hpp), the leader's work (leading.hpp).
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/scope.hpp"
#include "cluster/retry_timer.hpp"
#include "group/classic_calls.hpp"
#include "group/departure.hpp"
#include "group/heartbeats.hpp"
#include "group/interest.hpp"
#include "group/leading.hpp"
#include "group/participation.hpp"
#include "group/strategies.hpp"
#include "group/subscription.hpp"

namespace kafka::group {

/// Owns the member's state, its identity, and what it owns of the group's partitions.
class ClassicMember final : public Participation, private Heartbeats::Owner, private Interest::Owner {
 public:
  /// So many heartbeats are refused while JoinGroup or SyncGroup is under way before its answer counts as lost.
  static constexpr int kRefusals = 2;

  /// `core` and `owner` outlive this object.
  ClassicMember(session::Core& core, MemberOptions options, Topics topics, Participation::Owner& owner);
  ~ClassicMember() override;

  void join() override;
  void subscribe(Topics topics) override;
  void rebalance(std::string reason) override { want(std::move(reason)); }
  void suspend(const Error& why) override;
  void leave(bool tell, net::TimePoint deadline, Function<void()> done) override;
  void abort() override;
  const Identity& identity() const override { return identity_; }
  Verdict judge(const Identity& sent, const Error& error) override;
  GroupView view() const override;
  net::Duration rebalance_timeout() const override { return calls_.rebalance_timeout(); }
  bool suspended() const override { return state_ == State::suspended; }

 private:
  enum class State : uint8_t { away, joining, leading, syncing, stable, paused, leaving, suspended, failed };
  /// What the group has agreed on in this generation.
  struct Round {
    Assignor* assignor = nullptr;  ///< that it has chosen
    bool leader = false;
    bool is_new = true;                    ///< the coordinator did not know this member before
    int refusals = 0;                      ///< of heartbeats, since JoinGroup was sent
    std::set<std::string> topics;          ///< of all members: as the leader of a group that keeps its assignment
    Interest::Counts counts;               ///< as the leader: what the assignment was made with
    std::optional<Assignment> assignment;  ///< it came too late to be believed before a heartbeat is answered
  };
  struct Holdings {
    Partitions owned;
    Partitions last_assigned;  ///< also after it was given up: the sticky assignors remember it
  };
  using Joined = protocol::JoinGroupResponse;
  using Synced = protocol::SyncGroupResponse;

  bool member() const { return !identity_.member_id.empty(); }
  bool cooperative() const { return round_.assignor != nullptr && round_.assignor->cooperative(); }

  // Ways into the next generation.
  void want(std::string reason);
  void go_on();
  void pause(const Error& why);
  void send_join();
  void joined(const Error& error, Joined& response);
  void join_failed(const Error& error, const Joined& response);
  Error choose(const Joined& response);
  void lead(const Joined& response);
  void send_sync(ClassicCalls::Assignments assignments);
  void synced(const Error& error, Synced& response, net::TimePoint sent_at);
  void sync_failed(const Error& error);
  void believe(Assignment assignment);
  void take(Partitions assigned);
  void watch();

  // Ways out of it.
  void revoke(Partitions gone);
  void revoked(const Partitions& gone);
  void refused_meanwhile(const Error& error);
  void lose(const Error& why);
  void put_out(const Error& why);
  void forget_id();
  void refuse(const Error& why);
  void say_farewell();
  void gone();

  // Heartbeats::Owner
  void heartbeat_answered(const Identity& sent, const Error& error) override;
  void trusted_until(net::TimePoint end) override { owner_.trusted_until(end); }
  // Interest::Owner
  void topic_changed(const std::string& topic) override;

  session::Core& core_;
  const MemberOptions options_;
  Participation::Owner& owner_;
  const Strategies strategies_;
  std::set<std::string> topics_;
  Identity identity_;
  State state_ = State::away;
  Round round_;
  Holdings holdings_;
  Giving giving_;
  std::optional<std::string> wanted_;  // the member has to join again, and why
  Farewell farewell_;
  cluster::RetryTimer retry_;
  ClassicCalls calls_;
  Heartbeats heartbeats_;
  Interest interest_;
  std::unique_ptr<Leading> leading_;
  Scope scope_;
};

}  // namespace kafka::group
