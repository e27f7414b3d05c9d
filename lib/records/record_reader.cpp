// Reads the records inside one entry that iterator.cpp found whole. Every length is checked against the bytes that are
// left before it is used. Reading a record allocates nothing.
#include <string>
#include <utility>

#include <zlib.h>

#include "records/iterator.hpp"

namespace kafka::records {
namespace {

// A length and its bytes; -1 is null. Returns a null pointer if they do not fit.
[[gnu::always_inline]] inline const char* load_bytes(const char* at, const char* end,
                                                     std::string_view& bytes) noexcept {
  int64_t size = 0;
  at = load_varint(at, end, kMaxVarint32, size);
  if (at == nullptr || size > end - at || size < -1) return nullptr;
  if (size == -1) {
    bytes = {};
    return at;
  }
  bytes = {at, static_cast<size_t>(size)};
  return at + size;
}

// Returns where `count` headers end; null if they do not fit, or if a key is null.
const char* skip_headers(const char* at, const char* end, int64_t count) noexcept {
  std::string_view bytes;
  for (; count > 0; --count) {
    at = load_bytes(at, end, bytes);
    if (at == nullptr || bytes.data() == nullptr) return nullptr;
    at = load_bytes(at, end, bytes);
    if (at == nullptr) return nullptr;
  }
  return at;
}

// An int32 size and its bytes, of the old formats.
const char* load_sized(const char* at, const char* end, std::string_view& bytes) noexcept {
  if (end - at < 4) return nullptr;
  const auto size = load_be<int32_t>(at);
  at += 4;
  if (size < -1 || size > end - at) return nullptr;
  if (size == -1) {
    bytes = {};
    return at;
  }
  bytes = {at, static_cast<size_t>(size)};
  return at + size;
}

}  // namespace

bool HeaderIterator::next(Header& header) noexcept {
  if (left_ <= 0) return false;
  --left_;
  at_ = load_bytes(at_, end_, header.key);
  if (at_ != nullptr) at_ = load_bytes(at_, end_, header.value);
  if (at_ == nullptr) left_ = 0;
  return at_ != nullptr;
}

bool RecordReader::damaged(const char* reason) {
  error_ = Error(Errc::corrupt_message, "batch at offset " + std::to_string(batch_.base_offset) + ", " +
                                            std::to_string(left_) + " records before its end: " + reason);
  left_ = 0;
  quick_end_ = at_;
  return false;
}

bool RecordReader::next_closely(RecordView& record) {
  if (left_ <= 0) return false;
  return legacy_ ? next_message(record) : next_record(record);
}

Error RecordReader::begin_batch(const BatchInfo& batch, Bytes records) {
  batch_ = batch;
  owner_ = std::move(records);
  at_ = owner_.data();
  end_ = at_ + owner_.size();
  left_ = batch.count;
  most_delta_ = batch.last_offset - batch.base_offset;
  quick_end_ = left_ > 0 ? end_ : at_;
  if (owner_.size() / kSmallestRecord < static_cast<size_t>(left_)) damaged("more records than bytes for them");
  return error_;
}

bool RecordReader::next_record(RecordView& record) {
  int64_t length = 0;
  const char* at = load_varint(at_, end_, kMaxVarint32, length);
  if (at == nullptr || length < 0 || length > end_ - at) return damaged("a record ends outside of the batch");
  const char* const end = at + length;
  if (at == end) return damaged("a record has no bytes");
  ++at;  // attributes: none are defined
  int64_t timestamp_delta = 0;
  int64_t offset_delta = 0;
  int64_t header_count = 0;
  at = load_varint(at, end, kMaxVarint64, timestamp_delta);
  if (at != nullptr) at = load_varint(at, end, kMaxVarint32, offset_delta);
  if (at != nullptr) at = load_bytes(at, end, record.key);
  if (at != nullptr) at = load_bytes(at, end, record.value);
  if (at != nullptr) at = load_varint(at, end, kMaxVarint32, header_count);
  if (at == nullptr) return damaged("a field ends outside of its record");
  record.raw_headers = {at, static_cast<size_t>(end - at)};
  if (header_count != 0) {
    if (header_count < 0 || header_count > (end - at) / 2) return damaged("the header count is impossible");
    at = skip_headers(at, end, header_count);
    if (at == nullptr) return damaged("a header is null or ends outside of its record");
  }
  if (at != end) return damaged("a record is longer than its fields");
  if (offset_delta <= last_delta_ || offset_delta > most_delta_) {
    return damaged("a record's offset is out of order");
  }
  last_delta_ = offset_delta;
  record.offset = batch_.base_offset + offset_delta;
  record.header_count = static_cast<int32_t>(header_count);
  record.timestamp_type = batch_.timestamp_type;
  record.timestamp = batch_.timestamp_type == TimestampType::log_append_time
                         ? batch_.max_timestamp
                         : wrapping_sum(batch_.base_timestamp, timestamp_delta);
  at_ = end;
  if (--left_ == 0 && at_ != end_) damaged("there are bytes behind the last record");
  return true;
}

Error RecordReader::begin_message(const BatchInfo& batch, Bytes entry) {
  batch_ = batch;
  owner_ = std::move(entry);
  at_ = owner_.data();
  end_ = at_ + owner_.size();
  left_ = 1;
  quick_end_ = at_;
  legacy_ = true;
  return {};
}

// Checks the sizes of all messages first, because the offset of the last one gives the offsets of all.
Error RecordReader::begin_wrapper(const BatchInfo& batch, Bytes plain) {
  batch_ = batch;
  owner_ = std::move(plain);
  at_ = owner_.data();
  end_ = at_ + owner_.size();
  quick_end_ = at_;
  legacy_ = true;
  wrapped_ = true;
  int64_t last = 0;
  int32_t count = 0;
  const size_t smallest = batch.magic == 1 ? kSmallestMessageV1 : kSmallestMessageV0;
  const auto refuse = [this](const char* reason) {
    damaged(reason);
    return error_;
  };
  for (const char* at = at_; at != end_; ++count) {
    if (static_cast<size_t>(end_ - at) < smallest) return refuse("a message inside of it is cut off");
    const auto stated = load_be<int32_t>(at + kEntrySizeAt);
    if (stated < 0 || static_cast<size_t>(stated) + kEntryOverhead < smallest ||
        stated > end_ - at - static_cast<int64_t>(kEntryOverhead)) {
      return refuse("a message inside of it ends outside of it");
    }
    if (at[kMessageMagicAt] != batch.magic) return refuse("a message inside of it has another magic");
    if ((at[kMessageAttributesAt] & kCodecMask) != 0) return refuse("a compressed message inside of it");
    last = load_be<int64_t>(at + kEntryOffsetAt);
    at += kEntryOverhead + static_cast<size_t>(stated);
  }
  if (count == 0) return refuse("no message inside of it");
  if (last < 0) return refuse("the offset of a message inside of it is negative");
  // In magic 1, offsets count from the first record that the wrapper held when it was written. Producers may leave the
  // wrapper's own offset 0. Then the messages' offsets are used unchanged.
  if (batch.magic == 1 && last <= batch.base_offset) offset_base_ = batch.base_offset - last;
  left_ = count;
  return {};
}

bool RecordReader::next_message(RecordView& record) {
  const char* const entry = at_;
  const size_t size = kEntryOverhead + static_cast<size_t>(load_be<int32_t>(entry + kEntrySizeAt));
  const char* const end = entry + size;
  if (wrapped_) {
    const auto* covered = reinterpret_cast<const Bytef*>(entry + kMessageMagicAt);
    if (::crc32(0, covered, static_cast<uInt>(size - kMessageMagicAt)) != load_be<uint32_t>(entry + kMessageCrcAt)) {
      return damaged("the CRC of a message inside of it does not match");
    }
  }
  const char* at = entry + (batch_.magic == 1 ? kMessageKeyAtV1 : kMessageKeyAtV0);
  at = load_sized(at, end, record.key);
  if (at != nullptr) at = load_sized(at, end, record.value);
  if (at == nullptr) return damaged("a field ends outside of its message");
  const int64_t stored = load_be<int64_t>(entry + kEntryOffsetAt);
  record.offset = wrapping_sum(offset_base_, stored);
  if (stored < 0 || record.offset < 0) return damaged("a message's offset is negative");
  record.raw_headers = {};
  record.header_count = 0;
  record.timestamp_type = batch_.timestamp_type;
  record.timestamp = kNoTimestamp;
  if (batch_.magic == 1) {
    record.timestamp = batch_.timestamp_type == TimestampType::log_append_time
                           ? batch_.max_timestamp
                           : load_be<int64_t>(entry + kMessageTimestampAt);
  }
  at_ = end;
  --left_;
  return true;
}

}  // namespace kafka::records
