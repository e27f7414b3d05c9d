// ListGroups (key 16): the groups that this broker coordinates.
#include <algorithm>

#include "devbroker/handlers.hpp"
#include "protocol/list_groups.hpp"

namespace kafka::devbroker {

namespace {

std::string folded(std::string_view text) {
  std::string folded;
  for (const char c : text) folded += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return folded;
}

bool passes(const std::vector<std::string>& filter, const std::string& value, bool folds) {
  return filter.empty() || std::ranges::any_of(filter, [&](const std::string& each) {
           return each == value || (folds && folded(each) == folded(value));
         });
}

}  // namespace

void handle(Context& context, protocol::ListGroupsRequest& request, protocol::ListGroupsResponse& response) {
  response.error_code = wire_code(unless_fault(context, [&] {
    GroupCoordinator& coordinator = context.cluster.group_coordinator();
    for (const std::string& name : coordinator.of(context.broker)) {
      protocol::ListGroupsResponse::ListedGroup listed;
      listed.group_id = name;
      const ClassicGroup* group = coordinator.find(context.broker, name);
      const ConsumerGroup* consumer = coordinator.find_consumer(context.broker, name);
      if (group != nullptr) listed.protocol_type = group->protocol_type();
      if (consumer != nullptr) listed.protocol_type = "consumer";
      listed.group_type = consumer != nullptr ? "consumer" : "classic";
      listed.group_state = to_string(group != nullptr ? group->state() : ClassicState::empty);
      if (consumer != nullptr) listed.group_state = consumer->roster().state();
      if (!passes(request.states_filter, listed.group_state, coordinator.rules(context.broker).folds_state_names)) {
        continue;
      }
      if (!passes(request.types_filter, listed.group_type, true)) continue;
      response.groups.push_back(std::move(listed));
    }
    return Errc::none;
  }));
}

}  // namespace kafka::devbroker
