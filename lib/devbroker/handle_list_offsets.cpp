// ListOffsets (key 2): the first and the end offset of a partition, and offsets by time.
#include "devbroker/handlers.hpp"
#include "protocol/list_offsets.hpp"

namespace kafka::devbroker {

namespace {

using protocol::ListOffsetsRequest;

// Timestamps with a meaning of their own.
constexpr int64_t kLatest = -1;
constexpr int64_t kEarliest = -2;
constexpr int64_t kMaxTimestamp = -3;
constexpr int64_t kEarliestLocal = -4;
constexpr int64_t kLatestTiered = -5;
constexpr int64_t kEarliestPendingUpload = -6;

int16_t needs_version(int64_t timestamp) {
  switch (timestamp) {
    case kMaxTimestamp:
      return ListOffsetsRequest::kMaxTimestampFrom;
    case kEarliestLocal:
      return ListOffsetsRequest::kEarliestLocalFrom;
    case kLatestTiered:
      return ListOffsetsRequest::kLatestTieredFrom;
    case kEarliestPendingUpload:
      return ListOffsetsRequest::kEarliestPendingUploadFrom;
    default:
      return timestamp < kEarliest ? INT16_MAX : int16_t{0};
  }
}

OffsetAtTime below(const OffsetAtTime& found, int64_t end) { return found.offset < end ? found : OffsetAtTime{}; }

OffsetAtTime look_up(const Partition& partition, int64_t timestamp, int64_t end) {
  const PartitionLog& log = partition.log;
  switch (timestamp) {
    case kLatest:
      return {end, -1, partition.epoch};
    case kEarliest:
    case kEarliestLocal: {
      const int32_t epoch = log.epoch_at(log.start_offset());
      return {log.start_offset(), -1, epoch < 0 ? partition.epoch : epoch};
    }
    case kMaxTimestamp:
      return below(log.find_max_time(), end);
    case kLatestTiered:
    case kEarliestPendingUpload:
      return {};  // there is no tiered storage
    default:
      return below(log.find_time(timestamp), end);
  }
}

/// Version 0 lists the first offsets of the segments that are older than the timestamp, newest first. Here a log is one
/// segment.
std::vector<int64_t> old_style(const Context& context, const Partition& partition, int64_t timestamp, int32_t max) {
  const int64_t start = partition.log.start_offset();
  const int64_t end = partition.log.end_offset();
  std::vector<int64_t> offsets;
  if (timestamp == kLatest || timestamp >= context.reactor.wall_clock_ms()) {
    offsets.push_back(end);
    if (end > start) offsets.push_back(start);
  } else if (timestamp == kEarliest || timestamp >= partition.last_append_ms) {
    offsets.push_back(start);
  }
  if (max < 0) max = 0;
  if (offsets.size() > static_cast<size_t>(max)) offsets.resize(static_cast<size_t>(max));
  return offsets;
}

}  // namespace

void handle(Context& context, protocol::ListOffsetsRequest& request, protocol::ListOffsetsResponse& response) {
  for (const auto& topic : request.topics) {
    auto& topic_out = response.topics.emplace_back();
    topic_out.name = topic.name;
    for (const auto& asked : topic.partitions) {
      auto& out = topic_out.partitions.emplace_back();
      out.partition_index = asked.partition_index;
      out.timestamp = -1;
      out.offset = -1;
      out.leader_epoch = -1;
      const auto partition = context.cluster.topics().partition(topic.name, asked.partition_index);
      Errc error =
          check_leader(context, partition.get(),
                       context.version >= ListOffsetsRequest::kLeaderEpochsFrom ? asked.current_leader_epoch : -1);
      if (error == Errc::none && needs_version(asked.timestamp) > context.version) error = Errc::unsupported_version;
      if (const Errc injected = context.fault.at(topic.name, asked.partition_index); injected != Errc::none)
        error = injected;
      out.error_code = wire_code(error);
      if (error != Errc::none) continue;
      if (context.version < ListOffsetsRequest::kSingleFrom) {
        out.old_style_offsets = old_style(context, *partition, asked.timestamp, asked.max_num_offsets);
        continue;
      }
      // For readers of committed records the log ends at the oldest open transaction.
      const int64_t end =
          request.isolation_level == 1 ? partition->log.last_stable_offset() : partition->log.end_offset();
      const OffsetAtTime found = look_up(*partition, asked.timestamp, end);
      out.offset = found.offset;
      out.timestamp = found.timestamp;
      if (context.version >= ListOffsetsRequest::kLeaderEpochsFrom) out.leader_epoch = found.leader_epoch;
    }
  }
}

}  // namespace kafka::devbroker
