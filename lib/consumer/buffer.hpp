// What was fetched of one partition and not yet dispatched: fields of records as they came. Their batches are opened
// one at a time, when their turn comes.
// Not here: when to fetch (sources.hpp), handing records out (dispatcher.hpp).
#pragma once

#include <algorithm>
#include <memory>
#include <optional>
#include <string>

#include "base/bytes.hpp"
#include "base/ring.hpp"
#include "consumer/aborted.hpp"
#include "consumer/envelope.hpp"
#include "records/iterator.hpp"
#include "records/opening.hpp"

namespace kafka::consumer {

/// The memory of one answer. It is given back when the last field of records in it has been read; where open envelopes
/// are charged for what they keep, when the last of them has gone.
struct Credit {
  explicit Credit(std::shared_ptr<size_t> account, size_t amount) : used(std::move(account)), bytes(amount) {
    *used += bytes;
  }
  ~Credit() { *used -= bytes; }
  Credit(const Credit&) = delete;
  Credit& operator=(const Credit&) = delete;

  std::shared_ptr<size_t> used;
  size_t bytes;
};

/// What the headers of the batches in a field of records say. What is inside is not looked at.
struct Scan {
  int64_t last_offset = -1;  ///< of the last whole batch; -1 if there is none
  int32_t last_epoch = -1;   ///< of the leader that took that batch; -1: it does not say
  int32_t first_epoch = -1;  ///< of the leader that took the first batch
  int64_t newest = -1;       ///< the largest timestamp of the whole batches; -1: they have none
  bool damaged = false;      ///< reading will end with an error at some batch
  size_t partial_size = 0;   ///< bytes that the first batch needs, if it is cut off; 0: not known
};
Scan scan(const Bytes& records);

/// The offset behind this one. An impossible one becomes negative, which a broker refuses.
constexpr int64_t after(int64_t offset) noexcept { return static_cast<int64_t>(static_cast<uint64_t>(offset) + 1); }

class Buffer {
 public:
  enum class Next : uint8_t { record, none, failed, later };

  /// Bytes of batches that are skipped or decompressed before others get their turn. Without this bound an answer of
  /// 100 MB full of batches that deliver nothing, each decompressing to 64 MiB, would hold the loop for minutes.
  static constexpr size_t kStretch = records::Opening::kStep;
  /// The most that a control batch may decompress to, because that is done at once. It holds one record, and brokers
  /// do not even compress it.
  static constexpr size_t kMostMarkers = records::Opening::kStep;

  /// Records of `aborted` transactions are skipped.
  void push(Bytes records, std::shared_ptr<Credit> credit, std::vector<Aborted::Transaction> aborted = {});
  void clear();
  /// Bytes of batches not opened yet.
  size_t bytes() const noexcept { return bytes_; }
  bool empty() const noexcept { return fields_.empty(); }

  /// The next record at or behind `position`. The position moves on over what holds nothing to deliver: control
  /// batches, aborted transactions, compacted ends. After `failed` see error(); the position stays at the damage. After
  /// `later` there is more to look through, in another turn.
  Next next(records::RecordView& record, int64_t& position, EnvelopeOwner& home,
            const std::shared_ptr<const std::string>& topic) {
    return next_quick(record, position) ? Next::record : next_slow(record, position, home, topic);
  }
  /// The fast half of next(): a batch is open, and its next record is a plain one. False: call next().
  bool next_quick(records::RecordView& record, int64_t& position) {
    while (reader_.next_quick(record)) {
      if (record.offset < position) continue;
      position = after(record.offset);
      if (reader_.remaining() == 0) end_batch(position);
      return true;
    }
    return false;
  }
  const Error& error() const noexcept { return error_; }
  /// The epoch of the leader that took the last record's batch; -1: it does not say.
  int32_t epoch() const noexcept { return reader_.batch().leader_epoch; }
  /// Records of the last record's batch that are left.
  size_t left_in_batch() const noexcept { return static_cast<size_t>(std::max(reader_.remaining(), 0)); }
  /// The newest epoch of the batches that were opened or passed; -1: they did not say.
  int32_t passed_epoch() const noexcept { return passed_epoch_; }
  /// The parts of the last record's batch.
  EnvelopeParts& parts() const noexcept { return *parts_; }
  ~Buffer() { drop_parts(); }
  Buffer() = default;
  /// From now on envelopes are charged until they are gone: slices of an answer to its account, decompressed batches to
  /// this one.
  void charge_envelopes(std::shared_ptr<size_t> decompressed) noexcept { decompressed_ = std::move(decompressed); }
  /// The most that one compressed batch may decompress to.
  void limit_unfolded(size_t most) noexcept { limits_.max_decompressed = most; }
  /// True if this turn has looked through a stretch since the last call; what follows belongs to the next turn.
  bool take_stretch() noexcept {
    if (looked_ < kStretch) return false;
    looked_ = 0;
    return true;
  }
  bool stretched() const noexcept { return looked_ >= kStretch; }
  /// True between two records of a batch: the next one needs no memory.
  bool reading() const noexcept { return reading_; }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;

 private:
  struct Field {
    Bytes records;
    std::shared_ptr<Credit> credit;
    std::unique_ptr<Aborted> aborted;  // null: none
  };

  Next next_slow(records::RecordView& record, int64_t& position, EnvelopeOwner& home,
                 const std::shared_ptr<const std::string>& topic);
  Error judge(bool& aborted);
  Error read_marker(const records::BatchInfo& batch, Aborted& list);
  Error go_on_opening(EnvelopeOwner& home, const std::shared_ptr<const std::string>& topic);
  void end_batch(int64_t& position);
  void end_field();
  std::shared_ptr<const void> charge() const;
  void drop_parts() noexcept {
    if (EnvelopeParts* const parts = std::exchange(parts_, nullptr)) parts->release();
  }

  Ring<Field> fields_;
  std::optional<records::BatchIterator> batches_;  // of the front field
  std::optional<records::Opening> opening_;        // of the batch whose records come next
  records::RecordReader reader_;
  EnvelopeParts* parts_ = nullptr;
  size_t bytes_ = 0;
  size_t unread_ = 0;  // of the front field, part of bytes_
  size_t looked_ = 0;  // bytes skipped and decompressed since take_stretch()
  bool reading_ = false;
  records::ReadLimits limits_;
  int32_t passed_epoch_ = -1;
  std::shared_ptr<size_t> decompressed_;  // null: envelopes are not charged
  Error error_;
};

}  // namespace kafka::consumer
