#include "producer/memory.hpp"

#include <string>
#include <utility>

namespace kafka::producer {

Error Memory::make_room(size_t bytes) {
  if (fits(bytes)) return {};
  full_ = true;
  return Error(Errc::queue_full, "buffer_memory (" + std::to_string(limit_) + " bytes) is used up");
}

void Memory::release(size_t bytes, size_t records) {
  used_ -= std::min(used_, bytes);
  records_ -= std::min(records_, records);
  if (records_ == 0) blocks_.trim(kIdleBlocks);
  tell_room();
}

void Memory::on_drain(Function<void()> handler) {
  on_drain_ = std::move(handler);
  if (records_ == 0) tell_room();  // no outcome will come that could do it later
}

void Memory::tell_room() {
  if (!rooms_.empty()) rooms_.look();
  if (!full_ || !on_drain_ || used_ > limit_ / 2) return;
  full_ = false;
  session_.callbacks().run(lane_, std::move(on_drain_));
  on_drain_ = nullptr;
}

std::unique_ptr<Batch> Memory::new_batch(int32_t partition, Compression codec, net::TimePoint since, size_t capacity) {
  const bool guess = capacity > kFirstCapacity && guessed_ + capacity <= limit_ / 2;
  if (!guess) capacity = kFirstCapacity;
  Buffer block = blocks_.take(capacity);
  std::unique_ptr<Batch> batch;
  if (spare_.empty()) {
    batch = std::make_unique<Batch>(partition, codec, since, std::move(block));
  } else {
    batch = std::move(spare_.back());
    spare_.pop_back();
    if (!spare_.empty()) fetch(*spare_.back());  // the next one is mostly needed soon, as is its block
    blocks_.fetch(capacity);
    spare_bytes_ -= batch->kept();
    batch->renew(partition, codec, since, std::move(block));
  }
  if (guess) {
    batch->guessed = capacity;
    guessed_ += capacity;
  }
  return batch;
}

void Memory::keep(std::unique_ptr<Batch> batch) {
  batch->rest();
  const size_t bytes = batch->kept();
  if (spare_bytes_ + bytes > kSpareBytes) return;
  spare_bytes_ += bytes;
  spare_.push_back(std::move(batch));
}

void Memory::keep_block(Bytes sealed) {
  blocks_.give(std::move(sealed), std::min(limit_ / 2, limit_ - std::min(limit_, used_)));
}

}  // namespace kafka::producer
