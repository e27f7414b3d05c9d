// DeleteRecords (key 21): makes everything below an offset unreadable. The leader does it.
#include "devbroker/handlers.hpp"
#include "protocol/delete_records.hpp"

namespace kafka::devbroker {

void handle(Context& context, protocol::DeleteRecordsRequest& request, protocol::DeleteRecordsResponse& response) {
  for (const auto& topic : request.topics) {
    auto& topic_out = response.topics.emplace_back();
    topic_out.name = topic.name;
    for (const auto& asked : topic.partitions) {
      auto& out = topic_out.partitions.emplace_back();
      out.partition_index = asked.partition_index;
      out.low_watermark = -1;
      const auto partition = context.cluster.topics().partition(topic.name, asked.partition_index);
      const Errc injected = context.fault.at(topic.name, asked.partition_index);
      Errc error = check_leader(context, partition.get(), -1);
      if (injected != Errc::none && !context.fault.executes()) error = injected;
      if (error == Errc::none)
        error = context.cluster.contents().truncate_before(topic.name, asked.partition_index, asked.offset).code();
      if (error == Errc::none) out.low_watermark = partition->log.start_offset();
      out.error_code = wire_code(injected != Errc::none ? injected : error);
    }
  }
}

}  // namespace kafka::devbroker
