#include "consumer/names.hpp"

#include <set>
#include <string>

#include "base/error_table.hpp"
#include "base/topic_name.hpp"

namespace kafka::consumer {

Error check_partition(std::string_view topic, int32_t partition) {
  if (Error error = check_topic_name(topic)) return error;
  if (partition >= 0) return {};
  return Error(Errc::invalid_argument,
               "partition " + std::to_string(partition) + " of " + std::string(topic) + ": 0 to 2147483647");
}

Error check_group(std::string_view group) {
  constexpr size_t kLongest = 32767;  // what the wire can carry
  if (!group.empty() && group.size() <= kLongest) return {};
  return Error(Errc::invalid_argument, "group \"" + escaped(group, 64) + "\": 1 to 32767 bytes");
}

Error named_twice(std::string_view topic, int32_t partition) {
  return Error(Errc::invalid_argument, std::string(topic) + "/" + std::to_string(partition) + " is named twice");
}

Error check_partitions(const Partitions& partitions) {
  if (partitions.empty()) return Error(Errc::invalid_argument, "partitions: at least one is needed");
  for (const auto& [topic, numbers] : partitions) {
    if (Error error = check_topic_name(topic)) return error;
    if (numbers.empty()) return Error(Errc::invalid_argument, "partitions of " + topic + ": at least one is needed");
    std::set<int32_t> seen;
    for (const int32_t number : numbers) {
      if (Error error = check_partition(topic, number)) return error;
      if (!seen.insert(number).second) return named_twice(topic, number);
    }
  }
  return {};
}

Error check_topics(const std::vector<std::string>& topics) {
  if (topics.empty()) return Error(Errc::invalid_argument, "topics: at least one is needed");
  std::set<std::string_view> seen;
  for (const std::string& topic : topics) {
    if (Error error = check_topic_name(topic)) return error;
    if (!seen.insert(topic).second) return Error(Errc::invalid_argument, "topic " + topic + " is named twice");
  }
  return {};
}

Error check_place(const TopicOffset& place) {
  if (Error error = check_partition(place.topic, place.partition)) return error;
  if (place.offset < kEarliestOffset) {
    return Error(Errc::invalid_argument, "offset " + std::to_string(place.offset) + " of " + place.topic + "/" +
                                             std::to_string(place.partition) + ": 0 or more, earliest or latest");
  }
  return {};
}

}  // namespace kafka::consumer
