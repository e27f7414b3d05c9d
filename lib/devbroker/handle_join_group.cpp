// JoinGroup (key 11): a member enters its group, or comes back. The answer comes when all members have joined.
#include <chrono>

#include "devbroker/handlers.hpp"
#include "protocol/join_group.hpp"

namespace kafka::devbroker {

void handle(Context& context, protocol::JoinGroupRequest& request, protocol::JoinGroupResponse&) {
  auto reply = answer_later<protocol::JoinGroupResponse>(context);
  GroupCoordinator& coordinator = context.cluster.group_coordinator();
  const GroupRules& rules = coordinator.rules(context.broker);
  const auto refuse = [&](Errc error) { reply.give(join_refusal(error, request.member_id, rules, context.version)); };
  if (!context.fault.executes()) return refuse(context.fault.reply);
  if (const Errc error = coordinator.check(context.broker, request.group_id); error != Errc::none) return refuse(error);
  const std::chrono::milliseconds session(request.session_timeout_ms);
  if (session < rules.min_session || session > rules.max_session) return refuse(Errc::invalid_session_timeout);
  if (ConsumerGroup* consumers = coordinator.find_consumer(context.broker, request.group_id);
      consumers != nullptr && !consumers->empty()) {
    return consumers->join(request, {context.client_id, context.client_host}, std::move(reply));
  }
  ClassicGroup* group = coordinator.find(context.broker, request.group_id);
  if (group == nullptr && !request.member_id.empty()) return refuse(Errc::unknown_member_id);
  if (group == nullptr) group = coordinator.find_or_make(context.broker, request.group_id);
  group->join(request, {context.client_id, context.client_host}, std::move(reply));
}

}  // namespace kafka::devbroker
