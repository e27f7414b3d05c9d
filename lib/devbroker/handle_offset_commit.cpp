// OffsetCommit (key 8): stores a group's offsets, if who asks is a member or the group has none.
// Version 0, which stored offsets in ZooKeeper, has a store of its own.
#include "devbroker/handlers.hpp"
#include "protocol/offset_commit.hpp"

namespace kafka::devbroker {

namespace {

Errc check_group(const Context& context, const protocol::OffsetCommitRequest& request) {
  if (context.version < protocol::OffsetCommitRequest::kStoredInKafkaFrom) return Errc::none;
  return context.cluster.group_coordinator().check_commit(context.broker, request.group_id,
                                                          {request.member_id, request.group_instance_id},
                                                          request.generation_id_or_member_epoch, context.version);
}

}  // namespace

void handle(Context& context, protocol::OffsetCommitRequest& request, protocol::OffsetCommitResponse& response) {
  const Errc group_error = check_group(context, request);
  GroupStore& store = context.version < protocol::OffsetCommitRequest::kStoredInKafkaFrom ? context.cluster.old_groups()
                                                                                          : context.cluster.groups();
  const bool in_kafka = context.version >= protocol::OffsetCommitRequest::kStoredInKafkaFrom;
  const ConsumerGroup* consumers =
      in_kafka ? context.cluster.group_coordinator().find_consumer(context.broker, request.group_id) : nullptr;
  const bool by_id = context.version >= protocol::OffsetCommitRequest::kTopicIdsFrom;
  for (const auto& asked_topic : request.topics) {
    auto& topic_out = response.topics.emplace_back();
    topic_out.name = asked_topic.name;
    topic_out.topic_id = asked_topic.topic_id;
    Topic* topic = nullptr;
    const Errc topic_error = named_topic(context.cluster, by_id, asked_topic.name, asked_topic.topic_id, topic);
    const std::string name = topic == nullptr ? asked_topic.name : topic->name;
    for (const auto& asked : asked_topic.partitions) {
      auto& out = topic_out.partitions.emplace_back();
      out.partition_index = asked.partition_index;
      const std::string metadata = asked.committed_metadata ? std::string(*asked.committed_metadata) : std::string();
      Errc error = group_error != Errc::none ? group_error : topic_error;
      if (error == Errc::none && topic->partition(asked.partition_index) == nullptr)
        error = Errc::unknown_topic_or_partition;
      if (error == Errc::none && consumers != nullptr) {
        error = consumers->check_commit(request.member_id, request.generation_id_or_member_epoch,
                                        Slot{to_uuid(topic->id), asked.partition_index});
      }
      if (error == Errc::none && metadata.size() > GroupStore::kMaxMetadata) error = Errc::offset_metadata_too_large;
      const Errc injected = context.fault.at(name, asked.partition_index);
      if (error == Errc::none && (injected == Errc::none || context.fault.executes())) {
        const int32_t epoch =
            context.version >= protocol::OffsetCommitRequest::kLeaderEpochsFrom ? asked.committed_leader_epoch : -1;
        store.commit(request.group_id, {name, asked.partition_index}, {asked.committed_offset, metadata, epoch});
      }
      out.error_code = wire_code(injected != Errc::none ? injected : error);
    }
  }
}

}  // namespace kafka::devbroker
