// One partition's records: an in-memory list of batches of magic 2, each kept as the bytes it came in.
// Appending looks at a batch's header and checksum only, so it costs a checksum and no decoding.
// Not here: who leads (cluster), acknowledgements and error answers (handle_produce, handle_fetch).
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

/// What an append did.
struct Appended {
  Errc error = Errc::none;
  std::string message = {};  ///< why not
  int64_t base_offset = -1;  ///< of the first one, if this was a retry
  int64_t last_offset = -1;
  int64_t timestamp = -1;  ///< the log's, where it stamps records; of a retry: its batch's
  bool duplicate = false;
  std::vector<int32_t> bad_records = {};  ///< those that had the batch refused, if it was single ones
};

/// Who appends, because Kafka asks more of a client that can do better.
struct AppendRules {
  int16_t produce_version = 3;  ///< from 3: exactly one batch, and of magic 2
  size_t max_message_bytes = 1048588;
  int32_t leader_epoch = 0;
  ProducerRules producers = ProducerRules::lasting;
  bool needs_keys = false;          ///< a compacted topic
  int64_t log_append_time_ms = -1;  ///< from 0: replaces the records' own time
};

struct LogRead {
  Bytes records = Bytes::unowned({"", 0});
  bool first_incomplete = false;  ///< the limit cut the first batch; it needs `first_size` bytes
  size_t first_size = 0;
  int64_t end_offset = -1;  ///< behind the last batch in `records`, be it cut or whole
};

struct OffsetAtTime {
  int64_t offset = -1;
  int64_t timestamp = -1;
  int32_t leader_epoch = -1;
};

class PartitionLog {
 public:
  /// Checks a records field as a broker does and stores its batches behind the last one. Message sets
  /// of magic 0 and 1 are written up to magic 2.
  /// Errors: corrupt_message, invalid_record, message_too_large, unsupported_compression_type, and those
  /// of Producers::check(). A retry of a batch that the log has is success and appends nothing.
  Appended append(const Bytes& records, const AppendRules& rules);

  int64_t start_offset() const noexcept { return start_; }
  int64_t end_offset() const noexcept { return end_; }
  /// Bytes stored.
  size_t size() const noexcept {
    return entries_.empty() ? 0 : entries_.back().position_end() - entries_.front().position;
  }
  /// Bytes from the batch that holds `offset` to `end`, or to the end of all.
  size_t bytes_from(int64_t offset, int64_t end = INT64_MAX) const noexcept;

  /// The batches from the one that holds `offset` on, `max_bytes` of them. With `at_least_one` the first
  /// batch comes whole whatever its size. With `cut` the answer ends exactly at the limit, in the middle
  /// of a batch, as Kafka's does; else at the last whole batch. `magic` 0 or 1 writes records down and
  /// leaves markers out. Nothing comes from batches that hold `end` or lie behind it.
  /// Errors: unsupported_compression_type (writing down a codec that this build cannot read).
  Errc read(int64_t offset, size_t max_bytes, bool at_least_one, bool cut, int8_t magic, LogRead& out,
            int64_t end = INT64_MAX) const;

  /// The first record whose timestamp is at least `timestamp_ms`; offset -1 if there is none.
  OffsetAtTime find_time(int64_t timestamp_ms) const;
  /// The first record with the highest timestamp of all; offset -1 in an empty log.
  OffsetAtTime find_max_time() const;
  int32_t epoch_at(int64_t offset) const noexcept;

  /// Nothing below `offset` can be read any more; batches that end below it are dropped.
  Errc truncate_before(int64_t offset);
  /// Loses everything from `offset` on, batches that hold it included.
  void truncate_to(int64_t offset);

  /// All that can still be read, as one records field.
  Bytes all() const;

  /// The end of a transaction of this producer. The offset of the marker.
  int64_t append_marker(int64_t producer_id, bool commit, int32_t leader_epoch, int64_t now_ms);
  /// What readers of committed records see: everything before the oldest open transaction, but no less than is left.
  int64_t last_stable_offset() const noexcept { return std::max(start_, producers_.last_stable_offset(end_)); }

  /// A leader of this epoch takes over.
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

  /// Index of the first batch that ends at or behind `offset`.
  size_t find(int64_t offset) const noexcept;
  /// Batches that end before `end`.
  size_t count_before(int64_t end) const noexcept;
  Appended append_batch(const Bytes& batch, const AppendRules& rules);
  /// Stores a batch that is right, with the log's time where it stamps.
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
