// Produce (key 0): appends batches to the logs that this broker leads.
#include <set>
#include <utility>

#include "devbroker/handlers.hpp"
#include "protocol/produce.hpp"

namespace kafka::devbroker {

namespace {

template <class Out>
void name_records(const std::vector<int32_t>& places, Out& out) {
  for (int32_t place : places) out.record_errors.emplace_back().batch_index = place;
}

/// Appends to one partition and fills its part of the response.
template <class In, class Out>
Errc produce(Context& context, const Topic* topic, Errc topic_error, const std::string& name, int16_t acks, In& in,
             Out& out) {
  const std::shared_ptr<Partition> partition = topic == nullptr ? nullptr : topic->partition(in.index);
  out.index = in.index;
  out.base_offset = -1;
  out.log_append_time_ms = -1;
  out.log_start_offset = -1;
  const Errc injected = context.fault.at(name, in.index);
  Errc error = topic_error;
  if (error == Errc::none && (acks < -1 || acks > 1)) error = Errc::invalid_required_acks;
  if (error == Errc::none) error = check_leader(context, partition.get(), -1);
  if (error == Errc::none && (injected == Errc::none || context.fault.executes())) {
    const Appended done = context.cluster.contents().append(*partition, std::exchange(in.records, Bytes()),
                                                            context.version, context.reactor.wall_clock_ms());
    error = done.error;
    if (error == Errc::invalid_record && !context.cluster.releases().profile(context.broker).knows_invalid_records())
      error = Errc::corrupt_message;
    out.base_offset = done.base_offset;
    if (error == Errc::none) {
      out.log_start_offset = partition->log.start_offset();
      out.log_append_time_ms = done.timestamp;  // of a retry: the time of the stored batch, as in Kafka
    } else {
      out.error_message = done.message;
      name_records(done.bad_records, out);
    }
  }
  if (injected != Errc::none) {
    error = injected;
    out.base_offset = -1;
    out.log_append_time_ms = -1;
    name_records(context.fault.bad_records, out);
  }
  out.error_code = wire_code(error);
  if (partition != nullptr && names_new_leader(error) &&
      context.version >= protocol::ProduceRequest::kLeadersNamedFrom) {
    out.current_leader.leader_id = partition->leader;
    out.current_leader.leader_epoch = partition->epoch;
  }
  return error;
}

}  // namespace

void handle(Context& context, protocol::ProduceRequest& request, protocol::ProduceResponse& response) {
  Cluster& cluster = context.cluster;
  const bool by_id = context.version >= protocol::ProduceRequest::kTopicIdsFrom;
  bool failed = false;
  std::set<int32_t> new_leaders;
  for (auto& topic_in : request.topic_data) {
    auto& topic_out = response.responses.emplace_back();
    topic_out.name = topic_in.name;
    topic_out.topic_id = topic_in.topic_id;
    Topic* topic = nullptr;
    const Errc topic_error = named_topic(cluster, by_id, topic_in.name, topic_in.topic_id, topic);
    const std::string name = topic == nullptr ? topic_in.name : topic->name;
    topic_out.partition_responses.reserve(topic_in.partition_data.size());
    for (auto& in : topic_in.partition_data) {
      auto& out = topic_out.partition_responses.emplace_back();
      const Errc error = produce(context, topic, topic_error, name, request.acks, in, out);
      failed = failed || error != Errc::none;
      if (names_new_leader(error) && topic != nullptr &&
          context.version >= protocol::ProduceRequest::kLeadersNamedFrom) {
        if (const auto& partition = topic->partition(in.index)) new_leaders.insert(partition->leader);
      }
    }
  }
  if (request.acks == 0) {
    // There is no answer. A failure can only be reported by closing the connection.
    context.answer = false;
    context.close = failed;
    return;
  }
  name_leaders(cluster, new_leaders, response);
}

}  // namespace kafka::devbroker
