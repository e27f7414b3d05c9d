// SyncGroup (key 14): the leader hands out the assignment. The answers to the others wait for that.
#include "devbroker/handlers.hpp"
#include "protocol/sync_group.hpp"

namespace kafka::devbroker {

void handle(Context& context, protocol::SyncGroupRequest& request, protocol::SyncGroupResponse&) {
  auto reply = answer_later<protocol::SyncGroupResponse>(context);
  GroupCoordinator& coordinator = context.cluster.group_coordinator();
  const auto refuse = [&](Errc error) { reply.give(sync_refusal(error)); };
  if (!context.fault.executes()) return refuse(context.fault.reply);
  if (const Errc error = coordinator.check(context.broker, request.group_id); error != Errc::none) return refuse(error);
  if (ConsumerGroup* consumers = coordinator.find_consumer(context.broker, request.group_id)) {
    return reply.give(consumers->sync(request, context.version));
  }
  ClassicGroup* group = coordinator.find(context.broker, request.group_id);
  if (group == nullptr) return refuse(Errc::unknown_member_id);
  group->sync(request, std::move(reply));
}

}  // namespace kafka::devbroker
