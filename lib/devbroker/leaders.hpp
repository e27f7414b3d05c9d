// Who leads each partition, who follows, and where a leader sends consumers (KIP-392).
// Not here: the partitions themselves (topics).
#pragma once

#include <kafka/error.hpp>

#include <cstdint>
#include <optional>
#include <string_view>

#include "devbroker/brokers.hpp"
#include "devbroker/topics.hpp"

namespace kafka::devbroker {

/// Changes leaders and replicas. Owns nothing: a partition has its leader, its replicas and its epoch.
class Leaders {
 public:
  Leaders(Topics& topics, const Brokers& brokers) : topics_(topics), brokers_(brokers) {}

  /// The living replicas become the in-sync ones. A partition that has lost its leader gets the first of them.
  void elect();
  /// Errors: unknown_topic_or_partition, broker_not_available. Broker -1: nobody leads. A broker that is no replica
  /// becomes one.
  Error move(std::string_view topic, int32_t partition, int32_t broker);
  /// As an unclean election: the log loses everything from `offset` on, and the epoch grows.
  Error truncate_to(std::string_view topic, int32_t partition, int64_t offset);

  /// The follower has nothing from `offset` on; -1: it has everything.
  Error set_replica_end(std::string_view topic, int32_t partition, int32_t broker, int64_t offset);
  /// The leader sends all consumers to this broker; nothing: where the racks say.
  Error prefer_replica(std::string_view topic, int32_t partition, std::optional<int32_t> broker);
  /// The follower that a consumer of this rack should read from; -1: the leader itself.
  int32_t preferred_replica(const Partition& partition, std::string_view rack, int64_t offset) const;

 private:
  static void set_leader(Partition& partition, int32_t broker);

  Topics& topics_;
  const Brokers& brokers_;
};

}  // namespace kafka::devbroker
