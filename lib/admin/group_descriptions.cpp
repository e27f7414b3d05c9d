#include "admin/group_descriptions.hpp"

#include <utility>

#include "admin/group_names.hpp"
#include "group/subscription.hpp"
#include "protocol/consumer_group_describe.hpp"
#include "protocol/describe_groups.hpp"

namespace kafka::admin {
namespace {

using protocol::ConsumerGroupDescribeRequest;
using protocol::ConsumerGroupDescribeResponse;
using protocol::DescribeGroupsRequest;
using protocol::DescribeGroupsResponse;

constexpr const char* kConsumers = "consumer";  // the protocol type of groups of consumers
constexpr int8_t kClassicMember = 0;            // member_type of ConsumerGroupDescribe

/// The group's part of an answer; null if it lacks that.
template <class Response>
auto* find(Response& response, const std::string& name) {
  for (auto& group : response.groups) {
    if (group.group_id == name) return &group;
  }
  return static_cast<decltype(response.groups.data())>(nullptr);
}

template <class Response>
Error inspect(const Response& response, const std::string& name) {
  const auto* const group = find(response, name);
  if (group == nullptr) return Error(Errc::protocol_error, "the coordinator's answer lacks group " + name);
  return group_error(name, group->error_code, group->error_message);
}

Partitions partitions(const ConsumerGroupDescribeResponse::Assignment& assignment) {
  Partitions all;
  for (const auto& topic : assignment.topic_partitions) {
    std::vector<int32_t>& numbers = all[topic.topic_name];
    numbers.insert(numbers.end(), topic.partitions.begin(), topic.partitions.end());
  }
  return all;
}

// --- classic groups ---------------------------------------------------------

GroupMember member_of(const DescribeGroupsResponse::DescribedGroup::DescribedGroupMember& from, bool of_consumers) {
  GroupMember member;
  member.member_id = from.member_id;
  member.instance_id = from.group_instance_id.value_or("");
  member.client_id = from.client_id;
  member.host = from.client_host;
  if (!of_consumers) return member;
  if (!from.member_metadata.empty()) {
    group::Subscription subscription;
    member.error = group::decode(from.member_metadata, subscription);
    member.topics = std::move(subscription.topics);
    member.rack = std::move(subscription.rack);
  }
  group::Assignment assignment;
  if (const Error error = group::decode(from.member_assignment, assignment); error && !member.error)
    member.error = error;
  member.assigned = std::move(assignment.partitions);
  return member;
}

void fill(const DescribeGroupsResponse::DescribedGroup& from, GroupDescription& to) {
  to.type = GroupType::classic;
  to.state = group_state(from.group_state);
  to.protocol_type = from.protocol_type;
  to.assignor = from.protocol_data;
  for (const auto& member : from.members) to.members.push_back(member_of(member, from.protocol_type == kConsumers));
}

void describe_classic(Errand errand, const std::string& name, Function<void(GroupDescription)> done) {
  DescribeGroupsRequest request;
  request.groups = {name};
  errand.ask<DescribeGroupsRequest>(
      name, std::move(request), [name](const DescribeGroupsResponse& response) { return inspect(response, name); },
      [name, done = std::move(done)](Error error, DescribeGroupsResponse& response,
                                     const cluster::CallInfo& info) mutable {
        GroupDescription description{.name = name, .error = told(std::move(error), "groups need Kafka 0.9")};
        if (!description.error) fill(*find(response, name), description);
        // Until version 6 a group that does not exist is dead.
        const bool gone = description.state == GroupState::dead && description.members.empty();
        if (gone && info.version < DescribeGroupsRequest::kGroupNotFoundFrom) {
          description = {.name = name, .error = Error(Errc::group_id_not_found, "group " + name)};
        }
        done(std::move(description));
      });
}

// --- groups of the consumer protocol ----------------------------------------

void fill(const ConsumerGroupDescribeResponse::DescribedGroup& from, GroupDescription& to) {
  to.type = GroupType::consumer;
  to.state = group_state(from.group_state);
  to.protocol_type = kConsumers;
  to.assignor = from.assignor_name;
  to.epoch = from.group_epoch;
  to.assignment_epoch = from.assignment_epoch;
  for (const auto& member : from.members) {
    to.members.push_back({.member_id = member.member_id,
                          .instance_id = member.instance_id.value_or(""),
                          .client_id = member.client_id,
                          .host = member.client_host,
                          .rack = member.rack_id.value_or(""),
                          .type = member.member_type == kClassicMember ? GroupType::classic : GroupType::consumer,
                          .epoch = member.member_epoch,
                          .topics = member.subscribed_topic_names,
                          .pattern = member.subscribed_topic_regex.value_or(""),
                          .assigned = partitions(member.assignment),
                          .target = partitions(member.target_assignment)});
  }
}

}  // namespace

void describe_group(Errand errand, const std::string& name, Function<void(GroupDescription)> done) {
  ConsumerGroupDescribeRequest request;
  request.group_ids = {name};
  errand.ask<ConsumerGroupDescribeRequest>(
      name, std::move(request),
      [name](const ConsumerGroupDescribeResponse& response) { return inspect(response, name); },
      [errand, name, done = std::move(done)](Error error, ConsumerGroupDescribeResponse& response,
                                             const cluster::CallInfo&) mutable {
        // 3.9 has the API and refuses it while the protocol is switched off.
        if (error == Errc::group_id_not_found || error == Errc::unsupported_version)
          return describe_classic(errand, name, std::move(done));
        GroupDescription description{.name = name, .error = std::move(error)};
        if (!description.error) fill(*find(response, name), description);
        done(std::move(description));
      });
}

}  // namespace kafka::admin
