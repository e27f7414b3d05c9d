// Records without a partition wait here until their topic's partitions are known; and how one is chosen.
#include <algorithm>

#include "base/error_table.hpp"
#include "producer/partitioner.hpp"
#include "producer/producer.hpp"

namespace kafka::producer {

Error Producer::choose(Topic& topic, const Record& record, int32_t& partition) {
  partition = -1;
  if (topic.generation != core_->metadata().generation()) {
    const cluster::TopicState* state = core_->metadata().topic(topic.name);
    topic.generation = core_->metadata().generation();
    topic.count = state != nullptr && state->known ? static_cast<int32_t>(state->partitions.size()) : 0;
  }
  const int32_t count = topic.count;
  if (count == 0) {
    Error none = hopeless(topic);
    if (none) core_->metadata().refresh();  // asked anew for those that come later
    return none;
  }
  if (partitioner_) {
    PartitionerFunction chooser = std::move(partitioner_);  // pinned while it runs
    const int32_t chosen = chooser(record, count);
    if (dead_) return Error(Errc::closed, "the producer was destroyed by its partitioner");
    if (!partitioner_) partitioner_ = std::move(chooser);
    if (chosen < 0 || chosen >= count) {
      return Error(Errc::invalid_argument, "the partitioner chose " + std::to_string(chosen) + " of " + topic.name +
                                               ", which has partitions 0 to " + std::to_string(count - 1));
    }
    partition = chosen;
    return {};
  }
  if (decides(options_.partitioner, record.key)) {
    partition = partition_of(options_.partitioner, record.key, count);
    return {};
  }
  if (options_.partitioner == Partitioner::random) {
    partition = static_cast<int32_t>(core_->reactor().random() % static_cast<uint64_t>(count));
  } else if (options_.partitioner == Partitioner::round_robin) {
    if (topic.next < 0) topic.next = static_cast<int32_t>(core_->reactor().random() % static_cast<uint64_t>(count));
    partition = with_leader(topic, topic.next % count);
    topic.next = (partition + 1) % count;
  } else {
    // One partition until enough bytes have gone there (close_open()).
    if (topic.sticky < 0 || topic.sticky >= count) {
      topic.sticky = any_partition(topic);
      topic.sticky_bytes = 0;
    }
    partition = topic.sticky;
  }
  return {};
}

// This one, or the next that has a leader.
int32_t Producer::with_leader(const Topic& topic, int32_t number) const {
  for (int32_t i = 0; i < topic.count; ++i) {
    const int32_t candidate = (number + i) % topic.count;
    if (core_->metadata().leader(topic.name, candidate)) return candidate;
  }
  return number;
}

// Whether it has a leader, and its oldest batch has not waited for it too long (KIP-794).
bool Producer::available(const Topic& topic, int32_t number) const {
  const auto index = static_cast<size_t>(number);
  const Partition* partition = index < topic.by_number.size() ? topic.by_number[index] : nullptr;
  const net::Duration limit = options_.partitioner_availability_timeout;
  if (partition != nullptr && !partition->waiting.empty() && limit > net::Duration::zero() &&
      partition->waiting.front()->created + options_.linger + limit <= core_->reactor().now()) {
    return false;
  }
  return core_->metadata().leader(topic.name, number).has_value();
}

// At random, of those with a leader; each with a chance that falls with the batches that wait there, so that a slow
// leader is not given more than it can take (KIP-794).
int32_t Producer::any_partition(const Topic& topic) const {
  const auto count = static_cast<uint64_t>(topic.count);
  const uint64_t drawn = core_->reactor().random();
  const auto indexed = std::min(static_cast<size_t>(topic.count), topic.by_number.size());
  auto load = [&](size_t number) {
    const Partition* partition = number < indexed ? topic.by_number[number] : nullptr;
    if (partition == nullptr) return uint64_t{0};
    return partition->waiting.size() + static_cast<uint64_t>(partition->in_flight);
  };
  uint64_t most = 0;
  if (options_.partitioner_adaptive_partitioning_enable) {
    for (size_t i = 0; i < indexed; ++i) most = std::max(most, load(i));
  }
  if (most == 0) return with_leader(topic, static_cast<int32_t>(drawn % count));
  std::vector<uint64_t> weights(count);
  uint64_t total = 0;
  for (size_t i = 0; i < count; ++i) {
    if (!available(topic, static_cast<int32_t>(i))) continue;
    weights[i] = most + 1 - load(i);
    total += weights[i];
  }
  if (total == 0) return with_leader(topic, static_cast<int32_t>(drawn % count));
  uint64_t place = drawn % total;
  size_t chosen = 0;
  while (place >= weights[chosen]) place -= weights[chosen++];
  return static_cast<int32_t>(chosen);
}

void Producer::park(Topic& topic, const Record& record, size_t bytes, Compression codec, Receipt& receipt) {
  Parked parked;
  parked.partition = record.partition;
  parked.has_key = record.key.data() != nullptr;
  parked.has_value = record.value.data() != nullptr;
  parked.key = record.key;
  parked.value = record.value;
  for (const Header& header : record.headers) {
    parked.headers.push_back({std::string(header.key), {header.value.data() != nullptr, std::string(header.value)}});
  }
  parked.timestamp = record.timestamp >= 0 ? record.timestamp : core_->reactor().wall_clock_ms();
  parked.codec = codec;
  parked.charged = bytes + sizeof(Parked);
  parked.receipt = std::move(receipt);
  parked.deadline = core_->reactor().now() + options_.delivery_timeout;
  used_ += parked.charged;
  ++queued_;
  arm_expiry(parked.deadline);
  topic.parked.push_back(std::move(parked));
}

void Producer::unpark(Topic& topic) {
  const cluster::TopicState* state = core_->metadata().topic(topic.name);
  const Error none = hopeless(topic);
  if (!none && (state == nullptr || !state->known || state->partitions.empty())) return;
  Ring<Parked> waiting = std::move(topic.parked);
  topic.parked = {};
  while (!waiting.empty()) {
    Parked parked = waiting.pop_front();
    used_ -= std::min(used_, parked.charged);
    --queued_;
    if (none) {
      report_later(std::move(parked.receipt), none, parked.partition);
      continue;
    }
    Record record;
    record.topic = topic.name;
    record.partition = parked.partition;
    if (parked.has_key) record.key = parked.key;
    if (parked.has_value) record.value = parked.value;
    for (const auto& [key, value] : parked.headers) {
      record.headers.push_back({key, value.first ? std::string_view(value.second) : std::string_view()});
    }
    record.timestamp = parked.timestamp;
    int32_t number = parked.partition;
    if (number == kAnyPartition) {
      Error wrong = choose(topic, record, number);
      if (dead_) return;
      if (wrong) {
        report_later(std::move(parked.receipt), wrong, parked.partition);
        continue;
      }
    }
    const net::TimePoint since = parked.deadline - options_.delivery_timeout;
    const size_t bytes = records::BatchBuilder::estimate(record.key, record.value, record.headers);
    add(topic, number, record, bytes, {parked.codec, since, &parked.flushes}, parked.receipt);
  }
  tell_room();
}

void Producer::expire_parked(Topic& topic, net::TimePoint now, net::TimePoint& next) {
  while (!topic.parked.empty() && topic.parked.front().deadline <= now) {
    Parked parked = topic.parked.pop_front();
    release(parked.charged, 1);
    const cluster::TopicState* state = core_->metadata().topic(topic.name);
    std::string why = "delivery_timeout passed before the partitions of " + topic.name + " were known";
    if (state != nullptr && state->error) {
      why += ": " + state->error.message();
    } else if (core_->metadata().last_error()) {
      why += ": " + core_->metadata().last_error().message();
    }
    report_later(std::move(parked.receipt), Error(Errc::timed_out, std::move(why)), parked.partition);
  }
  if (!topic.parked.empty()) next = std::min(next, topic.parked.front().deadline);
}

}  // namespace kafka::producer
