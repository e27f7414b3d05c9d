// The log of one partition: a list of batches of magic 2 in memory, each as the bytes in which it came.
// An append reads the header of a batch and its checksum. It does not decode records.
// Not here: leaders (leaders), error answers (handle_produce, handle_fetch).
#pragma once

#include <kafka/error.hpp>
#include <kafka/types.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "devbroker/leader_epochs.hpp"
#include "devbroker/producers.hpp"
#include "records/batch_header.hpp"

namespace kafka::devbroker {

/// The result of an append.
struct Appended {
  Errc error = Errc::none;
  std::string message = {};  ///< of the error
  int64_t base_offset = -1;  ///< of a retry: where the first attempt was stored
  int64_t last_offset = -1;
  int64_t timestamp = -1;  ///< if the log stamps records: its time; of a retry: that of the stored batch
  bool duplicate = false;
  std::vector<int32_t> bad_records = {};  ///< places in the batch, if it was refused because of single records
};

/// The rules of an append. Kafka demands more of newer clients.
struct AppendRules {
  int16_t produce_version = 3;  ///< from 3 on exactly one batch, of magic 2
  size_t max_message_bytes = 1048588;
  int32_t leader_epoch = 0;
  ProducerRules producers = ProducerRules::lasting;
  bool needs_keys = false;          ///< a compacted topic
  int64_t log_append_time_ms = -1;  ///< 0 or more: replaces the time of the records
};

struct LogRead {
  Bytes records = Bytes::unowned({"", 0});
  bool first_incomplete = false;  ///< the limit has cut the first batch, which needs `first_size` bytes
  size_t first_size = 0;
  int64_t end_offset = -1;  ///< after the last batch in `records`, which may be cut
};

struct OffsetAtTime {
  int64_t offset = -1;
  int64_t timestamp = -1;
  int32_t leader_epoch = -1;
};

/// Owns the batches, and what follows from them: producers, leader epochs, offsets.
class PartitionLog {
 public:
  /// Checks a records field as a broker does and stores it at the end. Message sets of magic 0 and 1 are converted to a
  /// batch of magic 2.
  /// Errors: corrupt_message, invalid_record, message_too_large, unsupported_compression_type, and those
  /// of Producers::check(). A retry of a batch that is in the log succeeds and appends nothing.
  Appended append(const Bytes& records, const AppendRules& rules);

  int64_t start_offset() const noexcept { return start_; }
  int64_t end_offset() const noexcept { return end_; }
  /// Bytes stored.
  size_t size() const noexcept {
    return entries_.empty() ? 0 : entries_.back().position_end() - entries_.front().position;
  }
  /// Bytes from the batch that holds `offset` to `end`, or to the end of all.
  size_t bytes_from(int64_t offset, int64_t end = INT64_MAX) const noexcept;

  /// Reads up to `max_bytes`, beginning with the batch that holds `offset`. `at_least_one`: the first batch comes whole
  /// even if it is larger. `cut`: the result ends exactly at the limit, in the middle of a batch, as in Kafka;
  /// otherwise with the last whole batch. `magic` 0 or 1: records are converted, and markers are left out. Batches that
  /// hold `end`, and those after them, are not read. Errors: unsupported_compression_type (a batch to convert has a
  /// codec that this build lacks).
  Errc read(int64_t offset, size_t max_bytes, bool at_least_one, bool cut, int8_t magic, LogRead& out,
            int64_t end = INT64_MAX) const;

  /// The first record whose timestamp is at least `timestamp_ms`; offset -1 if there is none.
  OffsetAtTime find_time(int64_t timestamp_ms) const;
  /// The first record with the highest timestamp of all; offset -1 in an empty log.
  OffsetAtTime find_max_time() const;
  int32_t epoch_at(int64_t offset) const noexcept;

  /// Makes everything below `offset` unreadable, and drops the batches that end below it.
  Errc truncate_before(int64_t offset);
  /// Loses everything from `offset` on, including the batch that holds it.
  void truncate_to(int64_t offset);

  /// Everything that can still be read, as one records field.
  Bytes all() const;

  /// Ends the producer's transaction. Returns the offset of the marker.
  int64_t append_marker(int64_t producer_id, bool commit, int32_t leader_epoch, int64_t now_ms);
  /// The end for readers of committed records: the start of the oldest open transaction, but not below start_offset().
  int64_t last_stable_offset() const noexcept { return std::max(start_, producers_.last_stable_offset(end_)); }

  /// From now on a leader of this epoch writes.
  void begin_epoch(int32_t epoch) { epochs_.begin(epoch, end_); }
  EpochEnd end_of_epoch(int32_t epoch) const noexcept { return epochs_.end_of(epoch, end_); }

  Producers& producers() noexcept { return producers_; }
  const Producers& producers() const noexcept { return producers_; }

 private:
  struct Entry {
    int64_t base_offset;
    int64_t last_offset;
    int64_t max_timestamp;
    uint64_t position;  // bytes before it since the log began
    int32_t leader_epoch;
    Compression codec;
    Bytes bytes;
    uint64_t position_end() const noexcept { return position + bytes.size(); }
  };

  /// The index of the first batch whose last offset is `offset` or later.
  size_t find(int64_t offset) const noexcept;
  /// The number of batches that end before `end`.
  size_t count_before(int64_t end) const noexcept;
  Appended append_batch(const Bytes& batch, const AppendRules& rules);
  /// Stores a batch that has passed all checks.
  Appended accept(Bytes batch, const AppendRules& rules);
  Appended append_old(const Bytes& records, const AppendRules& rules);
  void store(Bytes batch, int32_t leader_epoch);
  void note_producer(const Bytes& batch);
  Errc read_old(size_t first, size_t count, int64_t offset, size_t max_bytes, bool at_least_one, int8_t magic,
                LogRead& out) const;

  std::deque<Entry> entries_;
  Producers producers_;
  LeaderEpochs epochs_;
  int64_t start_ = 0;
  int64_t end_ = 0;
  uint64_t position_ = 0;
};

}  // namespace kafka::devbroker
