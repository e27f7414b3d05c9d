// ConsumerGroupHeartbeat (key 68): a member of a group of the consumer protocol says what it wants and has (KIP-848).
#include "devbroker/handlers.hpp"
#include "protocol/consumer_group_heartbeat.hpp"

namespace kafka::devbroker {

void handle(Context& context, protocol::ConsumerGroupHeartbeatRequest& request,
            protocol::ConsumerGroupHeartbeatResponse& response) {
  const auto refuse = [&](const Error& error) {
    response.error_code = wire_code(error.code());
    if (!error.detail().empty()) response.error_message = std::string(error.detail());
  };
  if (!context.fault.executes()) return refuse(context.fault.reply);
  GroupCoordinator& coordinator = context.cluster.group_coordinator();
  if (const Error error = ConsumerGroup::check(request, context.version)) return refuse(error);
  if (const Errc error = coordinator.check(context.broker, request.group_id); error != Errc::none) return refuse(error);
  const bool joins = request.member_epoch == protocol::ConsumerGroupHeartbeatRequest::kJoin;
  ConsumerGroup* group = joins ? coordinator.find_or_make_consumer(context.broker, request.group_id)
                               : coordinator.find_consumer(context.broker, request.group_id);
  if (group == nullptr) {
    const bool is_classic = coordinator.exists(context.broker, request.group_id);
    return refuse(Error(Errc::group_id_not_found,
                        "Group " + request.group_id + (is_classic ? " is not a consumer group." : " not found.")));
  }
  group->heartbeat(request, {context.client_id, context.client_host}, response);
  if (context.fault.reply != Errc::none) refuse(context.fault.reply);
}

}  // namespace kafka::devbroker
