// Subscriptions and assignments of consumers (see consumer_bytes.hpp).
#include "devbroker/consumer_bytes.hpp"

#include <algorithm>

#include "codec/reader.hpp"
#include "codec/writer.hpp"

namespace kafka::devbroker {

namespace {

constexpr int16_t kOwnedFrom = 1;
constexpr int16_t kNewestAssignment = 3;

std::vector<TopicPartition> read_partitions(codec::Reader& reader) {
  std::vector<TopicPartition> all;
  const int32_t topics = reader.array_count(false);
  for (int32_t i = 0; i < topics && !reader.failed(); ++i) {
    const std::string topic(reader.string(false));
    const int32_t count = reader.array_count(false);
    for (int32_t k = 0; k < count && !reader.failed(); ++k) all.push_back({topic, reader.i32()});
  }
  return all;
}

}  // namespace

std::optional<ConsumerSubscription> read_subscription(const Bytes& bytes) {
  codec::Reader reader(bytes);
  ConsumerSubscription read;
  read.version = reader.i16();
  const int32_t count = reader.array_count(false);
  for (int32_t i = 0; i < count && !reader.failed(); ++i) read.topics.emplace_back(reader.string(false));
  reader.nullable_bytes(false);  // for the assignor
  if (read.version >= kOwnedFrom) read.owned = read_partitions(reader);
  if (reader.failed() || read.version < 0) return std::nullopt;
  return read;
}

std::vector<TopicPartition> read_assignment(const Bytes& bytes) {
  codec::Reader reader(bytes);
  if (reader.i16() < 0) return {};
  std::vector<TopicPartition> all = read_partitions(reader);
  return reader.failed() ? std::vector<TopicPartition>() : all;
}

Bytes write_assignment(const std::vector<TopicPartition>& partitions, int16_t version) {
  codec::Writer writer;
  writer.i16(std::min(version, kNewestAssignment));
  std::vector<std::vector<TopicPartition>> topics;
  for (const TopicPartition& each : partitions) {
    if (topics.empty() || topics.back().front().topic != each.topic) topics.emplace_back();
    topics.back().push_back(each);
  }
  writer.length(static_cast<int64_t>(topics.size()), false);
  for (const auto& topic : topics) {
    writer.string_length(static_cast<int64_t>(topic.front().topic.size()), false);
    writer.raw(topic.front().topic);
    writer.length(static_cast<int64_t>(topic.size()), false);
    for (const TopicPartition& each : topic) writer.i32(each.partition);
  }
  writer.length(-1, false);  // nothing for the assignor
  std::string all;
  for (const Bytes& segment : writer.take()) all += segment.view();
  return Bytes::copy(all);
}

}  // namespace kafka::devbroker
