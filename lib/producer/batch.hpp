// A batch: records of one partition that travel together, with everything needed to report on each.
// Not here: which batch a record goes to (accumulator), when it leaves (sender).
#pragma once

#include <kafka/producer.hpp>

#include <memory>
#include <vector>

#include "net/reactor.hpp"
#include "producer/idempotence.hpp"
#include "records/builder.hpp"

namespace kafka::producer {

/// What became of a batch.
struct Outcome {
  Error error;
  int64_t base_offset = -1;
  int64_t log_append_time = -1;
  Persistence persistence = Persistence::no;
};

class Batch {
 public:
  Batch(int32_t partition, Compression codec, net::TimePoint created, size_t capacity)
      : partition(partition), codec(codec), created(created), builder(capacity) {}

  int32_t count() const { return static_cast<int32_t>(callbacks.size()); }
  /// Bytes that count against buffer_memory.
  size_t charged() const { return charged_bytes; }

  /// `done` is taken only on success.
  Errc append(int64_t timestamp, std::string_view key, std::string_view value, std::span<const Header> headers,
              DeliveryCallback&& done) {
    const size_t before = builder.size();
    if (const Errc failed = builder.append(timestamp, key, value, headers); failed != Errc::none) return failed;
    charged_bytes += builder.size() - before + sizeof(DeliveryCallback);
    if (callbacks.empty()) {
      first_timestamp = timestamp;
      charged_bytes += before;
    }
    // Timestamps are kept apart only once they differ: most batches are of one turn of the loop.
    if (!timestamps.empty() || timestamp != first_timestamp) {
      if (timestamps.empty()) timestamps.assign(callbacks.size(), first_timestamp);
      timestamps.push_back(timestamp);
    }
    callbacks.push_back(std::move(done));
    return Errc::none;
  }
  /// Closes the batch; the same bytes are sent however often it is tried.
  Error seal(int level) {
    if (!sealed.is_null()) return {};
    return builder.seal({.codec = codec,
                         .level = level,
                         .producer_id = identity.id,
                         .producer_epoch = identity.epoch,
                         .base_sequence = sequence},
                        sealed);
  }
  /// Splits in two halves of records, each unsealed; this one keeps the first. Null if it cannot.
  std::unique_ptr<Batch> split();
  /// Takes the records with headers out, for a leader that cannot store them: they are reported with
  /// unsupported_version, the others are sealed anew.
  Error drop_headers(int level);

  /// Reports on one record, and advances. Only for `next_report < count()`.
  DeliveryReport report(const Outcome& outcome);

  int32_t partition;
  Compression codec;
  net::TimePoint created;
  records::BatchBuilder builder;
  Bytes sealed;  ///< null while records are being added
  std::vector<DeliveryCallback> callbacks;
  std::vector<int64_t> timestamps;            ///< empty: all first_timestamp
  std::vector<std::shared_ptr<void>> tokens;  ///< of flushes that wait for this batch
  std::vector<bool> dropped;                  ///< by drop_headers(); empty: none
  uint64_t first_record = 0;                  ///< counted within its partition: the order in which batches were made
  Identity identity;                          ///< whose sequence it has; unknown: none (yet)
  int32_t sequence = -1;                      ///< of the first record
  int64_t first_timestamp = kNoTimestamp;
  size_t charged_bytes = 0;
  uint32_t failures = 0;
  bool hurried = false;       ///< the last retry went without a pause
  bool unknown_fate = false;  ///< was sent at least once, and nobody knows what became of it
  int32_t next_report = 0;
  int64_t next_rank = 0;  ///< of the records that were really sent
};

}  // namespace kafka::producer
