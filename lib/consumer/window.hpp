// The envelopes of one partition that were dispatched and lie at or above the first one without an answer, oldest
// first: with `unordered` they are answered in any order, and offsets are stored only below that first one.
// By entries, not by offsets: offsets have gaps (compaction, control batches, aborted transactions).
// Not here: what an answer does (unordered.cpp).
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/ring.hpp"

namespace kafka::consumer {

class Window {
 public:
  /// How many there may be: behind an envelope that stays open so many others are dispatched, then its partition
  /// waits for it.
  static constexpr size_t kMost = 65536;

  struct Entry {
    int64_t first;  ///< offset
    int64_t next;   ///< the offset behind it
    int32_t epoch;  ///< of the leader that took its batch, -1: not known
    bool answered = false;
    bool commits = false;     ///< its answer
    bool held = false;        ///< its commit has metadata or somebody to tell, kept elsewhere meanwhile
    bool taken_back = false;  ///< the position was set since: its answer does not count
    bool done() const noexcept { return answered || taken_back; }
  };

  bool empty() const noexcept { return entries_.empty(); }
  bool full() const noexcept { return entries_.size() >= kMost; }
  size_t size() const noexcept { return entries_.size(); }
  /// The number of the front entry. Numbers are never used again; those below belong to entries that are gone.
  uint64_t begin() const noexcept { return begin_; }
  uint64_t end() const noexcept { return begin_ + entries_.size(); }
  const Entry& front() const noexcept { return entries_.front(); }

  uint64_t push(int64_t first, int64_t next, int32_t epoch) {
    entries_.emplace_back(Entry{first, next, epoch});
    return end() - 1;
  }
  Entry* find(uint64_t number) noexcept {
    const uint64_t index = number - begin_;
    return index < entries_.size() ? &entries_[index] : nullptr;
  }
  /// The front entry, if it is done.
  bool pop(Entry& entry) noexcept {
    if (entries_.empty() || !entries_.front().done()) return false;
    entry = entries_.pop_front();
    ++begin_;
    return true;
  }

 private:
  Ring<Entry> entries_;
  uint64_t begin_ = 1;
};

}  // namespace kafka::consumer
