// ConsumerGroupDescribe (key 69): groups of the consumer protocol (KIP-848), which these brokers do not coordinate.
#include "devbroker/handlers.hpp"
#include "protocol/consumer_group_describe.hpp"

namespace kafka::devbroker {

void handle(Context& context, protocol::ConsumerGroupDescribeRequest& request,
            protocol::ConsumerGroupDescribeResponse& response) {
  for (const std::string& name : request.group_ids) {
    auto& group = response.groups.emplace_back();
    group.group_id = name;
    group.error_code = wire_code(unless_fault(context, [] { return Errc::unsupported_version; }));
  }
}

}  // namespace kafka::devbroker
