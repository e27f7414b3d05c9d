// What one consumer may deliver next, said independently of the client: the judge of every delivery, answer,
// commit and event while they happen. A Lane is a partition of one consumer; a GroupBook is what the brokers
// saw of a group's commits, over all of its consumers.
// Not here: consuming (reader.cpp).
#pragma once

#include <kafka/consumer.hpp>

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "devbroker/cluster.hpp"
#include "random/history.hpp"
#include "random/journal.hpp"
#include "random/plan.hpp"

namespace kafka::sim {

class GroupBook {
 public:
  GroupBook(Journal& journal, std::string group) : journal_(journal), group_(std::move(group)) {}

  /// A consumer of the group was told to commit this, and everything below it is answered. Its place among all that
  /// was asked for.
  size_t asked(const TopicPartition& partition, int64_t offset) {
    asked_[partition].push_back(offset);
    return asked_[partition].size() - 1;
  }
  /// The log ends there now: what is asked for beyond it, or was, may be stored as this.
  void cut(const TopicPartition& partition, int64_t offset) { asked_[partition].push_back(offset); }
  /// A broker stored it: only what was asked for may be stored.
  void stored(const TopicPartition& partition, int64_t offset);

  int64_t asked_at(const TopicPartition& partition, size_t place) { return asked_[partition][place]; }

  /// How many values there have been; the first is -1, nothing.
  size_t count(const TopicPartition& partition) { return values(partition).size(); }
  int64_t latest(const TopicPartition& partition) { return values(partition).back(); }
  bool held_since(const TopicPartition& partition, size_t count, int64_t offset);
  /// All the values that there were since then, the one of that time included.
  std::vector<int64_t> since(const TopicPartition& partition, size_t count);
  /// What was asked for at that place, or something newer, was stored since there were `count` values.
  bool covered(const TopicPartition& partition, size_t count, size_t place);

 private:
  std::vector<int64_t>& values(const TopicPartition& partition) {
    auto& all = values_[partition];
    if (all.empty()) all.push_back(-1);
    return all;
  }
  Journal& journal_;
  std::string group_;
  std::map<TopicPartition, std::vector<int64_t>> asked_;
  std::map<TopicPartition, std::vector<int64_t>> values_;
};

struct Lane {
  TopicPartition partition;
  // Where the next delivery has to begin: at `next`, or if that is unknown at a committed offset that was there
  // since `mark`, or after a seek to the beginning or the end between `least` and what the log has.
  int64_t next = -1;
  size_t mark = 0;
  /// Delivered right before `next`, if the position was not set since.
  std::optional<History::Place> last;
  bool anywhere = false;
  int64_t least = 0;
  int64_t log_start = 0;  ///< when the consumer was made
  bool beyond = false;    ///< was sent behind the end of the log, so an out-of-range is no surprise
  bool paused = false;
  bool stopped = false;

  /// An envelope that was dispatched and has not come to its end.
  struct Out {
    int64_t first = -1, after = -1;
    bool present = true;  ///< dispatched by the present consumption
    bool answered = false;
    bool committing = false;      ///< answered with commit, and nothing was reported on it
    bool passed = false;          ///< answered, and everything below it too
    bool moved = false;           ///< the position was set since, by whatever
    size_t mark = 0;              ///< values that were stored when it was committed
    size_t cuts = 0;              ///< that the log had until it lost this, if it did
    std::optional<size_t> place;  ///< among what was asked for
  };
  std::map<uint64_t, Out> out;  ///< by number, in the order of dispatch
  std::optional<size_t> last_asked;
  size_t last_mark = 0;
  bool failed = false;  ///< a commit was not stored
  /// An answer was refused, and why was not said yet.
  bool doubtful = false;
  bool open() const { return !out.empty(); }
};

/// The judge of one consumer, from its making to its end.
class Lanes {
 public:
  Lanes(Journal& journal, GroupBook& book, const devbroker::Cluster& cluster, const History& history, const Plan& plan,
        const ConsumerPlan& consumer);

  // What the application does.
  void began(int64_t limit);
  /// Both return whether the position was set since it was dispatched.
  bool answered(const TopicPartition& partition, uint64_t number, bool moves_on);
  bool committing(const TopicPartition& partition, uint64_t number);
  /// What the answer returned.
  void replied(const TopicPartition& partition, bool moved, const Error& error);
  /// The answer came too late, behind the end.
  void late(const TopicPartition& partition, uint64_t number) { lane(partition).out.erase(number); }
  void sought(const TopicPartition& partition, int64_t to);
  void paused(const TopicPartition& partition, bool on) { lane(partition).paused = on; }
  /// cancel() or a dropped envelope: what on_end will say.
  void ending(Errc error) { expected_ends_.push_back(error); }
  // What it is told.
  uint64_t delivered(const TopicPartition& partition, const std::vector<History::Place>& places, int64_t position);
  void committed(const TopicPartition& partition, uint64_t number, const Error& error);
  void event(const Event& event);
  void ended(const Error& error, bool closing);
  /// By close(), in time.
  void closed();

  bool consuming() const { return consuming_; }
  Lane& lane(const TopicPartition& partition) { return lanes_.at(partition); }
  std::map<TopicPartition, Lane>& lanes() { return lanes_; }
  /// Nothing that this consumer should be given lies at or behind `next`, and what it was given is still there.
  bool all_read(const Lane& lane, int64_t next);
  /// An injected error may say anything about the position.
  bool lies_possible = false;
  /// See Run.
  std::function<bool()> misled;

 private:
  int64_t log_start(const TopicPartition& partition) const;
  int64_t log_end(const TopicPartition& partition) const;
  void violation(const TopicPartition& partition, const std::string& text);
  bool unordered() const { return consumer_.options.ordering == Ordering::unordered; }
  bool committed_only() const { return consumer_.options.isolation_level == IsolationLevel::read_committed; }
  bool follows(const Lane& at, int64_t from, History::Place next);
  bool stored(const Lane& at, const Lane::Out& out);
  void set(Lane& at, int64_t next);
  bool confirmed() const { return consumer_.options.commit_mode == CommitMode::confirmed; }
  void check_room(const Lane& at, const std::string& what);
  void go_on(Lane& lane);
  void move(Lane& lane);

  Journal& journal_;
  GroupBook& book_;
  const devbroker::Cluster& cluster_;
  const History& history_;
  const Plan& plan_;
  const ConsumerPlan& consumer_;
  std::map<TopicPartition, Lane> lanes_;
  bool consuming_ = false;
  int64_t limit_ = 0;
  int64_t count_ = 0;
  uint64_t numbers_ = 0;
  std::vector<Errc> expected_ends_;  // any of them
};

}  // namespace kafka::sim
