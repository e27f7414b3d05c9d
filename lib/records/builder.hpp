// Encodes records straight into a growing record batch (magic 2): the producer's hot path. A record is
// written once, behind the place of the header; sealing fills the header in, compresses if asked to
// and computes the checksum once.
// Not here: when a batch is full (producer/batch), the older formats (message_set.hpp), which
// sequence a batch gets (producer/chain.hpp).
//
//   BatchBuilder batch(16 * 1024);
//   if (batch.size_with(key, value, headers) > limit) ...                // upper bound, before appending
//   if (Errc e = batch.append(now_ms, key, value, headers); e != Errc::none) ...
//   Bytes sealed;
//   Error error = batch.seal({.codec = Compression::gzip}, sealed);      // the builder is empty again
//   // for a leader below 0.11: to_message_set(sealed, magic, codec, older)
//   // other producer id or sequence for the same records: restamp(sealed, id, epoch, sequence)
#pragma once

#include <kafka/types.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/bytes.hpp"
#include "records/batch_header.hpp"
#include "records/compression.hpp"
#include "records/wire.hpp"

namespace kafka::records {

struct SealOptions {
  Compression codec = Compression::none;
  int level = kDefaultLevel;
  int64_t producer_id = kNoProducerId;
  int16_t producer_epoch = kNoProducerEpoch;
  int32_t base_sequence = kNoSequence;
  bool transactional = false;
  bool control = false;
  // What a broker writes; a producer leaves these alone.
  int64_t base_offset = 0;
  int32_t leader_epoch = -1;
};

namespace detail {

[[gnu::always_inline]] inline char* store_bytes(char* at, std::string_view bytes) noexcept {
  if (bytes.data() == nullptr) return store_varint(at, -1);
  at = store_varint(at, static_cast<int64_t>(bytes.size()));
  if (!bytes.empty()) std::memcpy(at, bytes.data(), bytes.size());
  return at + bytes.size();
}

inline size_t bytes_size(std::string_view bytes) noexcept {
  return bytes.data() == nullptr ? 1 : varint_size(static_cast<int64_t>(bytes.size())) + bytes.size();
}

// Timestamps are the application's: the difference of two may overflow, and wraps as readers undo it.
inline int64_t wrapping_difference(int64_t a, int64_t b) noexcept {
  return static_cast<int64_t>(static_cast<uint64_t>(a) - static_cast<uint64_t>(b));
}

}  // namespace detail

class BatchBuilder {
 public:
  /// The most that one record, or one uncompressed batch, can hold: sizes are int32 on the wire.
  static constexpr size_t kMaxRecordBytes = size_t{1} << 30;
  static constexpr size_t kMaxBatchBytes = size_t{INT32_MAX};

  BatchBuilder() noexcept = default;
  /// Memory is taken with the first record: `capacity` bytes, doubled as needed.
  explicit BatchBuilder(size_t capacity) noexcept : initial_capacity_(capacity) {}
  /// Writes into `memory` first, whatever it holds.
  explicit BatchBuilder(Buffer memory) noexcept : buffer_(std::move(memory)) {}

  /// For batches that will not be compressed: the checksum is computed while the records are still in the CPU's
  /// caches. Before the first record.
  void sum_as_it_grows() noexcept { sums_ = true; }

  /// Appends one record; key and value with data() == nullptr are null. Offsets count from 0.
  /// Errors: too_large (nothing was appended).
  Errc append(int64_t timestamp_ms, std::string_view key, std::string_view value,
              std::span<const Header> headers = {}) {
    return append_at(count_, timestamp_ms, key, value, headers);
  }
  /// append() of a record without headers where no error is possible: it is small, it is not the first, there is
  /// memory for it, and size() stays below `limit`. Returns the bytes it took; 0: nothing was done.
  [[gnu::always_inline]] size_t append_quick(int64_t timestamp_ms, std::string_view key, std::string_view value,
                                             size_t limit) noexcept {
    if (key.size() > kQuickBytes || value.size() > kQuickBytes) return 0;
    const size_t end = buffer_.size() + estimate(key, value);
    if (end > limit) return 0;
    if (end > quick_end_ && !widen(end)) [[unlikely]]
      return 0;
    const int64_t timestamp_delta = detail::wrapping_difference(timestamp_ms, base_timestamp_);
    // How many bytes its length takes is clear for almost all before the length is known.
    constexpr size_t kLeast = 6;                                            // beside key and value
    constexpr size_t kMost = 2 + kMaxVarint64 + 3 * kMaxVarint32 - kLeast;  // and so many more
    constexpr size_t kOneByte = 1 << 6;
    constexpr size_t kTwoBytes = 1 << 13;
    const size_t least = kLeast + key.size() + value.size();
    size_t width = 2;
    if (least < kOneByte || least + kMost >= kTwoBytes) {
      width = least + kMost < kOneByte
                  ? 1
                  : varint_size(static_cast<int64_t>(2 + varint_size(timestamp_delta) + varint_size(count_) +
                                                     detail::bytes_size(key) + detail::bytes_size(value)));
    }
    char* const begin = buffer_.data() + buffer_.size();
    char* const body = begin + width;
    char* at = body;
    *at++ = 0;  // attributes: none are defined
    at = store_varint(at, timestamp_delta);
    at = store_varint(at, count_);
    at = detail::store_bytes(at, key);
    at = detail::store_bytes(at, value);
    *at++ = 0;  // headers: none
    const auto size = static_cast<size_t>(at - body);
    if (width == 2) [[likely]] {
      begin[0] = static_cast<char>(size << 1 | 0x80);
      begin[1] = static_cast<char>(size >> 6);
    } else {
      store_varint(begin, static_cast<int64_t>(size));
    }
    const size_t taken = width + size;
    buffer_.advance(taken);
    ++count_;
    note(timestamp_ms);
    return taken;
  }
  /// append() with a chosen offset relative to the batch's base, which must exceed the last one's.
  Errc append_at(int32_t offset_delta, int64_t timestamp_ms, std::string_view key, std::string_view value,
                 std::span<const Header> headers = {});

