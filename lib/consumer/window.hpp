// The open envelopes of one partition, oldest first, and the answered ones behind the first open one. With `unordered`
// there may be many, answered in any order. Otherwise there is at most one.
// Entries are found by number, not by offset: offsets have gaps (compaction, control batches, aborted transactions).
// Not here: what an answer does (answers.cpp).
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include "base/ring.hpp"

namespace kafka::consumer {

/// Owns the entries of a partition's open envelopes. The front entry lies in the object itself: with one envelope at a
/// time nothing else is ever used.
class Window {
 public:
  /// The capacity with `unordered`: behind an envelope that stays open so many others are dispatched, then the
  /// partition waits for it.
  static constexpr size_t kMany = 65536;

  struct Entry {
    int64_t first;  ///< the offset of its first record
    int64_t next;   ///< the offset behind its last record
    int32_t epoch;  ///< of the leader that took its last batch, -1: not known
    bool answered = false;
    bool commits = false;      ///< the answer was commit
    bool held = false;         ///< the commit has metadata or a `done`, kept in PartitionCommits::held meanwhile
    bool unconfirmed = false;  ///< the commit is to be stored before the entry goes
    bool sought = false;       ///< the position was set since: the answer counts, but does not move the position
    bool taken_back = false;   ///< the position was set since: the answer does not count
    bool cut = false;          ///< the log has lost some of it: `next` is less than what was dispatched
    bool vague = false;        ///< the same, and nobody knows where the log was cut: a commit cannot be stored
    bool over() const noexcept { return taken_back || (answered && !unconfirmed); }
  };

  /// `begin` is the number of the first entry.
  explicit Window(size_t capacity = 1, uint64_t begin = 1) : capacity_(capacity), begin_(begin) {}

  /// One envelope at a time.
  bool single() const noexcept { return capacity_ == 1; }
  bool empty() const noexcept { return size_ == 0; }
  bool full() const noexcept { return size_ >= capacity_; }
  size_t size() const noexcept { return size_; }
  /// The number of the front entry. Numbers are never used again; those below belong to entries that are gone.
  uint64_t begin() const noexcept { return begin_; }
  uint64_t end() const noexcept { return begin_ + size_; }
  Entry& front() noexcept { return front_; }
  const Entry& front() const noexcept { return front_; }

  /// The entry behind the front one.
  const Entry& second() const noexcept { return behind_.front(); }

  /// The number of the new entry.
  uint64_t push(int64_t first, int64_t next, int32_t epoch) {
    if (size_ == 0) [[likely]] {
      front_ = Entry{first, next, epoch};
    } else {
      behind_.emplace_back(Entry{first, next, epoch});
    }
    return begin_ + size_++;
  }
  /// Null if the entry is gone.
  Entry* find(uint64_t number) noexcept {
    const uint64_t index = number - begin_;
    if (index >= size_) return nullptr;
    return index == 0 ? &front_ : &behind_[index - 1];
  }
  /// Pops the front entry, behind which there is none.
  void pop_only() noexcept {
    size_ = 0;
    ++begin_;
  }
  void pop() noexcept {
    if (!behind_.empty()) front_ = behind_.pop_front();
    --size_;
    ++begin_;
  }
  /// The log ends at `offset` now, with a batch of `epoch`: no commit may promise more.
  void cut(int64_t offset, int32_t epoch) noexcept {
    for (uint64_t number = end(); number > begin_; --number) {
      Entry& entry = *find(number - 1);
      if (entry.next <= offset) return;
      entry.next = offset;
      entry.epoch = epoch;
      entry.cut = true;
    }
  }
  /// The log ends at `end` now, and was cut there or below: what lies below may be newer than what was dispatched.
  void end_at(int64_t end) noexcept {
    for (uint64_t number = this->end(); number > begin_; --number) {
      Entry& entry = *find(number - 1);
      if (entry.next <= end) return;
      entry.next = end;
      entry.epoch = -1;
      entry.cut = entry.vague = true;
    }
  }

 private:
  size_t capacity_;
  size_t size_ = 0;
  uint64_t begin_;
  Entry front_{};
  Ring<Entry> behind_;
};

}  // namespace kafka::consumer
