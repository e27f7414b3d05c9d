#include "producer/chooser.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "base/error_table.hpp"

namespace kafka::producer {

Error lasting_error(const cluster::Metadata& metadata, std::string_view topic) {
  const cluster::TopicState* state = metadata.topic(topic);
  if (state == nullptr || state->known || !state->error) return {};
  return traits(state->error.code()).retry == Retry::no ? state->error : Error();
}

Error Chooser::choose(Topic& topic, const Record& record, int32_t& partition) {
  partition = -1;
  cluster::Metadata& metadata = session_.metadata();
  if (topic.generation != metadata.generation()) {
    const cluster::TopicState* state = metadata.topic(topic.name);
    topic.generation = metadata.generation();
    topic.count = state != nullptr && state->known ? static_cast<int32_t>(state->partitions.size()) : 0;
  }
  const int32_t count = topic.count;
  if (count == 0) {
    Error lasting = lasting_error(metadata, topic.name);
    if (lasting) metadata.refresh();  // later records may find it mended
    return lasting;
  }
  if (custom_) return choose_custom(topic, record, partition);
  if (decides(partitioner_, record.key)) {
    partition = partition_of(partitioner_, record.key, count);
    return {};
  }
  const auto any = [&] { return static_cast<int32_t>(session_.reactor().random() % static_cast<uint64_t>(count)); };
  switch (partitioner_) {
    case Partitioner::random:
      partition = any();
      break;
    case Partitioner::round_robin:
      if (topic.next < 0) topic.next = any();
      partition = next_with_leader(topic, topic.next % count);
      topic.next = (partition + 1) % count;
      break;
    default:
      if (topic.sticky < 0 || topic.sticky >= count) {
        topic.sticky = any_partition(topic);
        topic.sticky_bytes = 0;
      }
      partition = topic.sticky;
  }
  return {};
}

Error Chooser::choose_custom(const Topic& topic, const Record& record, int32_t& partition) {
  const int32_t count = topic.count;
  PartitionerFunction chooser = std::move(custom_);  // pinned while it runs: it may set another one
  const int32_t chosen = chooser(record, count);
  if (stopped_) return Error(Errc::closed, "the producer was destroyed by its partitioner");
  if (!custom_) custom_ = std::move(chooser);
  if (chosen < 0 || chosen >= count) {
    return Error(Errc::invalid_argument, "the partitioner chose " + std::to_string(chosen) + " of " + topic.name +
                                             ", which has partitions 0 to " + std::to_string(count - 1));
  }
  partition = chosen;
  return {};
}

void Chooser::batch_filled(const Partition& partition, size_t bytes) {
  Topic& topic = *partition.topic;
  if (topic.sticky != partition.number) return;
  topic.sticky_bytes += bytes;
  const auto limit = static_cast<size_t>(std::min(options_.batch_size, options_.max_request_size));
  const bool enough = topic.sticky_bytes >= std::min(limit, kStickyBytes);
  const bool jam = options_.partitioner_adaptive_partitioning_enable && !partition.waiting.empty();
  if (enough || jam) topic.sticky = -1;
}

// This partition, or the next one that has a leader.
int32_t Chooser::next_with_leader(const Topic& topic, int32_t number) const {
  for (int32_t i = 0; i < topic.count; ++i) {
    const int32_t candidate = (number + i) % topic.count;
    if (session_.metadata().leader(topic.name, candidate)) return candidate;
  }
  return number;
}

// Whether it has a leader, and its oldest batch has not waited for it too long (KIP-794).
bool Chooser::available(const Topic& topic, int32_t number) const {
  const auto index = static_cast<size_t>(number);
  const Partition* partition = index < topic.by_number.size() ? topic.by_number[index] : nullptr;
  const net::Duration limit = options_.partitioner_availability_timeout;
  if (partition != nullptr && !partition->waiting.empty() && limit > net::Duration::zero() &&
      partition->waiting.front()->created + options_.linger + limit <= session_.reactor().now()) {
    return false;
  }
  return session_.metadata().leader(topic.name, number).has_value();
}

// A random partition with a leader. The more batches wait for a partition, the smaller is its chance, so that a slow
// leader does not get more than it can take (KIP-794).
int32_t Chooser::any_partition(const Topic& topic) const {
  const auto count = static_cast<uint64_t>(topic.count);
  const uint64_t drawn = session_.reactor().random();
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
  if (most == 0) return next_with_leader(topic, static_cast<int32_t>(drawn % count));
  std::vector<uint64_t> weights(count);
  uint64_t total = 0;
  for (size_t i = 0; i < count; ++i) {
    if (!available(topic, static_cast<int32_t>(i))) continue;
    weights[i] = most + 1 - load(i);
    total += weights[i];
  }
  if (total == 0) return next_with_leader(topic, static_cast<int32_t>(drawn % count));
  uint64_t place = drawn % total;
  size_t chosen = 0;
  while (place >= weights[chosen]) place -= weights[chosen++];
  return static_cast<int32_t>(chosen);
}

}  // namespace kafka::producer
