// Reads a records field: batches of magic 2 and messages of magic 0 and 1, in any mixture, one entry at a time. Records
// are views. Checksums, sizes and counts are checked before they are used.
// Not here: aborted transactions, positions and what to do about an error (consumer/).
//
//   BatchIterator entries(fetched.records, limits);
//   while (entries.next()) {                              // one batch: sizes and CRC checked
//     const BatchInfo& batch = entries.batch();
//     if (batch.last_offset < position || batch.is_control) {
//       position = std::max(position, batch.last_offset + 1);   // nothing to deliver; the offset moves on
//       continue;
//     }
//     RecordReader records;
//     if (Error error = entries.open(records)) return stop(error);        // decompresses
//     RecordView record;
//     while (records.next(record)) {
//       if (record.offset < position) continue;           // a batch may begin before what was asked
//       deliver(record, records.owner());                 // owner() keeps the views alive
//       position = record.offset + 1;
//     }
//     if (records.error()) return stop(records.error());  // position stays before the damage
//     position = std::max(position, batch.last_offset + 1);     // compacted tails and empty batches
//   }
//   if (entries.error()) stop(entries.error());           // position stays before the damage
//   else if (entries.partial() && nothing_was_complete) grow the fetch to entries.partial_size();
//
// A RecordReader owns the bytes that it reads. It may outlive the iterator, be moved, and be read bit by bit.
#pragma once

#include <kafka/envelope.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/bytes.hpp"
#include "records/batch_header.hpp"
#include "records/compression.hpp"
#include "records/wire.hpp"

namespace kafka::records {

struct ReadLimits {
  /// The most bytes that one compressed batch may decompress to.
  size_t max_decompressed = kDefaultMaxDecompressed;
};

/// One entry of a records field: a batch of magic 2, or a message of magic 0 or 1 (a wrapper holds many).
struct BatchInfo {
  int64_t base_offset = 0;  ///< of a wrapper: its own offset, which is that of its last record
  int64_t last_offset = 0;  ///< the next offset is this + 1, whatever its records are
  int64_t base_timestamp = kNoTimestamp;
  int64_t max_timestamp = kNoTimestamp;
  int64_t producer_id = kNoProducerId;
  int32_t base_sequence = kNoSequence;
  int32_t leader_epoch = -1;  ///< -1: not known
  int32_t count = 0;          ///< records inside; -1 for a wrapper that is not opened yet
  int16_t producer_epoch = kNoProducerEpoch;
  int8_t magic = kMagicV2;
  Compression codec = Compression::none;
  TimestampType timestamp_type = TimestampType::create_time;
  bool is_control = false;
  bool is_transactional = false;
  size_t size = 0;  ///< bytes of the whole entry
};

/// What the application sees, too: a record is read right into its envelope. `raw_headers` are checked.
using RecordView = MessageView;

/// The headers of a record that a RecordReader gave.
class HeaderIterator {
 public:
  explicit HeaderIterator(const RecordView& record) noexcept
      : at_(record.raw_headers.data()), end_(at_ + record.raw_headers.size()), left_(record.header_count) {}
  HeaderIterator(std::string_view encoded, int32_t count) noexcept
      : at_(encoded.data()), end_(at_ + encoded.size()), left_(count) {}
  bool next(Header& header) noexcept;

 private:
  const char* at_;
  const char* end_;
  int32_t left_;
};

class Opening;

/// The records of one entry.
class RecordReader {
 public:
  RecordReader() noexcept = default;

  /// Reads the next record. False at the end, or at damage (see error()). The views live as long as owner().
  bool next(RecordView& record) { return next_quick(record) || next_closely(record); }
  /// Reads the next record if it is like almost all records: short lengths, no headers, nothing wrong. Otherwise false:
  /// nothing was done, and next() reads it.
  bool next_quick(RecordView& record) noexcept;
  const Error& error() const noexcept { return error_; }
  /// The memory that keys, values and headers point into.
  const Bytes& owner() const noexcept { return owner_; }
  /// Records not read yet; 0 after damage.
  int32_t remaining() const noexcept { return left_; }
  const BatchInfo& batch() const noexcept { return batch_; }

 private:
  friend class Opening;

  bool next_closely(RecordView& record);
  bool next_record(RecordView& record);
  bool next_message(RecordView& record);
  bool damaged(const char* reason);
  Error begin_batch(const BatchInfo& batch, Bytes records);
  Error begin_message(const BatchInfo& batch, Bytes entry);
  Error begin_wrapper(const BatchInfo& batch, Bytes plain);

