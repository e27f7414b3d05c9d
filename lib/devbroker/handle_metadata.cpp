// Metadata (key 3): the brokers, and the leaders of the topics that are asked for. Creates topics on first use.
#include <algorithm>

#include "base/topic_name.hpp"
#include "devbroker/handlers.hpp"
#include "protocol/metadata.hpp"

namespace kafka::devbroker {

namespace {

// The operations that a cluster without authorization allows on each kind of resource, one bit each.
constexpr int32_t kAllTopicOperations = 3576;
constexpr int32_t kAllClusterOperations = 8096;

template <class ResponseTopic>
void describe(Context& context, const Topic& topic, const protocol::MetadataRequest& request, ResponseTopic& out) {
  Cluster& cluster = context.cluster;
  out.name = topic.name;
  out.topic_id = to_uuid(topic.id);
  out.is_internal = is_internal_topic(topic.name);
  out.error_code = wire_code(context.fault.at_topic(topic.name));
  if (request.include_topic_authorized_operations) out.topic_authorized_operations = kAllTopicOperations;
  if (out.error_code != 0) return;
  for (size_t i = 0; i < topic.partitions.size(); ++i) {
    const Partition& partition = *topic.partitions[i];
    const auto number = static_cast<int32_t>(i);
    auto& entry = out.partitions.emplace_back();
    entry.partition_index = number;
    entry.leader_id = partition.leader;
    entry.leader_epoch = partition.epoch;
    entry.replica_nodes = partition.replicas;
    entry.isr_nodes = partition.in_sync;
    for (int32_t id : partition.replicas) {
      if (!cluster.brokers().alive(id)) entry.offline_replicas.push_back(id);
    }
    const Errc injected = context.fault.at(topic.name, number);
    entry.error_code = wire_code(injected != Errc::none ? injected
                                 : partition.leader < 0 ? Errc::leader_not_available
                                                        : Errc::none);
  }
}

}  // namespace

void handle(Context& context, protocol::MetadataRequest& request, protocol::MetadataResponse& response) {
  Cluster& cluster = context.cluster;
  for (int32_t id : cluster.brokers().listed_ids()) {
    auto& broker = response.brokers.emplace_back();
    broker.node_id = id;
    broker.host = cluster.brokers().find(id)->host();
    broker.port = cluster.brokers().find(id)->port();
    if (!cluster.brokers().rack(id).empty()) broker.rack = cluster.brokers().rack(id);
  }
  response.cluster_id = cluster.id();
  response.controller_id = cluster.brokers().controller();
  if (request.include_cluster_authorized_operations) response.cluster_authorized_operations = kAllClusterOperations;

  // Null asks for all topics. In versions without null an empty list does.
  if (!request.topics || (context.version < protocol::MetadataRequest::kNullMeansAllFrom && request.topics->empty())) {
    for (const auto& [name, topic] : cluster.topics().all())
      describe(context, topic, request, response.topics.emplace_back());
    return;
  }
  const bool may_create =
      cluster.options().auto_create_topics &&
      (context.version < protocol::MetadataRequest::kNoCreationFrom || request.allow_auto_topic_creation);
  for (const auto& asked : *request.topics) {
    auto& out = response.topics.emplace_back();
    if (!asked.name) {
      const Topic* topic = cluster.topics().find(from_uuid(asked.topic_id));
      if (topic != nullptr) {
        describe(context, *topic, request, out);
      } else {
        out.topic_id = asked.topic_id;
        if (context.version >= protocol::MetadataRequest::kAskByIdFrom) out.name.reset();
        out.error_code = wire_code(Errc::unknown_topic_id);
      }
      continue;
    }
    const std::string name(*asked.name);
    const Topic* topic = cluster.topics().find(name);
    Error refused = topic == nullptr ? Error(Errc::unknown_topic_or_partition) : Error();
    if (topic == nullptr && check_topic_name(name)) refused = Errc::invalid_topic;
    if (topic == nullptr && may_create && context.fault.at_topic(name) == Errc::none) {
      refused = cluster.topics().create(name, cluster.options().default_partitions);
      topic = cluster.topics().find(name);
    }
    if (topic != nullptr) {
      describe(context, *topic, request, out);
    } else {
      const Errc injected = context.fault.at_topic(name);
      out.name = name;
      out.error_code = wire_code(injected != Errc::none ? injected : refused.code());
    }
  }
}

}  // namespace kafka::devbroker
