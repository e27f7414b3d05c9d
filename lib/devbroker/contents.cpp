// Records in and out (see contents.hpp).
#include "devbroker/contents.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "protocol/produce.hpp"
#include "records/builder.hpp"
#include "records/iterator.hpp"

namespace kafka::devbroker {

Appended Contents::append(Partition& partition, const Bytes& records, int16_t produce_version, int64_t now_ms) const {
  const int32_t own_limit = partition.config.message_max_bytes;
  const AppendRules rules{.produce_version = produce_version,
                          .max_message_bytes = static_cast<size_t>(own_limit > 0 ? own_limit : message_max_bytes_),
                          .leader_epoch = partition.epoch,
                          .producers = releases_.profile().producers,
                          .needs_keys = partition.config.compacted,
                          .log_append_time_ms = partition.config.log_append_time ? now_ms : -1};
  Appended done = partition.log.append(records, rules);
  if (done.error == Errc::none && !done.duplicate) {
    partition.last_append_ms = now_ms;
    partition.wake_waiters();
  }
  return done;
}

int64_t Contents::append(std::string_view topic, int32_t partition, const Message& message) const {
  auto found = topics_.partition(topic, partition);
  if (found == nullptr) return -1;
  const int64_t now = brokers_.wall_clock_ms();
  records::BatchBuilder builder(1024);
  const int64_t time = message.timestamp == kNoTimestamp ? now : message.timestamp;
  if (builder.append(time, message.key, message.value, message.headers) != Errc::none) return -1;
  Bytes sealed;
  if (builder.seal({}, sealed)) return -1;
  // As a client does: in the newest version that the release has; what comes behind kZstdFrom changes nothing here.
  const auto produce = releases_.profile().find(ApiKey::produce);
  const int16_t version = std::min(produce->served.max, protocol::ProduceRequest::kZstdFrom);
  return append(*found, sealed, version, now).base_offset;
}

std::vector<OwnedMessage> Contents::read(std::string_view topic, int32_t partition) const {
  std::vector<OwnedMessage> messages;
  auto found = topics_.partition(topic, partition);
  if (found == nullptr) return messages;
  records::BatchIterator batches(found->log.all());
  auto owned = [](std::string_view view) {
    return view.data() == nullptr ? std::nullopt : std::optional<std::string>(view);
  };
  while (batches.next()) {
    records::RecordReader reader;
    if (batches.batch().is_control || batches.open(reader)) continue;
    records::RecordView record;
    while (reader.next(record)) {
      if (record.offset < found->log.start_offset()) continue;
      OwnedMessage message{.topic = std::string(topic),
                           .partition = partition,
                           .offset = record.offset,
                           .timestamp = record.timestamp,
                           .timestamp_type = record.timestamp_type,
                           .key = owned(record.key),
                           .value = owned(record.value)};
      records::HeaderIterator headers(record);
      Header header;
      while (headers.next(header)) message.headers.emplace_back(std::string(header.key), owned(header.value));
      messages.push_back(std::move(message));
    }
  }
  return messages;
}

Error Contents::truncate_before(std::string_view topic, int32_t partition, int64_t offset) const {
  auto found = topics_.partition(topic, partition);
  if (found == nullptr) return no_such_partition(topic, partition);
  if (Errc code = found->log.truncate_before(offset); code != Errc::none) return Error(code, std::to_string(offset));
  if (releases_.profile().producers != ProducerRules::lasting) {
    found->log.producers().forget_below(found->log.start_offset());
  }
  found->wake_waiters();
  return {};
}

}  // namespace kafka::devbroker
