// The inside of a public Consumer or Fetcher: its parts, and what the public calls do with them.
// Not here: where partitions begin (positions.hpp), requests to the leaders and their answers (sources.hpp), envelopes
// (dispatcher.hpp, answers.hpp), commits (committer.hpp).
#pragma once

#include <kafka/consumer.hpp>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/scope.hpp"
#include "consumer/answers.hpp"
#include "consumer/assignment.hpp"
#include "consumer/committer.hpp"
#include "consumer/consumption.hpp"
#include "consumer/dispatcher.hpp"
#include "consumer/group_offsets.hpp"
#include "consumer/life_cycle.hpp"
#include "consumer/partition.hpp"
#include "consumer/positions.hpp"
#include "consumer/sources.hpp"
#include "session/core.hpp"

namespace kafka::consumer {

class Reader;

/// Where the envelopes of one consumer bring their answers; outlives the consumer with them.
class EnvelopeLink final : public EnvelopeOwner {
 public:
  explicit EnvelopeLink(std::shared_ptr<session::Core> core) : core_(std::move(core)) {}
  Error answer(uint64_t ticket, Answer answer, std::string_view metadata, Function<void(Error)> done) override;
  Error ack(uint64_t ticket) override;
  void later(Function<void()> callback) override { core_->later(std::move(callback)); }
  void freed() override;

  Reader* reader = nullptr;  ///< null once envelopes are lost

 private:
  std::shared_ptr<session::Core> core_;
};

class Reader final : public session::Client,
                     public std::enable_shared_from_this<Reader>,
                     private Positions::Owner,
                     private Sources::Owner,
                     private Consumptions::Owner,
                     private Dispatcher::Owner,
                     private Committer::Owner,
                     private Answers::Owner {
 public:
  Reader(std::shared_ptr<session::Core> core, std::string group, const Partitions& partitions, ConsumerOptions options);
  Reader(std::shared_ptr<session::Core> core, std::vector<TopicOffset> start, ConsumerOptions options);
  ~Reader() override;

  const Error& error() const { return error_; }
  const ConsumerOptions& options() const { return options_; }
  /// `limit` 0: none.
  void consume(std::optional<int64_t> limit, MessageCallback on_message, EndCallback on_end);
  void batch_consume(int32_t max, BatchCallback on_batch, EndCallback on_end);
  Error pause(const Partitions& partitions, bool on);
  Error seek(TopicOffset to);
  int64_t position(std::string_view topic, int32_t partition) const;
  bool at_end(std::string_view topic, int32_t partition) const;
  void on_partition_end(Function<void(const TopicPartition&, int64_t)> handler);
  void on_event(Function<void(const Event&)> handler);
  void close(Function<void()> done);
  /// More partitions, which start at the group's offset, or where the policy says. Those that are there already stay as
  /// they are.
  void assign(const Partitions& partitions);
  /// These partitions are this reader's no more, from now on:
  /// - nothing of them is fetched or dispatched, and what was fetched is dropped;
  /// - their open envelopes stay open until they are answered, and every answer says `lost`;
  /// - a commit that was sent tells what the broker answers, and ends nothing when it fails;
  /// - a commit that was not sent says `lost` through its `done`.
  /// A partition that is assigned again starts as a new one. Unknown partitions are passed over.
  void take_away(const Partitions& partitions);
  /// The public object is gone without close().
  void abandon();

  Error answer(uint64_t ticket, Answer answer, std::string_view metadata, Function<void(Error)>& done) {
    return answers_.answer(ticket, answer, metadata, done);
  }
  Error ack(uint64_t ticket) { return dispatcher_.ack_at_once(ticket) ? Error() : answers_.ack(ticket); }
  void memory_freed() {
    sources_.schedule();
    dispatcher_.schedule();
  }

  void begin_close(net::TimePoint deadline, Function<void()> done) override;
  void fail_rest() override;
  void abort() override;
  void add_stats(Stats& stats) const override;

 private:
  Reader(std::shared_ptr<session::Core> core, std::unique_ptr<GroupOffsets> group_offsets, ConsumerOptions options);

  Error add_partition(std::string topic, int32_t number, Origin origin);
  void join();
  Error refusal() const;
  Error find_all(const Partitions& named, std::vector<Partition*>& found) const;
  void begin(std::shared_ptr<Consumption> consumption);
  bool consuming() const { return consumptions_.running() && !life_cycle_.closing(); }
  void tell(Event::Type type, Partition& partition, Error error, int64_t offset);
  bool has_event_handler() const { return on_event_ != nullptr || core_->has_event_handler(); }

  void maybe_closed();
  void leave();

  // Positions::Owner
  void position_dropped() override;
  void position_reset(Partition& partition, Event::Type type, const Error& why) override;
  void log_cut(Partition& partition, int64_t offset, int32_t epoch) override;
  void partition_resumed(Partition& partition, int64_t offset) override;
  void partition_stopped(Partition& partition, const Error& why) override;

  // Sources::Owner
  void records_came(Partition& partition) override { dispatcher_.make_ready(partition); }
  void answer_taken() override { dispatcher_.schedule(); }
  bool will_free_memory() const override;
  void check_end(Partition& partition) override;  // also of Answers::Owner

  // Consumptions::Owner, Dispatcher::Owner, Committer::Owner, Answers::Owner
  std::shared_ptr<void> pin() override { return shared_from_this(); }
  void consumption_ending() override;
  bool commits_pending() const override { return committer_.pending(); }
  void consumption_ended() override { maybe_closed(); }
  void fetch_more() override { sources_.schedule(); }
  void drained(Partition& partition) override;
  void unreadable(Partition& partition, Error error) override { positions_.stop(partition, std::move(error), true); }
  void go_back(Partition& partition, int64_t offset) override { positions_.go_back(partition, offset); }
  void commit_stored(Partition& partition, const Commit& commit) override { answers_.commit_stored(partition, commit); }
  void commit_failed(Partition& partition, const Commit& commit, const Error& error) override {
    answers_.commit_failed(partition, commit, error);
  }
  void commit_given_up(Partition& partition, const Commit& commit) override {
    answers_.commit_given_up(partition, commit);
  }
  void commits_ended() override;

  std::shared_ptr<session::Core> core_;
  ConsumerOptions options_;
  std::unique_ptr<GroupOffsets> group_offsets_;  // null for a Fetcher: nothing is stored
  Error error_;
  LifeCycle life_cycle_;
  EnvelopeLink* link_;  // counted
  Assignment assignment_;
  Teller teller_;
  Consumptions consumptions_;
  Positions positions_;
  Sources sources_;
  Dispatcher dispatcher_;
  Committer committer_;
  Answers answers_;
  std::shared_ptr<Function<void(const TopicPartition&, int64_t)>> on_partition_end_;
  std::shared_ptr<Function<void(const Event&)>> on_event_;

  std::vector<Function<void()>> close_callbacks_;  // the application's
  Function<void()> close_done_;                    // the session's
  net::Timer close_timer_;
  Scope scope_;
};

using Consumer = Reader;

}  // namespace kafka::consumer
