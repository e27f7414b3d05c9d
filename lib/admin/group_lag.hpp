// How far a group is behind in each partition: what it has committed, what its members own, and where partitions end.
#pragma once

#include <kafka/groups.hpp>

#include <string>
#include <vector>

#include "admin/errand.hpp"

namespace kafka::admin {

/// `done` runs once; the error is the whole call's, each entry has its own. From inside this call only if the session
/// closes.
void find_lag(Errand errand, const std::string& name, Function<void(Error, std::vector<PartitionLag>)> done);

}  // namespace kafka::admin
