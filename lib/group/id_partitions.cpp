#include "group/id_partitions.hpp"

#include <algorithm>

namespace kafka::group {

IdPartitions read(const protocol::ConsumerGroupHeartbeatResponse::Assignment& assignment) {
  IdPartitions partitions;
  for (const auto& topic : assignment.topic_partitions) {
    if (topic.topic_id.is_zero()) continue;
    for (const int32_t number : topic.partitions) {
      if (number >= 0) partitions[topic.topic_id].push_back(number);
    }
  }
  for (auto& [id, numbers] : partitions) {
    std::sort(numbers.begin(), numbers.end());
    numbers.erase(std::unique(numbers.begin(), numbers.end()), numbers.end());
  }
  return partitions;
}

std::vector<protocol::ConsumerGroupHeartbeatRequest::TopicPartitions> write(const IdPartitions& partitions) {
  std::vector<protocol::ConsumerGroupHeartbeatRequest::TopicPartitions> topics;
  for (const auto& [id, numbers] : partitions) topics.push_back({id, numbers});
  return topics;
}

}  // namespace kafka::group
