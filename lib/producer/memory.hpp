// How much of buffer_memory is in use, and the memory of batches that have ended.
// Not here: what a record is charged (Batch::charge, accumulator.hpp).
#pragma once

#include <kafka/producer.hpp>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

#include "producer/batch.hpp"
#include "producer/block_pool.hpp"
#include "producer/room_queue.hpp"
#include "session/core.hpp"

namespace kafka::producer {

/// Owns the account of buffer_memory, spare batches and blocks for new ones, and the application's on_drain handler.
class Memory {
 public:
  static constexpr size_t kFirstCapacity = 1024;
  /// Bytes of blocks that are kept while nothing is queued.
  static constexpr size_t kIdleBlocks = 2 * 1024 * 1024;
  /// Bytes of batch objects that are kept.
  static constexpr size_t kSpareBytes = 4 * 1024 * 1024;

  /// The producer's callbacks run in `lane`.
  Memory(session::Core& session, const session::Lane& lane, size_t limit)
      : session_(session),
        lane_(lane),
        limit_(limit),
        rooms_(session, lane, [this](size_t bytes) { return fits(bytes); }) {}

  // The account.
  size_t limit() const noexcept { return limit_; }
  size_t used() const noexcept { return used_; }
  size_t records() const noexcept { return records_; }
  /// Whether there is room for so many bytes and the header of a batch for them.
  [[gnu::always_inline]] bool fits(size_t bytes) const noexcept {
    return used_ + bytes + records::kBatchHeaderSize <= limit_;
  }
  /// queue_full unless they fit; then on_drain() is called once there is room again.
  Error make_room(size_t bytes);
  [[gnu::always_inline]] void charge_record(size_t bytes) noexcept {
    used_ += bytes;
    ++records_;
  }
  /// So many records have an outcome, and the bytes are free again.
  void release(size_t bytes, size_t records);
  /// release() of a parked record that is charged again at once, in a batch: on_drain() does not hear of the room
  /// between.
  void move_record(size_t bytes) noexcept {
    used_ -= std::min(used_, bytes);
    --records_;
  }
  void on_drain(Function<void()> handler);
  /// Somebody waits for room, or was refused and half of the memory is not free yet.
  bool wanted() const noexcept { return !rooms_.empty() || (full_ && used_ > limit_ / 2); }
  /// Calls the handler if it waits and half of the memory is free.
  void tell_room();

  // Batches.
  /// An empty batch with memory for so many bytes, if half of buffer_memory can be taken before there are records for
  /// it; else, and for a small one, with a little.
  std::unique_ptr<Batch> new_batch(int32_t partition, Compression codec, net::TimePoint since, size_t capacity);
  /// The batch takes no more records: its memory counts as filled.
  void end_filling(Batch& batch) noexcept { guessed_ -= std::exchange(batch.guessed, 0); }
  /// Takes a batch that has come to its end, to begin again as another. Flushes that waited for it end here.
  void keep(std::unique_ptr<Batch> batch);
  /// Takes the block of a batch whose bytes are not needed any more; a write may still read them.
  void keep_block(Bytes sealed);
  size_t spare_block_bytes() const noexcept { return blocks_.bytes(); }

  /// Who waits for room in turn.
  RoomQueue& rooms() noexcept { return rooms_; }

  /// The application is not called any more.
  void stop() {
    on_drain_ = nullptr;
    rooms_.stop();
  }

 private:
  session::Core& session_;
  session::Lane lane_;
  size_t limit_;
  size_t used_ = 0;
  size_t records_ = 0;
  size_t guessed_ = 0;  // bytes taken for open batches before there were records for them
  bool full_ = false;   // said queue_full since the last on_drain
  Function<void()> on_drain_;
  RoomQueue rooms_;
  BlockPool blocks_;
  std::vector<std::unique_ptr<Batch>> spare_;
  size_t spare_bytes_ = 0;  // held by these
};

}  // namespace kafka::producer
