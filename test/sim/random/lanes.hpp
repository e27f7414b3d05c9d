// Judges every delivery, answer, commit and event of a consumer as it happens, from what the logs have and without
// asking the client. A Lane is a partition of one consumer. A GroupBook has the commits of a group that brokers saw,
// from all its consumers.
// Not here: consuming (reader.cpp).
#pragma once

#include <kafka/consumer.hpp>

#include <map>
#include <optional>
#include <set>
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

  /// A consumer of the group was told to commit this, and everything below it is answered. Returns the place among all
  /// commits that were asked for.
  size_t asked(const TopicPartition& partition, int64_t offset) {
    asked_[partition].push_back(offset);
    return asked_[partition].size() - 1;
  }
  /// The log ends there now: a commit beyond it, also an earlier one, may be stored as this offset.
  void cut(const TopicPartition& partition, int64_t offset) { asked_[partition].push_back(offset); }
  /// The topic was deleted, and with it what the group had stored.
  void forgot(const TopicPartition& partition) { values(partition).push_back(-1); }
  /// The offset that was asked for, where what is behind it, up to this one, held nothing: a commit takes that along.
  int64_t as_asked(const TopicPartition& partition, int64_t offset, const History& history);
  /// A broker stored this offset. It must be one that was asked for. `exactly` is what it was sent: a commit may take
  /// along what holds nothing behind its record.
  void stored(const TopicPartition& partition, int64_t offset, int64_t exactly);
  /// Whether a broker ever stored exactly this offset; -1: nothing.
  bool held(const TopicPartition& partition, int64_t exactly) {
    return exactly == -1 || exactly_[partition].contains(exactly);
  }

  int64_t asked_at(const TopicPartition& partition, size_t place) { return asked_[partition][place]; }

  /// How many values there have been. The first is -1: nothing stored.
  size_t count(const TopicPartition& partition) { return values(partition).size(); }
  int64_t latest(const TopicPartition& partition) { return values(partition).back(); }
  bool held_since(const TopicPartition& partition, size_t count, int64_t offset);
  /// All values since then, the one of that time included.
  std::vector<int64_t> since(const TopicPartition& partition, size_t count);
  /// Whether the commit at that place, or a newer one, was stored after there were `count` values.
  bool covered(const TopicPartition& partition, size_t count, size_t place);

 private:
  std::vector<int64_t>& values(const TopicPartition& partition) {
    auto& all = values_[partition];
    if (all.empty()) all.push_back(-1);
    return all;
  }
  std::map<TopicPartition, std::set<int64_t>> exactly_;
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
  bool from_least = false;  ///< at `least`, not anywhere behind it
  int64_t least = 0;
  int64_t log_start = 0;  ///< when the consumer was made
  size_t view = 0;        ///< of the log at that time
  int64_t begun = -1;     ///< the first offset that was delivered of the topic as it is known to the consumer
  bool beyond = false;    ///< it was sent beyond the end of the log, so out of range is expected
  bool sought = false;    ///< by the newest seek(), since when nothing was delivered
  bool paused = false;
  bool stopped = false;
  bool taken = false;  ///< not the consumer's at the moment

  /// An envelope that was dispatched and is not settled yet.
  struct Out {
    int64_t first = -1, after = -1;
    bool present = true;  ///< dispatched by the present consumption
    bool answered = false;
    bool committing = false;      ///< answered with commit, whose outcome was not reported yet
    bool passed = false;          ///< answered, and everything below it too
    bool moved = false;           ///< the position was set since, by seek() or a reset
    bool taken = false;           ///< the partition was taken away since
    size_t set_backs = 0;         ///< the lane's, when it was dispatched
    size_t mark = 0;              ///< values that were stored when it was committed
    size_t cuts = 0;              ///< that the log had until it lost this, if it did
    std::optional<size_t> place;  ///< among what was asked for
  };
  std::map<uint64_t, Out> out;  ///< by number, in the order of dispatch
  std::optional<size_t> last_asked;
  size_t last_mark = 0;
  bool failed = false;  ///< a commit was not stored
  /// How often the position was set back, or might have been: below what was committed before.
  size_t set_backs = 0;
  struct Sends {
    std::set<int64_t> asked;
    int64_t newest = -1;
  };
  std::map<size_t, Sends> sends;  ///< commits of what was dispatched after so many of them
  bool newer = false;             ///< the consumer has known the topic without it
  bool by_place = false;          ///< the position was ever set by seek(), without an epoch
  /// Where the log was said to be cut, though it was another topic's that ended there.
  std::set<int64_t> mistaken_cuts;
  /// An answer was refused, and the reason was not told yet.
  bool doubtful = false;
  bool open() const { return !out.empty(); }
};

