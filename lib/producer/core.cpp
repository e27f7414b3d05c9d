#include "producer/core.hpp"

#include <algorithm>
#include <utility>

#include "base/teardown.hpp"
#include "base/topic_name.hpp"
#include "producer/bulk.hpp"

namespace kafka::producer {

Core::Core(std::shared_ptr<session::Core> session, ProducerOptions options)
    : session_(std::move(session)),
      options_(std::move(options)),
      memory_(*session_, lane_, static_cast<size_t>(options_.buffer_memory)),
      flushes_(*session_, lane_),
      reports_(*session_, lane_, memory_),
      accumulator_(*session_, options_, memory_, reports_),
      sender_(*session_, options_, accumulator_, reports_, Urgency(flushes_, memory_)),
      close_alarm_(*session_, [this] { fail_rest(); }) {
  accumulator_.set_observer(sender_);
  error_ = session_->error();
  if (!error_) error_ = options_.validate();
  if (error_) life_ = Life::refused;
  if (!works()) return;
  session_->add(*this);
  listener_ = session_->metadata().add_listener([this] { on_metadata(); });
}

Core::~Core() {
  if (works()) leave();
  if (life_ != Life::gone) abort();
}

// Takes no more part in the session.
void Core::leave() {
  session_->remove(*this);
  session_->metadata().remove_listener(listener_);
  accumulator_.unwant();
}

void Core::abandon() {
  const Teardown teardown;
  const bool live = works();
  if (live) leave();
  abort();
  if (live) session_->callbacks().drop(lane_);
}

void Core::abort() {
  life_ = Life::gone;
  scope_.end();
  flushes_.stop();
  reports_.stop();
  memory_.stop();
  close_alarm_.cancel();
  close_callbacks_.clear();
  sender_.stop();
  accumulator_.stop();
}

// A partitioner of the application may destroy the producer here.
void Core::on_metadata() {
  const auto pinned = shared_from_this();
  accumulator_.unpark();
  if (life_ != Life::gone) sender_.schedule();
}

// --- records ----------------------------------------------------------------

Error Core::refusal() const {
  if (error_) return error_;
  if (life_ != Life::open || session_->closing()) return Error(Errc::closed, "the producer is closed");
  return {};
}

Error Core::check(const Record& record, Compression codec, size_t receipt, size_t& bytes, size_t& charge) const {
  if (Error refused = refusal()) return refused;
  return accumulator_.check(record, codec, receipt, bytes, charge);
}

Error Core::room_for(size_t charge) {
  Error full = memory_.make_room(charge);
  if (full) sender_.schedule();  // what lingers is sent, to make room
  return full;
}

// What the return value says is not reported as well: a token that is sent again would have two reports.
Error Core::refuse(Error why) {
  reports_.count_refused();
  return why;
}

bool Core::would_block(const Record& record, std::string_view topic) {
  size_t bytes = records::BatchBuilder::estimate(record.key, record.value);
  if (accumulator_.is_plain(record, bytes, kCallbackBytes)) return false;
  size_t charge = 0;
  if (check(record, options_.compression_type, kCallbackBytes, bytes, charge) || check_topic_name(topic)) return false;
  return static_cast<bool>(room_for(charge));
}

bool Core::would_block(const TopicHandle* handle, const Record& record) {
  const size_t bytes = records::BatchBuilder::estimate(record.key, record.value);
  if (accumulator_.is_plain(record, bytes, kCallbackBytes)) [[likely]]
    return false;
  return would_block(record, handle != nullptr ? std::string_view(handle->name) : std::string_view());
}

Error Core::when_room(size_t bytes, Function<void()> fn) {
  if (Error refused = refusal()) return refused;
  const size_t largest = memory_.limit();
  // A number beyond the limit is not added to: the sum could overflow.
  const size_t charge =
      Batch::charge(records::BatchBuilder::estimate({}, {}) + std::min(bytes, largest), kCallbackBytes);
  if (bytes > largest || charge + records::kBatchHeaderSize > largest) {
    return Error(Errc::message_too_large, std::to_string(bytes) +
                                              " bytes, and what a record needs beside them, exceed " +
                                              "buffer_memory (" + std::to_string(largest) + ")");
  }
  if (!fn) return {};
  memory_.rooms().add(charge, std::move(fn));
  if (memory_.wanted()) sender_.schedule();
  return {};
}

std::shared_ptr<TopicHandle> Core::handle(std::string_view name) {
  if (!works() || check_topic_name(name)) {
    auto none = std::make_shared<TopicHandle>();
    none->name = name;
    return none;
  }
  return accumulator_.handle(name);
}

Error Core::add(Topic& topic, const Record& record, size_t bytes, Receipt& receipt) {
  const auto pinned = accumulator_.chooser().custom() ? shared_from_this() : nullptr;  // it may destroy the producer
  Error wrong = accumulator_.add(topic, record, bytes, options_.compression_type, receipt);
  if (wrong && life_ != Life::gone) return refuse(std::move(wrong));
  return wrong;
}

Error Core::send(const Record& record, Receipt receipt) {
  size_t bytes = records::BatchBuilder::estimate(record.key, record.value);
  const bool known = accumulator_.is_last_topic(record.topic);
  if (!known || life_ != Life::open || !accumulator_.takes(record, bytes, receipt.bytes())) {
    size_t charge = 0;
    Error refused = check(record, options_.compression_type, receipt.bytes(), bytes, charge);
    if (!refused && !known) refused = check_topic_name(record.topic);
    if (!refused) refused = room_for(charge);
    if (refused) return refuse(std::move(refused));
  }
  return add(accumulator_.topic(record.topic), record, bytes, receipt);
}

template <class R>
Error Core::send(const TopicHandle* handle, const Record& record, R receipt) {
  if (handle != nullptr && handle->owner == &accumulator_) [[likely]] {
    size_t bytes = records::BatchBuilder::estimate(record.key, record.value);
    const bool plain = life_ == Life::open && accumulator_.takes(record, bytes, bytes_of(receipt));
    if (plain && accumulator_.add_quick(*handle->topic, record, receipt)) [[likely]]
      return {};
    Receipt kept(std::move(receipt));
    if (!plain) {
      size_t charge = 0;
      Error refused = check(record, options_.compression_type, kept.bytes(), bytes, charge);
      if (!refused) refused = room_for(charge);
      if (refused) return refuse(std::move(refused));
    }
    if (!accumulator_.chooser().custom()) return add(*handle->topic, record, bytes, kept);
    Record named = record;  // the application's partitioner may look at the name
    named.topic = handle->name;
    return send(named, std::move(kept));
  }
  Record named = record;  // another producer's handle, or one that is gone, is a name
  named.topic = handle != nullptr ? std::string_view(handle->name) : std::string_view();
  return send(named, Receipt(std::move(receipt)));
}
template Error Core::send(const TopicHandle*, const Record&, uint64_t);
template Error Core::send(const TopicHandle*, const Record&, DeliveryCallback);

// --- produce() --------------------------------------------------------------

// An envelope goes as a whole or not at all.
Error Core::check(const ProduceEnvelope& envelope, size_t& charge) const {
  if (Error wrong = check_topic_name(envelope.topic)) return wrong;
  if (envelope.partition < 0) {
    return Error(Errc::invalid_argument, "partition " + std::to_string(envelope.partition) + ": 0 or more");
  }
  if (envelope.compression && !records::codec_available(*envelope.compression)) {
    return Error(Errc::unsupported_codec,
                 "this build has no " + std::string(records::codec_name(*envelope.compression)));
  }
  const Compression codec = envelope.compression.value_or(options_.compression_type);
  for (const Message& message : envelope.messages) {
    size_t bytes = 0;
    size_t each = 0;
    if (Error wrong = check(record_of(envelope, message), codec, kCallbackBytes, bytes, each)) return wrong;
    charge += each;
  }
  return {};
}

// Gives what is wrong with each envelope. Returns why nothing of the call is queued: all of it finds room, or none.
Error Core::check(const std::vector<ProduceEnvelope>& envelopes, std::vector<Error>& wrong) {
  size_t charge = 0;
  size_t count = 0;
  for (const ProduceEnvelope& envelope : envelopes) {
    size_t these = 0;
    wrong.push_back(check(envelope, these));
    if (wrong.back()) continue;
    charge += these;
    count += envelope.messages.size();
  }
  if (charge + records::kBatchHeaderSize > memory_.limit()) {
    return Error(Errc::message_too_large, std::to_string(count) + " messages of " + std::to_string(charge) +
                                              " bytes exceed buffer_memory (" + std::to_string(memory_.limit()) + ")");
  }
  return count > 0 ? room_for(charge) : Error();
}

void Core::produce(std::vector<ProduceEnvelope> envelopes, Function<void(ProduceResult)> done) {
  const auto bulk = std::make_shared<Bulk>(*session_, lane_, std::move(done));
  std::vector<Error> wrong;
  const Error full = check(envelopes, wrong);
  for (size_t i = 0; i < envelopes.size(); ++i) {
    const ProduceEnvelope& envelope = envelopes[i];
    Bulk::Part& part = bulk->part(envelope);
    if (const Error& refused = wrong[i] ? wrong[i] : full) {
      if (wrong[i] || !envelope.messages.empty()) bulk->settle(part, refused, Persistence::no);
      continue;
    }
    const Compression codec = envelope.compression.value_or(options_.compression_type);
    for (const Message& message : envelope.messages) {
      const Record record = record_of(envelope, message);
      const size_t size = records::BatchBuilder::estimate(record.key, record.value, record.headers);
      Receipt receipt(Bulk::begin(bulk, part));
      Error failed = accumulator_.add(accumulator_.topic(envelope.topic), record, size, codec, receipt);
      if (failed) reports_.fail_record(std::move(receipt), std::move(failed), record.partition);
    }
  }
  bulk->end_one();
}

// --- flush and close --------------------------------------------------------

void Core::flush(Function<void()> done) {
  if (!works()) {
    if (done) session_->later(lane_, std::move(done));
    return;
  }
  const std::shared_ptr<void> flush = flushes_.begin(std::move(done));
  accumulator_.flush(flush);
  sender_.flush(flush);
}

void Core::close(net::Duration deadline, Function<void()> done) {
  if (!works() || life_ == Life::closed) {
    if (done) session_->later(lane_, std::move(done));
    return;
  }
  if (done) close_callbacks_.push_back(std::move(done));
  // The earliest deadline of several calls counts.
  close_alarm_.by(session_->reactor().now() + std::max(deadline, net::Duration::zero()));
  if (std::exchange(life_, Life::closing) != Life::open) return;
  memory_.rooms().close();
  flush([this, guard = scope_.guard()] {
    if (guard.alive()) end_close();
  });
}

void Core::end_close() {
  life_ = Life::closed;
  close_alarm_.cancel();
  for (Function<void()>& done : std::exchange(close_callbacks_, {})) session_->later(lane_, std::move(done));
}

void Core::begin_close(net::TimePoint deadline, Function<void()> done) {
  const net::Duration left = deadline - session_->reactor().now();
  close(std::min<net::Duration>(left, options_.delivery_timeout), std::move(done));
}

void Core::fail_rest() {
  if (life_ == Life::open) life_ = Life::closing;
  memory_.rooms().close();
  fail_all(Error(Errc::closed, "the producer was closed before the outcome was known"));
}

void Core::cancel_all() {
  if (!works()) return;
  fail_all(Error(Errc::cancelled, "the producer was told to abort what it had"));
  sender_.schedule();
}

// Ends everything, oldest first. A batch under way whose sequence the log may lack breaks the chain of its partition,
// and later batches begin again.
void Core::fail_all(const Error& error) {
  sender_.fail_requests(error);
  for (const auto& [name, topic] : accumulator_.topics()) {
    for (const auto& [number, partition] : topic->partitions) sender_.fail_waiting(*partition, error);
    accumulator_.fail_parked(*topic, error);
  }
}

void Core::add_stats(Stats& stats) const {
  const Totals& totals = reports_.totals();
  ProducerStats& own = stats.producers.emplace_back();
  own.queued = memory_.records();
  own.queued_bytes = memory_.used();
  own.spare_bytes = memory_.spare_block_bytes();
  own.buffer_memory = options_.buffer_memory;
  own.requests_in_flight = sender_.requests();
  own.delivered = totals.delivered;
  own.failed = totals.failed;
  own.unknown = totals.unknown;
  own.batches = totals.batches;
  own.batch_bytes = totals.batch_bytes;
  own.retries = totals.retries;
  accumulator_.add_stats(own);
}

}  // namespace kafka::producer
