// Sends records: finds the leaders itself, makes one batch per partition, and sends to all leaders in parallel.
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
  int64_t offset = -1;     ///< of the record in its partition; -1 with acks=0, or if the leader did not tell it
  int64_t timestamp = -1;  ///< as stored: the record's own, or the broker's with log append time
  Persistence persistence = Persistence::no;
};
using DeliveryCallback = Function<void(const DeliveryReport&)>;
/// Gets the reports of records that were sent with a token. `report` is valid during the call.
using DeliveryHandler = Function<void(uint64_t token, const DeliveryReport& report)>;

/// Messages for one partition: one unit of produce().
struct ProduceEnvelope {
  std::string topic = {};
  int32_t partition = 0;  ///< kAnyPartition is not allowed here
  std::vector<Message> messages = {};
  std::optional<Compression> compression = {};  ///< the producer's compression_type if unset
};

/// The outcome of a produce() call, over all brokers.
struct UVKAFKA_API ProduceResult {
  struct Partition {
    std::string topic = {};
    int32_t partition = 0;
    Error error = {};
    int64_t offset = -1;                        ///< of the first message
    Persistence persistence = Persistence::no;  ///< yes or no holds for every message; otherwise maybe
  };
  std::vector<Partition> partitions = {};  ///< one per topic and partition, in order
  std::vector<Error> errors = {};          ///< each code once, in the order of occurrence
  /// The offset of the first message of each partition that succeeded.
  std::map<std::string, std::map<int32_t, int64_t>> offsets = {};

  bool has_errors() const { return !errors.empty(); }
  bool has_error(Errc code) const;
  bool has_retriable_errors() const;
};

/// Chooses a partition in [0, partition_count) for a record without one. Any other number fails the record.
using PartitionerFunction = Function<int32_t(const Record& record, int32_t partition_count)>;

/// A topic of one producer. Its name was checked and looked up once; sending to it does neither again. It is cheap to
/// copy and may outlive its producer; then it is only a name. Another producer uses it by its name.
class UVKAFKA_API Topic {
 public:
  Topic() = default;  ///< no topic: send() says invalid_topic
  /// "" for no topic.
  std::string_view name() const noexcept;
  /// invalid_topic if no topic can have this name. Sending to it reports the same error.
  Error error() const;

 private:
  friend class Producer;
  explicit Topic(std::shared_ptr<producer::TopicHandle> handle) : handle_(std::move(handle)) {}
  std::shared_ptr<producer::TopicHandle> handle_;
};

class UVKAFKA_API Producer {
 public:
  explicit Producer(Session& session, ProducerOptions options = {});
  /// Without close(): drops the records that wait. Their callbacks are destroyed and never called.
  ~Producer();
  Producer(Producer&&) noexcept;
  Producer& operator=(Producer&&) noexcept;

  Error error() const;
  const ProducerOptions& options() const;

  /// Queues one record. Never blocks. If the record was queued, `done` runs exactly once, later, on the loop's thread.
  /// Records of one partition reach the log in the order of these calls.
  /// @param record  key, value and headers are copied before this call returns.
  /// @param done    gets the report; may be empty.
  /// @return no error if the record was queued. Otherwise nothing is reported, and `done` is destroyed uncalled before
  ///         this returns: queue_full (`on_drain` tells when there is room), message_too_large (also if larger than
  ///         buffer_memory), invalid_topic, invalid_argument, closed. A queued record can still fail with timed_out
  ///         (delivery_timeout) or with a broker's code.
  Error send(const Record& record, DeliveryCallback done = {});

  /// The same with a number in place of a callable, which needs no allocation. The handler of on_delivery() gets
  /// `token` with the report whenever `done` would have been called. A record with neither costs nothing to report.
  Error send(const Record& record, uint64_t token);

  /// A handle for sending many records to this topic. Asks for the topic's partitions if they are not known.
  Topic topic(std::string_view name);
  /// As the calls above, to the handle's topic. `record.topic` is ignored.
  Error send(const Topic& topic, const Record& record, DeliveryCallback done = {});
  Error send(const Topic& topic, const Record& record, uint64_t token);

  /// Sets the handler that gets the reports of records with tokens; it replaces the one before. While there is no
  /// handler, such reports are dropped.
  void on_delivery(DeliveryHandler handler);

  /// Sends all messages and reports once, when the last partition has its outcome. Its messages share batches and order
  /// with those of send(). A partition that fails is retried alone. An empty list succeeds. If a message of an envelope
  /// can never be sent, the whole envelope fails. If the messages do not fit into buffer_memory, none is queued:
  /// queue_full, or message_too_large if they never could fit.
  void produce(std::vector<ProduceEnvelope> envelopes, Function<void(ProduceResult)> done);

  /// Sends everything that waits, without lingering. `done` runs when every record that was queued before this call has
  /// its outcome.
  void flush(Function<void()> done);

  /// Gives up every record without an outcome. Each is reported as cancelled, with persistence `no` if it was never
  /// sent and `maybe` if it was sent and has no response. Flushes that wait end then. Later records are sent as usual.
  void abort();

  /// `handler` runs once after a queue_full, when there is room again. Set it again for the next time.
  void on_drain(Function<void()> handler);
  /// `partitioner` replaces options.partitioner. An empty function gives the choice back to options.partitioner.
  void set_partitioner(PartitionerFunction partitioner);

  /// True if send() would return queue_full for this record now. Then the handler of on_drain() runs when there is room
  /// again, as after a queue_full.
  bool would_block(const Record& record);
  bool would_block(const Topic& topic, const Record& record);

  /// Runs `fn` once, later, when a record with `bytes` bytes of key and value finds room in buffer_memory. Many may
  /// wait: they run in the order of these calls, each when there is still room for it, so what one sends is not taken
  /// from those before it. An example: a proxy stops reading from a connection until when_room() calls it back. Records
  /// that are sent without waiting may take the room first; then `fn` waits on. When the producer is closed all run,
  /// and their send() says `closed`.
  /// @return message_too_large if buffer_memory is smaller than such a record; closed. `fn` is then destroyed and never
  ///         called.
  Error when_room(size_t bytes, Function<void()> fn);

  /// The number of records without an outcome. The bytes of buffer_memory that they, and outcomes that were not
  /// reported yet, use.
  size_t queued() const;
  size_t queued_bytes() const;

  /// Takes no more records, flushes within `deadline` (without one: options.delivery_timeout, and never longer than the
  /// session's close_timeout), fails the rest with `closed`, then calls `done`.
  void close(Function<void()> done = {});
  void close(std::chrono::milliseconds deadline, Function<void()> done = {});

 private:
  std::shared_ptr<producer::Core> core_;
};

}  // namespace kafka
