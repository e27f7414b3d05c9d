// CreatePartitions (key 37): every broker takes it, as if it had passed it on to the controller.
#include "devbroker/handlers.hpp"
#include "protocol/create_partitions.hpp"

namespace kafka::devbroker {

void handle(Context& context, protocol::CreatePartitionsRequest& request,
            protocol::CreatePartitionsResponse& response) {
  for (const auto& topic : request.topics) {
    auto& out = response.results.emplace_back();
    out.name = topic.name;
    Error error = context.fault.at_topic(topic.name);
    if (!error || context.fault.executes()) {
      Placement placement;
      if (topic.assignments) {
        for (const auto& one : *topic.assignments) placement.by_hand.push_back(one.broker_ids);
      }
      Error outcome = context.cluster.topics().grow(topic.name, topic.count, placement, request.validate_only);
      if (!error) error = std::move(outcome);
    }
    out.error_code = wire_code(error.code());
    if (error) out.error_message = error.detail().empty() ? error.message() : std::string(error.detail());
  }
}

}  // namespace kafka::devbroker
