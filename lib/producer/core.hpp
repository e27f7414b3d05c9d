// The inside of a kafka::Producer: takes the application's calls, and says how they begin and end.
// Not here: the way of a record into a batch (accumulator.hpp), the way of batches to leaders (sender.hpp), reports
// (reports.hpp), the result of produce() (bulk.hpp).
#pragma once

#include <kafka/producer.hpp>

#include <algorithm>
#include <memory>
#include <vector>

#include "base/scope.hpp"
#include "producer/accumulator.hpp"
#include "producer/alarm.hpp"
#include "producer/flushes.hpp"
#include "producer/memory.hpp"
#include "producer/reports.hpp"
#include "producer/sender.hpp"
#include "session/core.hpp"

namespace kafka::producer {

/// Owns the parts of a producer, and its life from open to closed.
class Core final : public session::Client, public std::enable_shared_from_this<Core> {
 public:
  Core(std::shared_ptr<session::Core> session, ProducerOptions options);
  ~Core() override;

  // What kafka::Producer does.
  const Error& error() const { return error_; }
  const ProducerOptions& options() const { return options_; }
  Error send(const Record& record, Receipt receipt);
  /// R: uint64_t (a token) or DeliveryCallback.
  template <class R>
  Error send(const TopicHandle* handle, const Record& record, R receipt);
  std::shared_ptr<TopicHandle> handle(std::string_view name);
  void on_delivery(DeliveryHandler handler) { reports_.set_handler(std::move(handler)); }
  void produce(std::vector<ProduceEnvelope> envelopes, Function<void(ProduceResult)> done);
  void flush(Function<void()> done);
  void close(net::Duration deadline, Function<void()> done);
  /// Gives up what has no outcome yet; goes on with later records.
  void cancel_all();
  /// Without a session there is never room again: the handler is dropped.
  void on_drain(Function<void()> handler) {
    if (works()) memory_.on_drain(std::move(handler));
  }
  void set_partitioner(PartitionerFunction partitioner) { accumulator_.chooser().set_custom(std::move(partitioner)); }
  bool would_block(const Record& record, std::string_view topic);
  bool would_block(const TopicHandle* handle, const Record& record);
  Error when_room(size_t bytes, Function<void()> fn);
  size_t queued() const { return memory_.records(); }
  size_t queued_bytes() const { return memory_.used(); }
  /// Deadline of a close() without one.
  std::chrono::milliseconds longest_close() const {
    return std::min(options_.delivery_timeout, session_->options().close_timeout);
  }
  /// The public object is gone without close().
  void abandon();
  /// What a public object that was moved from keeps: one that refuses everything with `closed`.
  std::shared_ptr<Core> moved_from() const { return std::make_shared<Core>(session_->moved_from(), options_); }
  Sender& sender() noexcept { return sender_; }

  // session::Client
  void begin_close(net::TimePoint deadline, Function<void()> done) override;
  void fail_rest() override;
  void abort() override;
  void add_stats(Stats& stats) const override;

 private:
  enum class Life : uint8_t {
    refused,  // bad options, or those of the session
    open,
    closing,  // takes no more records
    closed,   // close() has called back
    gone,     // abandoned, or aborted with the session: nothing is called any more
  };

  /// Whether there is, or may be, anything to do.
  bool works() const { return life_ != Life::refused && life_ != Life::gone && session_->live(); }
  Error refusal() const;
  Error check(const Record& record, Compression codec, size_t receipt, size_t& bytes, size_t& charge) const;
  Error check(const ProduceEnvelope& envelope, size_t& charge) const;
  Error check(const std::vector<ProduceEnvelope>& envelopes, std::vector<Error>& wrong);
  Error add(Topic& topic, const Record& record, size_t bytes, Receipt& receipt);
  Error refuse(Error why);
  Error room_for(size_t charge);
  void on_metadata();
  void leave();
  void end_close();
  void fail_all(const Error& error);

  std::shared_ptr<session::Core> session_;
  ProducerOptions options_;
  Error error_;
  Life life_ = Life::open;
  session::Lane lane_;  // every callback of this producer, in order
  Memory memory_;
  Flushes flushes_;
  Reports reports_;
  Accumulator accumulator_;
  Sender sender_;
  uint64_t listener_ = 0;  // for metadata
  std::vector<Function<void()>> close_callbacks_;
  Alarm close_alarm_;
  Scope scope_;
};

}  // namespace kafka::producer
