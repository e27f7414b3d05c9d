// Where partitions begin, and where they go on after that: at the group's offset, at the place that the reset policy
// names, at a place that was asked for, or where the log was cut. All partitions that ask in one turn ask together: one
// OffsetFetch, and one ListOffsets per leader.
// Not here: these requests (group_offsets.hpp, offset_query.hpp), reading on from a position (sources.hpp).
#pragma once

#include <kafka/consumer.hpp>

#include <memory>
#include <vector>

#include "base/scope.hpp"
#include "consumer/assignment.hpp"
#include "consumer/group_offsets.hpp"
#include "consumer/life_cycle.hpp"
#include "consumer/offset_query.hpp"
#include "consumer/topic_check.hpp"

namespace kafka::consumer {

/// Owns the way from "not known" to a position, for every partition: the questions under way, stop and restart.
class Positions final : private TopicCheck::Owner {
 public:
  class Owner {
   public:
    /// What was fetched of a partition is gone: memory is free, and nothing more of it is dispatched.
    virtual void position_dropped() = 0;
    /// The partition goes on at `position.next`, which the application did not choose: `type` says why.
    virtual void position_reset(Partition& partition, Event::Type type, const Error& why) = 0;
    /// The log ends at `offset` now, with a batch of `epoch`: no commit may promise more, and whoever was promised more
    /// hears so.
    virtual void log_cut(Partition& partition, int64_t offset, int32_t epoch) = 0;
    /// The log ends at `end` now, below what was read, and nothing says where it was cut: there, or below, with newer
    /// records since.
    virtual void log_ends(Partition& partition, int64_t end) = 0;
    /// The topic was deleted and made anew: nothing that was read of the old one counts for the new one.
    virtual void topic_recreated(Partition& partition, const Error& why) = 0;
    /// It was stopped, and begins again at `offset`; -1: that is not known yet.
    virtual void partition_resumed(Partition& partition, int64_t offset) = 0;
    virtual void partition_stopped(Partition& partition, const Error& why) = 0;

   protected:
    ~Owner() = default;
  };

  /// `group` is null for a Fetcher. All arguments outlive this object.
  Positions(std::shared_ptr<session::Core> core, const ConsumerOptions& options, const Assignment& assignment,
            const LifeCycle& life_cycle, GroupOffsets* group, Owner& owner);

  /// A consumption begins: partitions without a position look for one, stopped ones begin again. Those that need a
  /// seek stay stopped. If the application has no event handler (`heard` is false), it would not learn that, so
  /// the consumption cannot run: begin() returns why the first of them stopped.
  Error begin(bool heard);
  /// Partitions that were assigned while a consumption runs.
  void add(const std::vector<Partition*>& fresh) { look_up(fresh); }
  /// These have stopped, and what stopped them is over: they go on where they stood.
  void restart(const std::vector<Partition*>& stopped);
  /// Goes to another place, and looks it up at once, or with the next begin().
  void seek(Partition& partition, TopicOffset to, bool look_up);
  /// Messages from `offset` on come again.
  void go_back(Partition& partition, int64_t offset);
  /// Broker `node` says that the position is out of range: the leader is asked for the place that the policy names.
  void out_of_range(Partition& partition, int32_t node);
  /// The leader's log ends at `end`, where `epoch` ends, and goes on with other records than those that were read.
  /// `by_id`: the leader was asked by the id of the topic, so that it cannot be the log of another one.
  void truncated(Partition& partition, int64_t end, int32_t epoch, bool by_id);
  /// What metadata says of the partition's topic. True if it is another topic than the one that was read: then the
  /// partition begins anew.
  bool notice(Partition& partition, const cluster::TopicState* topic);
  /// Nothing says whether the topic is still the one that was read: that is asked before anything else.
  void check_topic(Partition& partition) { topic_check_.ask(partition, {}); }
  /// `needs_seek` if the next consumption would stop at the same place again.
  void stop(Partition& partition, Error why, bool needs_seek);

  /// Nobody waits for the questions under way.
  void cancel();
  /// The same where the session is gone, and the questions with it.
  void abort();

 private:
  // TopicCheck::Owner
  void recreated(Partition& partition, const Uuid& id) override;
  void topic_checked() override { owner_.position_dropped(); }

  void resume(Partition& partition);
  void look_up(const std::vector<Partition*>& partitions);
  void start(Partition& partition);
  void drop(Partition& partition);
  void count_setback(Partition& partition);
  net::Duration patience() const;
  void ask_group(const std::vector<Partition*>& partitions);
  void group_answered(const std::vector<Question>& asked, const Error& error, const std::vector<StoredOffset>& offsets);
  void nothing_committed(Partition& partition);
  void list(Partition& partition, TopicOffset place, Error reason);
  void ask_leaders();
  void listed(Partition& partition, const TopicOffset& found, const OffsetSource& source);
  void refused(Partition& partition, const TopicOffset& found, const OffsetSource& source);
  void cut(Partition& partition, int64_t end, int32_t epoch);
  OutOfRange policy(const Partition& partition) const {
    return partition.position.named ? options_.on_start_out_of_range : options_.on_offset_out_of_range;
  }
  static bool asked_of_another(const Partition& partition);
  void ready(Partition& partition, int64_t offset, int32_t epoch, bool named = false);

  std::shared_ptr<session::Core> core_;
  const ConsumerOptions& options_;
  const Assignment& assignment_;
  const LifeCycle& life_cycle_;
  GroupOffsets* group_;
  Owner& owner_;
  TopicCheck topic_check_;
  bool listing_scheduled_ = false;
  std::vector<std::weak_ptr<OffsetQuery>> queries_;
  Scope scope_;
};

}  // namespace kafka::consumer
