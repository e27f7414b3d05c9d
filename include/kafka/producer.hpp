// Sends records. Finds leaders itself, batches per partition, asks all leaders in parallel.
#pragma once

#include <kafka/session.hpp>

#include <map>
#include <optional>

namespace kafka {

namespace producer {
class Core;
struct TopicHandle;
}  // namespace producer

/// The outcome of one record.
struct DeliveryReport {
  Error error = {};
  int32_t partition = -1;
  int64_t offset = -1;     ///< 0 or more when the leader told it; -1 with acks=0 or an unknown offset
  int64_t timestamp = -1;  ///< as stored: the record's, or the broker's with log append time
  Persistence persistence = Persistence::no;
};
using DeliveryCallback = Function<void(const DeliveryReport&)>;
/// Gets the outcomes of records that were sent with a token. `report` is valid during the call.
using DeliveryHandler = Function<void(uint64_t token, const DeliveryReport& report)>;

/// Messages for one partition, as one unit of produce().
struct ProduceEnvelope {
  std::string topic = {};
  int32_t partition = 0;  ///< kAnyPartition is not allowed here
  std::vector<Message> messages = {};
  std::optional<Compression> compression = {};  ///< the producer's compression_type if empty
};

/// What became of a produce() call, over all brokers.
struct KAFKA_API ProduceResult {
  struct Partition {
    std::string topic = {};
    int32_t partition = 0;
    Error error = {};
    int64_t offset = -1;                        ///< of the first message
    Persistence persistence = Persistence::no;  ///< yes or no: of every message; else maybe
  };
  std::vector<Partition> partitions = {};  ///< one per topic and partition, in order
  std::vector<Error> errors = {};          ///< each code once, in the order met
  /// Offsets of the first messages of the partitions that succeeded.
  std::map<std::string, std::map<int32_t, int64_t>> offsets = {};

  bool has_errors() const { return !errors.empty(); }
  bool has_error(Errc code) const;
  bool has_retriable_errors() const;
};

/// Chooses a partition in [0, partition_count) for a record without one; anything else fails the record.
using PartitionerFunction = Function<int32_t(const Record& record, int32_t partition_count)>;

/// A topic of one producer: its name was checked and looked up once, and sending to it does neither again.
/// Cheap to copy; may outlive its producer, and is then a name. Another producer takes it by its name.
class KAFKA_API Topic {
 public:
  Topic() = default;  ///< none: send() says invalid_topic
  /// "" without one.
  std::string_view name() const noexcept;
  /// invalid_topic for a name that no topic can have; sending to it says the same.
  Error error() const;

 private:
  friend class Producer;
  explicit Topic(std::shared_ptr<producer::TopicHandle> handle) : handle_(std::move(handle)) {}
  std::shared_ptr<producer::TopicHandle> handle_;
};

class KAFKA_API Producer {
 public:
  explicit Producer(Session& session, ProducerOptions options = {});
  /// Without close(): records that wait are dropped and their callbacks destroyed uncalled.
  ~Producer();
  Producer(Producer&&) noexcept;
  Producer& operator=(Producer&&) noexcept;

  Error error() const;
  const ProducerOptions& options() const;

  /// Queues one record. Never blocks; `done` runs exactly once, later, on the loop's thread.
  /// Records of one partition reach the log in the order of these calls.
  /// @param record  key, value and headers are copied before this returns.
  /// @param done    the outcome; may be empty.
  /// @return what `done` will get at once: no error, or queue_full (nothing was queued; `on_drain`
  ///         tells when to go on), message_too_large (also: larger than buffer_memory), invalid_topic,
  ///         invalid_argument, closed. The
  ///         other errors that `done` can get are timed_out (delivery_timeout) and the broker's codes.
  Error send(const Record& record, DeliveryCallback done = {});

  /// The same with a number in place of a callable, which costs no allocation: on_delivery()'s handler gets `token`
  /// with the outcome, exactly as `done` would be called. Records without either cost nothing to report on.
  Error send(const Record& record, uint64_t token);

  /// A handle for sending to this topic many times. Asks for the topic's partitions if they are not known.
  Topic topic(std::string_view name);
  /// As the calls above, to the handle's topic: `record.topic` is not looked at.
  Error send(const Topic& topic, const Record& record, DeliveryCallback done = {});
  Error send(const Topic& topic, const Record& record, uint64_t token);

  /// Sets the handler for outcomes of records with tokens, in place of an earlier one. Outcomes that are handed out
  /// while there is no handler are dropped.
  void on_delivery(DeliveryHandler handler);

  /// Sends all messages and reports once, when the last partition has its outcome. Shares batches
  /// and order with send(). A partition that fails is retried alone. An empty list succeeds.
  /// An envelope with a message that can never be sent fails as a whole; where the call does not fit
  /// into buffer_memory nothing of it is queued (queue_full, or message_too_large if it never could).
  void produce(std::vector<ProduceEnvelope> envelopes, Function<void(ProduceResult)> done);

  /// Sends what waits without lingering and calls `done` when every record queued before this call
  /// has its outcome.
  void flush(Function<void()> done);

  /// Gives up what has no outcome yet: it is reported as cancelled, with persistence no if it never left, maybe if it
  /// was sent and not answered. Flushes that wait end then. Records sent afterwards are sent as ever.
  void abort();

  /// Called once after a queue_full, when there is room again; set again for the next time.
  void on_drain(Function<void()> handler);
  /// Chooses in place of options.partitioner; an empty function gives the choice back to it.
  void set_partitioner(PartitionerFunction partitioner);

  /// True if send() would say queue_full for this record now; `on_drain` is called then, as after a
  /// queue_full, when there is room again.
  bool would_block(const Record& record);
  bool would_block(const Topic& topic, const Record& record);

  /// Records without an outcome, and the bytes of buffer_memory that they use, and outcomes that were not told yet.
  size_t queued() const;
  size_t queued_bytes() const;

  /// Stops intake, flushes within `deadline` (options.delivery_timeout, and never longer than the
  /// session's close_timeout), fails the rest with `closed`, then `done`.
  void close(Function<void()> done = {});
  void close(std::chrono::milliseconds deadline, Function<void()> done = {});

 private:
  std::shared_ptr<producer::Core> core_;
};

}  // namespace kafka
