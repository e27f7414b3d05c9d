// Checks of what an application names: partitions, groups and starting places.
// Not here: the rules for topic names (base/topic_name.hpp).
#pragma once

#include <kafka/types.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace kafka::consumer {

/// The topic's name and the partition's number.
Error check_partition(std::string_view topic, int32_t partition);
Error check_group(std::string_view group);
/// A partition that is named twice is refused: one of the two places would be ignored without a word.
Error named_twice(std::string_view topic, int32_t partition);
/// A list that names at least one partition, each legal, and each once.
Error check_partitions(const Partitions& partitions);
/// At least one topic, each legal, and each once.
Error check_topics(const std::vector<std::string>& topics);
/// Topic, partition, and the offset: 0 or more, earliest, latest, or latest with a time.
Error check_place(const TopicOffset& place);

}  // namespace kafka::consumer
