// A batch: records of one partition that travel together, with everything needed to report on each.
// Not here: which batch a record goes to (accumulator.hpp), when it leaves (sender.hpp).
#pragma once

#include <kafka/producer.hpp>

#include <algorithm>
#include <memory>
#include <vector>

#include "cluster/retry_pause.hpp"
#include "net/reactor.hpp"
#include "producer/few.hpp"
#include "producer/identity.hpp"
#include "producer/lines.hpp"
#include "producer/receipt.hpp"
#include "records/builder.hpp"

namespace kafka::producer {

/// What became of a batch.
struct Outcome {
  Error error;
  int64_t base_offset = -1;
  int64_t log_append_time = -1;
  Persistence persistence = Persistence::no;
};

/// Owns the records of one batch, and what is needed to send them again and to report on each.
/// Applications fill thousands of batches in turn, so what counts is how many cache lines each record touches.
class alignas(kLine) Batch {
 public:
  Batch(int32_t partition, Compression codec, net::TimePoint created, size_t capacity)
      : Batch(partition, codec, created, records::BatchBuilder(capacity)) {}
  /// The records are written into this memory first.
  Batch(int32_t partition, Compression codec, net::TimePoint created, Buffer memory)
      : Batch(partition, codec, created, records::BatchBuilder(std::move(memory))) {}

  /// A batch that has ended forgets its records. The memory of its lists stays with it.
  void rest() {
    builder = records::BatchBuilder();
    sealed = Bytes();
    receipts.clear();
    stamps.clear();
    flushes.clear();
    dropped.clear();
    charged_bytes = guessed = 0;
    identity = {};
    hurried = unknown_fate = false;
    cursor_ = {};
  }
  /// After rest(): begins again as another batch.
  void renew(int32_t number, Compression with, net::TimePoint since, Buffer memory) {
    partition = number;
    records = 0;
    codec = with;
    created = since;
    builder = records::BatchBuilder(std::move(memory));
    if (codec == Compression::none) builder.sum_as_it_grows();
    first_record = 0;
    sequence = -1;
    pause = {};
  }
  /// About how many bytes of memory renew() would use again.
  size_t kept() const { return sizeof(Batch) + stamps.kept() + receipts.kept(); }

  int32_t count() const { return records; }
  /// Bytes that count against buffer_memory.
  size_t charged() const { return charged_bytes; }

