// Encoding and sealing of record batches (magic 2). See builder.hpp.
#include "records/builder.hpp"

#include <algorithm>
#include <utility>

#include "base/crc32c.hpp"

namespace kafka::records {
namespace {

using detail::bytes_size;
using detail::store_bytes;
using detail::wrapping_difference;

void store_checksum(char* batch, size_t size) noexcept {
  store_be<uint32_t>(batch + kCrcAt, crc32c({batch + kAttributesAt, size - kAttributesAt}));
}

// The batch's bytes for writing: in place if no other slice shares them, otherwise a copy.
char* writable(Bytes& sealed) {
  const bool alone = sealed.block() != nullptr && sealed.block()->references == 1;
  if (!alone) sealed = Bytes::copy(sealed.view());
  return const_cast<char*>(sealed.data());
}

}  // namespace

Errc BatchBuilder::append_at(int32_t offset_delta, int64_t timestamp_ms, std::string_view key, std::string_view value,
                             std::span<const Header> headers) {
  if (key.size() > kMaxRecordBytes || value.size() > kMaxRecordBytes) return Errc::too_large;
  const int64_t timestamp_delta = count_ == 0 ? 0 : wrapping_difference(timestamp_ms, base_timestamp_);
  // The length comes first and is a varint. Almost always the sizes of key and value alone tell how many bytes it
  // takes. Then the body is written behind that space, and never measured before.
  const size_t least = kSmallestRecord - 1 + key.size() + value.size();
  size_t most = 2 + kMaxVarint64 + 3 * kMaxVarint32 + key.size() + value.size();
  size_t length_size = varint_size(static_cast<int64_t>(least));
  if (!headers.empty() || length_size != varint_size(static_cast<int64_t>(most))) {
    size_t header_bytes = varint_size(static_cast<int64_t>(headers.size()));
    for (const Header& header : headers) {
      if (header.key.size() > kMaxRecordBytes || header.value.size() > kMaxRecordBytes) return Errc::too_large;
      header_bytes += varint_size(static_cast<int64_t>(header.key.size())) + header.key.size();
      header_bytes += bytes_size(header.value);
      if (header_bytes > kMaxRecordBytes) return Errc::too_large;
    }
    most = 1 + varint_size(timestamp_delta) + varint_size(offset_delta) + bytes_size(key) + bytes_size(value) +
           header_bytes;
    length_size = varint_size(static_cast<int64_t>(most));
  }
  if (most > kMaxRecordBytes || most + kMaxVarint32 > kMaxBatchBytes - size()) return Errc::too_large;

  if (count_ == 0) [[unlikely]] {
    buffer_.clear();
    buffer_.reserve(std::max(initial_capacity_, kBatchHeaderSize + most + kMaxVarint32));
    buffer_.advance(kBatchHeaderSize);
    base_timestamp_ = timestamp_ms;
    max_timestamp_ = timestamp_ms;
    last_timestamp_ = timestamp_ms;
    summed_ = kBatchHeaderSize;
    checksum_ = 0;
    sum_at_ = sums_ ? kBatchHeaderSize + kSumStep : kNever;
  }
  char* const begin = buffer_.reserve(most + kMaxVarint32);
  char* const body = begin + length_size;
  char* at = body;
  *at++ = 0;  // attributes: none are defined
  at = store_varint(at, timestamp_delta);
  at = store_varint(at, offset_delta);
  at = store_bytes(at, key);
  at = store_bytes(at, value);
  at = store_varint(at, static_cast<int64_t>(headers.size()));
  for (const Header& header : headers) {
    at = store_varint(at, static_cast<int64_t>(header.key.size()));
    if (!header.key.empty()) std::memcpy(at, header.key.data(), header.key.size());
    at = store_bytes(at + header.key.size(), header.value);
  }
  store_varint(begin, at - body);
  buffer_.advance(static_cast<size_t>(at - begin));
  note(timestamp_ms);
  has_headers_ = has_headers_ || !headers.empty();
  skipped_ = offset_delta - count_++;
  if (buffer_.size() >= sum_at_) sum();
  quick_end_ = std::min(buffer_.capacity(), sum_at_);
  return Errc::none;
}

void BatchBuilder::sum() noexcept {
  checksum_ = crc32c(buffer_.view().substr(summed_), checksum_);
  summed_ = buffer_.size();
  sum_at_ = summed_ + kSumStep;
}

// False if there is no memory up to there. append_quick() has one limit for two reasons to stop: memory ends there, or
// the checksum is due.
bool BatchBuilder::widen(size_t end) noexcept {
  if (quick_end_ == 0 || end > buffer_.capacity()) return false;
  sum();
  quick_end_ = std::min(buffer_.capacity(), sum_at_);
  return end <= quick_end_;
}

Error BatchBuilder::seal(const SealOptions& options, Bytes& sealed) {
  if (count_ == 0) {
    buffer_.clear();
    buffer_.reserve(kBatchHeaderSize);
    buffer_.advance(kBatchHeaderSize);
  }
  if (options.codec != Compression::none) {
    Buffer packed(kBatchHeaderSize);  // the codec takes the memory that it needs
    packed.advance(kBatchHeaderSize);
    if (Error error = compress(options.codec, options.level, buffer_.view().substr(kBatchHeaderSize), packed)) {
      return error;
    }
    buffer_ = std::move(packed);
  }
  char* const batch = buffer_.data();
  int16_t attributes = static_cast<int16_t>(options.codec);
  if (options.transactional) attributes |= kTransactionalBit;
  if (options.control) attributes |= kControlBit;
  store_be<int64_t>(batch + kEntryOffsetAt, options.base_offset);
  store_be<int32_t>(batch + kEntrySizeAt, static_cast<int32_t>(buffer_.size() - kEntryOverhead));
  store_be<int32_t>(batch + kLeaderEpochAt, options.leader_epoch);
  batch[kMagicAt] = kMagicV2;
  store_be<int16_t>(batch + kAttributesAt, attributes);
  store_be<int32_t>(batch + kLastOffsetDeltaAt, std::max(last_offset_delta(), 0));
  store_be<int64_t>(batch + kBaseTimestampAt, base_timestamp_);
  store_be<int64_t>(batch + kMaxTimestampAt, max_timestamp());
  store_be<int64_t>(batch + kProducerIdAt, options.producer_id);
  store_be<int16_t>(batch + kProducerEpochAt, options.producer_epoch);
  store_be<int32_t>(batch + kBaseSequenceAt, options.base_sequence);
  store_be<int32_t>(batch + kRecordCountAt, count_);
  if (options.codec == Compression::none && summed_ > kBatchHeaderSize) {
    const std::string_view all = buffer_.view();
    const uint32_t header = crc32c(all.substr(kAttributesAt, kBatchHeaderSize - kAttributesAt));
    const uint32_t records = crc32c(all.substr(summed_), checksum_);
    store_be<uint32_t>(batch + kCrcAt, crc32c_joined(header, records, all.size() - kBatchHeaderSize));
  } else {
    store_checksum(batch, buffer_.size());
  }
  sealed = buffer_.take();
  clear();
  return {};
}

void BatchBuilder::clear() noexcept {
  buffer_.clear();
  quick_end_ = 0;
  summed_ = kBatchHeaderSize;
  base_timestamp_ = kNoTimestamp;
  max_timestamp_ = kNoTimestamp;
  last_timestamp_ = kNoTimestamp;
  count_ = 0;
  skipped_ = 0;
  has_headers_ = false;
}

Bytes restamp(Bytes sealed, int64_t producer_id, int16_t producer_epoch, int32_t base_sequence) {
  char* const batch = writable(sealed);
  store_be<int64_t>(batch + kProducerIdAt, producer_id);
  store_be<int16_t>(batch + kProducerEpochAt, producer_epoch);
  store_be<int32_t>(batch + kBaseSequenceAt, base_sequence);
  store_checksum(batch, sealed.size());
  return sealed;
}

Bytes place(Bytes sealed, int64_t base_offset, int32_t leader_epoch) {
  char* const batch = writable(sealed);
  store_be<int64_t>(batch + kEntryOffsetAt, base_offset);
  store_be<int32_t>(batch + kLeaderEpochAt, leader_epoch);
  return sealed;
}

}  // namespace kafka::records
