// LeaveGroup (key 13): members leave a classic group, or are removed from it. From version 3 on each has its own error.
#include "devbroker/handlers.hpp"
#include "protocol/leave_group.hpp"

namespace kafka::devbroker {

namespace {

Errc leave(Context& context, const std::string& group_id, const MemberName& member) {
  GroupCoordinator& coordinator = context.cluster.group_coordinator();
  if (ConsumerGroup* consumers = coordinator.find_consumer(context.broker, group_id)) return consumers->leave(member);
  ClassicGroup* group = coordinator.find(context.broker, group_id);
  return group == nullptr ? Errc::unknown_member_id : group->leave(member);
}

}  // namespace

void handle(Context& context, protocol::LeaveGroupRequest& request, protocol::LeaveGroupResponse& response) {
  response.error_code = wire_code(unless_fault(context, [&] {
    const Errc error = context.cluster.group_coordinator().check(context.broker, request.group_id);
    if (error != Errc::none) return error;
    if (context.version < protocol::LeaveGroupRequest::kManyMembersFrom) {
      return leave(context, request.group_id, {request.member_id, std::nullopt});
    }
    for (const auto& each : request.members) {
      const Errc one = leave(context, request.group_id, {each.member_id, each.group_instance_id});
      response.members.push_back({each.member_id, each.group_instance_id, wire_code(one)});
    }
    return Errc::none;
  }));
}

}  // namespace kafka::devbroker
