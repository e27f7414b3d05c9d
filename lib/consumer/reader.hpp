// The inside of a public Consumer or Fetcher: its parts, and what the public calls do with them.
// Not here: where partitions begin (positions.cpp), requests to the leaders and their answers (fetcher.cpp,
// fetched.cpp, truncation.cpp), envelopes (dispatcher.hpp, answers.hpp), commits (committer.hpp).
#pragma once

#include <kafka/consumer.hpp>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/ring.hpp"
#include "base/scope.hpp"
#include "consumer/answers.hpp"
#include "consumer/assignment.hpp"
#include "consumer/committer.hpp"
#include "consumer/consumption.hpp"
#include "consumer/dispatcher.hpp"
#include "consumer/fetch_session.hpp"
#include "consumer/group_offsets.hpp"
#include "consumer/life_cycle.hpp"
#include "consumer/list_offsets.hpp"
#include "consumer/partition.hpp"
#include "protocol/fetch.hpp"
#include "protocol/offset_for_leader_epoch.hpp"
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
                     private Consumptions::Owner,
                     private Dispatcher::Owner,
                     private Committer::Owner,
                     private Answers::Owner {
 public:
  /// Answers in a row that lack a partition, or lead nowhere, before it stops (A14).
  static constexpr uint32_t kMaxOddities = 5;
  /// How often partitions at their end are looked at while others of the leader have a full buffer.
  static constexpr net::Duration kRideAlong = std::chrono::milliseconds(100);
  /// An empty answer that comes sooner than this is followed by a pause of this length.
  static constexpr net::Duration kShortestEmpty = std::chrono::milliseconds(10);
  /// How long a leader's advice to read elsewhere is not followed after it led nowhere (D14).
  static constexpr net::Duration kLeaderOnly = std::chrono::seconds(10);
  /// How long a leader is waited for whose epoch is not older than what was read.
  static constexpr net::Duration kOutdatedLeader = std::chrono::seconds(10);
  /// Versions of Fetch: behind the first topics go by id (KIP-516), from the second on leaders compare the epoch of
  /// what was fetched last with their logs (KIP-320).
  static constexpr int16_t kLastByName = 12;
  static constexpr int16_t kFirstDiverging = 12;
  /// Room below which no fetch is sent, unless nothing else can free any.
  static constexpr size_t kLeastFetch = 64 * 1024;
  /// One answer may take this part of fetch_memory, but kLeastAnswer in any case.
  static constexpr size_t kAnswersInMemory = 4;
  static constexpr size_t kLeastAnswer = 1024 * 1024;
  /// Least size asked for a partition where the whole answer cannot be limited (Fetch 0 to 2).
  static constexpr size_t kLeastPartitionFetch = 4 * 1024;

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
    schedule_pump();
    dispatcher_.schedule();
  }

  void begin_close(net::TimePoint deadline, Function<void()> done) override;
  void fail_rest() override;
  void abort() override;
  void add_stats(Stats& stats) const override;

 private:
  Reader(std::shared_ptr<session::Core> core, std::unique_ptr<GroupOffsets> group_offsets, ConsumerOptions options);

  /// A partition as it was when something was asked about it; the answer counts if it still is.
  struct Question {
    Partition* partition;
    uint32_t generation;
    bool holds() const { return partition->generation == generation; }
  };
  struct Asked {
    Partition* partition;
    uint32_t generation;
    int64_t offset;
    bool answered;
    int32_t last_epoch;    // as sent, if the version carries it
    int32_t leader_epoch;  // as metadata had it
  };
  struct Fetch {
    uint64_t id = 0;
    int32_t node = -1;
    size_t reserved = 0;
    bool polling = false;    // answered at once, whatever there is
    bool full = true;        // not the next one of a session: every partition has to be answered
    bool unchecked = false;  // not sent: the leader compares no epochs, and has not been asked about some of them
    net::TimePoint sent_at{};
    std::vector<Asked> asked;
  };
  struct Leader {
    bool busy = false;
    bool compares = true;  // the epoch in Fetch with its log: from version 12 on
    net::TimePoint not_before{};
    net::TimePoint last_alone{};  // when partitions at their end were last asked for without the others
    uint64_t last_fetch = 0;
    FetchSession session;
  };
  /// What pump() found to do at one leader.
  struct Share {
    std::vector<Partition*> hungry;
    bool others_full = false;  // partitions of this leader that have enough, but not for long
    bool at_end = true;        // every hungry one has seen the end
    bool starving = false;     // one at least has nothing buffered
    bool advised = true;       // no hungry one has had bad advice: the leader may send them elsewhere
  };

  Error add_partition(std::string topic, int32_t number, Origin origin);
  void join();
  Error refusal() const;
  Error find_all(const Partitions& named, std::vector<Partition*>& found) const;
  void begin(std::shared_ptr<Consumption> consumption);
  bool consuming() const { return consumptions_.running() && !life_cycle_.closing(); }
  void tell(Event::Type type, Partition& partition, Error error, int64_t offset);
  bool has_event_handler() const { return on_event_ != nullptr || core_->has_event_handler(); }

  // positions.cpp
  void start_all();
  void start(Partition& partition);
  void ask_committed(std::vector<Partition*> partitions);
  void committed(const std::vector<Question>& asked, const Error& error, const std::vector<ConsumerOffset>& offsets);
  void nothing_committed(Partition& partition);
  void list(Partition& partition, TopicOffset place, Error reason);
  void ask_listed();
  void listed(Partition& partition, const TopicOffset& found, const OffsetSource& source);
  void ready(Partition& partition, int64_t offset, int32_t epoch);
  void stop(Partition& partition, Error error, bool needs_seek);
  void forget(Partition& partition);

  // fetcher.cpp
  void schedule_pump();
  void pump();
  bool hungry(const Partition& partition) const {
    return partition.buffer.bytes() < static_cast<size_t>(options_.max_partition_fetch_bytes);
  }
  bool missing(Partition& partition, const cluster::TopicState* topic, net::TimePoint now, net::TimePoint& wake);
  size_t room(const Share& share, size_t leaders) const;
  bool stuck() const;
  static bool has_nothing(const Partition& partition) { return partition.buffer.empty() && !partition.window.full(); }
  void send_fetch(int32_t node, const Share& share, size_t reserved);
  void arm_wake(net::TimePoint at);

  // fetched.cpp
  void fetched(const std::shared_ptr<Fetch>& fetch, Error error, protocol::FetchResponse& response,
               const cluster::CallInfo& info);
  void too_large(const Fetch& fetch, const Error& error);
  using PartitionData = protocol::FetchResponse::FetchableTopicResponse::PartitionData;
  bool take(Partition& partition, const PartitionData& data, int32_t node, const Asked& asked, bool compares,
            const std::shared_ptr<Credit>& credit);
  bool sent_elsewhere(Partition& partition, int32_t replica);
  bool leave_replica(Partition& partition, int32_t node);
  int64_t end_of(const PartitionData& data) const;
  void no_news(Partition& partition, int64_t end);
  void take_partial(Partition& partition, size_t size, size_t needed);
  void out_of_range(Partition& partition, int32_t node);
  void fetch_failed(Partition& partition, const Error& error);
  void odd_answer(Partition& partition, const std::string& what);
  void back_off(Partition& partition);
  void check_end(Partition& partition) override;

  // truncation.cpp
  bool outdated(Partition& partition, const cluster::TopicState& topic, int32_t leader, net::TimePoint now,
                net::TimePoint& wake);
  static bool unchecked(const Partition& partition, int32_t leader_epoch);
  bool not_compared(Partition& partition, int32_t first_epoch, const Asked& asked);
  void check(int32_t node, const std::vector<Partition*>& partitions);
  void checked(const std::vector<Asked>& asked, const Error& error,
               const protocol::OffsetForLeaderEpochResponse& response);
  bool diverged(Partition& partition, int32_t epoch, int64_t end, int32_t asked_epoch);

  void maybe_closed();
  void leave();

  // Consumptions::Owner, Dispatcher::Owner, Committer::Owner, Answers::Owner
  std::shared_ptr<void> pin() override { return shared_from_this(); }
  void consumption_ending() override;
  bool commits_pending() const override { return committer_.pending(); }
  void consumption_ended() override { maybe_closed(); }
  void fetch_more() override { schedule_pump(); }
  void drained(Partition& partition) override;
  void unreadable(Partition& partition, Error error) override { stop(partition, std::move(error), true); }
  void go_back(Partition& partition, int64_t offset) override;
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
  EnvelopeLink* link_;                // counted
  std::shared_ptr<size_t> used_;      // bytes fetched and not dispatched; with `unordered` until envelopes are gone
  std::shared_ptr<size_t> unfolded_;  // bytes that open envelopes keep of compressed batches, with `unordered`
  Assignment assignment_;
  Teller teller_;
  Consumptions consumptions_;
  Dispatcher dispatcher_;
  Committer committer_;
  Answers answers_;
  std::shared_ptr<Function<void(const TopicPartition&, int64_t)>> on_partition_end_;
  std::shared_ptr<Function<void(const Event&)>> on_event_;

  // positions
  bool listing_scheduled_ = false;
  std::vector<std::weak_ptr<OffsetQuery>> queries_;

  // fetch
  size_t reserved_ = 0;  // bytes that requests under way may bring
  uint64_t fetches_ = 0;
  uint64_t received_bytes_ = 0;  // of records
  bool pump_scheduled_ = false;
  std::map<int32_t, Leader> leaders_;
  cluster::Lane lane_{};  // connections of its own: its long polls hold up nobody else's
  net::Timer wake_timer_;
  net::TimePoint wake_at_ = net::TimePoint::max();
  uint64_t listener_ = 0;

  std::vector<Function<void()>> close_callbacks_;  // the application's
  Function<void()> close_done_;                    // the session's
  net::Timer close_timer_;
  Scope scope_;
};

using Consumer = Reader;

}  // namespace kafka::consumer
