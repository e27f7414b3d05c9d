// The inside of a public Consumer or Fetcher: what the application calls, and the end.
// Not here: the way of messages and answers (pipeline.hpp).
#pragma once

#include <kafka/consumer.hpp>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "consumer/envelope.hpp"
#include "consumer/group_offsets.hpp"
#include "consumer/life_cycle.hpp"
#include "consumer/ownership.hpp"
#include "consumer/pipeline.hpp"
#include "consumer/roster.hpp"
#include "session/core.hpp"

namespace kafka::consumer {

class Reader;

/// Takes the answers of one consumer's envelopes. It lives as long as the last of them, and may outlive the consumer.
class EnvelopeLink final : public EnvelopeOwner {
 public:
  Error answer(uint64_t ticket, Answer answer, std::string_view metadata, Function<void(Error)> done) override;
  Error ack(uint64_t ticket) override;
  void freed() override;

  Reader* reader = nullptr;  ///< null once envelopes are lost
};

/// Owns the parts, and the reader's life: what the application calls goes through here.
class Reader final : public session::Client,
                     public std::enable_shared_from_this<Reader>,
                     private Pipeline::Owner,
                     private Ownership::Owner {
 public:
  Reader(std::shared_ptr<session::Core> core, std::string group, const Partitions& partitions, ConsumerOptions options);
  Reader(std::shared_ptr<session::Core> core, std::vector<TopicOffset> start, ConsumerOptions options);
  /// All partitions of the topics. Without a group they begin where `auto_offset_reset` says.
  Reader(std::shared_ptr<session::Core> core, std::optional<std::string> group, AllPartitions all,
         ConsumerOptions options);
  /// A member of the group: the group says which partitions are read.
  Reader(std::shared_ptr<session::Core> core, std::string group, Subscribed topics, ConsumerOptions options);
  ~Reader() override;

  const Error& error() const { return error_; }
  const ConsumerOptions& options() const { return options_; }
  /// Without `limit` there is none.
  void consume(std::optional<int64_t> limit, MessageCallback on_message, EndCallback on_end);
  void batch_consume(int32_t max, BatchCallback on_batch, EndCallback on_end);
  Error pause(const Partitions& partitions, bool on);
  Error pause_all(bool on);
  Roster& roster() { return roster_; }
  Handlers& handlers() { return pipeline_.handlers; }
  Error seek(TopicOffset to);
  int64_t position(std::string_view topic, int32_t partition) const;
  bool at_end(std::string_view topic, int32_t partition) const;
  void stop(Function<void()> done);
  void close(Function<void()> done, Leaving leaving = Leaving::by_kind);
  /// Null if this is no member of a group.
  Ownership* member() { return ownership_.get(); }
  /// Why nothing can be asked of the reader any more.
  Error refusal() const;
  /// The public object was destroyed without close().
  void abandon();
  /// What a public object that was moved from keeps: one that refuses everything with `closed`.
  std::shared_ptr<Reader> moved_from() const {
    return std::make_shared<Reader>(core_->moved_from(), std::vector<TopicOffset>(), options_);
  }

  Error answer(uint64_t ticket, Answer answer, std::string_view metadata, Function<void(Error)>& done) {
    return pipeline_.answers.answer(ticket, answer, metadata, done);
  }
  Error ack(uint64_t ticket) {
    return pipeline_.dispatcher.ack_at_once(ticket) ? Error() : pipeline_.answers.ack(ticket);
  }
  void memory_freed() {
    pipeline_.sources.schedule();
    pipeline_.dispatcher.schedule();
  }

  void begin_close(net::TimePoint deadline, Function<void()> done) override;
  void fail_rest() override;
  void abort() override;
  void add_stats(Stats& stats) const override;

 private:
  Reader(std::shared_ptr<session::Core> core, std::unique_ptr<GroupOffsets> group_offsets, ConsumerOptions options);

  void join();
  void begin(std::shared_ptr<Consumption> consumption);
  bool consuming() const { return pipeline_.consumptions.running() && !life_cycle_.closing(); }
  void leave_group(Leaving leaving, net::TimePoint deadline);
  void maybe_closed();
  void leave();

  // Pipeline::Owner
  std::shared_ptr<void> pin() override { return shared_from_this(); }
  void settled() override;
  void answered() override {
    if (ownership_ != nullptr) ownership_->look();
  }

  // Ownership::Owner
  void refused(const Error& why) override { pipeline_.consumptions.end(why); }
  void member_left() override { maybe_closed(); }

  std::shared_ptr<session::Core> core_;
  ConsumerOptions options_;
  std::unique_ptr<GroupOffsets> group_offsets_;  // null for a Fetcher: nothing is stored
  Error error_;
  session::Lane lane_;  // every callback of this consumer but messages, in order
  LifeCycle life_cycle_;
  EnvelopeLink* link_;  // counted
  Pipeline pipeline_;
  Roster roster_;
  std::unique_ptr<Ownership> ownership_;           // null if this is no member of a group
  std::vector<Function<void()>> close_callbacks_;  // the application's
  Function<void()> close_done_;                    // the session's
  net::Timer close_timer_;
};

}  // namespace kafka::consumer
