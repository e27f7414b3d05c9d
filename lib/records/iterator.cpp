// Reads the entries of records fields, and checks that they are whole and undamaged. record_reader.cpp reads the
// records inside.
#include "records/iterator.hpp"

#include <string>
#include <utility>

#include <zlib.h>

#include "base/crc32c.hpp"
#include "records/opening.hpp"

namespace kafka::records {
namespace {

std::string number(int64_t value) { return std::to_string(value); }

size_t smallest_entry(int8_t magic) noexcept {
  return magic == kMagicV2 ? kBatchHeaderSize : magic == 1 ? kSmallestMessageV1 : kSmallestMessageV0;
}

}  // namespace

bool BatchIterator::fail(Errc code, int64_t offset, const std::string& reason) {
  error_ = Error(code, "batch at offset " + number(offset) + ": " + reason);
  error_offset_ = offset;
  return false;
}

bool BatchIterator::next() {
  if (error_ || partial_) return false;
  begin_ = end_;
  const size_t left = records_.size() - begin_;
  if (left == 0) return false;
  const char* const entry = records_.data() + begin_;
  if (left < kEntryOverhead) {
    partial_ = true;
    return false;
  }
  const auto offset = load_be<int64_t>(entry + kEntryOffsetAt);
  const auto stated = load_be<int32_t>(entry + kEntrySizeAt);
  if (stated < 0 || static_cast<size_t>(stated) + kEntryOverhead < kSmallestMessageV0) {
    return fail(Errc::corrupt_message, offset, "its size is given as " + number(stated));
  }
  const size_t size = static_cast<size_t>(stated) + kEntryOverhead;
  if (left <= kMagicAt) {
    partial_ = true;
    partial_size_ = size;
    return false;
  }
  const auto magic = static_cast<int8_t>(entry[kMagicAt]);
  if (magic > kMagicV2 || magic < 0) {
    return fail(magic < 0 ? Errc::corrupt_message : Errc::unsupported_version, offset,
                "magic " + number(magic) + " is not known");
  }
  if (size < smallest_entry(magic)) {
    return fail(Errc::corrupt_message, offset,
                "a size of " + number(stated) + " is too small for magic " + number(magic));
  }
  if (size > left) {
    partial_ = true;
    partial_size_ = size;
    return false;
  }
  if (offset < 0) return fail(Errc::corrupt_message, offset, "the offset is negative");
  batch_ = BatchInfo();
  batch_.base_offset = offset;
  batch_.magic = magic;
  batch_.size = size;
  if (!(magic == kMagicV2 ? check_batch(entry, size) : check_message(entry, size, magic))) return false;
  end_ = begin_ + size;
  return true;
}

bool BatchIterator::check_batch(const char* entry, size_t size) {
  const int64_t offset = batch_.base_offset;
  const auto stored = load_be<uint32_t>(entry + kCrcAt);
  if (crc32c({entry + kAttributesAt, size - kAttributesAt}) != stored) {
    return fail(Errc::corrupt_message, offset, "the CRC does not match");
  }
  const auto attributes = load_be<int16_t>(entry + kAttributesAt);
  if ((attributes & ~kKnownBits) != 0) {
    return fail(Errc::unsupported_feature, offset, "attribute bits " + number(attributes) + " are not known");
  }
  const int codec = attributes & kCodecMask;
  if (codec > static_cast<int>(Compression::zstd)) {
    return fail(Errc::unsupported_codec, offset, "codec number " + number(codec));
  }
  const auto last_delta = load_be<int32_t>(entry + kLastOffsetDeltaAt);
  const auto count = load_be<int32_t>(entry + kRecordCountAt);
  if (last_delta < 0 || offset > INT64_MAX - 1 - last_delta) {
    return fail(Errc::corrupt_message, offset, "its last offset is given as " + number(last_delta) + " further on");
  }
  if (count < 0) return fail(Errc::corrupt_message, offset, "its record count is given as " + number(count));
  if (count > int64_t{last_delta} + 1) {
    return fail(Errc::corrupt_message, offset, number(count) + " records do not fit into its offsets");
  }
  const size_t record_bytes = size - kBatchHeaderSize;
  const bool too_few =
      codec == 0 ? record_bytes / kSmallestRecord < static_cast<size_t>(count) : record_bytes == 0 && count > 0;
  if (too_few) {
    return fail(Errc::corrupt_message, offset,
                number(count) + " records do not fit into " + std::to_string(record_bytes) + " bytes");
  }
  batch_.last_offset = offset + last_delta;
  batch_.base_timestamp = load_be<int64_t>(entry + kBaseTimestampAt);
  batch_.max_timestamp = load_be<int64_t>(entry + kMaxTimestampAt);
  batch_.producer_id = load_be<int64_t>(entry + kProducerIdAt);
  batch_.producer_epoch = load_be<int16_t>(entry + kProducerEpochAt);
  batch_.base_sequence = load_be<int32_t>(entry + kBaseSequenceAt);
  batch_.leader_epoch = load_be<int32_t>(entry + kLeaderEpochAt);
  batch_.count = count;
  batch_.codec = static_cast<Compression>(codec);
  batch_.timestamp_type =
      (attributes & kLogAppendTimeBit) != 0 ? TimestampType::log_append_time : TimestampType::create_time;
  batch_.is_transactional = (attributes & kTransactionalBit) != 0;
  batch_.is_control = (attributes & kControlBit) != 0;
  return true;
}

bool BatchIterator::check_message(const char* entry, size_t size, int8_t magic) {
  const int64_t offset = batch_.base_offset;
  const auto* covered = reinterpret_cast<const Bytef*>(entry + kMessageMagicAt);
  if (::crc32(0, covered, static_cast<uInt>(size - kMessageMagicAt)) != load_be<uint32_t>(entry + kMessageCrcAt)) {
    return fail(Errc::corrupt_message, offset, "the CRC does not match");
  }
  const auto attributes = static_cast<int8_t>(entry[kMessageAttributesAt]);
  if ((attributes & ~kKnownBitsV1) != 0) {
    return fail(Errc::unsupported_feature, offset, "attribute bits " + number(attributes) + " are not known");
  }
  const int codec = attributes & kCodecMask;
  if (codec > static_cast<int>(Compression::zstd)) {
    return fail(Errc::unsupported_codec, offset, "codec number " + number(codec));
  }
  if (offset == INT64_MAX) return fail(Errc::corrupt_message, offset, "there is no next offset");
  batch_.last_offset = offset;
  batch_.codec = static_cast<Compression>(codec);
  batch_.count = codec == 0 ? 1 : -1;
  batch_.timestamp_type = TimestampType::none;
  if (magic == 1) {
    batch_.base_timestamp = batch_.max_timestamp = load_be<int64_t>(entry + kMessageTimestampAt);
    batch_.timestamp_type =
        (attributes & kLogAppendTimeBit) != 0 ? TimestampType::log_append_time : TimestampType::create_time;
  }
  return true;
}

Opening BatchIterator::opening() const { return Opening(batch_, bytes(), limits_); }

Error BatchIterator::open(RecordReader& reader) const {
  Opening all = opening();
  while (!all.done()) {
    if (Error error = all.step(SIZE_MAX)) return error;
  }
  return all.finish(reader);
}

}  // namespace kafka::records
