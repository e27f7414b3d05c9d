// Records without a partition wait here until their topic's partitions are known; and how one is chosen.
#include "base/error_table.hpp"
#include "base/murmur2.hpp"
#include "producer/producer.hpp"

namespace kafka::producer {

Error Producer::choose(Topic& topic, const Record& record, int32_t& partition) {
  partition = -1;
  const cluster::TopicState* state = core_->metadata().topic(topic.name);
  if (state == nullptr || !state->known || state->partitions.empty()) {
    Error none = hopeless(topic);
    if (none) core_->metadata().refresh();  // asked anew for those that come later
    return none;
  }
  const auto count = static_cast<int32_t>(state->partitions.size());
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
  if (record.key.data() != nullptr) {
    partition = static_cast<int32_t>((murmur2(record.key) & 0x7fffffffu) % static_cast<uint32_t>(count));
    return {};
  }
  // Without a key: one partition until its batch is full or gone (KIP-480), of those with a leader.
  if (topic.sticky < 0 || topic.sticky >= count) {
    const uint64_t start = core_->reactor().random() % static_cast<uint64_t>(count);
    topic.sticky = static_cast<int32_t>(start);
    for (uint64_t i = 0; i < static_cast<uint64_t>(count); ++i) {
      const auto candidate = static_cast<int32_t>((start + i) % static_cast<uint64_t>(count));
      if (core_->metadata().leader(topic.name, candidate)) {
        topic.sticky = candidate;
        break;
      }
    }
  }
  partition = topic.sticky;
  return {};
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
