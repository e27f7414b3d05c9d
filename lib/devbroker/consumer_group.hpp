// A group of the consumer protocol (KIP-848) as its coordinator sees it. A member says in each heartbeat what it wants
// and what it has, and hears what it may have.
// Not here: members, epochs and targets (consumer_roster), offsets (group_store).
#pragma once

#include <kafka/error.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "devbroker/classic_group.hpp"
#include "devbroker/consumer_roster.hpp"
#include "devbroker/group_rules.hpp"
#include "devbroker/topics.hpp"
#include "net/reactor.hpp"
#include "protocol/consumer_group_describe.hpp"
#include "protocol/consumer_group_heartbeat.hpp"

namespace kafka::devbroker {

/// Owns the members and the timers.
class ConsumerGroup {
 public:
  using Request = protocol::ConsumerGroupHeartbeatRequest;
  using Response = protocol::ConsumerGroupHeartbeatResponse;

  static constexpr std::chrono::milliseconds kSessionTimeout{45000};
  static constexpr std::chrono::milliseconds kHeartbeatInterval{5000};

  ConsumerGroup(std::string id, const Topics& topics, const GroupSite& site);
  /// The classic group goes on as a group of both protocols: generations become epochs.
  ConsumerGroup(std::string id, const Topics& topics, const GroupSite& site, const ClassicFacts& classic);
  ConsumerGroup(const ConsumerGroup&) = delete;

  const ConsumerRoster& roster() const { return roster_; }
  bool empty() const { return roster_.members().empty(); }

  /// The error of a heartbeat that no group would take; none if there is nothing wrong with it.
  static Error check(const Request& request, int16_t version);
  /// On an error the response is filled with it.
  void heartbeat(const Request& request, const GroupCaller& caller, Response& response);
  /// Errors: unknown_member_id, unsupported_version, stale_member_epoch; the last one for this partition alone. For
  /// classic members illegal_generation and fenced_instance_id.
  Errc check_commit(const MemberName& member, int32_t epoch, int16_t version);
  Errc check_commit(std::string_view member, int32_t epoch, const Slot& slot) const;
  /// Errors: unknown_member_id, stale_member_epoch.
  Errc check_fetch(const std::optional<std::string>& member, int32_t epoch) const;
  // Members that speak the classic protocol (KIP-848). The broker assigns for them, so none of them leads.
  void join(const protocol::JoinGroupRequest& request, const GroupCaller& caller, ClassicGroup::JoinReply reply);
  protocol::SyncGroupResponse sync(const protocol::SyncGroupRequest& request, int16_t version);
  Errc beat(const MemberName& member, int32_t generation);
  Errc leave(const MemberName& member);
  /// True if members are left, and all of them speak the classic protocol.
  bool is_left_to_classic() const;
  ClassicFacts to_classic() const;

  void describe(protocol::ConsumerGroupDescribeResponse::DescribedGroup& out) const;

  void follow(const GroupRules& rules) { site_.rules = &rules; }
  /// The coordinator has died: no time passes.
  void halt();
  /// Another broker coordinates the group from now on. It knows everything, and sessions begin anew.
  void move(const GroupSite& site);

 private:
  struct Timers {
    net::Timer session = {};
    net::Timer rebalance = {};
    net::Timer sync = {};  // a classic member has joined and has not sent SyncGroup
  };

  Error join(const Request& request, ConsumerMember*& member, bool& replaced);
  Error find(const Request& request, ConsumerMember*& member);
  Error check_epoch(const ConsumerMember& member, const Request& request) const;
  Error leave(const Request& request);
  Error unknown(std::string_view member) const;

  std::string new_member_id();
  /// Takes over what the request says. True if the member wants other topics now.
  bool update(ConsumerMember& member, const Request& request, const GroupCaller& caller);
  void change(ConsumerMember& member, bool changed, bool replaced, const Slots* owned);
  void remove(const std::string& id);
  void resolve_patterns();
  void keep_alive(const ConsumerMember& member);
  void watch_revocation(const ConsumerMember& member);

  Errc check_classic(const MemberName& member);
  bool must_join_again(const ConsumerMember& member) const;

  const std::string id_;
  GroupSite site_;
  ConsumerRoster roster_;
  std::map<std::string, Timers, std::less<>> timers_;
  net::Timer resolving_;
};

}  // namespace kafka::devbroker
