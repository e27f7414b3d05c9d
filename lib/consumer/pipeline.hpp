// The way of a message from the leader to the application, and of its answer back to the group: the parts of a reader,
// and what each tells the others.
// Not here: what the application calls, and the reader's end (reader.hpp).
#pragma once

#include <kafka/options.hpp>

#include <memory>
#include <utility>
#include <vector>

#include "consumer/answers.hpp"
#include "consumer/assignment.hpp"
#include "consumer/committer.hpp"
#include "consumer/consumption.hpp"
#include "consumer/dispatcher.hpp"
#include "consumer/forgotten.hpp"
#include "consumer/handlers.hpp"
#include "consumer/life_cycle.hpp"
#include "consumer/positions.hpp"
#include "consumer/sources.hpp"
#include "consumer/standstill.hpp"
#include "consumer/tail_commits.hpp"
#include "consumer/teller.hpp"
#include "consumer/trust.hpp"

namespace kafka::consumer {

/// Owns the parts. A part knows only the parts that it uses. What it finds out goes up to here, through its own small
/// interface (`Owner`), and from here to the parts that need it.
class Pipeline final : private Positions::Owner,
                       private Sources::Owner,
                       private Consumptions::Owner,
                       private Dispatcher::Owner,
                       private Committer::Owner,
                       private Answers::Owner {
 public:
  class Owner {
   public:
    /// Keeps everything alive while the application is called.
    virtual std::shared_ptr<void> pin() = 0;
    /// A consumption or a commit has ended.
    virtual void settled() = 0;
    /// An answer or a commit has changed a partition that is being given up, or no envelope is open any more.
    virtual void answered() = 0;

   protected:
    ~Owner() = default;
  };

  /// `group` is null for a Fetcher. All arguments outlive this object.
  Pipeline(const std::shared_ptr<session::Core>& core, const session::Lane& lane, const ConsumerOptions& options,
           const LifeCycle& life_cycle, GroupOffsets* group, EnvelopeOwner& envelope_owner, Owner& owner);

  /// No consumption runs, and no commit is under way or waits.
  bool at_rest() const { return !committer.pending() && consumptions.current() == nullptr; }
  /// The member's partitions are its own until then; max() for a consumer that is no member.
  void trust(net::TimePoint until);
  /// The member's partitions are those of one topic id each (KIP-848). Suppose a topic is made anew: its partitions are
  /// another topic's, which the group may have given to others. So they are not read before it says so.
  void assigned_by_id() { assigned_by_id_ = true; }
  /// The group has assigned these a moment ago: the ids that metadata has now are those that it meant.
  void bind_to_topics(const std::vector<std::shared_ptr<Partition>>& fresh);
  /// Drops everything that was fetched or queued. `leave`: the session still exists, and gets its connections back.
  void close(bool leave);
  /// The same, and runs no callback any more.
  void abort();

 private:
  const ConsumerOptions& options_;
  Owner& owner_;
  session::Core& core_;
  Trust trust_;
  bool assigned_by_id_ = false;

 public:
  // In the order in which they need each other.
  Assignment assignment;
  Handlers handlers;
  Teller teller;
  Consumptions consumptions;
  Positions positions;
  Sources sources;
  Dispatcher dispatcher;
  Committer committer;
  TailCommits tail_commits;
  Answers answers;
  Standstill standstill;
  Forgotten forgotten;

 private:
  // Positions::Owner
  void position_dropped() override;
  void position_reset(Partition& partition, Event::Type type, const Error& why) override;
  void topic_recreated(Partition& partition, const Error& why) override;
  void log_cut(Partition& partition, int64_t offset, int32_t epoch) override;
  void log_ends(Partition& partition, int64_t end) override { answers.log_ends(partition, end); }
  void partition_resumed(Partition& partition, int64_t offset) override;
  void partition_stopped(Partition& partition, const Error& why) override;

  // Sources::Owner
  void records_came(Partition& partition) override { dispatcher.make_ready(partition); }
  void answer_taken() override { dispatcher.schedule(); }
  bool will_free_memory() const override;
  void check_end(Partition& partition) override;  // also of Answers::Owner

  // Consumptions::Owner, Dispatcher::Owner, Committer::Owner, Answers::Owner
  std::shared_ptr<void> pin() override { return owner_.pin(); }
  void consumption_ending() override;
  bool commits_pending() const override { return committer.pending(); }
  bool answers_pending() const override { return dispatcher.open() > 0; }
  void consumption_ended() override { owner_.settled(); }
  void fetch_more() override { sources.schedule(); }
  void envelopes_open() override { forgotten.watch(); }
  void none_open() override;
  void drained(Partition& partition) override;
  void unreadable(Partition& partition, Error error) override { positions.stop(partition, std::move(error), true); }
  void go_back(Partition& partition, int64_t offset) override { positions.go_back(partition, offset); }
  void commit_stored(Partition& partition, const Commit& commit) override { answers.commit_stored(partition, commit); }
  void commit_failed(Partition& partition, const Commit& commit, const Error& error) override {
    answers.commit_failed(partition, commit, error);
  }
  void commit_lost(Partition& partition, const Commit& commit) override { answers.commit_lost(partition, commit); }
  void commit_given_up(Partition& partition, const Commit& commit) override {
    answers.commit_given_up(partition, commit);
  }
  void commits_ended() override;
};

}  // namespace kafka::consumer
