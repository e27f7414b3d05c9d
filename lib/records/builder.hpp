// Encodes records straight into a growing record batch (magic 2): the producer's hot path. A record is written once,
// behind the space for the header. Sealing fills in the header, compresses if it is asked to, and computes the checksum
// once.
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

// The application chooses the timestamps, so their difference may overflow. It wraps, and readers undo that.
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
  /// The first record takes memory: `capacity` bytes, which double as needed.
  explicit BatchBuilder(size_t capacity) noexcept : initial_capacity_(capacity) {}
  /// Writes into `memory` first, and overwrites its content.
  explicit BatchBuilder(Buffer memory) noexcept : buffer_(std::move(memory)) {}

  /// For batches that will not be compressed: computes the checksum while the records are still in the CPU's caches.
  /// Call it before the first record.
  void sum_as_it_grows() noexcept { sums_ = true; }

  /// Appends one record. A key or value with data() == nullptr is null. Offsets count from 0.
  /// Errors: too_large (nothing was appended).
  Errc append(int64_t timestamp_ms, std::string_view key, std::string_view value,
              std::span<const Header> headers = {}) {
    return append_at(count_, timestamp_ms, key, value, headers);
  }
  /// append() for a record that cannot fail: it has no headers, is small and not the first, there is memory for it, and
  /// size() stays below `limit`. Returns the bytes that it took; 0 if the record is not of that kind and nothing was
  /// done.
  [[gnu::always_inline]] size_t append_quick(int64_t timestamp_ms, std::string_view key, std::string_view value,
                                             size_t limit) noexcept {
    if (key.size() > kQuickBytes || value.size() > kQuickBytes) return 0;
    const size_t end = buffer_.size() + estimate(key, value);
    if (end > limit) return 0;
    if (end > quick_end_ && !widen(end)) [[unlikely]]
      return 0;
    const int64_t timestamp_delta = detail::wrapping_difference(timestamp_ms, base_timestamp_);
    // For almost all records it is clear how many bytes their length takes before the length itself is known.
    constexpr size_t kLeast = 6;                                            // besides key and value
    constexpr size_t kMost = 2 + kMaxVarint64 + 3 * kMaxVarint32 - kLeast;  // and at most this many more
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
  /// append() with an offset relative to the batch's base. It must be greater than that of the last record.
  Errc append_at(int32_t offset_delta, int64_t timestamp_ms, std::string_view key, std::string_view value,
                 std::span<const Header> headers = {});

  /// An upper bound of the bytes that a record takes in a batch, with any timestamp and at any place.
  static size_t estimate(std::string_view key, std::string_view value, std::span<const Header> headers = {}) noexcept {
    size_t total = 2 + kMaxVarint64 + 5 * kMaxVarint32 + key.size() + value.size();
    for (const Header& header : headers) total += 2 * kMaxVarint32 + header.key.size() + header.value.size();
    return total;
  }
  /// An upper bound of size() after this record was appended.
  size_t size_with(std::string_view key, std::string_view value, std::span<const Header> headers = {}) const noexcept {
    return size() + estimate(key, value, headers);
  }

  int32_t count() const noexcept { return count_; }
  bool empty() const noexcept { return count_ == 0; }
  /// The bytes of the batch so far, uncompressed, with its header.
  size_t size() const noexcept { return count_ == 0 ? kBatchHeaderSize : buffer_.size(); }
  /// The records so far, without the header.
  std::string_view view() const noexcept { return buffer_.view(); }
  /// The bytes of memory that the builder holds.
  size_t capacity() const noexcept { return buffer_.capacity(); }
  int64_t base_timestamp() const noexcept { return base_timestamp_; }
  int64_t max_timestamp() const noexcept { return std::max(max_timestamp_, last_timestamp_); }
  /// Of the last record.
  int64_t last_timestamp() const noexcept { return last_timestamp_; }
  int32_t last_offset_delta() const noexcept { return count_ - 1 + skipped_; }
  bool has_headers() const noexcept { return has_headers_; }

  /// Finishes the batch and gives it away. Afterwards the builder is empty and may be used again.
  /// Errors: unsupported_codec, invalid_option. Then the builder keeps its records.
  Error seal(const SealOptions& options, Bytes& sealed);

  /// Gives back memory that the records so far do not need, if it is much.
  void shrink() {
    quick_end_ = 0;
    buffer_.shrink();
  }

  /// Forgets the records and keeps the memory.
  void clear() noexcept;

 private:
  static constexpr size_t kQuickBytes = size_t{1} << 20;
  static constexpr size_t kSumStep =
      12 * 1024;  // smaller than the first level cache; a multiple of the size for which crc32c() is fastest
  static constexpr size_t kNever = SIZE_MAX;

  void sum() noexcept;
  bool widen(size_t end) noexcept;
  // Timestamps mostly grow. Then the largest one is the last one.
  void note(int64_t timestamp_ms) noexcept {
    if (timestamp_ms < last_timestamp_) [[unlikely]]
      max_timestamp_ = std::max(max_timestamp_, last_timestamp_);
    last_timestamp_ = timestamp_ms;
  }

  // The members that each record touches come first. They share a line of the CPU's caches with the members of Batch
  // before them.
  Buffer buffer_;
  size_t quick_end_ = 0;  // append_quick() may write up to here, once there is a record: see widen()
  int64_t base_timestamp_ = kNoTimestamp;
  int64_t last_timestamp_ = kNoTimestamp;
  int32_t count_ = 0;
  int32_t skipped_ = 0;                   // offsets that were left out
  int64_t max_timestamp_ = kNoTimestamp;  // of the records before the last one
  size_t sum_at_ = kNever;                // the checksum goes on when the batch has this size
  size_t summed_ = kBatchHeaderSize;      // it covers the bytes up to here
  size_t initial_capacity_ = 0;
  uint32_t checksum_ = 0;  // of the bytes up to summed_
  bool sums_ = false;      // the checksum is computed while the batch grows
  bool has_headers_ = false;
};

/// The sealed batch with another producer id, epoch and sequence, and a new checksum. The bytes are changed in place if
/// no other slice shares them. Otherwise a write may still read them, so the batch is copied.
Bytes restamp(Bytes sealed, int64_t producer_id, int16_t producer_epoch, int32_t base_sequence);

/// The sealed batch as a log stores it: with base offset and leader epoch, which the checksum does not cover. Copies
/// the batch if another slice shares its memory.
Bytes place(Bytes sealed, int64_t base_offset, int32_t leader_epoch);

}  // namespace kafka::records
