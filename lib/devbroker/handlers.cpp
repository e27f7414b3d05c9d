// What several handlers share (see handlers.hpp).
#include "devbroker/handlers.hpp"

#include <algorithm>

namespace kafka::devbroker {

Uuid to_uuid(const TopicId& id) noexcept {
  Uuid uuid;
  std::copy(id.begin(), id.end(), uuid.bytes.begin());
  return uuid;
}

TopicId from_uuid(const Uuid& id) noexcept {
  TopicId bytes;
  std::copy(id.bytes.begin(), id.bytes.end(), bytes.begin());
  return bytes;
}

Errc named_topic(Cluster& cluster, bool by_id, std::string_view name, const Uuid& id, Topic*& topic) {
  topic = by_id ? cluster.topics().find(from_uuid(id)) : cluster.topics().find(name);
  if (topic != nullptr) return Errc::none;
  return by_id ? Errc::unknown_topic_id : Errc::unknown_topic_or_partition;
}

Errc check_leader(const Context& context, const Partition* partition, int32_t epoch) {
  if (partition == nullptr || partition->deleted) return Errc::unknown_topic_or_partition;
  if (epoch >= 0 && epoch < partition->epoch) return Errc::fenced_leader_epoch;
  if (epoch >= 0 && epoch > partition->epoch) return Errc::unknown_leader_epoch;
  return partition->leader == context.broker ? Errc::none : Errc::not_leader_or_follower;
}

Errc check_replica(const Context& context, const Partition* partition, int32_t epoch) {
  const Errc error = check_leader(context, partition, epoch);
  if (error != Errc::not_leader_or_follower) return error;
  const auto& replicas = partition->replicas;
  const bool follows = std::find(replicas.begin(), replicas.end(), context.broker) != replicas.end();
  return follows && partition->leader >= 0 ? Errc::none : error;
}

}  // namespace kafka::devbroker
