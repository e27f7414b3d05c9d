// The parts of a cluster, put together (see cluster.hpp).
#include "devbroker/cluster.hpp"

#include <string_view>

namespace kafka::devbroker {

Cluster::Cluster(ClusterOptions options)
    : options_(options),
      brokers_(
          options_.failover_time, [this](int32_t id) { group_coordinator_.halt(id); },
          [this] {
            leaders_.elect();
            group_coordinator_.look_around();
          }),
      topics_(brokers_, options_.replication_factor,
              [this](std::string_view name) {
                groups_.forget_topic(name);
                old_groups_.forget_topic(name);
              }),
      leaders_(topics_, brokers_),
      coordinators_(brokers_, [this] { group_coordinator_.look_around(); }),
      group_coordinator_({brokers_, coordinators_, releases_, topics_, groups_}, options_.initial_rebalance_delay),
      contents_(topics_, brokers_, releases_, options_.message_max_bytes),
      transactions_(topics_, brokers_, contents_) {}

}  // namespace kafka::devbroker
