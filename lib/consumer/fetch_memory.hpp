// The memory that one consumer's fetches may take (`fetch_memory`). What requests under way may bring is reserved. What
// came is charged until it was dispatched; with `unordered` until its envelopes are gone.
// Not here: which request gets the memory (sources.hpp).
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>

#include "consumer/buffer.hpp"

namespace kafka::consumer {

/// Owns the account.
class FetchMemory {
 public:
  /// Room below which no fetch is sent, unless nothing else can free any.
  static constexpr size_t kLeastFetch = 64 * 1024;

  /// `largest` is the most that one answer may bring.
  FetchMemory(size_t limit, size_t largest) : limit_(limit), largest_(largest) {}

  /// The most that one answer may bring, for a given limit, fetch_max_bytes and receive_message_max_bytes.
  static size_t largest_answer(size_t limit, size_t fetch_max, size_t receive_max) {
    // Several answers at a time in memory: one is dispatched while the next comes. Blocks of this size are also used
    // again, where larger ones would be taken from the system and given back each time.
    constexpr size_t kAnswersInMemory = 4;
    constexpr size_t kLeastAnswer = 1024 * 1024;
    const size_t part = std::max(limit / kAnswersInMemory, kLeastAnswer);
    // A whole answer must be allowed to come, with what stands around the records.
    return std::min({fetch_max, part, receive_max - receive_max / 8});
  }

  /// How much a fetch may bring that could use `wanted` bytes; 0: not now. `sources` brokers are asked: long polls hold
  /// their reservation while they wait, so each gets its part.
  size_t room(size_t wanted, size_t sources) const {
    const size_t part = std::max<size_t>(limit_ / std::max<size_t>(sources, 1), 1);
    const size_t want = std::min({wanted, largest_, part});
    const size_t taken = held() + reserved_;
    const size_t left = limit_ > taken ? limit_ - taken : 0;
    return left >= std::min(want, kLeastFetch) ? std::min(want, left) : 0;
  }
  void reserve(size_t bytes) { reserved_ += bytes; }
  void release(size_t bytes) { reserved_ -= bytes; }
  size_t reserved() const { return reserved_; }
  /// An answer has come. It is charged for as long as the credit lives.
  std::shared_ptr<Credit> charge(size_t bytes) { return std::make_shared<Credit>(fetched_, bytes); }
  /// Bytes in answers that were not dispatched, and bytes that open envelopes keep.
  size_t held() const { return *fetched_ + *decompressed_; }
  /// The account of compressed batches that were decompressed, and that open envelopes keep (with `unordered`).
  const std::shared_ptr<size_t>& decompressed() const { return decompressed_; }

 private:
  size_t limit_;
  size_t largest_;
  size_t reserved_ = 0;
  std::shared_ptr<size_t> fetched_ = std::make_shared<size_t>(0);
  std::shared_ptr<size_t> decompressed_ = std::make_shared<size_t>(0);
};

}  // namespace kafka::consumer
