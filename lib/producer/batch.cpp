#include "producer/batch.hpp"

#include <algorithm>
#include <utility>

#include "records/iterator.hpp"

namespace kafka::producer {
namespace {

std::vector<Header> headers_of(const records::RecordView& record) {
  std::vector<Header> headers;
  records::HeaderIterator each(record);
  for (Header header; each.next(header);) headers.push_back(header);
  return headers;
}

// Calls `each` for every record of a sealed batch. It is our own: no cap on what it decompresses to.
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
  second->pause = pause;
  second->first_record = first_record + static_cast<uint64_t>(half);
  second->unknown_fate = unknown_fate;
  second->flushes = flushes;
  second->identity = identity;  // together the halves have the sequences of the whole
  if (identity.known()) second->sequence = next_sequence(sequence, half);
  const size_t charged = charged_bytes;
  auto first = std::make_unique<Batch>(partition, codec, created, sealed.size() / 2 + 1);
  int32_t index = 0;
  const Error error = walk(sealed, [&](const records::RecordView& record) {
    const std::vector<Header> headers = headers_of(record);
    Batch& to = index < half ? *first : *second;
    ++index;
    return to.append(record.timestamp, record.key, record.value, headers, {});
  });
  (void)error;  // what we sealed ourselves can be read
  receipts.split(half, second->receipts);
  builder = std::move(first->builder);
  stamps = std::move(first->stamps);
  records = half;
  sealed = Bytes();
  // What was charged for the whole is shared by the halves, and free again as they end.
  second->charged_bytes = charged / 2;
  charged_bytes = charged - second->charged_bytes;
  return second;
}

std::vector<std::unique_ptr<Batch>> Batch::take_out(std::span<const int32_t> group_of, size_t groups) {
  if (group_of.size() != static_cast<size_t>(records)) return {};
  Batch rest(partition, codec, created, sealed.size() + 1);
  std::vector<std::unique_ptr<Batch>> out;
  for (size_t i = 0; i < groups; ++i) {
    auto& group = *out.emplace_back(std::make_unique<Batch>(partition, codec, created, 0));
    group.first_record = first_record;
    group.unknown_fate = unknown_fate;
    group.flushes = flushes;
  }
  int32_t index = 0;
  const Error error = walk(sealed, [&](const records::RecordView& record) {
    const int32_t group = group_of[static_cast<size_t>(index)];
    Receipt receipt = receipts.take(index++);
    if (group == kStays) {
      return rest.append(record.timestamp, record.key, record.value, headers_of(record), std::move(receipt));
    }
    out[static_cast<size_t>(group)]->note(record.timestamp, std::move(receipt));
    return Errc::none;
  });
  (void)error;  // what we sealed ourselves can be read
  // What was charged for the whole is free again in two parts: with the first group, and with the rest.
  rest.charged_bytes = std::min(rest.charged_bytes, charged_bytes);
  if (!out.empty()) out.front()->charged_bytes = charged_bytes - rest.charged_bytes;
  for (size_t i = 1; i < out.size(); ++i) out[i]->charged_bytes = 0;
  builder = std::move(rest.builder);
  stamps = std::move(rest.stamps);
  receipts = std::move(rest.receipts);
  records = rest.records;
  charged_bytes = rest.charged_bytes;
  sealed = Bytes();
  return out;
}

Error Batch::drop_headers(int level) {
  records::BatchBuilder rest(sealed.size());
  dropped.assign(static_cast<size_t>(records), false);
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

DeliveryReport Batch::report(int32_t index, const Outcome& outcome) {
  DeliveryReport report;
  report.partition = partition;
  report.error = outcome.error;
  report.persistence = outcome.persistence;
  next_report(index, outcome, report);
  return report;
}

// True if the record was dropped: its report is complete.
bool Batch::report_dropped(int32_t index, const Outcome& outcome, DeliveryReport& report) {
  for (; cursor_.counted < index; ++cursor_.counted) {
    cursor_.missing += dropped[static_cast<size_t>(cursor_.counted)] ? 1 : 0;
  }
  const bool is_dropped = dropped[static_cast<size_t>(index)];
  report.error =
      is_dropped ? Error(Errc::unsupported_version, "headers need a broker of 0.11 or later") : outcome.error;
  report.persistence = outcome.persistence;
  report.offset = -1;
  if (is_dropped) {
    report.timestamp = -1;
    report.persistence = unknown_fate ? Persistence::maybe : Persistence::no;  // an earlier leader may have stored it
  }
  return is_dropped;
}

void Receipts::split(int32_t index, Receipts& second) {
  second = Receipts();
  Receipts whole = std::move(*this);
  *this = Receipts();
  while (true) {
    const int32_t record = std::min(whole.next_callback(), whole.next_token());
    if (record == kNone) return;
    Receipt receipt = whole.take(record);
    if (record < index) {
      add(record, std::move(receipt));
    } else {
      second.add(record - index, std::move(receipt));
    }
  }
}

}  // namespace kafka::producer
