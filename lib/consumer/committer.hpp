// Commits: gathers and sends the offsets that partitions want stored, and reports the outcome to each `done`.
// Not here: which offset is to be stored (answers.cpp), the group's coordinator (group_offsets.hpp).
#pragma once

#include <kafka/options.hpp>

#include <map>
#include <memory>
#include <string_view>
#include <vector>

#include "base/ring.hpp"
#include "base/scope.hpp"
#include "cluster/retry_timer.hpp"
#include "consumer/group_offsets.hpp"
#include "consumer/partition.hpp"
#include "consumer/teller.hpp"
#include "consumer/trust.hpp"

namespace kafka::consumer {

/// Owns the OffsetCommits that are under way, and the list of partitions that want something stored.
///
/// What is wanted when a turn of the loop ends leaves in one OffsetCommit. A partition never has two under way: a retry
/// of the first could arrive after the second, and put the group back to the older offset. Where an envelope per
/// partition waits for its commit (`confirmed`, in order), requests for different partitions go side by side. Elsewhere
/// one request at a time is under way, and the next one carries whatever has come together meanwhile.
class Committer {
 public:
  class Owner {
   public:
    virtual std::shared_ptr<void> pin() = 0;
    /// The commit is stored, and everybody has heard of it.
    virtual void commit_stored(Partition& partition, const Commit& commit) = 0;
    /// The commit is not stored. Nobody has heard of it yet.
    virtual void commit_failed(Partition& partition, const Commit& commit, const Error& error) = 0;
    /// The commit does not count: it is one of a topic that was made anew. Everybody has heard of it.
    virtual void commit_lost(Partition& partition, const Commit& commit) = 0;
    /// The deadline of close() has passed before the commit was answered.
    virtual void commit_given_up(Partition& partition, const Commit& commit) = 0;
    /// Perhaps nothing is pending any more.
    virtual void commits_ended() = 0;

   protected:
    ~Owner() = default;
  };

  /// `offsets` null: there is no group, and nothing is ever stored.
  Committer(session::Core& core, session::Lane lane, const ConsumerOptions& options, GroupOffsets* offsets,
            Teller& teller, const Trust& trust, Owner& owner);

  /// False: commits act as acks.
  bool stores() const { return offsets_ != nullptr; }
  /// Something is to be stored, is under way, or is being told.
  bool pending() const { return !requests_.empty() || !wanting_.empty() || telling_ > 0; }
  /// Commits that were answered so far.
  uint64_t commits() const { return commits_; }

  void count() { ++commits_; }
  /// The offset behind this envelope is to be stored.
  void want(Partition& partition, const Window::Entry& answered, std::string_view metadata, Function<void(Error)> done);
  /// Nothing lies between what was wanted last and the position: that is to be stored, too.
  void move_on(Partition& partition);
  /// The log ends at `offset` now, with a batch of `epoch`: no commit of the partition promises more, and the `done`s
  /// that were promised more hear so.
  void log_cut(Partition& partition, int64_t offset, int32_t epoch);
  /// The log ends at `end` now, and was cut there or below. A commit of more is stored as the newest of those that it
  /// stands for and that do not go beyond `end`. If none of them is known it fails, its `done`s run, and it is
  /// returned.
  Commit log_ends(Partition& partition, int64_t end);
  /// What the `done` of a commit hears that covers more than the log has, which ends at `end`.
  static Error ended(const Partition& partition, int64_t end);
  /// The topic was made anew. The commit that was not sent fails, and its `done`s run; it is returned. One that was
  /// sent is lost, whatever the broker answers.
  Commit topic_recreated(Partition& partition, const Error& why);
  /// The partition was removed. Its commit that was not sent fails, and its `done`s run. Returns that commit.
  Commit leave(Partition& partition, const Error& error);
  /// The group has settled: commits that it refused in a rebalance may be sent again.
  void settled();
  /// Sends what waits, at the end of this turn, if it may.
  void schedule();
  /// Sends nothing more, and waits no longer for requests under way. Commits that were not sent are left to
  /// fail_wanted().
  void give_up(const Error& error);
  /// The partition's commit that was not sent fails, and its `done`s run. Returns that commit.
  Commit fail_wanted(Partition& partition, const Error& error);
  /// Sends nothing more, and runs no callback. Returns the commits that the caller must destroy.
  std::vector<Commit> abort();

 private:
  struct Sent {
    std::shared_ptr<Partition> partition;
    Commit commit;
  };
  using Request = std::vector<Sent>;
  struct Report {
    Sent sent;
    Error outcome;
    bool lost = false;  ///< the topic was made anew
  };

  static int64_t known_end(const Partition& partition, const Window::Entry& answered);
  bool overtakes(const Partition& partition) const;
  bool waits() const {
    return unsettled_ || !trust_.holds(core_.reactor().now()) || (one_at_a_time_ && !requests_.empty());
  }
  void want_again(Sent sent);
  void hold();
  void tell_cut(Partition& partition, int64_t end, const Error& why);
  void list(Partition& partition);
  void send();
  void answered(uint64_t id, const Error& error, const std::vector<StoredOffset>& offsets);
  void lose(Sent sent, const Error& why, Ring<Report>& reports);
  void fail(Sent sent, const Error& error, Ring<Report>& reports);
  void finish(const Sent& sent);
  void finish_lost(const Sent& sent);
  void tell(Ring<Report> reports);

  session::Core& core_;
  session::Lane lane_;
  const ConsumerOptions& options_;
  GroupOffsets* offsets_;  // null: there is no group
  Teller& teller_;
  const Trust& trust_;
  Owner& owner_;
  bool one_at_a_time_;
  Ring<std::shared_ptr<Partition>> wanting_;
  std::map<uint64_t, Request> requests_;
  std::vector<std::shared_ptr<Partition>> leaving_;  // removed ones with a commit under way
  uint64_t last_request_ = 0;
  uint64_t commits_ = 0;
  size_t telling_ = 0;  // answers of which not everybody has heard
  Ring<Report>* told_now_ = nullptr;
  bool scheduled_ = false;
  bool unsettled_ = false;     // the group shares its partitions out: it takes no commits
  cluster::RetryTimer retry_;  // nobody may ever say that the group has settled
  Scope scope_;
};

}  // namespace kafka::consumer
