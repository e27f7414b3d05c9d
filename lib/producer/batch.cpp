#include "producer/batch.hpp"

#include <algorithm>

#include "records/iterator.hpp"

namespace kafka::producer {
namespace {

std::vector<Header> headers_of(const records::RecordView& record) {
  std::vector<Header> headers;
  records::HeaderIterator each(record);
  for (Header header; each.next(header);) headers.push_back(header);
  return headers;
}

// Calls `each` for every record of a sealed batch. It is our own: no cap on what it unfolds to.
Error walk(const Bytes& sealed, auto each) {
  records::BatchIterator entries(sealed, {.max_decompressed = records::BatchBuilder::kMaxBatchBytes});
  while (entries.next()) {
    records::RecordReader reader;
    if (Error error = entries.open(reader)) return error;
    for (records::RecordView record; reader.next(record);) {
      if (const Errc failed = each(record); failed != Errc::none) return failed;
    }
    if (reader.error()) return reader.error();
  }
  return entries.error();
}

}  // namespace

std::unique_ptr<Batch> Batch::split() {
  if (count() < 2) return nullptr;
  const int32_t half = count() / 2;
  auto second = std::make_unique<Batch>(partition, codec, created, sealed.size() / 2 + 1);
  second->failures = failures;
  second->first_record = first_record + static_cast<uint64_t>(half);
  second->unknown_fate = unknown_fate;
  second->tokens = tokens;
  second->identity = identity;  // together they have the sequences that this one had
  if (identity.known()) second->sequence = next_sequence(sequence, half);
  records::BatchBuilder first(sealed.size() / 2 + 1);
  std::vector<DeliveryCallback> kept;
  int32_t index = 0;
  const Error error = walk(sealed, [&](const records::RecordView& record) {
    const std::vector<Header> headers = headers_of(record);
    DeliveryCallback& done = callbacks[static_cast<size_t>(index)];
    if (index++ >= half) return second->append(record.timestamp, record.key, record.value, headers, std::move(done));
    kept.push_back(std::move(done));
    return first.append(record.timestamp, record.key, record.value, headers);
  });
  (void)error;  // what we sealed ourselves can be read
  builder = std::move(first);
  sealed = Bytes();
  callbacks = std::move(kept);
  if (!timestamps.empty()) timestamps.resize(static_cast<size_t>(half));
  charged_bytes -= std::min(charged_bytes, second->charged_bytes);
  return second;
}

Error Batch::drop_headers(int level) {
  records::BatchBuilder rest(sealed.size());
  dropped.assign(callbacks.size(), false);
  size_t index = 0;
  Error error = walk(sealed, [&](const records::RecordView& record) {
    if (record.header_count > 0) {
      dropped[index++] = true;
      return Errc::none;
    }
    ++index;
    return rest.append(record.timestamp, record.key, record.value);
  });
  if (error) return error;
  if (rest.empty()) {
    sealed = Bytes::unowned({"", 0});
    return {};
  }
  return rest.seal({.codec = codec,
                    .level = level,
                    .producer_id = identity.id,
                    .producer_epoch = identity.epoch,
                    .base_sequence = sequence},
                   sealed);
}

DeliveryReport Batch::report(const Outcome& outcome) {
  const auto index = static_cast<size_t>(next_report++);
  DeliveryReport report;
  report.partition = partition;
  if (!dropped.empty() && dropped[index]) {
    report.error = Error(Errc::unsupported_version, "headers need a broker of 0.11 or later");
    if (unknown_fate) report.persistence = Persistence::maybe;  // an earlier leader may have taken it
    return report;
  }
  const int64_t rank = next_rank++;
  report.error = outcome.error;
  report.persistence = outcome.persistence;
  report.timestamp = timestamps.empty() ? first_timestamp : timestamps[index];
  if (!outcome.error) {
    if (outcome.base_offset >= 0) report.offset = outcome.base_offset + rank;
    if (outcome.log_append_time >= 0) report.timestamp = outcome.log_append_time;
  }
  return report;
}

}  // namespace kafka::producer
