// The C API with the face of the C++ API, as far as the random simulation uses it: the same run, with the same judges,
// goes through C. Its callbacks are heap objects whose address is `user`; each is deleted after its last call, or by
// kafka_session_on_drop(), so one that is never told of is a token that is still held at the end.
#pragma once

#include <kafka/kafka.h>
#include <kafka/kafka.hpp>

#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "capi/session.hpp"

namespace kafka::sim::through_c {

/// Owns a handle, and frees it.
template <class Handle, void (*free_handle)(Handle*)>
struct Free {
  void operator()(Handle* handle) const { free_handle(handle); }
};
template <class Handle, void (*free_handle)(Handle*)>
using Owned = std::unique_ptr<Handle, Free<Handle, free_handle>>;

class Session {
 public:
  explicit Session(kafka::Session made);
  /// For what the run asks beside the C API.
  operator kafka::Session&() { return handle_->session; }
  kafka_session* handle() { return handle_.get(); }

  Error error() const;
  void on_event(Function<void(const Event&)> handler);
  void on_log(LogLevel level, LogSink sink);
  void cluster(Function<void(Error, ClusterMetadata)> done) { metadata({}, std::move(done)); }
  void get_metadata(std::set<std::string> topics, Function<void(Error, ClusterMetadata)> done);
  void list_topics(Function<void(Error, std::vector<std::string>)> done);
  Error set_credentials(const std::string& user, const Secret& password);
  bool post(Function<void()> fn);
  void close(std::chrono::milliseconds deadline, Function<void()> done);
  bool closed() const { return kafka_session_closed(handle_.get()) == 1; }

 private:
  void metadata(const std::vector<const char*>& topics, Function<void(Error, ClusterMetadata)> done);
  Owned<kafka_session, kafka_session_free> handle_;
};

class Producer {
 public:
  Producer(Session& session, ProducerOptions options);
  Error error() const;
  void set_partitioner(PartitionerFunction partitioner);
  Error send(const Record& record, DeliveryCallback done);
  void produce(std::vector<ProduceEnvelope> envelopes, Function<void(ProduceResult)> done);
  void flush(Function<void()> done);
  void on_drain(Function<void()> handler);
  size_t queued() const { return kafka_producer_queued(handle_.get(), nullptr); }
  size_t queued_bytes() const;
  void close(Function<void()> done);

 private:
  Owned<kafka_producer, kafka_producer_free> handle_;
};

/// An envelope of either kind.
class Envelope {
 public:
  Envelope() = default;
  explicit Envelope(kafka_envelope* handle) : handle_(handle) {}
  std::string topic() const { return kafka_envelope_topic(handle_.get()); }
  int32_t partition() const { return kafka_envelope_partition(handle_.get()); }
  Error commit(std::string_view metadata, Function<void(Error)> done);
  Error ack();
  Error cancel();

 protected:
  std::vector<OwnedMessage> messages() const;
  Owned<kafka_envelope, kafka_envelope_free> handle_;
};
class MessageEnvelope : public Envelope {
 public:
  using Envelope::Envelope;
  int64_t offset() const { return kafka_envelope_messages(handle_.get(), nullptr)->offset; }
  OwnedMessage detach() const { return messages().front(); }
};
class BatchEnvelope : public Envelope {
 public:
  using Envelope::Envelope;
  std::vector<OwnedMessage> detach() const { return messages(); }
};
using MessageCallback = Function<void(MessageEnvelope)>;
using BatchCallback = Function<void(BatchEnvelope)>;

class PartitionReader {
 public:
  /// For what the run does beside the C API.
  operator kafka::PartitionReader&();

  Error error() const;
  void on_event(Function<void(const Event&)> handler);
  Error pause(const Partitions& partitions);
  Error resume(const Partitions& partitions);
  Partitions partitions() const;
  Error seek(const TopicOffset& to);
  int64_t position(const std::string& topic, int32_t partition) const;
  void stop(Function<void()> done);
  void close(Function<void()> done);

 protected:
  explicit PartitionReader(kafka_consumer* handle) : handle_(handle) {}
  void read(int64_t limit, MessageCallback on_message, EndCallback on_end);
  void batch_read(int32_t max, BatchCallback on_batch, EndCallback on_end);

  Owned<kafka_consumer, kafka_consumer_free> handle_;
};

class Consumer : public PartitionReader {
 public:
  Consumer(Session& session, const std::string& group, const Partitions& partitions, ConsumerOptions options);
  Consumer(Session& session, const std::string& group, const AllPartitions& all, ConsumerOptions options);
  void consume(MessageCallback on_message, EndCallback on_end) { read(0, std::move(on_message), std::move(on_end)); }
  void consume(int64_t limit, MessageCallback on_message, EndCallback on_end) {
    read(limit, std::move(on_message), std::move(on_end));
  }
  void batch_consume(int32_t max, BatchCallback on_batch, EndCallback on_end) {
    batch_read(max, std::move(on_batch), std::move(on_end));
  }
};

class Fetcher : public PartitionReader {
 public:
  Fetcher(Session& session, const std::vector<TopicOffset>& start, ConsumerOptions options);
  Fetcher(Session& session, const AllPartitions& all, ConsumerOptions options);
  void fetch(MessageCallback on_message, EndCallback on_end = {}) { read(0, std::move(on_message), std::move(on_end)); }
  void fetch(int64_t limit, MessageCallback on_message, EndCallback on_end) {
    read(limit, std::move(on_message), std::move(on_end));
  }
  void batch_fetch(int32_t max, BatchCallback on_batch, EndCallback on_end) {
    batch_read(max, std::move(on_batch), std::move(on_end));
  }
};

}  // namespace kafka::sim::through_c
