// OffsetFetch (key 9): the offsets that a group has committed. A request without a list of topics asks for all.
#include "devbroker/handlers.hpp"
#include "protocol/offset_fetch.hpp"

namespace kafka::devbroker {

namespace {

Errc check_group(const Context& context, std::string_view group) {
  if (context.fault.reply != Errc::none && !context.fault.topic) return context.fault.reply;
  if (context.version < protocol::OffsetFetchRequest::kStoredInKafkaFrom) return Errc::none;
  return context.cluster.coordinators().of(group) == context.broker ? Errc::none : Errc::not_coordinator;
}

template <class Out>
void fill(const Context& context, const GroupStore& store, std::string_view group, const std::string& topic,
          int32_t number, Errc group_error, Out& out) {
  out.partition_index = number;
  out.committed_offset = -1;
  out.committed_leader_epoch = -1;
  out.metadata = "";
  Errc error = group_error != Errc::none ? group_error : context.fault.at(topic, number);
  if (error == Errc::none) {
    if (const CommittedOffset* found = store.find(group, {topic, number})) {
      out.committed_offset = found->offset;
      out.committed_leader_epoch = found->leader_epoch;
      out.metadata = found->metadata;
    } else if (context.version < protocol::OffsetFetchRequest::kStoredInKafkaFrom &&
               context.cluster.topics().partition(topic, number) == nullptr) {
      error = Errc::unknown_topic_or_partition;
    }
  }
  out.error_code = wire_code(error);
}

/// Fills in all offsets of the group, topic by topic.
template <class Topics>
void fill_all(const Context& context, const GroupStore& store, std::string_view group, Topics& topics) {
  const GroupOffsets* all = store.offsets(group);
  if (all == nullptr) return;
  const std::string* last = nullptr;
  for (const auto& [place, offset] : *all) {
    if (last == nullptr || *last != place.topic) {
      auto& topic = topics.emplace_back();
      topic.name = place.topic;
      if constexpr (requires { topic.topic_id; }) {
        if (const Topic* known = context.cluster.topics().find(place.topic)) topic.topic_id = to_uuid(known->id);
      }
      last = &place.topic;
    }
    fill(context, store, group, place.topic, place.partition, Errc::none, topics.back().partitions.emplace_back());
  }
}

}  // namespace

void handle(Context& context, protocol::OffsetFetchRequest& request, protocol::OffsetFetchResponse& response) {
  const GroupStore& store = context.version < protocol::OffsetFetchRequest::kStoredInKafkaFrom
                                ? context.cluster.old_groups()
                                : context.cluster.groups();
  if (context.version < protocol::OffsetFetchRequest::kManyGroupsFrom) {
    const Errc error = check_group(context, request.group_id);
    response.error_code = wire_code(error);
    if (!request.topics) {
      if (error == Errc::none) fill_all(context, store, request.group_id, response.topics);
      return;
    }
    if (error != Errc::none && context.version >= protocol::OffsetFetchRequest::kGroupErrorFrom)
      return;  // one error for the whole group
    for (const auto& asked : *request.topics) {
      auto& topic = response.topics.emplace_back();
      topic.name = asked.name;
      for (int32_t number : asked.partition_indexes) {
        fill(context, store, request.group_id, asked.name, number, error, topic.partitions.emplace_back());
      }
    }
    return;
  }
  for (const auto& asked_group : request.groups) {
    auto& group = response.groups.emplace_back();
    group.group_id = asked_group.group_id;
    Errc error = check_group(context, asked_group.group_id);
    if (error == Errc::none) {
      error = context.cluster.group_coordinator().check_fetch(context.broker, asked_group.group_id,
                                                              asked_group.member_id, asked_group.member_epoch);
    }
    group.error_code = wire_code(error);
    if (error != Errc::none) continue;
    if (!asked_group.topics) {
      fill_all(context, store, asked_group.group_id, group.topics);
      continue;
    }
    for (const auto& asked : *asked_group.topics) {
      auto& topic = group.topics.emplace_back();
      topic.name = asked.name;
      topic.topic_id = asked.topic_id;
      Topic* known = nullptr;
      Errc topic_error = Errc::none;
      if (context.version >= protocol::OffsetFetchRequest::kTopicIdsFrom)
        topic_error = named_topic(context.cluster, true, asked.name, asked.topic_id, known);
      const std::string name = known == nullptr ? asked.name : known->name;
      for (int32_t number : asked.partition_indexes) {
        fill(context, store, asked_group.group_id, name, number, topic_error, topic.partitions.emplace_back());
      }
    }
  }
}

}  // namespace kafka::devbroker
