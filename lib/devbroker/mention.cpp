// Looking for topics in requests (see mention.hpp).
#include "devbroker/mention.hpp"

#include <algorithm>
#include <utility>

#include "devbroker/fetch_sessions.hpp"
#include "devbroker/handlers.hpp"

namespace kafka::devbroker {

bool Mention::is_topic(const std::string& name, const Uuid& id) const {
  if (!name.empty()) return name == topic;
  const Topic* found = cluster.topics().find(from_uuid(id));
  return found != nullptr && found->name == topic;
}

bool Mention::in(const protocol::ProduceRequest& request) const {
  return std::ranges::any_of(request.topic_data, [&](const auto& each) {
    return is_topic(each.name, each.topic_id) &&
           std::ranges::any_of(each.partition_data, [&](const auto& p) { return is_partition(p.index); });
  });
}

bool Mention::in(const protocol::FetchRequest& request) const {
  auto asked = asks_of(request);
  if (request.session_epoch > 0) {
    if (const auto session = cluster.brokers().fetch_sessions(broker).find(request.session_id)) {
      for (FetchAsk& ask : session->asks()) asked.push_back(std::move(ask));
    }
  }
  return std::ranges::any_of(asked, [&](const FetchAsk& ask) {
    return is_topic(ask.topic, ask.topic_id) && is_partition(ask.partition.partition);
  });
}

bool Mention::in(const protocol::ListOffsetsRequest& request) const {
  return std::ranges::any_of(request.topics, [&](const auto& each) {
    return is_topic(each.name) &&
           std::ranges::any_of(each.partitions, [&](const auto& p) { return is_partition(p.partition_index); });
  });
}

bool Mention::in(const protocol::MetadataRequest& request) const {
  if (!request.topics || request.topics->empty()) return cluster.topics().find(topic) != nullptr;
  return std::ranges::any_of(*request.topics,
                             [&](const auto& each) { return is_topic(each.name.value_or(""), each.topic_id); });
}

bool Mention::in(const protocol::OffsetCommitRequest& request) const {
  return std::ranges::any_of(request.topics, [&](const auto& each) {
    return is_topic(each.name, each.topic_id) &&
           std::ranges::any_of(each.partitions, [&](const auto& p) { return is_partition(p.partition_index); });
  });
}

template <class Topics>
bool Mention::in_offsets(const Topics& topics) const {
  if (!topics) return cluster.topics().find(topic) != nullptr;
  return std::ranges::any_of(*topics, [&](const auto& each) {
    Uuid id{};
    if constexpr (requires { each.topic_id; }) id = each.topic_id;
    return is_topic(each.name, id) &&
           std::ranges::any_of(each.partition_indexes, [&](int32_t number) { return is_partition(number); });
  });
}

bool Mention::in(const protocol::OffsetFetchRequest& request) const {
  if (request.groups.empty()) return in_offsets(request.topics);
  return std::ranges::any_of(request.groups, [&](const auto& group) { return in_offsets(group.topics); });
}

bool Mention::in(const protocol::OffsetDeleteRequest& request) const {
  return std::ranges::any_of(request.topics, [&](const auto& each) {
    return is_topic(each.name) &&
           std::ranges::any_of(each.partitions, [&](const auto& p) { return is_partition(p.partition_index); });
  });
}

bool Mention::in(const protocol::ConsumerGroupHeartbeatRequest& request) const {
  return request.subscribed_topic_names &&
         std::ranges::any_of(*request.subscribed_topic_names, [&](const std::string& name) { return is_topic(name); });
}

// These name topics only, or any partition of the topic will do.
bool Mention::in(const protocol::CreateTopicsRequest& request) const {
  return std::ranges::any_of(request.topics, [&](const auto& each) { return is_topic(each.name); });
}

bool Mention::in(const protocol::DeleteTopicsRequest& request) const {
  return std::ranges::any_of(request.topic_names, [&](const std::string& name) { return is_topic(name); }) ||
         std::ranges::any_of(request.topics,
                             [&](const auto& each) { return is_topic(each.name.value_or(""), each.topic_id); });
}

bool Mention::in(const protocol::CreatePartitionsRequest& request) const {
  return std::ranges::any_of(request.topics, [&](const auto& each) { return is_topic(each.name); });
}

bool Mention::in(const protocol::DescribeConfigsRequest& request) const {
  return std::ranges::any_of(request.resources, [&](const auto& each) { return is_topic(each.resource_name); });
}

bool Mention::in(const protocol::DeleteRecordsRequest& request) const {
  return std::ranges::any_of(request.topics, [&](const auto& each) {
    return is_topic(each.name) &&
           std::ranges::any_of(each.partitions, [&](const auto& p) { return is_partition(p.partition_index); });
  });
}

bool Mention::in(const protocol::OffsetForLeaderEpochRequest& request) const {
  return std::ranges::any_of(request.topics, [&](const auto& each) {
    return is_topic(each.topic) &&
           std::ranges::any_of(each.partitions, [&](const auto& p) { return is_partition(p.partition); });
  });
}

}  // namespace kafka::devbroker
