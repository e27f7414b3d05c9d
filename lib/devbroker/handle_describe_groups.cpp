// DescribeGroups (key 15): state and members of classic groups. What members offer is shown while a group is stable,
// and in older releases also what they got. A group that is not there is dead, until version 6 calls that an error.
#include "devbroker/handlers.hpp"
#include "protocol/describe_groups.hpp"

namespace kafka::devbroker {

namespace {

using DescribedGroup = protocol::DescribeGroupsResponse::DescribedGroup;

void describe(const ClassicGroup& group, const GroupRules& rules, DescribedGroup& out) {
  const bool stable = group.state() == ClassicState::stable;
  out.group_state = to_string(group.state());
  if (rules.says_awaiting_sync && group.state() == ClassicState::completing_rebalance) out.group_state = "AwaitingSync";
  out.protocol_type = group.protocol_type();
  if (stable) out.protocol_data = group.protocol();
  for (const ClassicMember& member : group.members().all()) {
    auto& shown = out.members.emplace_back();
    shown.member_id = member.id;
    shown.group_instance_id = member.instance_id;
    shown.client_id = member.client_id;
    shown.client_host = member.client_host;
    if (stable) shown.member_metadata = member.metadata(group.protocol());
    if (stable || rules.is_new_coordinator) shown.member_assignment = member.assignment;
  }
}

void describe(Context& context, DescribedGroup& out) {
  GroupCoordinator& coordinator = context.cluster.group_coordinator();
  const GroupRules& rules = coordinator.rules(context.broker);
  if (const ClassicGroup* group = coordinator.find(context.broker, out.group_id)) return describe(*group, rules, out);
  const bool is_consumer = coordinator.find_consumer(context.broker, out.group_id) != nullptr;
  if (!is_consumer && coordinator.exists(context.broker, out.group_id)) {
    out.group_state = to_string(ClassicState::empty);
    return;
  }
  out.group_state = "Dead";
  if (context.version < protocol::DescribeGroupsRequest::kGroupNotFoundFrom) return;
  out.error_code = wire_code(Errc::group_id_not_found);
  out.error_message = "Group " + out.group_id + (is_consumer ? " is not a classic group." : " not found.");
}

}  // namespace

void handle(Context& context, protocol::DescribeGroupsRequest& request, protocol::DescribeGroupsResponse& response) {
  for (const std::string& name : request.groups) {
    DescribedGroup& out = response.groups.emplace_back();
    out.group_id = name;
    const Errc error =
        unless_fault(context, [&] { return context.cluster.group_coordinator().check(context.broker, name); });
    if (error == Errc::none) {
      describe(context, out);
    } else {
      out.error_code = wire_code(error);
    }
  }
}

}  // namespace kafka::devbroker
