// A member by the consumer protocol of KIP-848. The coordinator assigns. A member says in each heartbeat what it wants
// and what it has, and hears what it may have.
//
//   away ──► joining ──► stable ──► leaving ──► away
//              ▲  │        │
//              └── paused ◄┘          the coordinator has put it out, or refuses it for now
//
//   From any state: `failed` when the group refuses the member for good, `suspended` after suspend().
//
// An answer names all that the member may have by now. What is not in it any more is given up first: marked, stored,
// waited for, taken away, told. Then the member takes what is new, and says what it owns: only then does the
// coordinator give the partitions to others, and the member its next epoch. What comes meanwhile waits; the newest
// counts. Not here: the requests (consumer_heartbeats.hpp), what they say (told.hpp), names of topics (topic_ids.hpp).
#pragma once

#include <optional>
#include <set>
#include <string>

#include "base/scope.hpp"
#include "cluster/retry_timer.hpp"
#include "group/consumer_heartbeats.hpp"
#include "group/departure.hpp"
#include "group/owned_topics.hpp"
#include "group/participation.hpp"
#include "group/told.hpp"
#include "group/topic_ids.hpp"

namespace kafka::group {

/// Owns the member's state, its identity, and what it owns of the group's partitions.
class ConsumerProtocolMember final : public Participation, private ConsumerHeartbeats::Owner, private TopicIds::Owner {
 public:
  /// A static member whose id is still in use joins again for so long. Its old process may have been killed, and then
  /// the broker's session has to end first.
  static constexpr net::Duration kUnreleased = session::kSessionTimeout + std::chrono::seconds(15);

  /// `core` and `owner` outlive this object.
  ConsumerProtocolMember(session::Core& core, MemberOptions options, Topics topics, Participation::Owner& owner);
  ~ConsumerProtocolMember() override;

  void join() override;
  void subscribe(Topics topics) override;
  void match(std::string pattern) override;
  void rebalance(std::string reason) override;
  void suspend(const Error& why) override;
  void leave(bool tell, net::TimePoint deadline, Function<void()> done) override;
  void abort() override;
  const Identity& identity() const override { return identity_; }
  Verdict judge(const Identity& sent, const Error& error) override;
  GroupView view() const override;
  net::Duration rebalance_timeout() const override { return options_.rebalance_timeout; }
  bool suspended() const override { return state_ == State::suspended; }

 private:
  enum class State : uint8_t { away, joining, stable, paused, leaving, suspended, failed };
  using Request = ConsumerHeartbeats::Request;
  using Response = ConsumerHeartbeats::Response;

  bool member() const { return !identity_.member_id.empty(); }

  // Into the group.
  void begin();
  void want(Wish wish);
  void pause(const Error& why);
  Error joined(const Response& response);
  void join_failed(const Error& error);
  Error refusal(const Error& error) const;

  // In it.
  void take_epoch(int32_t epoch);
  void take_target(const Response& response);
  void reconcile();
  Partitions take(const IdPartitions& fresh);
  Wish said() const;
  void say();
  void revoke(const IdPartitions& gone);
  void revoked(const IdPartitions& gone);

  // Out of it.
  void lose(const Error& why);
  void forget_membership();
  void put_out(const Error& why);
  void refuse(const Error& why);
  void go_on();
  void say_farewell();
  void tell_leaving(int32_t epoch, net::Duration timeout, Function<void()> done);
  void gone();

  // ConsumerHeartbeats::Owner
  Error fill(Request& request, int16_t version) override;
  void heartbeat_answered(const Error& error, Response& response) override;
  void trusted_until(net::TimePoint end) override { owner_.trusted_until(end); }
  // TopicIds::Owner
  void topics_learnt() override { reconcile(); }

  session::Core& core_;
  const MemberOptions options_;
  Participation::Owner& owner_;
  Wish wish_;
  std::string own_id_;  // also while the coordinator does not know it
  Identity identity_;   // with an id only while the member is in the group
  State state_ = State::away;
  bool known_ = false;    // the coordinator may know the member
  bool arrived_ = false;  // the owner has heard what the member got when it joined, if only that it got nothing
  OwnedTopics owned_;
  std::optional<IdPartitions> target_;  // what the member may have, until it has all of it
  Giving giving_;
  Farewell farewell_;
  Told told_;
  cluster::RetryTimer retry_;
  std::optional<net::TimePoint> unreleased_since_;
  ConsumerHeartbeats heartbeats_;
  TopicIds topic_ids_;
  Scope scope_;
};

}  // namespace kafka::group
