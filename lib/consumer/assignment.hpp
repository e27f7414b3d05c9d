// The partitions of a consumer. Partitions may be added and removed at any time, also while requests, envelopes or
// commits refer to them.
// Not here: what else happens when a partition is taken away (roster.cpp, answers.cpp).
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "consumer/partition.hpp"

namespace kafka::consumer {

/// An envelope's ticket: the number of its entry in the partition's window, and the partition's slot in the low bits.
struct Ticket {
  static constexpr uint32_t kSlotBits = 20;
  static constexpr uint64_t of(uint32_t slot, uint64_t number) { return (number << kSlotBits) | slot; }
  static constexpr uint32_t slot(uint64_t ticket) { return ticket & ((1U << kSlotBits) - 1); }
  static constexpr uint64_t number(uint64_t ticket) { return ticket >> kSlotBits; }
};

/// Owns the partitions, by name and by slot. Whoever keeps one for later holds a shared_ptr to it, or a ticket.
///
/// A slot is used again after its partition was removed. The next partition's window goes on with the numbers where the
/// last one's stopped. So a late ticket never finds an entry of the new partition.
class Assignment {
 public:
  static constexpr size_t kMostPartitions = size_t{1} << Ticket::kSlotBits;

  /// `window` is the capacity of each partition's window.
  explicit Assignment(size_t window) : window_(window) {}

  /// Counts removals: what was noted by slot may be of another partition since.
  uint64_t removals() const { return removals_; }

  using ByNumber = std::map<int32_t, Partition*>;
  using ByTopic = std::map<std::string, ByNumber, std::less<>>;

  bool full() const { return all_.size() == kMostPartitions; }
  size_t size() const { return all_.size(); }
  // In the order in which they were added.
  auto begin() const { return all_.begin(); }
  auto end() const { return all_.end(); }
  const ByTopic& by_topic() const { return by_topic_; }

  /// A new partition, without a position; or the one that is there already. The assignment must not be full.
  Partition& add(std::string topic, int32_t number);
  /// Removes the partition. Code that holds a shared_ptr to it sees that it is `removed`. The partition forgets its
  /// position and what was fetched.
  void remove(Partition& partition);
  /// Null if the partition is not assigned.
  Partition* find(std::string_view topic, int32_t number) const;

  /// Null if the slot is free.
  Partition* at(size_t slot) const { return slot < slots_.size() ? slots_[slot].partition.get() : nullptr; }
  /// The partition whose envelope this ticket is; null if that one was removed, or the slot never had one.
  Partition* holder(uint64_t ticket) const;
  /// False for tickets that this assignment never gave out.
  bool knows(uint64_t ticket) const { return Ticket::slot(ticket) < slots_.size(); }
  /// Whether the present consumption dispatched the envelope.
  bool is_present(uint64_t ticket) const {
    return knows(ticket) && Ticket::number(ticket) >= slots_[Ticket::slot(ticket)].begun_at;
  }
  /// A consumption begins: envelopes that are open now belong to an earlier one.
  void begin_consumption();

 private:
  struct Slot {
    std::shared_ptr<Partition> partition;  // null: free
    uint64_t first = 1;     // the number of the first envelope of its partition, or of the next partition
    uint64_t begun_at = 1;  // the number of the first envelope of the present consumption
  };

  size_t window_;
  std::vector<std::shared_ptr<Partition>> all_;
  ByTopic by_topic_;
  std::vector<Slot> slots_;
  std::vector<uint32_t> free_;
  uint64_t removals_ = 0;
};

}  // namespace kafka::consumer
