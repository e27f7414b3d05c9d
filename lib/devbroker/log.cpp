// The log of one partition (see log.hpp).
#include "devbroker/log.hpp"

#include <algorithm>
#include <optional>

#include "base/crc32c.hpp"
#include "protocol/produce.hpp"
#include "records/builder.hpp"
#include "records/iterator.hpp"
#include "records/message_set.hpp"
#include "records/wire.hpp"

namespace kafka::devbroker {

namespace {

using records::load_be;

constexpr int8_t kHighestCodec = 4;

// The key of a control record: version and type.
constexpr size_t kMarkerKeySize = 4;
constexpr int16_t kAbortMarker = 0;
constexpr int16_t kCommitMarker = 1;

Appended refuse(Errc code, std::string message) { return {code, std::move(message), -1, -1}; }

/// Copies bytes that share a block much larger than themselves, so that the log does not keep the whole block.
Bytes unpinned(const Bytes& bytes) {
  constexpr size_t kSlack = 4096;
  if (bytes.block() != nullptr && bytes.block()->capacity <= 2 * bytes.size() + kSlack) return bytes;
  return Bytes::copy(bytes.view());
}

bool is_control(const Bytes& batch) {
  return (load_be<int16_t>(batch.data() + records::kAttributesAt) & records::kControlBit) != 0;
}

/// True for an abort, false for a commit, nothing for other control records.
std::optional<bool> marker_of(const Bytes& batch) {
  records::BatchIterator entries(batch);
  records::RecordReader reader;
  records::RecordView record;
  if (!entries.next() || entries.open(reader) || !reader.next(record) || record.key.size() < kMarkerKeySize)
    return std::nullopt;
  const auto type = load_be<int16_t>(record.key.data() + sizeof(int16_t));
  return type > kCommitMarker ? std::nullopt : std::optional<bool>(type == kAbortMarker);
}

/// Finds the places of records without a key.
Error find_bad_records(const Bytes& batch, std::vector<int32_t>& places) {
  records::BatchIterator entries(batch);
  records::RecordReader reader;
  if (!entries.next()) return entries.error();
  if (Error error = entries.open(reader)) return error;
  records::RecordView record;
  for (int32_t i = 0; reader.next(record); ++i) {
    if (record.key.data() == nullptr) places.push_back(i);
  }
  return reader.error();
}

/// The producer, the sequences and the offsets in a batch's header.
ProducerBatch identity_of(const char* at) {
  ProducerBatch batch;
  const auto delta = load_be<int32_t>(at + records::kLastOffsetDeltaAt);
  batch.producer_id = load_be<int64_t>(at + records::kProducerIdAt);
  batch.epoch = load_be<int16_t>(at + records::kProducerEpochAt);
  batch.first_sequence = load_be<int32_t>(at + records::kBaseSequenceAt);
  batch.last_sequence = add_to_sequence(batch.first_sequence, delta);
  batch.first_offset = load_be<int64_t>(at);
  batch.last_offset = batch.first_offset + delta;
  batch.timestamp = load_be<int64_t>(at + records::kMaxTimestampAt);
  batch.transactional = (load_be<int16_t>(at + records::kAttributesAt) & records::kTransactionalBit) != 0;
  return batch;
}

/// Checks everything that the header says. `error` none: it is in order.
Appended check_header(const Bytes& batch, const AppendRules& rules) {
  const char* at = batch.data();
  if (batch.size() < records::kBatchHeaderSize)
    return refuse(Errc::corrupt_message, "the batch is shorter than its header");
  const auto length = load_be<int32_t>(at + records::kEntrySizeAt);
  if (length < static_cast<int32_t>(records::kBatchHeaderSize - records::kEntryOverhead) ||
      static_cast<size_t>(length) > batch.size() - records::kEntryOverhead) {
    return refuse(Errc::corrupt_message, "the batch's length does not fit its bytes");
  }
  const size_t size = static_cast<size_t>(length) + records::kEntryOverhead;
  if (size != batch.size()) {
    return refuse(Errc::invalid_record, "a produce request must hold exactly one record batch per partition");
  }
  if (size > rules.max_message_bytes) {
    return refuse(Errc::message_too_large, "the batch has " + std::to_string(size) + " bytes, the limit is " +
                                               std::to_string(rules.max_message_bytes));
  }
  const auto crc = load_be<uint32_t>(at + records::kCrcAt);
  if (crc != crc32c({at + records::kAttributesAt, size - records::kAttributesAt})) {
    return refuse(Errc::corrupt_message, "the batch's checksum does not match");
  }
  const auto attributes = load_be<int16_t>(at + records::kAttributesAt);
  const auto count = load_be<int32_t>(at + records::kRecordCountAt);
  const auto last_delta = load_be<int32_t>(at + records::kLastOffsetDeltaAt);
  if (load_be<int64_t>(at) != 0) return refuse(Errc::invalid_record, "the base offset of a produced batch must be 0");
  if (count <= 0 || last_delta != count - 1) return refuse(Errc::invalid_record, "the batch's record count is wrong");
  if ((attributes & records::kControlBit) != 0)
    return refuse(Errc::invalid_record, "clients may not write control batches");
  const int codec = attributes & records::kCodecMask;
  if (codec > kHighestCodec) return refuse(Errc::invalid_record, "the batch's codec is not known");
  if (codec == static_cast<int>(Compression::zstd) && rules.produce_version < protocol::ProduceRequest::kZstdFrom) {
    return refuse(Errc::unsupported_compression_type,
                  "zstd needs Produce version " + std::to_string(protocol::ProduceRequest::kZstdFrom));
  }
  if (load_be<int64_t>(at + records::kProducerIdAt) >= 0 && load_be<int32_t>(at + records::kBaseSequenceAt) < 0) {
    return refuse(Errc::invalid_record, "a batch with a producer id needs a sequence");
  }
  if (codec == 0) {
    const size_t body = size - records::kBatchHeaderSize;
    if (static_cast<size_t>(count) > body / records::kSmallestRecord) {
      return refuse(Errc::invalid_record, "the batch is too short for its record count");
    }
  }
  return {};
}

/// Writes the batch again without headers, which the old formats do not have.
Error without_headers(const Bytes& batch, Bytes& plain) {
  records::BatchIterator entries(batch);
  if (!entries.next()) return entries.error() ? entries.error() : Error(Errc::corrupt_message);
  records::RecordReader reader;
  if (Error error = entries.open(reader)) return error;
  records::BatchBuilder builder(batch.size());
  records::RecordView record;
  const int64_t base = entries.batch().base_offset;
  while (reader.next(record)) {
    const auto delta = static_cast<int32_t>(record.offset - base);
    if (Errc code = builder.append_at(delta, record.timestamp, record.key, record.value); code != Errc::none)
      return code;
  }
  if (reader.error()) return reader.error();
  if (builder.empty()) {
    plain = Bytes::unowned({"", 0});
    return {};
  }
  return builder.seal({.base_offset = base, .leader_epoch = entries.batch().leader_epoch}, plain);
}

}  // namespace

size_t PartitionLog::find(int64_t offset) const noexcept {
  auto at = std::lower_bound(entries_.begin(), entries_.end(), offset,
                             [](const Entry& entry, int64_t wanted) { return entry.last_offset < wanted; });
  return static_cast<size_t>(at - entries_.begin());
}

size_t PartitionLog::count_before(int64_t end) const noexcept {
  if (end >= end_) return entries_.size();
  auto at = std::lower_bound(entries_.begin(), entries_.end(), end,
                             [](const Entry& entry, int64_t wanted) { return entry.last_offset < wanted; });
  return static_cast<size_t>(at - entries_.begin());
}

size_t PartitionLog::bytes_from(int64_t offset, int64_t end) const noexcept {
  const size_t first = find(offset);
  const size_t count = count_before(end);
  return first >= count ? 0 : entries_[count - 1].position_end() - entries_[first].position;
}

Appended PartitionLog::append(const Bytes& records, const AppendRules& rules) {
  if (records.size() < records::kMagicAt + 1) {
    return refuse(Errc::invalid_record, "a produce request must hold at least one record batch per partition");
  }
  if (records.data()[records::kMagicAt] == records::kMagicV2) return append_batch(records, rules);
  if (rules.produce_version >= protocol::ProduceRequest::kBatchesFrom) {
    return refuse(Errc::invalid_record, "this version of Produce takes batches of magic 2 only");
  }
  return append_old(records, rules);
}

Appended PartitionLog::append_batch(const Bytes& batch, const AppendRules& rules) {
  if (Appended refused = check_header(batch, rules); refused.error != Errc::none) return refused;
  Appended done;
  if (const ProducerBatch identity = identity_of(batch.data()); identity.producer_id >= 0) {
    const Producers::Verdict verdict = producers_.check(identity, rules.producers);
    if (verdict.error != Errc::none) return refuse(verdict.error, verdict.message);
    if (verdict.duplicate != nullptr) {
      done.duplicate = true;
      done.base_offset = verdict.duplicate->first_offset;
      done.last_offset = verdict.duplicate->last_offset;
      done.timestamp = verdict.duplicate->timestamp;
      return done;
    }
  }
  if (rules.needs_keys) {
    if (Error error = find_bad_records(batch, done.bad_records)) return refuse(Errc::corrupt_message, error.message());
    if (!done.bad_records.empty()) {
      done.error = Errc::invalid_record;
      done.message = "one or more records have been rejected: a compacted topic takes no record without a key";
      return done;
    }
  }
  return accept(unpinned(batch), rules);
}

Appended PartitionLog::accept(Bytes batch, const AppendRules& rules) {
  Appended done;
  if (rules.log_append_time_ms >= 0) {
    char* at = const_cast<char*>(batch.data());  // as in store()
    const auto attributes = load_be<int16_t>(at + records::kAttributesAt);
    records::store_be<int16_t>(at + records::kAttributesAt,
                               static_cast<int16_t>(attributes | records::kLogAppendTimeBit));
    records::store_be<int64_t>(at + records::kMaxTimestampAt, rules.log_append_time_ms);
    records::store_be<uint32_t>(at + records::kCrcAt,
                                crc32c({at + records::kAttributesAt, batch.size() - records::kAttributesAt}));
    done.timestamp = rules.log_append_time_ms;
  }
  done.base_offset = end_;
  store(std::move(batch), rules.leader_epoch);
  done.last_offset = end_ - 1;
  return done;
}

Appended PartitionLog::append_old(const Bytes& records, const AppendRules& rules) {
  // A broker checks the size of each message; a compressed set counts as one.
  for (size_t at = 0; records.size() - at >= records::kEntryOverhead;) {
    const auto length = load_be<int32_t>(records.data() + at + records::kEntrySizeAt);
    if (length < 0 || static_cast<size_t>(length) > records.size() - at - records::kEntryOverhead) {
      return refuse(Errc::corrupt_message, "a message's size does not fit its bytes");
    }
    const size_t size = static_cast<size_t>(length) + records::kEntryOverhead;
    if (size > rules.max_message_bytes) return refuse(Errc::message_too_large, "a message is larger than the limit");
    at += size;
  }
  Bytes sealed;
  int32_t count = 0;
  if (Error error = records::to_batch(records, Compression::none, records::kDefaultLevel, sealed, count)) {
    switch (error.code()) {
      case Errc::unsupported_codec:
        return refuse(Errc::unsupported_compression_type, error.message());
      case Errc::unsupported_version:
        return refuse(Errc::invalid_record, error.message());
      default:
        return refuse(Errc::corrupt_message, error.message());
    }
  }
  if (count <= 0) return refuse(Errc::invalid_record, "the message set holds no message");
  return accept(std::move(sealed), rules);
}

int64_t PartitionLog::append_marker(int64_t producer_id, bool commit, int32_t leader_epoch, int64_t now_ms) {
  auto known = producers_.states().find(producer_id);
  char key[kMarkerKeySize] = {};  // version 0, type
  records::store_be<int16_t>(key + sizeof(int16_t), commit ? kCommitMarker : kAbortMarker);
  const char value[6] = {};  // version 0, epoch 0 of the coordinator
  records::BatchBuilder builder(128);
  static_cast<void>(builder.append(now_ms, {key, sizeof key}, {value, sizeof value}));
  Bytes sealed;
  static_cast<void>(
      builder.seal({.producer_id = producer_id,
                    .producer_epoch = known == producers_.states().end() ? int16_t{0} : known->second.epoch,
                    .transactional = true,
                    .control = true},
                   sealed));
  store(std::move(sealed), leader_epoch);
  return end_ - 1;
}

void PartitionLog::store(Bytes batch, int32_t leader_epoch) {
  begin_epoch(leader_epoch);
  // Offset and epoch are written in place: the slice of the received frame belongs to this log alone, and the checksum
  // does not cover these fields.
  char* at = const_cast<char*>(batch.data());
  records::store_be<int64_t>(at, end_);
  records::store_be<int32_t>(at + records::kLeaderEpochAt, leader_epoch);
  Entry entry;
  entry.base_offset = end_;
  entry.last_offset = end_ + load_be<int32_t>(at + records::kLastOffsetDeltaAt);
  entry.max_timestamp = load_be<int64_t>(at + records::kMaxTimestampAt);
  entry.position = position_;
  entry.leader_epoch = leader_epoch;
  entry.codec = static_cast<Compression>(load_be<int16_t>(at + records::kAttributesAt) & records::kCodecMask);
  position_ += batch.size();
  end_ = entry.last_offset + 1;
  note_producer(batch);
  entry.bytes = std::move(batch);
  entries_.push_back(std::move(entry));
}

/// Tells producers_ about a batch that is in the log.
void PartitionLog::note_producer(const Bytes& batch) {
  const ProducerBatch identity = identity_of(batch.data());
  if (identity.producer_id < 0) return;
  if (!is_control(batch)) return producers_.add(identity);
  if (const auto abort = marker_of(batch)) {
    producers_.end_transaction(identity.producer_id, identity.epoch, identity.first_offset, *abort);
  }
}

Errc PartitionLog::read(int64_t offset, size_t max_bytes, bool at_least_one, bool cut, int8_t magic, LogRead& out,
                        int64_t end) const {
  const size_t first = find(offset);
  const size_t count = count_before(end);
  if (first >= count) return Errc::none;
  out.first_size = entries_[first].bytes.size();
  const size_t limit = at_least_one ? std::max(max_bytes, out.first_size) : max_bytes;
  if (limit == 0) return Errc::none;
  if (magic < records::kMagicV2) return read_old(first, count, offset, limit, at_least_one, magic, out);
  out.first_incomplete = limit < out.first_size;
  const uint64_t begin = entries_[first].position;
  out.end_offset = entries_[first].last_offset + 1;
  if (limit <= out.first_size || first + 1 == count) {
    out.records = entries_[first].bytes.slice(0, std::min(limit, out.first_size));
    return Errc::none;
  }
  size_t last = first + 1;  // one past the last whole batch
  while (last < count && entries_[last].position_end() - begin <= limit) ++last;
  const size_t whole = entries_[last - 1].position_end() - begin;
  const size_t rest = cut && last < count ? limit - whole : 0;
  out.end_offset = entries_[rest > 0 ? last : last - 1].last_offset + 1;
  if (last == first + 1 && rest == 0) {
    out.records = entries_[first].bytes;
    return Errc::none;
  }
  Buffer buffer(whole + rest);
  for (size_t i = first; i < last; ++i) buffer.append(entries_[i].bytes.view());
  if (rest > 0) buffer.append(entries_[last].bytes.view().substr(0, rest));
  out.records = buffer.take();
  return Errc::none;
}

Errc PartitionLog::read_old(size_t first, size_t count, int64_t offset, size_t max_bytes, bool at_least_one,
                            int8_t magic, LogRead& out) const {
  Buffer buffer;
  for (size_t i = first; i < count && buffer.size() < max_bytes; ++i) {
    if (is_control(entries_[i].bytes)) continue;
    Bytes set;
    Error error = records::to_message_set(entries_[i].bytes, magic, entries_[i].codec, records::kDefaultLevel, set);
    if (error == Errc::unsupported_version) {
      Bytes plain;
      error = without_headers(entries_[i].bytes, plain);
      if (!error && !plain.empty())
        error = records::to_message_set(plain, magic, entries_[i].codec, records::kDefaultLevel, set);
    }
    if (error) {
      if (buffer.size() > 0) break;
      return error == Errc::unsupported_codec ? Errc::unsupported_compression_type : Errc::corrupt_message;
    }
    // Messages that are not compressed begin with the one that is asked for. Otherwise those before it in the batch
    // could fill the limit at every attempt.
    while (entries_[i].codec == Compression::none && set.size() > records::kEntryOverhead &&
           load_be<int64_t>(set.data()) < offset) {
      const size_t size = records::kEntryOverhead + load_be<uint32_t>(set.data() + records::kEntrySizeAt);
      set = set.slice(size, set.size() - size);
    }
    if (buffer.size() == 0) {
      out.first_size = set.size();
      if (at_least_one) max_bytes = std::max(max_bytes, set.size());  // converted, it may be larger than what is stored
    }
    buffer.append(set.view());
  }
  out.first_incomplete = max_bytes < out.first_size;
  if (buffer.size() > max_bytes) buffer.truncate(max_bytes);
  if (buffer.size() > 0) out.records = buffer.take();
  return Errc::none;
}

OffsetAtTime PartitionLog::find_time(int64_t timestamp_ms) const {
  for (size_t i = find(start_); i < entries_.size(); ++i) {
    const Entry& entry = entries_[i];
    if (entry.max_timestamp < timestamp_ms) continue;
    records::BatchIterator batches(entry.bytes);
    records::RecordReader reader;
    if (is_control(entry.bytes)) continue;
    if (!batches.next() || batches.open(reader)) {
      // This build lacks the codec: the start of the batch is the closest offset that is known.
      return {std::max(entry.base_offset, start_), entry.max_timestamp, entry.leader_epoch};
    }
    records::RecordView record;
    while (reader.next(record)) {
      if (record.offset >= start_ && record.timestamp >= timestamp_ms) {
        return {record.offset, record.timestamp, entry.leader_epoch};
      }
    }
  }
  return {};
}

OffsetAtTime PartitionLog::find_max_time() const {
  int64_t highest = -1;
  for (size_t i = find(start_); i < entries_.size(); ++i) highest = std::max(highest, entries_[i].max_timestamp);
  return highest < 0 ? OffsetAtTime{} : find_time(highest);
}

int32_t PartitionLog::epoch_at(int64_t offset) const noexcept {
  const size_t at = find(offset);
  return at == entries_.size() ? -1 : entries_[at].leader_epoch;
}

Errc PartitionLog::truncate_before(int64_t offset) {
  if (offset == -1) offset = end_;
  if (offset < 0 || offset > end_) return Errc::offset_out_of_range;
  start_ = std::max(start_, offset);
  while (!entries_.empty() && entries_.front().last_offset < start_) entries_.pop_front();
  epochs_.cut_below(start_);
  producers_.forget_aborted_below(start_);
  return Errc::none;
}

void PartitionLog::truncate_to(int64_t offset) {
  while (!entries_.empty() && entries_.back().last_offset >= offset) {
    end_ = entries_.back().base_offset;
    position_ = entries_.back().position;
    entries_.pop_back();
  }
  start_ = std::min(start_, end_);
  epochs_.cut_from(end_);
  producers_.clear();
  for (const Entry& entry : entries_) note_producer(entry.bytes);
}

Bytes PartitionLog::all() const {
  Buffer buffer(size());
  for (size_t i = find(start_); i < entries_.size(); ++i) buffer.append(entries_[i].bytes.view());
  return buffer.take();
}

}  // namespace kafka::devbroker
