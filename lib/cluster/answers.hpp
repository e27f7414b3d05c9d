// What answers of several APIs say in the same way: topics by name or by id, and brokers and leaders that the client
// may not know yet (KIP-951). Each is read here once.
// Not here: what is kept of it (metadata), what the rest of an answer means (producer, consumer).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cluster/metadata.hpp"

namespace kafka::cluster {

/// The topic of an answer that carries the name in older versions and the id in newer ones. Empty if it is an id that
/// metadata does not know. Valid until metadata changes or the answer ends.
inline std::string_view topic_name(const Metadata& metadata, std::string_view name, const Uuid& id) {
  if (!name.empty() || id.is_zero()) return name;
  const TopicState* const state = metadata.topic_by_id(id);
  return state == nullptr ? name : std::string_view(state->name);
}

/// Adds the brokers that the answer names in `node_endpoints`: it does so for leaders that moved.
template <class Response>
void learn_endpoints(Metadata& metadata, const Response& response) {
  std::vector<BrokerInfo> brokers;
  for (const auto& node : response.node_endpoints) {
    brokers.push_back({node.node_id, node.host, node.port, node.rack.value_or("")});
  }
  if (!brokers.empty()) metadata.add_brokers(brokers);
}

/// Takes the `current_leader` of a partition's answer. True if it tells something new: then the partition may be asked
/// for again there, at once.
template <class CurrentLeader>
bool learn_leader(Metadata& metadata, const std::string& topic, int32_t partition, const CurrentLeader& hint) {
  return hint.leader_id >= 0 && metadata.apply_leader(topic, partition, hint.leader_id, hint.leader_epoch);
}

}  // namespace kafka::cluster
