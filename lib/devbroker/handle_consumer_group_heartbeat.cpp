// ConsumerGroupHeartbeat (key 68): groups of the consumer protocol (KIP-848), which these brokers do not coordinate.
// They answer as Kafka 3.9 does unless its option group.coordinator.rebalance.protocols names that protocol.
#include "devbroker/handlers.hpp"
#include "protocol/consumer_group_heartbeat.hpp"

namespace kafka::devbroker {

void handle(Context& context, protocol::ConsumerGroupHeartbeatRequest&,
            protocol::ConsumerGroupHeartbeatResponse& response) {
  response.error_code = wire_code(unless_fault(context, [] { return Errc::unsupported_version; }));
}

}  // namespace kafka::devbroker
