// The racks of members and of replicas, as numbers (KIP-881: read from a replica in one's own rack).
#pragma once

#include <cstdint>
#include <vector>

#include "group/roster.hpp"

namespace kafka::group {

class Racks {
 public:
  static constexpr uint32_t kNone = UINT32_MAX;

  explicit Racks(const Roster& roster);

  /// kNone if the member names none.
  uint32_t of_member(uint32_t member) const { return of_member_[member]; }
  bool has_replica(uint32_t partition, uint32_t rack) const;
  /// The racks of the partition's replicas, sorted, each once.
  const std::vector<uint32_t>& of_partition(uint32_t partition) const { return of_partition_[partition]; }
  /// The member names a rack, and no replica is there.
  bool mismatch(uint32_t member, uint32_t partition) const {
    return of_member_[member] != kNone && !has_replica(partition, of_member_[member]);
  }
  /// Whether racks can make a difference: some of these members name a rack that some of these partitions
  /// [first, end) have, and not every partition has replicas in all racks.
  bool matter(const std::vector<uint32_t>& members, uint32_t first, uint32_t end) const;

 private:
  std::vector<uint32_t> of_member_;
  std::vector<std::vector<uint32_t>> of_partition_;
  size_t racks_ = 0;
};

}  // namespace kafka::group
