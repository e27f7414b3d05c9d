// The members of a group of the consumer protocol (KIP-848), and what follows from them. Three numbers count: the
// group's epoch grows with every change, the target epoch is that of the change that the present target was computed
// for, and a member's epoch is that of the target that it has reached. Not here: what members may ask, and time
// (consumer_group), targets (server_assignors), steps (consumer_member).
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "devbroker/consumer_member.hpp"
#include "devbroker/server_assignors.hpp"
#include "devbroker/subscribed_patterns.hpp"
#include "devbroker/topics.hpp"
#include "net/reactor.hpp"
#include "protocol/consumer_group_describe.hpp"

namespace kafka::devbroker {

/// Owns the members, their targets, and what was seen of the topics that they read.
class ConsumerRoster {
 public:
  using Members = std::map<std::string, ConsumerMember, std::less<>>;
  /// A topic as it was at the last look.
  struct Seen {
    Uuid id{};
    int32_t partitions = 0;
    friend bool operator==(const Seen&, const Seen&) = default;
  };

  ConsumerRoster(const Topics& topics, int32_t epoch) : topics_(topics), epoch_(epoch), patterns_(topics) {}

  const Members& members() const { return members_; }
  int32_t epoch() const { return epoch_; }
  int32_t target_epoch() const { return target_epoch_; }
  /// "Empty", "Assigning", "Reconciling" or "Stable".
  std::string_view state() const;

  /// Null if there is no such member.
  ConsumerMember* find(std::string_view id);
  const ConsumerMember* find(std::string_view id) const;
  ConsumerMember* by_instance(std::string_view instance_id);
  /// A new one, or the one that is there.
  ConsumerMember& add(const std::string& id);
  /// A process with this id is the static member now. It has to be told what it may have.
  ConsumerMember& take_over(const ConsumerMember& holder, const std::string& id);
  void remove(const std::string& id);
  /// Members of a classic group go on here: they have reached what they were assigned at this epoch.
  void adopt(ConsumerMember member, const Slots& assigned, int32_t epoch);

  // Topics.
  bool reads(std::string_view topic) const;
  /// Since the last look. A pattern that means other topics is not noticed here.
  bool topics_have_changed() const;
  /// The members, what they subscribe to, or the topics are others now: that is a new epoch.
  void change();
  SubscribedPatterns& patterns() { return patterns_; }
  /// Forgets the patterns that no member subscribes to any more.
  void keep_patterns();
  Slots slots_named(const std::vector<TopicPartition>& partitions) const;
  /// What the member may read, by name; sorted.
  std::vector<TopicPartition> partitions_of(const ConsumerMember& member) const;

  // Targets.
  bool may_assign(net::TimePoint now, net::Duration interval) const;
  void assign(net::TimePoint now);
  /// Another coordinator may assign at once.
  void forget_when_assigned() { assigned_at_.reset(); }
  /// `owned`: what the member says that it has; null: it does not say.
  void step(ConsumerMember& member, const Slots* owned);
  /// True if something of its target is neither assigned to it nor free.
  bool waits_for_others(const ConsumerMember& member) const;

  /// `with_revoking`: what members still have to give up is shown too.
  void describe(protocol::ConsumerGroupDescribeResponse::DescribedGroup& out, bool with_revoking) const;

 private:
  std::vector<std::string> topics_of(const ConsumerMember& member) const;
  std::optional<Seen> look_at(const std::string& name) const;
  std::string choose_assignor() const;
  bool is_free(const ConsumerMember& member, const Slot& slot) const;

  const Topics& topics_;
  int32_t epoch_;
  int32_t target_epoch_ = 0;
  Members members_;
  Targets targets_;
  std::map<std::string, std::optional<Seen>> seen_;  // the subscribed topics at the last look
  std::string assignor_{kUniform};
  std::optional<net::TimePoint> assigned_at_;
  SubscribedPatterns patterns_;
};

}  // namespace kafka::devbroker
