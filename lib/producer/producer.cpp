#include "producer/producer.hpp"

#include <algorithm>

#include "base/error_table.hpp"
#include "base/topic_name.hpp"
#include "producer/partitioner.hpp"

namespace kafka::producer {

// Lives in the batches that a flush waits for; the last one that goes ends the flush.
struct Producer::FlushToken {
  FlushToken(Producer& of, Function<void()> then) : producer(of), guard(of.scope_.guard()), done(std::move(then)) {
    ++producer.flushing_;
  }
  ~FlushToken() {
    if (!guard.alive()) return;
    --producer.flushing_;
    if (done) producer.core_->callbacks().run(std::move(done));
  }
  Producer& producer;
  Scope::Guard guard;
  Function<void()> done;
};

Producer::Producer(std::shared_ptr<session::Core> core, ProducerOptions options)
    : core_(std::move(core)),
      options_(std::move(options)),
      idempotence_(*core_,
                   options_.enable_idempotence.value_or(options_.acks == Acks::all &&
                                                        options_.max_in_flight.value_or(kDefaultInFlight) <=
                                                            Idempotence::kMostInFlight),
                   options_.enable_idempotence.value_or(false), [this] { schedule_pump(); }) {
  error_ = core_->error();
  if (!error_) error_ = options_.validate();
  limit_ = static_cast<size_t>(std::min(options_.batch_size, options_.max_request_size));
  most_age_ = options_.linger + options_.delivery_timeout / kAgeShare;
  if (!core_->live() || error_) return;
  core_->add(*this);
  listener_ = core_->metadata().add_listener([this] { on_metadata(); });
}

Producer::~Producer() {
  for (const auto& [name, topic] : topics_) {
    if (topic->handle != nullptr) topic->handle->owner = nullptr;
  }
  if (!dead_ && core_->live()) {
    core_->remove(*this);
    core_->metadata().remove_listener(listener_);
    for (const auto& [name, topic] : topics_) core_->metadata().unwant(name);
  }
  scope_.end();
}

void Producer::abandon() {
  if (core_->live()) {
    core_->remove(*this);
    core_->metadata().remove_listener(listener_);
    for (const auto& [name, topic] : topics_) core_->metadata().unwant(name);
  }
  abort();
}

void Producer::abort() {
  dead_ = true;
  closing_ = true;
  scope_.end();
  idempotence_.stop();
  wake_timer_.cancel();
  expiry_timer_.cancel();
  close_timer_.cancel();
  close_callbacks_.clear();
  on_drain_ = nullptr;
  active_.clear();
  lingering_.clear();
  for (const auto& request : requests_) request->batches.clear();
  requests_.clear();
  last_topic_ = nullptr;
  for (const auto& [name, topic] : topics_) {
    if (topic->handle != nullptr) topic->handle->owner = nullptr;
  }
  topics_.clear();
  on_delivery_ = nullptr;
}

// --- intake -----------------------------------------------------------------

Error Producer::check(const Record& record, size_t receipt, size_t& bytes, size_t& charge) const {
  if (error_) return error_;
  if (closing_ || core_->closing()) return Error(Errc::closed, "the producer is closed");
  if (record.partition < kAnyPartition) {
    return Error(Errc::invalid_argument,
                 "partition " + std::to_string(record.partition) + ": 0 or more, or -1 for any");
  }
  if (record.timestamp < kNoTimestamp) {
    return Error(Errc::invalid_argument,
                 "timestamp " + std::to_string(record.timestamp) + ": 0 or more, or -1 for now");
  }
  for (const Header& header : record.headers) {
    if (header.key.data() == nullptr) return Error(Errc::invalid_argument, "a header key is null");
  }
  bytes = records::BatchBuilder::estimate(record.key, record.value, record.headers);
  charge = Batch::charge(bytes, receipt);
  const size_t largest = static_cast<size_t>(options_.max_request_size);
  if (bytes + records::kBatchHeaderSize > largest) {
    // The estimate rounds up; only what certainly exceeds is refused.
    size_t plain = record.key.size() + record.value.size() + records::kBatchHeaderSize;
    for (const Header& header : record.headers) plain += header.key.size() + header.value.size();
    if (plain > largest) {
      return Error(Errc::message_too_large, "a record of " + std::to_string(plain) +
                                                " bytes exceeds max_request_size (" + std::to_string(largest) + ")");
    }
  }
  // No on_drain could ever help it.
  if (charge + records::kBatchHeaderSize > static_cast<size_t>(options_.buffer_memory)) {
    return Error(Errc::message_too_large, "a record of " + std::to_string(charge + records::kBatchHeaderSize) +
                                              " bytes, overhead included, exceeds buffer_memory (" +
                                              std::to_string(options_.buffer_memory) + ")");
  }
  return {};
}

Error Producer::make_room(size_t charge) {
  if (used_ + charge + records::kBatchHeaderSize <= static_cast<size_t>(options_.buffer_memory)) return {};
  full_ = true;
  return Error(Errc::queue_full, "buffer_memory (" + std::to_string(options_.buffer_memory) + " bytes) is used up");
}

bool Producer::would_block(const Record& record, std::string_view topic) {
  if (plain(record, records::BatchBuilder::estimate(record.key, record.value), kCallbackBytes)) return false;
  size_t bytes = 0;
  size_t charge = 0;
  if (check(record, kCallbackBytes, bytes, charge) || check_topic_name(topic)) return false;
  return static_cast<bool>(make_room(charge));
}

bool Producer::would_block(const TopicHandle* handle, const Record& record) {
  if (plain(record, records::BatchBuilder::estimate(record.key, record.value), kCallbackBytes)) return false;
  return would_block(record, handle != nullptr ? std::string_view(handle->name) : std::string_view());
}

Topic& Producer::topic(std::string_view name) {
  if (last_topic_ != nullptr && last_topic_->name == name) return *last_topic_;
  const auto found = topics_.find(name);
  if (found != topics_.end()) return *(last_topic_ = found->second.get());
  auto made = std::make_unique<Topic>();
  made->name = name;
  last_topic_ = made.get();
  topics_.emplace(made->name, std::move(made));
  core_->metadata().want(last_topic_->name, true);
  return *last_topic_;
}

std::shared_ptr<TopicHandle> Producer::handle(std::string_view name) {
  if (error_ || dead_ || !core_->live() || check_topic_name(name)) {
    auto none = std::make_shared<TopicHandle>();
    none->name = name;
    return none;
  }
  Topic& of = topic(name);
  if (of.handle == nullptr) {
    of.handle = std::make_shared<TopicHandle>(TopicHandle{of.name, this, &of});
  }
  return of.handle;
}

Partition& Producer::partition(Topic& topic, int32_t number) {
  const auto index = static_cast<size_t>(number);
  if (index < topic.by_number.size() && topic.by_number[index] != nullptr) return *topic.by_number[index];
  auto& made = topic.partitions[number];
  if (made == nullptr) {
    made = std::make_unique<Partition>();
    made->topic = &topic;
    made->number = number;
  }
  constexpr size_t kIndexed = 100000;  // a nonsensical number must not make a huge index
  if (index < kIndexed) {
    if (index >= topic.by_number.size()) {
      topic.by_number.resize(index + 1);
      topic.open.resize(index + 1);
    }
    topic.by_number[index] = made.get();
  }
  return *made;
}

Error Producer::refuse(Error why, Receipt& receipt, int32_t partition) {
  report_later(std::move(receipt), why, partition);
  return why;
}

Error Producer::send(const Record& record, Receipt receipt) {
  size_t bytes = records::BatchBuilder::estimate(record.key, record.value);
  const bool known = last_topic_ != nullptr && last_topic_->name == record.topic;
  if (!known || !plain(record, bytes, receipt.bytes())) {
    size_t charge = 0;
    Error refused = check(record, receipt.bytes(), bytes, charge);
    if (!refused && !known) refused = check_topic_name(record.topic);
    if (!refused) refused = make_room(charge);
    if (refused) return refuse(std::move(refused), receipt, record.partition);
  }
  return enqueue(topic(record.topic), record, bytes, options_.compression_type, receipt);
}

template <class R>
Error Producer::send(const TopicHandle* handle, const Record& record, R receipt) {
  if (handle != nullptr && handle->owner == this) [[likely]] {
    size_t bytes = records::BatchBuilder::estimate(record.key, record.value);
    const bool simple = plain(record, bytes, bytes_of(receipt));
    if (simple && add_quick(*handle->topic, record, receipt)) [[likely]]
      return {};
    Receipt kept(std::move(receipt));
    if (!simple) {
      size_t charge = 0;
      Error refused = check(record, kept.bytes(), bytes, charge);
      if (!refused) refused = make_room(charge);
      if (refused) return refuse(std::move(refused), kept, record.partition);
    }
    if (!partitioner_) return enqueue(*handle->topic, record, bytes, options_.compression_type, kept);
    Record named = record;  // somebody looks at the name
    named.topic = handle->name;
    return send(named, std::move(kept));
  }
  Record named = record;  // another producer's
  named.topic = handle != nullptr ? std::string_view(handle->name) : std::string_view();
  return send(named, Receipt(std::move(receipt)));
}
template Error Producer::send(const TopicHandle*, const Record&, uint64_t);
template Error Producer::send(const TopicHandle*, const Record&, DeliveryCallback);

// Who writes to thousands of partitions in turn finds what the next records touch in the CPU's caches.
inline void fetch_next(const Topic& topic, size_t index, size_t record) {
  constexpr size_t kFew = 64;  // are in the caches anyway
  constexpr size_t kStep = 4;
  const size_t count = topic.open.size();
  if (count <= kFew || index + 2 * kStep >= count) return;
  if (const Batch* const later = topic.open[index + 2 * kStep]) {
    later->fetch_hot();
  } else if (const Partition* const partition = topic.by_number[index + 2 * kStep]) {
    fetch(*partition);
  }
  if (const Batch* const next = topic.open[index + kStep]) next->fetch_ends(record);
}

// What enqueue() and add() come to for almost every plain record: its partition's open batch has room for it. False:
// nothing was done.
template <class R>
bool Producer::add_quick(Topic& topic, const Record& record, R& receipt) {
  int32_t number = record.partition;
  if (number == kAnyPartition) {
    if (topic.count == 0 || topic.generation != core_->metadata().generation() || partitioner_) return false;
    // round_robin and random have none that is sticky.
    number = decides(options_.partitioner, record.key) ? partition_of(options_.partitioner, record.key, topic.count)
                                                       : topic.sticky;
  }
  const auto index = static_cast<size_t>(number);
  if (index >= topic.open.size()) return false;
  if (index == topic.turn) fetch_next(topic, index, record.key.size() + record.value.size());
  topic.turn = index + 1;
  if (topic.open[index] == nullptr || !topic.parked.empty()) return false;
  Batch& batch = *topic.open[index];
  const net::Reactor& reactor = core_->reactor();
  if (batch.codec != options_.compression_type || reactor.now() - batch.created > most_age_) return false;
  const int64_t timestamp = record.timestamp >= 0 ? record.timestamp : reactor.wall_clock_ms();
  const size_t charged = batch.append_quick(timestamp, record.key, record.value, limit_, receipt);
  if (charged == 0) return false;
  used_ += charged;
  ++queued_;
  if (batch.builder.size() >= limit_) close_open(*topic.by_number[index]);
  return true;
}

Error Producer::enqueue(Topic& topic, const Record& record, size_t bytes, Compression codec, Receipt& receipt) {
  // Behind those that wait already, whichever partition they will get.
  if (!topic.parked.empty()) {
    park(topic, record, bytes, codec, receipt);
    return {};
  }
  int32_t number = record.partition;
  if (number == kAnyPartition) {
    const auto pinned = partitioner_ ? shared_from_this() : nullptr;  // it may destroy the producer
    if (Error wrong = choose(topic, record, number)) {
      if (!dead_) report_later(std::move(receipt), wrong, record.partition);
      return wrong;
    }
    if (number < 0) {
      park(topic, record, bytes, codec, receipt);
      return {};
    }
  }
  return add(topic, number, record, bytes, {codec, core_->reactor().now(), nullptr}, receipt);
}

Error Producer::add(Topic& topic, int32_t number, const Record& record, size_t bytes, const Intake& how,
                    Receipt& receipt) {
  Partition& to = partition(topic, number);
  if (to.open != nullptr) {
    const bool aged = how.since - to.open->created > most_age_;
    if (to.open->codec != how.codec || to.open->builder.size() + bytes > limit_ || aged) close_open(to);
  }
  if (to.open == nullptr) open_batch(to, how);
  Batch& batch = *to.open;
  const size_t before = batch.charged();
  const int64_t timestamp = record.timestamp >= 0 ? record.timestamp : core_->reactor().wall_clock_ms();
  const Errc failed = batch.append(timestamp, record.key, record.value, record.headers, std::move(receipt));
  if (failed != Errc::none) {  // sizes were checked: only a batch beyond 2^31 could do this
    if (batch.count() == 0) set_open(to, nullptr);
    return refuse(Error(failed, topic.name + "/" + std::to_string(number)), receipt, number);
  }
  used_ += batch.charged() - before;
  ++queued_;
  if (how.flushes != nullptr) {
    for (auto& flush : *how.flushes) {
      if (batch.flushes.empty() || batch.flushes.back() != flush) batch.flushes.push_back(std::move(flush));
    }
  }
  if (batch.builder.size() >= limit_) close_open(to);
  return {};
}

// Returns the one that was open.
std::unique_ptr<Batch> Producer::set_open(Partition& partition, std::unique_ptr<Batch> batch) {
  const auto index = static_cast<size_t>(partition.number);
  if (index < partition.topic->open.size()) partition.topic->open[index] = batch.get();
  return std::exchange(partition.open, std::move(batch));
}

std::unique_ptr<Batch> Producer::new_batch(int32_t partition, const Intake& how, size_t capacity) {
  Buffer memory = memory_.take(capacity);
  if (spare_.empty()) return std::make_unique<Batch>(partition, how.codec, how.since, std::move(memory));
  std::unique_ptr<Batch> batch = std::move(spare_.back());
  spare_.pop_back();
  if (!spare_.empty()) fetch(*spare_.back());  // the next one is mostly needed soon, as is its memory
  memory_.fetch(capacity);
  spare_bytes_ -= batch->kept();
  batch->renew(partition, how.codec, how.since, std::move(memory));
  return batch;
}

// A batch that has come to its end. Flushes that waited for it end here.
void Producer::keep(std::unique_ptr<Batch> batch) {
  batch->rest();
  const size_t bytes = batch->kept();
  if (dead_ || spare_bytes_ + bytes > kSpareBytes) return;
  spare_bytes_ += bytes;
  spare_.push_back(std::move(batch));
}

// Memory for about as much as the last batch of the partition had, so that a growing one need not be copied; but
// not for more than half of buffer_memory before there is content for it.
void Producer::open_batch(Partition& partition, const Intake& how) {
  constexpr size_t kLastRecord = 64;  // what the length of the last record is overestimated by
  const size_t last = partition.last_size;
  const size_t capacity = std::min(last + last / 8, limit_) + kLastRecord;
  const bool guess =
      capacity > kFirstCapacity && guessed_ + capacity <= static_cast<size_t>(options_.buffer_memory) / 2;
  if (guess) {
    set_open(partition, new_batch(partition.number, how, capacity));
    partition.open->guessed = capacity;
    guessed_ += capacity;
  } else {
    set_open(partition, new_batch(partition.number, how, kFirstCapacity));
  }
  partition.open->first_record = partition.next_record;
  partition.open->receipts.expect(partition.last_tokens + partition.last_tokens / 8);
  arm_expiry(how.since + options_.delivery_timeout);
  linger(partition);
}

std::unique_ptr<Batch> Producer::end_open(Partition& partition) {
  Batch& batch = *partition.open;
  guessed_ -= std::exchange(batch.guessed, 0);
  const size_t size = batch.builder.size();
  partition.last_size = static_cast<uint32_t>(size);
  partition.last_tokens = static_cast<uint32_t>(batch.receipts.tokens());
  constexpr size_t kWorthIt = 8192;
  if (batch.builder.capacity() > 2 * size + kWorthIt) batch.builder.shrink();
  partition.next_record += static_cast<uint64_t>(batch.count());
  if (Topic& topic = *partition.topic; topic.sticky == partition.number) {
    topic.sticky_bytes += size;
    const bool enough = topic.sticky_bytes >= std::min(limit_, kStickyBytes);
    const bool jam = options_.partitioner_adaptive_partitioning_enable && !partition.waiting.empty();
    if (enough || jam) topic.sticky = -1;
  }
  return set_open(partition, nullptr);
}

void Producer::close_open(Partition& partition) {
  partition.waiting.push_back(end_open(partition));
  activate(partition);
}

void Producer::activate(Partition& partition) {
  list(partition);
  schedule_pump();
}

void Producer::list(Partition& partition) {
  if (partition.listed) return;
  partition.listed = true;
  active_.push_back(&partition);
}

void Producer::release(size_t bytes, size_t records) {
  used_ -= std::min(used_, bytes);
  queued_ -= std::min(queued_, records);
  if (queued_ == 0) memory_.trim(kIdleMemory);
  tell_room();
}

void Producer::on_drain(Function<void()> handler) {
  on_drain_ = std::move(handler);
  if (queued_ == 0) tell_room();  // nothing is left that could do it later
}

void Producer::tell_room() {
  if (!full_ || !on_drain_ || dead_ || used_ > static_cast<size_t>(options_.buffer_memory) / 2) return;
  full_ = false;
  core_->callbacks().run(std::move(on_drain_));
  on_drain_ = nullptr;
}

// --- flush and close --------------------------------------------------------

void Producer::flush(Function<void()> done) {
  if (dead_ || error_ || !core_->live()) {
    if (done) core_->later(std::move(done));
    return;
  }
  const auto token = std::make_shared<FlushToken>(*this, std::move(done));
  for (const auto& [name, topic] : topics_) {
    for (size_t i = 0; i < topic->parked.size(); ++i) topic->parked[i].flushes.push_back(token);
    for (const auto& [number, partition] : topic->partitions) {
      if (partition->open != nullptr) close_open(*partition);
      for (size_t i = 0; i < partition->waiting.size(); ++i) partition->waiting[i]->flushes.push_back(token);
    }
  }
  for (const auto& request : requests_) {
    for (Sent& sent : request->batches) sent.batch->flushes.push_back(token);
  }
  schedule_pump();
}

void Producer::close(net::Duration deadline, Function<void()> done) {
  if (dead_ || error_ || !core_->live()) {
    if (done) core_->later(std::move(done));
    return;
  }
  if (closed_) {
    if (done) core_->later(std::move(done));
    return;
  }
  if (done) close_callbacks_.push_back(std::move(done));
  const bool first = !closing_;
  closing_ = true;
  const net::TimePoint now = core_->reactor().now();
  const net::TimePoint at = now + std::max(deadline, net::Duration::zero());
  if (at < close_at_) {  // the earliest of several counts
    close_at_ = at;
    close_timer_ = core_->reactor().after(at - now, [this] {
      close_timer_.cancel();
      fail_rest();
    });
  }
  if (first)
    flush([this, guard = scope_.guard()] {
      if (guard.alive()) end_close();
    });
}

void Producer::end_close() {
  closed_ = true;
  close_timer_.cancel();
  auto callbacks = std::move(close_callbacks_);
  close_callbacks_.clear();
  for (Function<void()>& done : callbacks) core_->later(std::move(done));
}

void Producer::begin_close(net::TimePoint deadline, Function<void()> done) {
  const net::Duration left = deadline - core_->reactor().now();
  close(std::min<net::Duration>(left, options_.delivery_timeout), std::move(done));
}

void Producer::fail_rest() {
  closing_ = true;
  fail_all(Error(Errc::closed, "the producer was closed before the outcome was known"));
}

void Producer::purge() {
  if (dead_ || error_ || !core_->live()) return;
  fail_all(Error(Errc::cancelled, "the producer was told to abort what it had"));
  schedule_pump();
}

// Ends everything, oldest first. Requests under way go on without their batches; a sequence that is left out breaks
// its chain, and what comes later begins anew.
void Producer::fail_all(const Error& error) {
  for (const auto& request : requests_) {
    auto batches = std::move(request->batches);
    request->batches.clear();
    for (Sent& sent : batches) {
      --sent.partition->in_flight;
      break_chain(*sent.partition, *sent.batch);
      const bool unknown = sent.batch->unknown_fate || (request->written && !sent.failed);
      finish(std::move(sent.batch), {error, -1, -1, unknown ? Persistence::maybe : Persistence::no});
    }
  }
  for (const auto& [name, topic] : topics_) {
    for (const auto& [number, partition] : topic->partitions) fail_waiting(*partition, error);
    while (!topic->parked.empty()) {
      Parked parked = topic->parked.pop_front();
      release(parked.charged, 1);
      report_later(std::move(parked.receipt), error, parked.partition);
    }
  }
}

}  // namespace kafka::producer
