// Reads and writes the offsets that a group has stored, through its coordinator.
// Not here: finding the coordinator and trying again (cluster/coordinator).
// Callers: ConsumerGroup, and consumers for their start and their commits.
#pragma once

#include <kafka/types.hpp>

#include <string>
#include <vector>

#include "session/core.hpp"

namespace kafka::consumer {

/// The error is the request's; each entry has its own as well (all of them, if the request failed).
/// Never called from inside the call that asked.
using OffsetsDone = Function<void(Error, std::vector<ConsumerOffset>)>;

/// The stored offsets, in the order of `asked`; -1 where nothing is stored.
void fetch_group_offsets(session::Core& core, const std::string& group, std::vector<TopicPartition> asked,
                         net::Duration timeout, OffsetsDone done);
/// Stores offsets, as somebody who is no member.
void commit_group_offsets(session::Core& core, const std::string& group, std::vector<ConsumerOffset> offsets,
                          net::Duration timeout, OffsetsDone done);

/// The first error of the entries.
Error first_error(const std::vector<ConsumerOffset>& offsets);

}  // namespace kafka::consumer