  Bytes owner_;
  const char* at_ = nullptr;
  const char* end_ = nullptr;
  const char* quick_end_ = nullptr;  // like end_, but at_ if next_quick() must not read
  int64_t last_delta_ = -1;
  int64_t most_delta_ = -1;  // of the batch's last offset
  int64_t offset_base_ = 0;  // the base of the offsets in a message set
  int32_t left_ = 0;
  bool legacy_ = false;
  bool wrapped_ = false;
  BatchInfo batch_;
  Error error_;
};

inline bool RecordReader::next_quick(RecordView& record) noexcept {
  constexpr ptrdiff_t kHead = 1 + 4 * kShortVarint;  // up to the key
  const char* at = at_;
  if (quick_end_ - at < kHead) return false;
  uint64_t bits = 0;
  if (!load_short(at, bits) || (bits & 1) != 0 || bits == 0) return false;
  const auto length = static_cast<ptrdiff_t>(bits >> 1);
  if (length > quick_end_ - at) return false;
  const char* const end = at + length;
  ++at;  // attributes
  uint64_t timestamp_delta = 0;
  uint64_t offset_bits = 0;
  if (!load_short(at, timestamp_delta) || !load_short(at, offset_bits) || (offset_bits & 1) != 0) return false;
  if (!load_short(at, bits)) return false;
  std::string_view key;
  if ((bits & 1) == 0) {
    if (static_cast<ptrdiff_t>(bits >> 1) + kShortVarint >= end - at) return false;
    key = {at, bits >> 1};
    at += bits >> 1;
  } else if (bits != 1 || end - at < kShortVarint) {  // 1 is -1: null
    return false;
  }
  if (!load_short(at, bits)) return false;
  std::string_view value;
  if ((bits & 1) == 0) {
    value = {at, bits >> 1};
  } else if (bits != 1) {
    return false;
  }
  // One byte is left: no headers.
  if (end - at != static_cast<ptrdiff_t>(value.size()) + 1 || end[-1] != 0) return false;
  const auto offset_delta = static_cast<int64_t>(offset_bits >> 1);
  if (offset_delta <= last_delta_ || offset_delta > most_delta_) return false;
  if (left_ == 1 && end != quick_end_) return false;
  record.offset = batch_.base_offset + offset_delta;
  record.timestamp_type = batch_.timestamp_type;
  record.timestamp = batch_.timestamp_type == TimestampType::log_append_time
                         ? batch_.max_timestamp
                         : wrapping_sum(batch_.base_timestamp, unzigzag(timestamp_delta));
  record.key = key;
  record.value = value;
  record.raw_headers = {end, 0};
  record.header_count = 0;
  last_delta_ = offset_delta;
  at_ = end;
  --left_;
  return true;
}

class BatchIterator {
 public:
  explicit BatchIterator(Bytes records, ReadLimits limits = {}) noexcept
      : records_(std::move(records)), limits_(limits) {}

  /// Moves to the next entry and checks it; false at the end, at a partial entry, or at damage.
  bool next();
  const BatchInfo& batch() const noexcept { return batch_; }
  /// The entry's bytes, unchanged.
  Bytes bytes() const noexcept { return records_.slice(begin_, batch_.size); }
  /// Prepares reading the records of the current entry. Decompresses all of it at once; opening() does it in steps.
  /// Errors: unsupported_codec, corrupt_message, too_large.
  Error open(RecordReader& reader) const;
  Opening opening() const;

  /// Damage: corrupt_message, unsupported_version (magic), unsupported_codec, unsupported_feature (attribute bits that
  /// are not defined yet). The text names the offset and the reason.
  const Error& error() const noexcept { return error_; }
  /// The offset that the damaged entry claims.
  int64_t error_offset() const noexcept { return error_offset_; }
  /// True if the field ended in the middle of an entry: brokers cut at the size that was asked for.
  bool partial() const noexcept { return partial_; }
  /// True if that was the first entry, so that nothing could be read: fetch more at once.
  bool partial_first() const noexcept { return partial_ && begin_ == 0; }
  /// The bytes that the partial entry needs; 0 if not even its size has come.
  size_t partial_size() const noexcept { return partial_size_; }

 private:
  bool fail(Errc code, int64_t offset, const std::string& reason);
  bool check_batch(const char* entry, size_t size);
  bool check_message(const char* entry, size_t size, int8_t magic);

  Bytes records_;
  ReadLimits limits_;
  size_t begin_ = 0;  // of the current entry
  size_t end_ = 0;
  BatchInfo batch_;
  Error error_;
  int64_t error_offset_ = -1;
  size_t partial_size_ = 0;
  bool partial_ = false;
};

}  // namespace kafka::records