  /// Upper bound of what one record takes in a batch, whatever its timestamp and place.
  static size_t estimate(std::string_view key, std::string_view value, std::span<const Header> headers = {}) noexcept {
    size_t total = 2 + kMaxVarint64 + 5 * kMaxVarint32 + key.size() + value.size();
    for (const Header& header : headers) total += 2 * kMaxVarint32 + header.key.size() + header.value.size();
    return total;
  }
  /// Upper bound of size() after appending this record.
  size_t size_with(std::string_view key, std::string_view value, std::span<const Header> headers = {}) const noexcept {
    return size() + estimate(key, value, headers);
  }

  int32_t count() const noexcept { return count_; }
  bool empty() const noexcept { return count_ == 0; }
  /// Bytes of the batch as it stands, uncompressed, header included.
  size_t size() const noexcept { return count_ == 0 ? kBatchHeaderSize : buffer_.size(); }
  /// What has been written so far, behind the place of the header.
  std::string_view view() const noexcept { return buffer_.view(); }
  /// Bytes of memory held.
  size_t capacity() const noexcept { return buffer_.capacity(); }
  int64_t base_timestamp() const noexcept { return base_timestamp_; }
  int64_t max_timestamp() const noexcept { return std::max(max_timestamp_, last_timestamp_); }
  /// Of the record appended last.
  int64_t last_timestamp() const noexcept { return last_timestamp_; }
  int32_t last_offset_delta() const noexcept { return count_ - 1 + skipped_; }
  bool has_headers() const noexcept { return has_headers_; }

  /// Finishes the batch and gives it away; the builder is empty afterwards and may be used again.
  /// Errors: unsupported_codec, invalid_option; the builder keeps its records then.
  Error seal(const SealOptions& options, Bytes& sealed);

  /// Gives back memory that the records so far do not need, if that is much of it.
  void shrink() {
    quick_end_ = 0;
    buffer_.shrink();
  }

  /// Forgets the records and keeps the memory.
  void clear() noexcept;

 private:
  static constexpr size_t kQuickBytes = size_t{1} << 20;
  static constexpr size_t kSumStep = 12 * 1024;  // below the first level cache; a multiple of what crc32c() is best at
  static constexpr size_t kNever = SIZE_MAX;

  void sum() noexcept;
  bool widen(size_t end) noexcept;
  // Time goes on, mostly: then the largest is the last.
  void note(int64_t timestamp_ms) noexcept {
    if (timestamp_ms < last_timestamp_) [[unlikely]]
      max_timestamp_ = std::max(max_timestamp_, last_timestamp_);
    last_timestamp_ = timestamp_ms;
  }

  // What each record touches comes first, and with what a batch has before it on one line of the CPU's caches.
  Buffer buffer_;
  size_t quick_end_ = 0;  // up to here append_quick() may write, once there is a record: see widen()
  int64_t base_timestamp_ = kNoTimestamp;
  int64_t last_timestamp_ = kNoTimestamp;
  int32_t count_ = 0;
  int32_t skipped_ = 0;                   // offsets that were left out
  int64_t max_timestamp_ = kNoTimestamp;  // of those before the last one
  size_t sum_at_ = kNever;                // the size from which the checksum goes on
  size_t summed_ = kBatchHeaderSize;      // up to here
  size_t initial_capacity_ = 0;
  uint32_t checksum_ = 0;  // of the records up to there
  bool sums_ = false;      // as it grows
  bool has_headers_ = false;
};

/// The sealed batch with another producer id, epoch and sequence and a new checksum. Memory that nobody
/// else holds is patched in place, else (a write may still be reading it) the batch is copied.
Bytes restamp(Bytes sealed, int64_t producer_id, int16_t producer_epoch, int32_t base_sequence);

/// The sealed batch as a log stores it: base offset and leader epoch set, which the checksum does not
/// cover. Copies unless nobody else holds the memory.
Bytes place(Bytes sealed, int64_t base_offset, int32_t leader_epoch);

}  // namespace kafka::records
