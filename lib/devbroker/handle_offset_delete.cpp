// OffsetDelete (key 47): deletes offsets of a group, but not those of topics that its members subscribe to.
#include <algorithm>

#include "devbroker/consumer_bytes.hpp"
#include "devbroker/handlers.hpp"
#include "protocol/offset_delete.hpp"

namespace kafka::devbroker {

namespace {

constexpr std::string_view kConsumers = "consumer";

bool is_read(const ClassicGroup& group, const std::string& topic) {
  return std::ranges::any_of(group.members().all(), [&](const ClassicMember& member) {
    return std::ranges::any_of(member.protocols, [&](const GroupProtocol& each) {
      const auto read = read_subscription(each.metadata);
      return read && std::ranges::find(read->topics, topic) != read->topics.end();
    });
  });
}

/// What holds for the whole request.
Errc check(Context& context, const std::string& group_id) {
  GroupCoordinator& coordinator = context.cluster.group_coordinator();
  if (const Errc error = coordinator.check(context.broker, group_id); error != Errc::none) return error;
  const ClassicGroup* group = coordinator.find(context.broker, group_id);
  if (group == nullptr) {
    return coordinator.exists(context.broker, group_id) ? Errc::none : Errc::group_id_not_found;
  }
  // Of other kinds of groups nobody knows what they read.
  const bool others = group->state() != ClassicState::empty && group->protocol_type() != kConsumers;
  return others ? Errc::non_empty_group : Errc::none;
}

}  // namespace

void handle(Context& context, protocol::OffsetDeleteRequest& request, protocol::OffsetDeleteResponse& response) {
  Errc error = check(context, request.group_id);
  if (!context.fault.topic && context.fault.reply != Errc::none) error = context.fault.reply;
  response.error_code = wire_code(error);
  if (error != Errc::none) return;
  GroupCoordinator& coordinator = context.cluster.group_coordinator();
  for (const auto& asked : request.topics) {
    auto& topic = response.topics.emplace_back();
    topic.name = asked.name;
    for (const auto& partition : asked.partitions) {
      const TopicPartition place{asked.name, partition.partition_index};
      Errc one = context.fault.at(place.topic, place.partition);
      if (one == Errc::none && context.cluster.topics().partition(place.topic, place.partition) == nullptr) {
        one = Errc::unknown_topic_or_partition;
      }
      const ClassicGroup* group = coordinator.find(context.broker, request.group_id);
      const ConsumerGroup* consumer = coordinator.find_consumer(context.broker, request.group_id);
      const bool reads = (group != nullptr && is_read(*group, place.topic)) ||
                         (consumer != nullptr && consumer->roster().reads(place.topic));
      if (one == Errc::none && reads) one = Errc::group_subscribed_to_topic;
      if (one == Errc::none) coordinator.erase_offset(context.broker, request.group_id, place);
      topic.partitions.push_back({place.partition, wire_code(one)});
    }
  }
}

}  // namespace kafka::devbroker
