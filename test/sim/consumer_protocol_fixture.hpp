// For simulated tests of members by the protocol of KIP-848: short names for the broker's side of the group "g".
#pragma once

#include <functional>
#include <utility>

#include "devbroker/consumer_group.hpp"
#include "devbroker/group_coordinator.hpp"
#include "group_fixture.hpp"
#include "protocol/consumer_group_heartbeat.hpp"

namespace kafka::sim::consumer_protocol {

using Response = protocol::ConsumerGroupHeartbeatResponse;

inline ConsumerOptions options() { return consumer_protocol_options(); }

inline devbroker::Cluster& brokers(GroupBench& bench) { return bench.client.brokers->cluster(); }

inline Fault& fault(GroupBench& bench, ApiKey api) { return brokers(bench).faults().add(api); }

/// Changes each answer to a heartbeat.
inline void distort(GroupBench& bench, std::function<void(Response&)> change) {
  brokers(bench).faults().set_distortion([change = std::move(change)](int32_t, ApiKey api, int16_t, void* response) {
    if (api == ApiKey::consumer_group_heartbeat) change(*static_cast<Response*>(response));
  });
}
inline void distort_no_more(GroupBench& bench) { brokers(bench).faults().set_distortion({}); }

/// The members as the coordinator knows them.
inline const devbroker::ConsumerRoster::Members& members(GroupBench& bench) {
  const int32_t broker = brokers(bench).coordinators().of("g");
  return brokers(bench).group_coordinator().find_consumer(broker, "g")->roster().members();
}

inline bool all_stored(GroupBench& bench, int32_t partitions, int64_t count) {
  for (int32_t p = 0; p < partitions; ++p) {
    if (bench.stored(p) != count) return false;
  }
  return true;
}

}  // namespace kafka::sim::consumer_protocol
