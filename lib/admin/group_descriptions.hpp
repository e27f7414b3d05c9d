// Asks the coordinators of groups for their state and members.
#pragma once

#include <kafka/groups.hpp>

#include <string>

#include "admin/errand.hpp"

namespace kafka::admin {

/// A group of the consumer protocol is told of by ConsumerGroupDescribe, a classic one by DescribeGroups. Nobody knows
/// beforehand which one it is, so the first is asked first, if the coordinator has it. `done` runs once; from inside
/// this call only if the session closes. The error is that of the description.
void describe_group(Errand errand, const std::string& name, Function<void(GroupDescription)> done);

}  // namespace kafka::admin
