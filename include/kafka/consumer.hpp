// Reads partitions through envelopes: Consumer with a group that stores offsets, Fetcher without one.
#pragma once

#include <kafka/envelope.hpp>
#include <kafka/session.hpp>

namespace kafka {

namespace consumer {
class Reader;
struct ReaderAccess;
}  // namespace consumer

using MessageCallback = Function<void(MessageEnvelope)>;
using BatchCallback = Function<void(BatchEnvelope)>;
/// Runs once: no error when the limit was answered (and confirmed) or after cancel(); otherwise
/// `closed`, `envelope_dropped`, or what ended the consumption.
using EndCallback = Function<void(Error)>;

/// What Consumer and Fetcher have in common: the partitions that are read, and the end.
class KAFKA_API PartitionReader {
 public:
  PartitionReader(PartitionReader&& other) noexcept;
  PartitionReader& operator=(PartitionReader&& other) noexcept;

  Error error() const;
  const ConsumerOptions& options() const;

  /// Stops or restarts dispatching of these partitions; takes effect at once. Unknown partitions are
  /// invalid_argument and nothing changes.
  Error pause(const Partitions& partitions);
  Error resume(const Partitions& partitions);
  /// The next message of the partition is the first at or behind `to.offset` (or earliest, latest, at a
  /// time). Messages fetched before are dropped; an open envelope stays valid, and its ack no longer moves
  /// the position; its commit still stores its offset, but with `unordered` its answer is `lost`. Commits answered
  /// before are stored all the same. Restarts a stopped partition.
  Error seek(TopicOffset to);
  /// The offset of the oldest open envelope, or the next one to dispatch; -1 while it is not known.
  int64_t position(std::string_view topic, int32_t partition) const;
  /// True if everything up to the end that the last fetch saw has been dispatched.
  bool at_end(std::string_view topic, int32_t partition) const;

  /// Called once each time a partition's end is reached.
  void on_partition_end(Function<void(const TopicPartition&, int64_t offset)> handler);
  /// Resets, stopped and resumed partitions; without this handler they go to the session's.
  void on_event(Function<void(const Event&)> handler);

  /// Ends the consumption, finishes the commits of answered envelopes, then `done`. Envelopes that are open then are
  /// lost; with `unordered`, commits that wait for one of them end with `closed`.
  void close(Function<void()> done = {});

 protected:
  explicit PartitionReader(std::shared_ptr<consumer::Reader> reader) noexcept;
  ~PartitionReader();

  std::shared_ptr<consumer::Reader> reader_;

 private:
  friend struct consumer::ReaderAccess;
};

/// Consumes fixed partitions and stores offsets in a group. Starts at the committed offset, or where
/// `auto_offset_reset` says.
class KAFKA_API Consumer : public PartitionReader {
 public:
  Consumer(Session& session, std::string group, Partitions partitions, ConsumerOptions options = {});

  /// Dispatches messages one after another: the next comes when the one before is answered (`ordering` says per
  /// consumer or per partition, or how many may be open; `commit_mode`, whether a commit has to be confirmed first).
  /// One consumption at a time: a second call while one runs ends at once with invalid_argument. After on_end,
  /// consume() may be called again and goes on where the last one stopped.
  void consume(MessageCallback on_message, EndCallback on_end = {});
  /// The same for `limit` messages (1 or more): ends when so many were dispatched, answered and, if committed,
  /// confirmed.
  void consume(int64_t limit, MessageCallback on_message, EndCallback on_end = {});
  /// Batches of 1 to `max` records of one partition, each one open envelope; never waits to fill one.
  void batch_consume(int32_t max, BatchCallback on_batch, EndCallback on_end = {});
};

/// Reads without a group: nothing is stored, commit() acts as ack().
class KAFKA_API Fetcher : public PartitionReader {
 public:
  /// Each partition starts at its offset: a number, earliest, latest, or a time.
  Fetcher(Session& session, std::vector<TopicOffset> start, ConsumerOptions options = {});

  // As Consumer's consume() and batch_consume().
  void fetch(MessageCallback on_message, EndCallback on_end = {});
  void fetch(int64_t limit, MessageCallback on_message, EndCallback on_end = {});
  void batch_fetch(int32_t max, BatchCallback on_batch, EndCallback on_end = {});
};

}  // namespace kafka
