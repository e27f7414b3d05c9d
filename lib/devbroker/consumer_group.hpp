// A group of the consumer protocol (KIP-848) as its coordinator sees it. A member says in each heartbeat what it wants
// and what it has, and hears what it may have. Three numbers count: the group's epoch grows with every change, the
// target epoch is that of the change that the present target was computed for, and a member's epoch is that of the
// target that it has reached. Not here: steps of a member (consumer_member), targets (server_assignors), offsets
// (group_store).
#pragma once

#include <kafka/error.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "devbroker/classic_group.hpp"
#include "devbroker/consumer_member.hpp"
#include "devbroker/group_rules.hpp"
#include "devbroker/server_assignors.hpp"
#include "devbroker/subscribed_patterns.hpp"
#include "devbroker/topics.hpp"
#include "net/reactor.hpp"
#include "protocol/consumer_group_describe.hpp"
#include "protocol/consumer_group_heartbeat.hpp"

namespace kafka::devbroker {

/// Owns the members, their target, and the timers.
class ConsumerGroup {
 public:
  using Request = protocol::ConsumerGroupHeartbeatRequest;
  using Response = protocol::ConsumerGroupHeartbeatResponse;

  static constexpr std::chrono::milliseconds kSessionTimeout{45000};
  static constexpr std::chrono::milliseconds kHeartbeatInterval{5000};

  ConsumerGroup(std::string id, const Topics& topics, const GroupSite& site);
  ConsumerGroup(const ConsumerGroup&) = delete;

  /// "Empty", "Assigning", "Reconciling" or "Stable".
  std::string_view state() const;
  bool empty() const { return members_.empty(); }
  bool reads(std::string_view topic) const;

  /// The error of a heartbeat that no group would take; none if there is nothing wrong with it.
  static Error check(const Request& request, int16_t version);
  /// On an error the response is filled with it.
  void heartbeat(const Request& request, const GroupCaller& caller, Response& response);
  /// Errors: unknown_member_id, unsupported_version, stale_member_epoch; the last one for this partition alone.
  Errc check_commit(std::string_view member, int32_t epoch, int16_t version) const;
  Errc check_commit(std::string_view member, int32_t epoch, const Slot& slot) const;
  /// Errors: unknown_member_id, stale_member_epoch.
  Errc check_fetch(const std::optional<std::string>& member, int32_t epoch) const;
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
  };
  /// A topic as it was at the last look.
  struct Seen {
    Uuid id{};
    int32_t partitions = 0;
    friend bool operator==(const Seen&, const Seen&) = default;
  };
  using Members = std::map<std::string, ConsumerMember, std::less<>>;

  Error join(const Request& request, ConsumerMember*& member, bool& replaced);
  Error find(const Request& request, ConsumerMember*& member);
  Error check_epoch(const ConsumerMember& member, const Request& request) const;
  Error leave(const Request& request);
  ConsumerMember* by_instance(std::string_view instance_id);
  Error unknown(std::string_view member) const;

  std::string new_member_id();
  /// Takes over what the request says. True if the member wants other topics now.
  bool update(ConsumerMember& member, const Request& request, const GroupCaller& caller);
  void remove(const std::string& id);
  bool topics_have_changed() const;
  void look_at_topics();
  std::optional<Seen> look_at(const std::string& name) const;
  void resolve_patterns();
  bool may_assign() const;
  void assign();
  std::vector<std::string> topics_of(const ConsumerMember& member) const;
  std::string assignor() const;
  void step(ConsumerMember& member, const Request& request);
  void keep_alive(const ConsumerMember& member);
  void watch_revocation(const ConsumerMember& member);

  const std::string id_;
  const Topics& topics_;
  GroupSite site_;
  int32_t epoch_;
  int32_t target_epoch_ = 0;
  Members members_;
  Targets targets_;
  std::map<std::string, std::optional<Seen>> seen_;  // the subscribed topics at the last look
  std::string assignor_{kUniform};
  std::optional<net::TimePoint> assigned_at_;
  std::map<std::string, Timers, std::less<>> timers_;
  SubscribedPatterns patterns_;
  net::Timer resolving_;
};

}  // namespace kafka::devbroker
