// Heartbeat (key 12): a member of a classic group says that it lives.
#include "devbroker/handlers.hpp"
#include "protocol/heartbeat.hpp"

namespace kafka::devbroker {

void handle(Context& context, protocol::HeartbeatRequest& request, protocol::HeartbeatResponse& response) {
  response.error_code = wire_code(unless_fault(context, [&] {
    GroupCoordinator& coordinator = context.cluster.group_coordinator();
    if (const Errc error = coordinator.check(context.broker, request.group_id); error != Errc::none) return error;
    const MemberName member{request.member_id, request.group_instance_id};
    if (ConsumerGroup* consumers = coordinator.find_consumer(context.broker, request.group_id)) {
      return consumers->beat(member, request.generation_id);
    }
    ClassicGroup* group = coordinator.find(context.broker, request.group_id);
    return group == nullptr ? Errc::unknown_member_id : group->heartbeat(member, request.generation_id);
  }));
}

}  // namespace kafka::devbroker
