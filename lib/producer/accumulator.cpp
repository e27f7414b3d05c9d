#include "producer/accumulator.hpp"

#include <algorithm>
#include <utility>

#include "base/topic_name.hpp"

namespace kafka::producer {

Accumulator::Accumulator(session::Core& session, const ProducerOptions& options, Memory& memory, Reports& reports)
    : session_(session),
      options_(options),
      memory_(memory),
      reports_(reports),
      chooser_(session, options),
      codec_(options.compression_type),
      limit_(static_cast<size_t>(std::min({options.batch_size, options.max_request_size, options.unfolded_max_bytes}))),
      most_age_(options.linger + options.delivery_timeout / kAgeShare) {}

void Accumulator::unwant() {
  for (const auto& [name, topic] : topics_) session_.metadata().unwant(name);
}

void Accumulator::stop() {
  stopped_ = true;
  chooser_.stop();
  last_topic_ = nullptr;
  for (const auto& [name, topic] : topics_) {
    if (topic->handle != nullptr) topic->handle->owner = nullptr;
  }
  topics_.clear();
}

// --- checks -----------------------------------------------------------------

Error Accumulator::check(const Record& record, Compression codec, size_t receipt, size_t& bytes, size_t& charge) const {
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
  // A compressed batch that holds more stops its consumers. Most records are far below both limits.
  const auto unfolded = static_cast<size_t>(codec == Compression::none ? INT32_MAX : options_.unfolded_max_bytes);
  const size_t largest = std::min(static_cast<size_t>(options_.max_request_size), unfolded);
  if (bytes + records::kBatchHeaderSize > largest) {
    // The estimate rounds up; only a record that certainly is too large is refused.
    size_t plain = record.key.size() + record.value.size() + records::kBatchHeaderSize;
    for (const Header& header : record.headers) plain += header.key.size() + header.value.size();
    if (plain > largest) {
      const std::string limit = largest == unfolded ? "unfolded_max_bytes" : "max_request_size";
      return Error(Errc::message_too_large, "a record of " + std::to_string(plain) + " bytes exceeds " + limit + " (" +
                                                std::to_string(largest) + ")");
    }
  }
  // It would be refused with queue_full again after every on_drain().
  if (charge + records::kBatchHeaderSize > memory_.limit()) {
    return Error(Errc::message_too_large, "a record of " + std::to_string(charge + records::kBatchHeaderSize) +
                                              " bytes, overhead included, exceeds buffer_memory (" +
                                              std::to_string(memory_.limit()) + ")");
  }
  return {};
}

// --- topics -----------------------------------------------------------------

Topic& Accumulator::topic(std::string_view name) {
  if (is_last_topic(name)) return *last_topic_;
  if (Topic* const known = find(name)) return *(last_topic_ = known);
  auto made = std::make_unique<Topic>();
  made->name = name;
  last_topic_ = made.get();
  topics_.emplace(made->name, std::move(made));
  session_.metadata().want(last_topic_->name, true);
  return *last_topic_;
}

Topic* Accumulator::find(std::string_view topic) const {
  const auto found = topics_.find(topic);
  return found == topics_.end() ? nullptr : found->second.get();
}

std::shared_ptr<TopicHandle> Accumulator::handle(std::string_view name) {
  Topic& of = topic(name);
  if (of.handle == nullptr) of.handle = std::make_shared<TopicHandle>(TopicHandle{of.name, this, &of});
  return of.handle;
}

Partition& Accumulator::partition(Topic& topic, int32_t number) {
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

// --- records ----------------------------------------------------------------

void Accumulator::fail_record(Error why, Receipt& receipt, int32_t partition) {
  if (!stopped_) reports_.fail_record(std::move(receipt), std::move(why), partition);
}

Error Accumulator::add(Topic& topic, const Record& record, size_t bytes, Compression codec, Receipt& receipt) {
  // It goes behind the records that are parked already, whichever partition they will get.
  if (!topic.parking.empty()) {
    park(topic, record, bytes, codec, receipt);
    return {};
  }
  int32_t number = record.partition;
  if (number == kAnyPartition) {
    if (Error wrong = chooser_.choose(topic, record, number)) return wrong;
    if (number < 0) {
      park(topic, record, bytes, codec, receipt);
      return {};
    }
  }
  return append(topic, number, record, bytes, {codec, session_.reactor().now(), nullptr}, receipt);
}

Error Accumulator::append(Topic& topic, int32_t number, const Record& record, size_t bytes, const Intake& how,
                          Receipt& receipt) {
  Partition& to = partition(topic, number);
  if (to.open != nullptr) {
    const bool aged = how.since - to.open->created > most_age_;
    if (to.open->codec != how.codec || to.open->builder.size() + bytes > limit_ || aged) fill_open(to);
  }
  if (to.open == nullptr) open_batch(to, how);
  Batch& batch = *to.open;
  const size_t before = batch.charged();
  const int64_t timestamp = record.timestamp >= 0 ? record.timestamp : session_.reactor().wall_clock_ms();
  const Errc failed = batch.append(timestamp, record.key, record.value, record.headers, std::move(receipt));
  if (failed != Errc::none) {  // sizes were checked: only a batch beyond 2^31 could do this
    if (batch.count() == 0) set_open(to, nullptr);
    return Error(failed, to.name());
  }
  memory_.charge_record(batch.charged() - before);
  if (how.flushes != nullptr) {
    for (auto& flush : *how.flushes) {
      if (batch.flushes.empty() || batch.flushes.back() != flush) batch.flushes.push_back(std::move(flush));
    }
  }
  if (batch.builder.size() >= limit_) fill_open(to);
  return {};
}

void Accumulator::park(Topic& topic, const Record& record, size_t bytes, Compression codec, Receipt& receipt) {
  ParkedRecord parked(record);
  if (parked.timestamp < 0) parked.timestamp = session_.reactor().wall_clock_ms();
  parked.codec = codec;
  parked.charged = bytes + sizeof(ParkedRecord);
  parked.receipt = std::move(receipt);
  parked.since = session_.reactor().now();
  parked.deadline = parked.since + options_.delivery_timeout;
  memory_.charge_record(parked.charged);
  observer_->on_parked(parked.deadline);
  topic.parking.add(std::move(parked));
}

void Accumulator::unpark() {
  for (const auto& [name, topic] : topics_) {
    if (!topic->parking.empty()) unpark(*topic);
    if (stopped_) return;
  }
}

void Accumulator::unpark(Topic& topic) {
  const cluster::TopicState* state = session_.metadata().topic(topic.name);
  const Error lasting = lasting_error(session_.metadata(), topic.name);
  if (!lasting && (state == nullptr || !state->known || state->partitions.empty())) return;
  Ring<ParkedRecord> waiting = topic.parking.take_all();
  while (!waiting.empty()) {
    ParkedRecord parked = waiting.pop_front();
    memory_.move_record(parked.charged);
    if (lasting) {
      fail_record(lasting, parked.receipt, parked.partition);
      continue;
    }
    const Record record = parked.view(topic.name);
    int32_t number = parked.partition;
    if (number == kAnyPartition) {
      Error wrong = chooser_.choose(topic, record, number);
      if (stopped_) return;
      if (wrong) {
        fail_record(std::move(wrong), parked.receipt, parked.partition);
        continue;
      }
    }
    const size_t bytes = records::BatchBuilder::estimate(record.key, record.value, record.headers);
    Error failed = append(topic, number, record, bytes, {parked.codec, parked.since, &parked.flushes}, parked.receipt);
    if (failed) fail_record(std::move(failed), parked.receipt, number);
  }
  memory_.tell_room();
}

void Accumulator::fail_parked(ParkedRecord parked, Error error) {
  memory_.release(parked.charged, 1);
  fail_record(std::move(error), parked.receipt, parked.partition);
}

void Accumulator::fail_parked(Topic& topic, const Error& error) {
  while (!topic.parking.empty()) fail_parked(topic.parking.take(), error);
}

void Accumulator::flush(const std::shared_ptr<void>& flush) {
  for (const auto& [name, topic] : topics_) {
    topic->parking.attach(flush);
    for (const auto& [number, partition] : topic->partitions) {
      if (partition->open != nullptr) fill_open(*partition);
      for (size_t i = 0; i < partition->waiting.size(); ++i) partition->waiting[i]->flushes.push_back(flush);
    }
  }
}

// --- batches ----------------------------------------------------------------

// Returns the one that was open.
std::unique_ptr<Batch> Accumulator::set_open(Partition& partition, std::unique_ptr<Batch> batch) {
  const auto index = static_cast<size_t>(partition.number);
  if (index < partition.topic->open.size()) partition.topic->open[index] = batch.get();
  return std::exchange(partition.open, std::move(batch));
}

// With memory for about as much as the partition's last batch had, so that a growing batch need not be copied.
void Accumulator::open_batch(Partition& partition, const Intake& how) {
  constexpr size_t kLastRecord = 64;  // by so much the size of the last record is overestimated
  const size_t last = partition.last_size;
  const size_t capacity = std::min(last + last / 8, limit_) + kLastRecord;
  set_open(partition, memory_.new_batch(partition.number, how.codec, how.since, capacity));
  partition.open->first_record = partition.next_record;
  partition.open->receipts.expect(partition.last_tokens + partition.last_tokens / 8);
  observer_->on_opened(partition);
}

std::unique_ptr<Batch> Accumulator::take_open(Partition& partition) {
  Batch& batch = *partition.open;
  memory_.end_filling(batch);
  const size_t size = batch.builder.size();
  partition.last_size = static_cast<uint32_t>(size);
  partition.last_tokens = static_cast<uint32_t>(batch.receipts.tokens());
  constexpr size_t kWorthIt = 8192;
  if (batch.builder.capacity() > 2 * size + kWorthIt) batch.builder.shrink();
  partition.next_record += static_cast<uint64_t>(batch.count());
  chooser_.batch_filled(partition, size);
  return set_open(partition, nullptr);
}

void Accumulator::fill_open(Partition& partition) {
  partition.waiting.push_back(take_open(partition));
  observer_->on_filled(partition);
}

void Accumulator::add_stats(ProducerStats& stats) const {
  for (const auto& [name, topic] : topics_) {
    for (const auto& [number, partition] : topic->partitions) {
      const auto open = static_cast<uint64_t>(partition->open != nullptr ? partition->open->count() : 0);
      stats.partitions.push_back({name, number, partition->waiting.size() + (partition->open != nullptr ? 1 : 0),
                                  static_cast<size_t>(partition->in_flight), partition->next_record + open});
    }
  }
}

}  // namespace kafka::producer
