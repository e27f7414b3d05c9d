// What a consumer may be asked for: legal topics, partitions, groups and starting places.
#pragma once

#include <kafka/types.hpp>

#include <string_view>

namespace kafka::consumer {

/// Topic and partition number.
Error check_partition(std::string_view topic, int32_t partition);
Error check_group(std::string_view group);
/// A list that names at least one partition, each legal.
Error check_partitions(const Partitions& partitions);
/// Also the offset: 0 or more, earliest, latest, or latest with a time.
Error check_place(const TopicOffset& place);

}  // namespace kafka::consumer
