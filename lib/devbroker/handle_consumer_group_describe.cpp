// ConsumerGroupDescribe (key 69): state and members of groups of the consumer protocol (KIP-848).
#include "devbroker/handlers.hpp"
#include "protocol/consumer_group_describe.hpp"

namespace kafka::devbroker {

void handle(Context& context, protocol::ConsumerGroupDescribeRequest& request,
            protocol::ConsumerGroupDescribeResponse& response) {
  GroupCoordinator& coordinator = context.cluster.group_coordinator();
  for (const std::string& name : request.group_ids) {
    auto& out = response.groups.emplace_back();
    out.group_id = name;
    const ConsumerGroup* group = nullptr;
    const Errc error = unless_fault(context, [&] {
      if (const Errc wrong = coordinator.check(context.broker, name); wrong != Errc::none) return wrong;
      group = coordinator.find_consumer(context.broker, name);
      return group == nullptr ? Errc::group_id_not_found : Errc::none;
    });
    out.error_code = wire_code(error);
    if (error == Errc::none) {
      group->describe(out);
    } else if (error == Errc::group_id_not_found && coordinator.rules(context.broker).is_lenient) {
      const bool is_classic = coordinator.exists(context.broker, name);
      out.error_message = "Group " + name + (is_classic ? " is not a consumer group." : " not found.");
    }
  }
}

}  // namespace kafka::devbroker
