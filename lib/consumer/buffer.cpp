#include "consumer/buffer.hpp"

#include <algorithm>
#include <limits>

#include "records/batch_header.hpp"
#include "records/wire.hpp"

namespace kafka::consumer {

using records::load_be;

namespace {

// The key of a control record: its version, and what it says (KIP-98).
constexpr size_t kMarkerTypeAt = 2;
constexpr size_t kMarkerKeySize = 4;
constexpr int16_t kAbortMarker = 0;
constexpr int16_t kCommitMarker = 1;

int64_t largest_time(const char* batch, size_t size, int8_t magic) {
  if (magic == records::kMagicV2) return load_be<int64_t>(batch + records::kMaxTimestampAt);
  if (magic == 0 || size < records::kMessageTimestampAt + sizeof(int64_t)) return -1;
  return load_be<int64_t>(batch + records::kMessageTimestampAt);
}

}  // namespace

Scan scan(const Bytes& bytes) {
  Scan result;
  const char* at = bytes.data();
  size_t left = bytes.size();
  while (left > records::kMagicAt) {
    const auto stated = load_be<int32_t>(at + records::kEntrySizeAt);
    const auto base = load_be<int64_t>(at + records::kEntryOffsetAt);
    const auto magic = static_cast<int8_t>(at[records::kMagicAt]);
    if (stated < 0 || base < 0 || magic < 0 || magic > records::kMagicV2) {
      result.damaged = true;
      return result;
    }
    const size_t size = static_cast<size_t>(stated) + records::kEntryOverhead;
    if (size <= records::kMagicAt || (magic == records::kMagicV2 && size < records::kBatchHeaderSize)) {
      result.damaged = true;
      return result;
    }
    if (size > left) {
      if (result.last_offset < 0) result.partial_size = size;
      return result;
    }
    const int64_t more =
        magic == records::kMagicV2 ? std::max(0, load_be<int32_t>(at + records::kLastOffsetDeltaAt)) : 0;
    if (base >= std::numeric_limits<int64_t>::max() - more) {  // nothing can lie behind it
      result.damaged = true;
      return result;
    }
    const int32_t epoch = magic == records::kMagicV2 ? load_be<int32_t>(at + records::kLeaderEpochAt) : -1;
    if (result.last_offset < 0) result.first_epoch = epoch;
    result.last_offset = std::max(result.last_offset, base + more);
    result.last_epoch = epoch;
    result.newest = std::max(result.newest, largest_time(at, size, magic));
    at += size;
    left -= size;
  }
  return result;
}

void Buffer::push(Bytes records, std::shared_ptr<Credit> credit, std::vector<Aborted::Transaction> aborted) {
  bytes_ += records.size();
  if (fields_.empty()) unread_ = records.size();
  fields_.push_back({std::move(records), std::move(credit),
                     aborted.empty() ? nullptr : std::make_unique<Aborted>(std::move(aborted))});
}

void Buffer::clear() {
  opening_.reset();
  batches_.reset();
  reader_ = {};
  reading_ = false;
  drop_parts();
  fields_.clear();
  bytes_ = 0;
  unread_ = 0;
  passed_epoch_ = -1;
  error_ = {};
}

void Buffer::end_batch(int64_t& position) {
  // Records were removed behind the last one that is left: they will never come (B5).
  if (!reader_.error()) position = std::max(position, reader_.batch().last_offset + 1);
  if (!reader_.error()) reading_ = false;
}

// The memory is given back now, and not when the next field comes: that may take long, and a small field keeps its
// whole answer in memory.
void Buffer::end_field() {
  batches_.reset();
  reader_ = {};
  if (parts_ != nullptr && parts_->references == 1) {
    parts_->bytes = Bytes();
    parts_->charge.reset();
  } else {
    drop_parts();
  }
  bytes_ -= unread_;
  unread_ = 0;
  fields_.pop_front();
  if (!fields_.empty()) unread_ = fields_.front().records.size();
}

// The account for what an envelope of the open batch keeps in memory: the answer, or the decompressed batch.
std::shared_ptr<const void> Buffer::charge() const {
  const Field& field = fields_.front();
  const Bytes& owner = reader_.owner();
  if (owner.block() == field.records.block()) return field.credit;
  return std::make_shared<Credit>(decompressed_, owner.size());
}

// One step. After the last one the batch's records are read.
Error Buffer::go_on_opening(EnvelopeOwner& home, const std::shared_ptr<const std::string>& topic) {
  if (!opening_->done()) {
    const size_t before = opening_->decompressed();
    if (Error error = opening_->step()) {
      if (error != Errc::too_large) return error;
      return Error(Errc::too_large, std::string(error.detail()) + "; unfolded_max_bytes is the limit");
    }
    looked_ += opening_->decompressed() - before;
    if (!opening_->done()) {  // the rest belongs to another turn, however little this step gave
      looked_ = std::max(looked_, kStretch);
      return {};
    }
  }
  if (Error error = opening_->finish(reader_)) return error;
  opening_.reset();
  reading_ = true;
  if (parts_ == nullptr || parts_->references > 1) {
    drop_parts();
    parts_ = new EnvelopeParts(home, topic);
  }
  parts_->bytes = reader_.owner();
  if (decompressed_ != nullptr) parts_->charge = charge();
  return {};
}

// Whether the batch belongs to an aborted transaction. To be called for every batch, also for those that deliver
// nothing: markers end transactions.
Error Buffer::judge(bool& aborted) {
  Aborted* const list = fields_.front().aborted.get();
  if (list == nullptr) return {};
  const records::BatchInfo& batch = batches_->batch();
  list->pass(batch.last_offset);
  if (!list->holds(batch.producer_id)) return {};
  if (!batch.is_control) {
    aborted = batch.is_transactional;
    return {};
  }
  return read_marker(batch, *list);
}

Error Buffer::read_marker(const records::BatchInfo& batch, Aborted& list) {
  records::Opening opening(batch, batches_->bytes(), {kMostMarkers});
  records::RecordReader reader;
  while (!opening.done()) {
    if (Error error = opening.step()) return error;
  }
  looked_ += opening.decompressed();
  if (Error error = opening.finish(reader)) return error;
  records::RecordView marker;
  if (!reader.next(marker)) return reader.error();  // removed by compaction
  if (marker.key.size() < kMarkerKeySize) {
    return Error(Errc::corrupt_message,
                 "batch at offset " + std::to_string(batch.base_offset) + ": a control record without a type");
  }
  const auto type = load_be<int16_t>(marker.key.data() + kMarkerTypeAt);
  if (type == kAbortMarker || type == kCommitMarker) list.end(batch.producer_id);
  return {};
}

Buffer::Next Buffer::next_slow(records::RecordView& record, int64_t& position, EnvelopeOwner& home,
                               const std::shared_ptr<const std::string>& topic) {
  if (error_) return Next::failed;  // for good: reading on behind the damage would lose what it hides
  while (true) {
    if (!reading_ && take_stretch()) return Next::later;
    if (reading_) {
      while (reader_.next(record)) {
        if (record.offset < position) continue;
        position = after(record.offset);
        if (reader_.remaining() == 0) end_batch(position);
        return Next::record;
      }
      if (reader_.error()) {
        error_ = reader_.error();
        return Next::failed;
      }
      end_batch(position);
    }
    if (opening_) {
      if (Error error = go_on_opening(home, topic)) {
        error_ = std::move(error);
        return Next::failed;
      }
      continue;
    }
    if (!batches_) {
      if (fields_.empty()) return Next::none;
      batches_.emplace(fields_.front().records, limits_);
    }
    if (!batches_->next()) {
      if (batches_->error()) {
        error_ = batches_->error();
        return Next::failed;
      }
      end_field();
      continue;
    }
    const records::BatchInfo& batch = batches_->batch();
    const size_t size = std::min(batch.size, unread_);
    unread_ -= size;
    bytes_ -= size;
    if (batch.last_offset == std::numeric_limits<int64_t>::max()) {
      error_ = Error(Errc::corrupt_message, "a batch at the highest offset there is");
      return Next::failed;
    }
    bool aborted = false;
    if (Error error = judge(aborted)) {
      error_ = std::move(error);
      return Next::failed;
    }
    if (batch.last_offset < position) {  // before what was asked for (B6)
      looked_ += batch.size;
      continue;
    }
    passed_epoch_ = batch.leader_epoch;
    if (batch.is_control || aborted || batch.count == 0) {  // nothing to deliver (B7, B8)
      looked_ += batch.size;
      position = batch.last_offset + 1;
      continue;
    }
    opening_.emplace(batches_->opening());
  }
}

}  // namespace kafka::consumer
