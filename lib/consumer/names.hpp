// Checks of what an application names: partitions, groups and starting places.
// Not here: the rules for topic names (base/topic_name.hpp).
#pragma once

#include <kafka/types.hpp>

#include <string_view>

namespace kafka::consumer {

/// The topic's name and the partition's number.
Error check_partition(std::string_view topic, int32_t partition);
Error check_group(std::string_view group);
/// A list that names at least one partition, each legal.
Error check_partitions(const Partitions& partitions);
/// Topic, partition, and the offset: 0 or more, earliest, latest, or latest with a time.
Error check_place(const TopicOffset& place);

}  // namespace kafka::consumer
