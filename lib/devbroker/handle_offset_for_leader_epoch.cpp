// OffsetForLeaderEpoch (key 23): where a leader epoch ended in the log.
#include "devbroker/handlers.hpp"
#include "protocol/offset_for_leader_epoch.hpp"

namespace kafka::devbroker {

void handle(Context& context, protocol::OffsetForLeaderEpochRequest& request,
            protocol::OffsetForLeaderEpochResponse& response) {
  for (const auto& topic : request.topics) {
    auto& topic_out = response.topics.emplace_back();
    topic_out.topic = topic.topic;
    for (const auto& asked : topic.partitions) {
      auto& out = topic_out.partitions.emplace_back();
      out.partition = asked.partition;
      const auto partition = context.cluster.topics().partition(topic.topic, asked.partition);
      Errc error = check_leader(context, partition.get(),
                                context.version >= protocol::OffsetForLeaderEpochRequest::kCurrentEpochFrom
                                    ? asked.current_leader_epoch
                                    : -1);
      if (const Errc injected = context.fault.at(topic.topic, asked.partition); injected != Errc::none)
        error = injected;
      out.error_code = wire_code(error);
      if (error != Errc::none) continue;
      const EpochEnd end = partition->log.end_of_epoch(asked.leader_epoch);
      out.leader_epoch = end.epoch;
      out.end_offset = end.end_offset;
    }
  }
}

}  // namespace kafka::devbroker
