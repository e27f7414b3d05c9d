// Who a member is to its coordinator.
#pragma once

#include <cstdint>
#include <string>

#include "group/assignor.hpp"

namespace kafka::group {

/// What a member says of itself in every request.
struct Identity {
  std::string group;
  std::string instance_id;  ///< "" if the member is not static (KIP-345)
  std::string member_id;    ///< "" before the coordinator has given one, and after it has forgotten it
  int32_t generation = kNoGeneration;
  bool has_epochs = false;  ///< the generation is the member's epoch (KIP-848): who reads offsets has to say it, too
  /// How often the member has got an assignment, or an epoch: a refusal from before does not hold after. A KIP-848
  /// member that was put out may have the same id and the same epoch again.
  uint64_t settled = 0;
};

}  // namespace kafka::group
