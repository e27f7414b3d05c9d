// A group of the classic protocol as its coordinator sees it: the states, who waits for what, and the time that members
// have. What it answers in which state was tried on brokers of all releases (test/broker/group_probe).
//
//   empty ── a member joins ──► preparing_rebalance ── all have joined, or their time is up ──► completing_rebalance
//     ▲                            ▲          │                                                        │
//     └─── the last one has gone ──┼──────────┘                                    the leader sends SyncGroup
//                                  │                                                                   ▼
//                                  └── a member joins, leaves, expires or wants something else ──── stable
//
// Not here: committed offsets (group_store), which group is meant and whether there is one (group_coordinator).
#pragma once

#include <kafka/error.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "devbroker/classic_members.hpp"
#include "devbroker/group_rules.hpp"
#include "devbroker/late_answer.hpp"
#include "net/reactor.hpp"
#include "protocol/join_group.hpp"
#include "protocol/sync_group.hpp"

namespace kafka::devbroker {

enum class ClassicState : int8_t { empty, preparing_rebalance, completing_rebalance, stable };
/// Kafka's name, for example "PreparingRebalance".
std::string_view to_string(ClassicState state) noexcept;

/// Where a group is coordinated: the broker's clock, and the rules of its release.
struct GroupSite {
  net::Reactor* reactor = nullptr;
  const GroupRules* rules = nullptr;
  net::Duration initial_delay{0};  ///< what the first members of a group wait for others
};

/// Who asks, as the connection knows it.
struct GroupCaller {
  std::string_view client_id = {};
  std::string_view client_host = {};
};

/// How a member names itself in a request.
struct MemberName {
  std::string_view id = {};
  const std::optional<std::string>& instance_id;
};

/// What a coordinator stores of a group.
struct ClassicFacts {
  int32_t generation = 0;
  std::string protocol_type = {};
  std::string protocol = {};
  ClassicMembers members = {};
};

/// Errors as answers.
protocol::JoinGroupResponse join_refusal(Errc error, std::string_view member_id, const GroupRules& rules,
                                         int16_t version);
protocol::SyncGroupResponse sync_refusal(Errc error);

/// Owns the members, the answers that wait, and the timers.
class ClassicGroup {
 public:
  using JoinReply = Reply<protocol::JoinGroupResponse>;
  using SyncReply = Reply<protocol::SyncGroupResponse>;

  explicit ClassicGroup(const GroupSite& site) : site_(site) {}
  /// The members that are left of a group of both protocols. They have to join again.
  ClassicGroup(const GroupSite& site, ClassicFacts facts);
  ClassicGroup(const ClassicGroup&) = delete;

  ClassicState state() const { return state_; }
  int32_t generation() const { return now_.generation; }
  const std::string& protocol_type() const { return now_.protocol_type; }
  /// The one that was chosen; "" until all have joined.
  const std::string& protocol() const { return now_.protocol; }
  const ClassicMembers& members() const { return now_.members; }
  const ClassicFacts& facts() const { return now_; }

  /// Answers when the generation is complete, or at once with an error.
  void join(const protocol::JoinGroupRequest& request, const GroupCaller& caller, JoinReply reply);
  /// Answers when the leader has sent the assignment, or at once.
  void sync(const protocol::SyncGroupRequest& request, SyncReply reply);
  Errc heartbeat(const MemberName& member, int32_t generation);
  Errc leave(const MemberName& member);
  /// Whether a member, or with generation -1 somebody who is none, may commit. The coordinator looks neither at who
  /// owns a partition nor at the order of offsets (as in Kafka).
  Errc check_commit(const MemberName& member, int32_t generation);

  /// The broker speaks like another release from now on.
  void follow(const GroupRules& rules) { site_.rules = &rules; }
  /// Nobody is coordinated here any more: those that wait hear the error, and no time passes.
  void halt(Errc to_the_waiting);
  /// Another broker coordinates the group from now on, or the same one after a restart. It knows what was stored: the
  /// last generation whose leader had synced.
  void move(const GroupSite& site);

 private:
  /// What is only known while a coordinator runs.
  struct Presence {
    bool awaits_join = false;  // also after its connection has closed
    bool awaits_sync = false;
    bool is_new = false;  // has not been told its id yet, so it cannot send heartbeats
    JoinReply join = {};
    SyncReply sync = {};
    net::Timer session = {};
  };

  // Joining.
  void join_new(const protocol::JoinGroupRequest& request, const GroupCaller& caller, JoinReply reply);
  void join_known(const protocol::JoinGroupRequest& request, const GroupCaller& caller, JoinReply reply);
  void add(std::string id, const protocol::JoinGroupRequest& request, const GroupCaller& caller, JoinReply reply);
  void update(ClassicMember& member, const protocol::JoinGroupRequest& request, JoinReply reply);
  void replace_static(const ClassicMember& old, const protocol::JoinGroupRequest& request, const GroupCaller& caller,
                      JoinReply reply);
  bool accepts(const protocol::JoinGroupRequest& request) const;
  void give_present(const ClassicMember& member, JoinReply reply);
  void refuse(JoinReply reply, Errc error, std::string_view member_id);
  std::string new_id(const protocol::JoinGroupRequest& request, const GroupCaller& caller);

  // Rebalancing.
  void prepare_rebalance();
  void join_time_is_up();
  void complete_if_all_joined();
  void complete_join();
  void hand_out_assignment(const protocol::SyncGroupRequest& request);
  void sync_time_is_up();
  void cancel_syncs(Errc error);
  protocol::SyncGroupResponse assignment_of(const ClassicMember& member) const;

  // Members.
  Errc check(const MemberName& member) const;
  void keep_alive(const ClassicMember& member, net::Duration time);
  void keep_alive(const ClassicMember& member) { keep_alive(member, member.session_timeout); }
  void session_is_up(const std::string& id);
  void remove(const std::string& id, Errc to_the_waiting);
  void store() { stored_ = now_; }

  GroupSite site_;
  ClassicState state_ = ClassicState::empty;
  ClassicFacts now_;
  ClassicFacts stored_;
  std::map<std::string, Presence, std::less<>> present_;       // by member id
  std::map<std::string, net::Timer, std::less<>> handed_out_;  // ids that nobody has joined with yet (KIP-394)
  std::set<std::string, std::less<>> unsynced_;
  net::Timer rebalance_;    // the time for JoinGroup, then the time for SyncGroup
  bool gathering_ = false;  // the first members wait for others
  bool more_came_ = false;  // while the first ones waited
  net::Duration may_gather_{0};
};

}  // namespace kafka::devbroker
