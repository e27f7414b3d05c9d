// Reads partitions through envelopes. A Consumer stores offsets in a group; a Fetcher has no group.
#pragma once

#include <kafka/envelope.hpp>
#include <kafka/group.hpp>
#include <kafka/session.hpp>

namespace kafka {

namespace consumer {
class Reader;
struct ReaderAccess;
}  // namespace consumer

using MessageCallback = Function<void(MessageEnvelope)>;
using BatchCallback = Function<void(BatchEnvelope)>;
/// Runs once, at the end of a consumption. No error if the limit was reached (every message answered and every commit
/// confirmed), after stop() or after cancel(). Otherwise `closed`, `envelope_dropped`, or the error that ended the
/// consumption.
using EndCallback = Function<void(Error)>;

/// What Consumer and Fetcher have in common: control of the partitions that are read, events, and close().
///
/// **When nothing can come any more.** A partition that cannot be read stops, and `partition_stopped` says why. Without
/// an event handler (here or at the session) the consumption ends with the error of the first one. With a handler it
/// goes on as long as one of its partitions is left. When all have stopped, and the handlers have run, it ends with the
/// error of the first partition, unless a handler has restarted one with seek(). A partition that the cluster does not
/// know stops after `default_api_timeout`. Consumers of AllPartitions do not end because of that: they wait.
///
/// **Threads and destruction.** Everything is called and destroyed on the loop's thread. Consumer, session and
/// envelopes may be destroyed in any order, also inside each other's callbacks: envelopes keep the bytes that they
/// show, and their answers say `lost` when the consumer or the session is gone. `uv_loop_close()` comes last. What
/// other threads may do with an envelope's bytes is said in `envelope.hpp`.
class UVKAFKA_API PartitionReader {
 public:
  PartitionReader(PartitionReader&& other) noexcept;
  PartitionReader& operator=(PartitionReader&& other) noexcept;

  Error error() const;
  const ConsumerOptions& options() const;

  /// Stops or restarts dispatching of these partitions, at once. If one of them is not this consumer's, the result is
  /// invalid_argument and nothing changes.
  Error pause(const Partitions& partitions);
  Error resume(const Partitions& partitions);
  /// The same for all partitions. Those that come later (AllPartitions) begin paused until resume().
  Error pause();
  Error resume();
  /// The partitions that are read now, numbers in order. With AllPartitions, those that were found so far.
  Partitions partitions() const;
  /// Sets the position: the next message of the partition is the first one at or behind `to.offset` (or earliest,
  /// latest, at a time). Messages that were fetched and not dispatched are dropped. An open envelope stays valid: its
  /// ack no longer moves the position, and its commit still stores its offset. With `unordered`, its answer is `lost`
  /// instead. Commits that were given before are stored all the same; if a lower one behind the seek
  /// takes the place of one before it was sent, its `done` says `lost`. Restarts a stopped partition. If the offset
  /// turns out not to exist, `on_start_out_of_range` decides.
  Error seek(TopicOffset to);
  /// The offset of the oldest open envelope, or of the next message to dispatch; -1 while it is not known.
  int64_t position(std::string_view topic, int32_t partition) const;
  /// True if every message up to the end that the last fetch saw was dispatched.
  bool at_end(std::string_view topic, int32_t partition) const;

  /// `handler` runs each time a partition's end is reached, once per end.
  void on_partition_end(Function<void(const TopicPartition&, int64_t offset)> handler);
  /// `handler` gets resets, truncations, topics that were made anew, and stopped and resumed partitions. Without it,
  /// the session's handler gets them.
  void on_event(Function<void(const Event&)> handler);

  /// Ends the consumption gently: nothing more is dispatched, open envelopes may still be answered and their offsets
  /// stored. After the last of them `on_end` runs, and then `done`, once. It waits for the application however long
  /// that takes. Without a consumption, `done` runs when no envelope is open and no commit is under way. Afterwards
  /// consume() may be called again; meanwhile it ends with invalid_argument. close() ends the waiting.
  void stop(Function<void()> done = {});
  /// Ends the consumption, finishes the commits of answered envelopes, then calls `done`. Envelopes that are still open
  /// are `lost` from then on. With `unordered`, commits that wait for one of them end with `closed`.
  void close(Function<void()> done = {});

 protected:
  explicit PartitionReader(std::shared_ptr<consumer::Reader> reader) noexcept;
  ~PartitionReader();

  std::shared_ptr<consumer::Reader> reader_;

