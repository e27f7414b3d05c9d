// What members say they own, cleaned. A member may have been away for some generations, may repeat what another one
// says, or may name partitions that do not exist. If the assignor believed that, it would give away partitions that do
// not exist, or keep a partition with a member that does not want it.
#pragma once

#include <cstdint>
#include <vector>

#include "group/racks.hpp"
#include "group/roster.hpp"

namespace kafka::group {

/// What one member says it owns, and since which generation.
struct Claim {
  Partitions partitions;
  int32_t generation = kNoGeneration;
};

/// Claims that are left when all of them were compared. A partition belongs to the member that claims it with the
/// newest generation. If two do so with the same one, it belongs to nobody. A member that does not subscribe to the
/// topic any more has lost the partition.
struct Claims {
  using ClaimOf = Claim (*)(const Member& member);

  /// `claim_of`: where this assignor's members say what they own.
  Claims(const Roster& roster, const Racks& racks, bool racks_matter, ClaimOf claim_of);
  /// What members will say when they have what this answer gives them.
  Claims(const Roster& roster, const std::vector<uint32_t>& owners);

  /// Whether a member that gets what this answer gives it has to give something up.
  bool gives_up(const std::vector<uint32_t>& owners) const;

  std::vector<uint32_t> owner;     ///< per partition; kNobody
  std::vector<bool> contested;     ///< per partition: two claimed it with the newest generation
  std::vector<uint32_t> previous;  ///< per partition: who claims it with the newest generation before the group's last
  bool lost_some = false;          ///< a member claims what it cannot keep
  /// Per member: the partitions that it claims and that exist, sorted, whether it is believed or not.
  std::vector<std::vector<uint32_t>> said;
};

}  // namespace kafka::group
