// What takes something away from groups: whole groups, offsets, members. One request to a group's coordinator each.
// `done` runs once; from inside these calls only if the session closes.
#pragma once

#include <kafka/groups.hpp>

#include <string>
#include <vector>

#include "admin/errand.hpp"

namespace kafka::admin {

void delete_group(Errand errand, const std::string& name, Function<void(Error)> done);

/// The results are in the order of the partitions. The error is the whole request's.
void delete_offsets(Errand errand, const std::string& name, const Partitions& partitions,
                    Function<void(Error, std::vector<PartitionResult>)> done);

/// The results are in the order of the members. The error is the whole request's.
void remove_members(Errand errand, const std::string& name, std::vector<MemberToRemove> members, std::string reason,
                    Function<void(Error, std::vector<RemovedMember>)> done);

}  // namespace kafka::admin