/// Judges one consumer, from its construction to its end.
class Lanes {
 public:
  Lanes(Journal& journal, GroupBook& book, const devbroker::Cluster& cluster, const History& history, const Plan& plan,
        const ConsumerPlan& consumer);

  /// One more partition, which begins at its first record if the consumer knows that it is new.
  void add(const TopicPartition& partition, bool newer);

  // Calls of the application.
  void began(int64_t limit);
  void answered(const TopicPartition& partition, uint64_t number, bool moves_on);
  void committing(const TopicPartition& partition, uint64_t number);
  /// Whether the partition was taken away since this was dispatched.
  bool is_taken(const TopicPartition& partition, uint64_t number) { return lane(partition).out.at(number).taken; }
  /// The answer returned this, and the partition was not taken away. Comes before the answer itself.
  void replied(const TopicPartition& partition, uint64_t number, const Error& error);
  /// The answer was a commit that came too late: the consumption has ended, or the position was set.
  void late(const TopicPartition& partition, uint64_t number) { lane(partition).out.erase(number); }
  void sought(const TopicPartition& partition, int64_t to);
  void taken(const TopicPartition& partition);
  void given(const TopicPartition& partition);
  void paused(const TopicPartition& partition, bool on) { lane(partition).paused = on; }
  /// cancel(), or a dropped envelope: `on_end` has to be called with this.
  void note_standstill();
  /// A request that stores this is being sent.
  void sent(const TopicPartition& partition, int64_t offset);
  void ending(Errc error) { expected_ends_.push_back(error); }
  // Callbacks of the client.
  uint64_t delivered(const TopicPartition& partition, const std::vector<History::Place>& places, int64_t position);
  void committed(const TopicPartition& partition, uint64_t number, const Error& error);
  /// `position` is the consumer's when it tells of the event.
  void event(const Event& event, int64_t position);
  void ended(const Error& error, bool closing);
  /// By close(), in time.
  void closed();

  bool consuming() const { return consuming_; }
  Lane& lane(const TopicPartition& partition) { return lanes_.at(partition); }
  std::map<TopicPartition, Lane>& lanes() { return lanes_; }
  /// The log has nothing more for this consumer at or after `next`, and still has what was delivered.
  bool all_read(const Lane& lane, int64_t next);
  /// An injected error may claim anything about the position.
  bool lies_possible = false;
  /// See Run.
  std::function<bool()> misled;

 private:
  bool looks_cut(const Lane& at, int64_t offset) const;
  int64_t log_start(const TopicPartition& partition) const;
  int64_t log_end(const TopicPartition& partition) const;
  void violation(const TopicPartition& partition, const std::string& text);
  bool unordered() const { return consumer_.options.ordering == Ordering::unordered; }
  bool committed_only() const { return consumer_.options.isolation_level == IsolationLevel::read_committed; }
  bool follows(const Lane& at, int64_t from, History::Place next);
  bool follows_start(const Lane& at, History::Place next);
  /// The topic was made anew at some time: an answer may be lost, whether the consumer told of that already or not.
  bool may_lose(const Lane& at) const { return history_.recreations(at.partition) > 0 || looks_new(at); }
  /// Without ids, a log that was cut off at its beginning and has newer records looks like another topic's.
  bool looks_new(const Lane& at) const { return !plan_.by_id() && history_.lowest_cut(at.partition, INT64_MAX) == 0; }
  bool stored(const Lane& at, const Lane::Out& out);
  void set(Lane& at, int64_t next);
  void went_on(Lane& at, const Event& event, int64_t position);
  void doubt(Lane& at);
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
  bool standstill_ = false;          // every partition was stopped during this consumption
  std::set<Errc> stops_;             // why partitions have stopped
};

}  // namespace kafka::sim
