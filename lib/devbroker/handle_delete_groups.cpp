// DeleteGroups (key 42): deletes groups that have no members, and their offsets.
#include "devbroker/handlers.hpp"
#include "protocol/delete_groups.hpp"

namespace kafka::devbroker {

void handle(Context& context, protocol::DeleteGroupsRequest& request, protocol::DeleteGroupsResponse& response) {
  for (const std::string& name : request.groups_names) {
    const Errc error = unless_fault(context, [&] {
      GroupCoordinator& coordinator = context.cluster.group_coordinator();
      const Errc wrong = coordinator.check(context.broker, name);
      return wrong != Errc::none ? wrong : coordinator.erase(context.broker, name);
    });
    response.results.push_back({name, wire_code(error)});
  }
}

}  // namespace kafka::devbroker
