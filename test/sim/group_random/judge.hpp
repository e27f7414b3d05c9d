// Judges a group by what its members were told and by what the coordinator stored, and asks no member. Its rules are
// those of test/broker/group_check.py; here every clock is the same, so they are stricter:
//
//   unowned   a record, or an answer that counts, of a partition that the member does not own
//   dual      two members own a partition, and the older one could know
//   begins    a member begins a partition elsewhere than at the offset that the group had stored since it got it
//   skip      within one ownership, a record that is not the next one
//   ahead     an offset is stored, and not everything below it is answered
//   backwards an offset is stored below an earlier one
//   unstored  a commit is told to be stored, and is not
//   late      a member said `revoked` while commits that count were under way and time was left
//   unread    a record that nobody answered
// Not here: what happens (run.cpp), what members do (process.hpp).
#pragma once

#include <kafka/types.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "sim_reactor.hpp"

namespace kafka::sim {

/// Owns what is known of each partition, and of each time that a member owned one.
class GroupJudge {
 public:
  /// One member from its start to its end; the number is given by the run.
  using Who = int;
  static constexpr int64_t kNothing = -1;

  struct Hooks {
    std::function<void(std::string)> violation;
    std::function<TimePoint()> now;
    std::function<std::string(Who)> name;
    /// The member cannot be blamed for what it does not know: it stands still, or it was not reached for a session.
    std::function<bool(Who)> cut_off;
  };
  explicit GroupJudge(Hooks hooks) : hooks_(std::move(hooks)) {}

  // The cluster.
  void appended(const TopicPartition& partition, int era, int64_t end) {
    at(partition).era = era;
    at(partition).end = end;
  }
  /// The topic was deleted and made anew: offsets count from 0 in another log, which has the next era.
  void recreated(const TopicPartition& partition);
  /// The coordinator has stored an offset.
  void stored(const TopicPartition& partition, int64_t offset);

  int64_t stored_now(const TopicPartition& partition) { return at(partition).stored.back(); }

  // A member.
  void assigned(Who who, const Partitions& fresh);
  void revoking(Who who, const Partitions& going, Duration left);
  void revoked(Who who, const Partitions& gone);
  void lost(Who who, const Partitions& gone);
  /// A record of that log was dispatched.
  void delivered(Who who, const TopicPartition& partition, int era, int64_t offset);
  /// All of these were answered, and the answer counts.
  void answered(Who who, const TopicPartition& partition, int era, int64_t first, int64_t last);
  void committing(Who who, const TopicPartition& partition) { change_open_commits(who, partition, 1); }
  void committed(Who who, const TopicPartition& partition, int era, int64_t offset, bool well);
  /// A consumption ended with an error, or messages were taken back: some come again.
  void may_repeat(Who who);
  /// close() was called.
  void closes(Who who);
  /// The member is closed, killed, or destroyed.
  void gone(Who who);
  /// A commit was sent, for the topic of this era.
  void sent(Who who, const TopicPartition& partition, int64_t offset);

  // At the end.
  /// Every partition of these topics has one owner, which has read it to its end, and every record was answered.
  bool settled(const std::set<std::string>& topics) const;
  /// What is not settled, as a text.
  std::string unsettled(const std::set<std::string>& topics) const;
  /// Judges what can be told only now.
  void finish();
  /// How many records were delivered, and how many of these again.
  size_t deliveries() const { return deliveries_; }
  size_t again() const { return again_; }
  size_t moves() const { return moves_; }

 private:
  struct Stay {
    Who who = 0;
    TimePoint begin{}, end{};
    bool ended = false;
    bool revoked = false;                    ///< that is how it ended
    TimePoint closes_at = TimePoint::min();  ///< its member was asked to close then
    int era = 0;
    size_t stored_at_begin = 0;  ///< how many values the group had stored by then
    int64_t next = kNothing;     ///< the next offset to deliver; kNothing before the first
    bool may_repeat = false;
    bool set_back = false;   ///< a commit failed for good, so its messages came again
    std::set<int64_t> open;  ///< delivered, and never answered during this stay
    std::set<int64_t> answered;
    int64_t front = kNothing;                  ///< behind the highest answered one
    int commits = 0;                           ///< under way
    TimePoint last_record = TimePoint::min();  ///< of the present era
    int64_t sent = kNothing;                   ///< the highest offset that a commit was sent with
    TimePoint drain_end = TimePoint::max();
  };
  struct Log {
    int era = 0;
    int64_t end = 0;
    std::vector<int64_t> stored{kNothing};    ///< all values of this era, in order
    std::vector<size_t> stored_by{SIZE_MAX};  ///< and during which stay
    std::set<int64_t> answered, seen;         ///< of this era
    std::vector<Stay> stays;
  };
  /// Two own a partition at the same time. That is right in three cases: the older one is told `lost` soon; it is
  /// closed before it was told, and gives its partitions up as if it were still in the group; or one of them hears late
  /// of what has happened, is given nothing of the partition, and gives it up. What it stores all the same would be
  /// seen by `ahead` and `backwards`.
  struct Doubt {
    TopicPartition partition;
    size_t older = 0, newer = 0;  ///< places among its stays
    TimePoint at{};
  };

  Log& at(const TopicPartition& partition) { return logs_[partition]; }
  Stay* stay_of(Who who, const TopicPartition& partition);
  void end_stay(Who who, const TopicPartition& partition, const char* how);
  void change_open_commits(Who who, const TopicPartition& partition, int by);
  static bool justifies(const Stay& stay, int era, int64_t offset);
  void bad(const std::string& rule, Who who, const TopicPartition& partition, const std::string& text);

  Hooks hooks_;
  std::map<TopicPartition, Log> logs_;
  std::vector<Doubt> doubts_;
  size_t deliveries_ = 0, again_ = 0, moves_ = 0;
};

}  // namespace kafka::sim