  /// `receipt` is taken only on success.
  Errc append(int64_t timestamp, std::string_view key, std::string_view value, std::span<const Header> headers,
              Receipt&& receipt) {
    const size_t before = records == 0 ? 0 : builder.size();
    if (const Errc failed = builder.append(timestamp, key, value, headers); failed != Errc::none) return failed;
    charged_bytes += builder.size() - before + receipt.bytes();
    note(timestamp, std::move(receipt));
    return Errc::none;
  }
  /// Counts a record and keeps what its report needs.
  void note(int64_t timestamp, Receipt&& receipt) {
    // One entry as long as they are equal: most records of a batch are of few turns of the loop.
    if (records == 0 || stamps.back().timestamp != timestamp) {
      if (records > 0) charged_bytes += sizeof(Stamp);
      stamps.push_back({records, timestamp});
    }
    receipts.add(records++, std::move(receipt));
  }
  /// append() for the simple case, which almost every record is: no headers, and a batch that has a record already and
  /// memory for another below `limit`. Returns what is charged for it; 0: nothing was done.
  template <class R>
  [[gnu::always_inline]] size_t append_quick(int64_t timestamp, std::string_view key, std::string_view value,
                                             size_t limit, R& receipt) {
    const bool another = builder.last_timestamp() != timestamp;
    size_t charge = builder.append_quick(timestamp, key, value, limit);
    if (charge == 0) return 0;
    if (another) {
      stamps.push_back({records, timestamp});
      charge += sizeof(Stamp);
    }
    charge += bytes_of(receipt);
    charged_bytes += charge;
    receipts.add(records++, std::move(receipt));
    return charge;
  }
  /// Brings what the next record touches into the CPU's caches: fetch_hot() the places, then fetch_ends() the memory
  /// that is written.
  [[gnu::always_inline]] void fetch_hot() const noexcept {
    fetch(&created, 1);
    fetch(&charged_bytes, 1);
    fetch(&stamps, 1);
  }
  [[gnu::always_inline]] void fetch_ends(size_t record) const noexcept {
    const std::string_view bytes = builder.view();
    fetch(bytes.data() + bytes.size(), std::min(record, 4 * kLine) + 1);
    receipts.fetch_end();
    fetch(stamps.data() + stamps.size(), 1);
  }
  /// Its first bytes. The CPU fetches the rest by itself while these are read.
  [[gnu::always_inline]] void fetch_bytes() const noexcept {
    const std::string_view bytes = builder.view();
    fetch(bytes.data(), std::min(bytes.size(), 8 * kLine));
  }
  /// Upper bound of what append() charges for a record that takes so many bytes in the batch.
  static size_t charge(size_t bytes, size_t receipt) { return bytes + sizeof(Stamp) + receipt; }
  /// compression_level is meant for compression_type: another codec (of an envelope) has its own default.
  int level(const ProducerOptions& options) const noexcept {
    return codec == options.compression_type ? options.compression_level : records::kDefaultLevel;
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
  /// Splits the batch into two halves, each unsealed. This one keeps the first half; null if there is one record only.
  std::unique_ptr<Batch> split();
  static constexpr int32_t kStays = -1;
  /// Takes records out that are not sent again: `group_of` has kStays or the number of a group for each record. Returns
  /// the groups, which hold only what their reports need; this batch keeps the rest, unsealed. Empty, and nothing done,
  /// if `group_of` does not fit.
  std::vector<std::unique_ptr<Batch>> take_out(std::span<const int32_t> group_of, size_t groups);
  /// Drops the records with headers, for a leader that cannot store those: they are reported with unsupported_version,
  /// and the others are sealed again.
  Error drop_headers(int level);

  /// The report on the record with this index. Indices must not decrease from one call to the next.
  DeliveryReport report(int32_t index, const Outcome& outcome);
  /// The same in `report`, which holds the report on an earlier record: only what differs is written. Returns for how
  /// many records from this one on the reports differ in the offset only.
  int32_t next_report(int32_t index, const Outcome& outcome, DeliveryReport& report) {
    const Stamp* const last = stamps.data() + stamps.size() - 1;
    const Stamp* stamp = stamps.data() + cursor_.stamp;
    while (stamp < last && stamp[1].from <= index) ++stamp;
    cursor_.stamp = static_cast<uint32_t>(stamp - stamps.data());
    report.timestamp = stamp->timestamp;
    if (!dropped.empty()) {
      if (!report_dropped(index, outcome, report)) fill(index, outcome, report);
      return 1;
    }
    fill(index, outcome, report);
    return (stamp < last ? stamp[1].from : records) - index;
  }

  struct Stamp {
    int32_t from;  ///< index of the first record that has this timestamp
    int64_t timestamp;
  };

  // What each record touches comes first, on few cache lines: this one, that of its token, that of its timestamp.
  net::TimePoint created;
  int32_t records = 0;
  Compression codec;
  bool hurried = false;       ///< the last retry went without a pause
  bool unknown_fate = false;  ///< a leader may have stored it: it was sent and not answered
  records::BatchBuilder builder;
  uint64_t first_record = 0;  ///< counted within the partition: tells which of two batches is older
  int32_t sequence = -1;      ///< of the first record
  int32_t partition;
  size_t guessed = 0;  ///< bytes of memory taken before there were records for them, while it is open
  size_t charged_bytes = 0;
  Receipts receipts;
  Few<Stamp, 7> stamps;
  std::vector<std::shared_ptr<void>> flushes;  ///< that wait for this batch
  std::vector<bool> dropped;                   ///< by drop_headers(); empty: none
  Bytes sealed;                                ///< null while records are being added
  Identity identity;                           ///< under which it has its sequence; unknown: it has none
  /// After failures of this batch. What follows lies in its padding.
  [[no_unique_address]] cluster::RetryPause pause;

 private:
  Batch(int32_t partition, Compression codec, net::TimePoint created, records::BatchBuilder builder)
      : created(created), codec(codec), builder(std::move(builder)), partition(partition) {
    if (codec == Compression::none) this->builder.sum_as_it_grows();
  }
  bool report_dropped(int32_t index, const Outcome& outcome, DeliveryReport& report);
  void fill(int32_t index, const Outcome& outcome, DeliveryReport& report) const {
    if (outcome.error) return;
    if (outcome.base_offset >= 0) report.offset = outcome.base_offset + index - cursor_.missing;
    if (outcome.log_append_time >= 0) report.timestamp = outcome.log_append_time;
  }

  // Where the last report was.
  struct Cursor {
    uint32_t stamp = 0;
    int32_t counted = 0;  // records looked at for dropped ones
    int32_t missing = 0;  // of those, how many were dropped
  };
  Cursor cursor_;
};

static_assert(sizeof(Batch) == 9 * kLine);  // another line costs several per cent with thousands of partitions

}  // namespace kafka::producer