 private:
  friend struct consumer::ReaderAccess;
};

/// Reads partitions and stores offsets in a group, without being a member of it. Each partition starts at its committed
/// offset; without one, `auto_offset_reset` decides.
class UVKAFKA_API Consumer : public PartitionReader {
 public:
  /// Fixed partitions.
  Consumer(Session& session, std::string group, Partitions partitions, ConsumerOptions options = {});
  /// All partitions of these topics. Partitions and topics that are made later are found when metadata is refreshed
  /// (`metadata_max_age`; a topic that does not exist is asked for every second at most). They begin at their committed
  /// offset, else at their first record: all of their records are new, so that holds for `latest` too. A topic that
  /// does not exist is waited for; after 3 s the log says so.
  Consumer(Session& session, std::string group, AllPartitions all, ConsumerOptions options = {});
  /// A member of the group, which shares the partitions of these topics out among its members and does so anew when
  /// members come and go. The member joins with the first consume(). It reads what it owns; what it does not own is not
  /// in partitions(), and pause() and seek() refuse it. When a partition goes, nothing more of it is dispatched, its
  /// open envelopes may be answered for `revoke_timeout`, what was answered is stored, and then answers say `lost`.
  /// Needs Kafka 0.9 or later, and 2.3 for static members. With `group_protocol` `consumer` the broker shares out
  /// (KIP-848), and Kafka 4.0 is needed, or 3.9 where that protocol is switched on.
  Consumer(Session& session, std::string group, Topics topics, ConsumerOptions options = {});
  /// The same for the topics whose names match, now and later.
  Consumer(Session& session, std::string group, TopicPattern pattern, ConsumerOptions options = {});

  /// Dispatches messages one after another: the next one comes when the last one is answered. `ordering` sets how many
  /// may be open at a time; `commit_mode` sets whether a commit must be confirmed first. One consumption runs at a
  /// time: a second call meanwhile ends at once with invalid_argument. After `on_end` you may call consume() again; it
  /// goes on where the last consumption stopped.
  void consume(MessageCallback on_message, EndCallback on_end = {});
  /// The same for `limit` messages (1 or more). It ends when that many were dispatched and answered, and their commits
  /// confirmed.
  void consume(int64_t limit, MessageCallback on_message, EndCallback on_end = {});
  /// Dispatches batches of 1 to `max` records of one partition. Each batch is one envelope. It never waits to fill one.
  void batch_consume(int32_t max, BatchCallback on_batch, EndCallback on_end = {});

  // Of members of a group. For other consumers these calls return invalid_argument, and the handlers never run.

  /// Subscribes to other topics: the group shares partitions out anew.
  Error subscribe(Topics topics);
  Error subscribe(TopicPattern pattern);
  /// Asks the group to share partitions out anew. From Kafka 3.2 on the coordinator's log shows `reason` (KIP-800).
  /// With the protocol `consumer` the member says everything anew, and the coordinator decides; the log of this client
  /// shows `reason`.
  Error rebalance(std::string reason);
  /// The member's place in its group.
  GroupView group() const;
  /// `handler` hears of partitions that came, before their first message; of none if the member has joined and got none
  /// so far. A seek() in it wins over the group's offset.
  void on_assigned(Function<void(const Partitions&)> handler);
  /// `handler` hears of partitions that go, when nothing more of them is dispatched. Their open envelopes may be
  /// answered for so long.
  void on_revoking(Function<void(const Partitions&, std::chrono::milliseconds)> handler);
  /// `handler` hears of partitions that have gone. The group goes on when the Revocation is released or destroyed.
  void on_revoked(Function<void(Revocation)> handler);
  /// `handler` hears of partitions that others may own already, because the coordinator has put this member out. What
  /// was not stored will be read again. The member joins again by itself.
  void on_lost(Function<void(const Partitions&, const Error&)> handler);

  using PartitionReader::close;
  /// As close(done), and says whether the coordinator hears that the member goes.
  void close(Leaving leaving, Function<void()> done = {});
};

/// Reads without a group. Nothing is stored; commit() acts like ack().
class UVKAFKA_API Fetcher : public PartitionReader {
 public:
  /// Each partition starts at its offset: a number, earliest, latest, or a time. A number that does not exist, because
  /// it is below the first record or beyond the end, is a matter of `on_start_out_of_range`.
  Fetcher(Session& session, std::vector<TopicOffset> start, ConsumerOptions options = {});
  /// All partitions of these topics, as for a Consumer. There are no stored offsets, so they begin where
  /// `auto_offset_reset` says (`none` is refused). Those that are made later begin at their first record.
  Fetcher(Session& session, AllPartitions all, ConsumerOptions options = {});

  // As Consumer::consume() and Consumer::batch_consume().
  void fetch(MessageCallback on_message, EndCallback on_end = {});
  void fetch(int64_t limit, MessageCallback on_message, EndCallback on_end = {});
  void batch_fetch(int32_t max, BatchCallback on_batch, EndCallback on_end = {});
};

}  // namespace kafka
