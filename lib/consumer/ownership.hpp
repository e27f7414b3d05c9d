// How the partitions of a group come to a consumer that is a member, and go again: what the group says, what the
// application hears of it, and the order of both.
//
//   revoke:  marked ──► drained ──► taken away ──► on_revoked ──► released: the group goes on
//   lost:    taken away ──► on_lost
//
// Marked comes first: a record that is handed out after the drain began could not be stored any more. Taken away comes
// before on_revoked: what the application hears is true by then.
// Not here: the group's protocol (group/participation.hpp), waiting for answers (drain.hpp).
#pragma once

#include <kafka/consumer.hpp>
#include <kafka/group.hpp>
#include <kafka/stats.hpp>

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "base/scope.hpp"
#include "consumer/drain.hpp"
#include "consumer/pipeline.hpp"
#include "consumer/poll_watch.hpp"
#include "consumer/roster.hpp"
#include "group/matching_topics.hpp"
#include "group/participation.hpp"

namespace kafka::consumer {

/// What a public Revocation refers to. It may outlive the consumer.
struct RevocationState {
  Partitions partitions;
  Function<void()> release;  ///< null once released

  static Revocation make(std::shared_ptr<RevocationState> state) { return Revocation(std::move(state)); }
};

/// What a member subscribes to.
using Subscribed = std::variant<Topics, TopicPattern>;

/// The application's handlers.
struct GroupHandlers {
  Function<void(const Partitions&)> on_assigned;
  Function<void(const Partitions&, std::chrono::milliseconds)> on_revoking;
  Function<void(Revocation)> on_revoked;
  Function<void(const Partitions&, const Error&)> on_lost;
};

/// Owns the consumer's part in the group, and the application's handlers.
class Ownership final : private group::Participation::Owner,
                        private group::MatchingTopics::Owner,
                        private PollWatch::Owner {
 public:
  class Owner {
   public:
    virtual std::shared_ptr<void> pin() = 0;
    /// The group refuses the member for good.
    virtual void refused(const Error& why) = 0;
    /// The member has left.
    virtual void member_left() = 0;

   protected:
    ~Owner() = default;
  };

  /// A revocation that the application holds counts as released when this part of the rebalance timeout has passed.
  static constexpr int kHeldPercent = 90;

  /// All arguments but `name` and `topics` outlive this object.
  Ownership(session::Core& core, session::Lane lane, const ConsumerOptions& options, std::string name, Topics topics,
            Pipeline& pipeline, Roster& roster, Owner& owner);
  ~Ownership();

  group::Participation& participation() { return *participation_; }
  GroupHandlers& handlers() { return *handlers_; }
  /// As Consumer::subscribe(), rebalance() and group().
  Error subscribe(Topics topics);
  Error subscribe(const TopicPattern& pattern);
  Error rebalance(std::string reason);
  GroupView view() const;
  ConsumerStats::Member stats() const;
  /// The member is out of the group, and nothing of it is under way.
  bool away() const { return away_; }
  /// The consumption begins, or goes on after a suspension.
  void join();
  /// Drains everything, and leaves; `tell`: the coordinator hears of it. member_left() follows, at the deadline at the
  /// latest.
  void leave(bool tell, net::TimePoint deadline);
  /// Something that a drain waits for may have ended.
  void look();
  /// Nothing is called any more.
  void abort();

 private:
  // group::Participation::Owner
  void assigned(const Partitions& fresh) override;
  void revoke(const Partitions& gone, net::TimePoint deadline, Function<void()> released) override;
  void lost(const Error& why) override;
  void settled() override;
  void trusted_until(net::TimePoint end) override;
  void not_read(const std::string& topic) override;
  void refused(const Error& why) override;

  // group::MatchingTopics::Owner
  void topics_match(const std::set<std::string>& names) override;

  // PollWatch::Owner
  void application_slow(const Error& why) override;
  void application_stuck(const Error& why) override;

  void drained(const Partitions& gone, Function<void()> released);
  void release();
  std::vector<std::shared_ptr<Partition>> find(const Partitions& named) const;

  session::Core& core_;
  session::Lane lane_;
  Pipeline& pipeline_;
  Roster& roster_;
  Owner& owner_;
  std::shared_ptr<GroupHandlers> handlers_ = std::make_shared<GroupHandlers>();  // a handler may destroy the consumer
  Drain drain_;
  Function<void()> released_;  // of the revocation under way, once it is drained
  std::shared_ptr<RevocationState> held_;
  net::Timer held_timer_;
  PollWatch poll_watch_;
  bool away_ = true;
  ConsumerStats::Member counted_;  // the totals
  std::optional<Regex> pattern_;
  group::MatchingTopics matching_topics_;
  bool waits_for_topics_ = false;  // it joins when it is known which topics match
  std::unique_ptr<group::Participation> participation_;
  Scope scope_;
};

}  // namespace kafka::consumer
