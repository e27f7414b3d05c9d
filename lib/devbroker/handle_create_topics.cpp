// CreateTopics (key 19): every broker takes it, as if it had passed it on to the controller.
#include <algorithm>
#include <map>

#include "devbroker/handlers.hpp"
#include "protocol/create_topics.hpp"

namespace kafka::devbroker {
namespace {

using Asked = protocol::CreateTopicsRequest::CreatableTopic;
using CreatedTopic = protocol::CreateTopicsResponse::CreatableTopicResult;

/// What the request says of partitions and replicas, with the cluster's defaults. Errors: invalid_request,
/// invalid_replica_assignment, invalid_replication_factor.
Error placement_of(const ClusterOptions& options, const Asked& asked, int32_t& partitions, Placement& placement) {
  partitions = asked.num_partitions == -1 ? options.default_partitions : asked.num_partitions;
  if (asked.assignments.empty()) {
    if (asked.replication_factor == 0 || asked.replication_factor < -1) {
      return Error(Errc::invalid_replication_factor,
                   "Replication factor must be larger than 0, or -1 to use the default.");
    }
    placement.copies = std::max<int32_t>(asked.replication_factor, 0);
    return {};
  }
  if (asked.num_partitions != -1 || asked.replication_factor != -1) {
    return Error(Errc::invalid_request,
                 "A manual partition assignment was specified, but numPartitions or "
                 "replicationFactor was not set to -1.");
  }
  partitions = static_cast<int32_t>(asked.assignments.size());
  placement.by_hand.resize(asked.assignments.size());
  for (const auto& one : asked.assignments) {
    const auto number = static_cast<size_t>(one.partition_index);
    if (number >= placement.by_hand.size() || !placement.by_hand[number].empty()) {
      return Error(Errc::invalid_replica_assignment, "partitions should be a consecutive 0-based integer sequence");
    }
    placement.by_hand[number] = one.broker_ids;
  }
  return {};
}

void describe(Cluster& cluster, const Topic& topic, CreatedTopic& out) {
  out.topic_id = to_uuid(topic.id);
  out.num_partitions = static_cast<int32_t>(topic.partitions.size());
  const Partition& first = *topic.partitions.front();
  out.replication_factor = static_cast<int16_t>(first.replicas.size());
  for (const ConfigName& name : topic_config_names()) {
    bool is_default = false;
    auto& config = out.configs->emplace_back();
    config.name = name.name;
    config.value =
        topic_config_value(name, topic.configs, first.config, cluster.options().message_max_bytes, is_default);
    config.config_source = is_default ? kDefaultConfig : kTopicConfig;
  }
}

Error create(Context& context, const Asked& asked, bool validate_only, CreatedTopic& out) {
  Topics& topics = context.cluster.topics();
  int32_t partitions = 0;
  Placement placement;
  if (Error error = placement_of(context.cluster.options(), asked, partitions, placement)) return error;
  ConfigValues values;
  DevTopicConfig config;
  for (const auto& one : asked.configs) {
    if (Error error = set_topic_config(one.name, one.value.value_or(""), values, config)) return error;
  }
  if (Error error = topics.check(asked.name, partitions, placement)) return error;
  if (validate_only) {
    out.num_partitions = partitions;
    return {};
  }
  if (Error error = topics.create(asked.name, partitions, placement)) return error;
  topics.find(asked.name)->configs = std::move(values);
  if (Error error = topics.configure(asked.name, config)) return error;
  describe(context.cluster, *topics.find(asked.name), out);
  return {};
}

}  // namespace

void handle(Context& context, protocol::CreateTopicsRequest& request, protocol::CreateTopicsResponse& response) {
  std::map<std::string_view, int> named;
  for (const auto& topic : request.topics) ++named[topic.name];
  for (const auto& topic : request.topics) {
    auto& out = response.topics.emplace_back();
    out.name = topic.name;
    out.error_message.reset();
    Error error = context.fault.at_topic(topic.name);
    if (!error || context.fault.executes()) {
      Error outcome = named[topic.name] > 1 ? Error(Errc::invalid_request, "Duplicate topic name.")
                                            : create(context, topic, request.validate_only, out);
      if (!error) error = std::move(outcome);
    }
    out.error_code = wire_code(error.code());
    if (error) out.error_message = error.detail().empty() ? error.message() : std::string(error.detail());
  }
}

}  // namespace kafka::devbroker
