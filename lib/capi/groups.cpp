// Administration of groups through the C API.
#include <kafka/c/groups.h>
#include <kafka/groups.hpp>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "capi/call.hpp"
#include "capi/callback.hpp"
#include "capi/partitions.hpp"
#include "capi/result.hpp"
#include "capi/session.hpp"

using kafka::Error;
using kafka::GroupDescription;
using kafka::Groups;
using kafka::GroupState;
using kafka::GroupType;
using kafka::capi::call;
using kafka::capi::Ground;
using kafka::capi::Table;
using kafka::capi::wrong_argument;

namespace {

using ResultOnce = kafka::capi::Once<const kafka_error*, const kafka_result*>;

std::string word(GroupType type) { return std::string(to_string(type)); }
std::string word(GroupState state) { return std::string(to_string(state)); }

/// kafka_result_cb as a callback of the C++ API: `fill` makes tables of what was found.
template <class Found, class Fill>
kafka::Function<void(Error, Found)> result(Ground& ground, kafka_result_cb cb, void* user, Fill fill) {
  return [once = ResultOnce(ground, cb, user), fill](Error error, Found found) mutable {
    const kafka_error told(std::move(error));
    kafka_result tables;
    fill(tables, found);
    once(told.or_null(), &tables);
  };
}

/// A call of group administration.
template <class Body>
int groups_call(const char* function, kafka_session* session, bool complete, Body body) {
  return call(function, session, [&](kafka_session& self) -> Error {
    if (!complete) return wrong_argument(function, "only what its text says may be NULL");
    return body(self, Groups(self.session));
  });
}

/// Reads Kafka's words, separated by commas, as values from `first` to `last`.
template <class Enum>
Error read_words(const char* words, Enum first, Enum last, std::vector<Enum>& to) {
  std::string_view left = words == nullptr ? "" : words;
  while (!left.empty()) {
    const size_t comma = left.find(',');
    const std::string_view name = left.substr(0, comma);
    left = comma == std::string_view::npos ? std::string_view() : left.substr(comma + 1);
    const size_t before = to.size();
    for (int each = static_cast<int>(first); each <= static_cast<int>(last); ++each) {
      if (to_string(static_cast<Enum>(each)) == name) to.push_back(static_cast<Enum>(each));
    }
    if (to.size() == before) {
      return wrong_argument("kafka_groups_list", ("Kafka has no state or type \"" + std::string(name) + "\"").c_str());
    }
  }
  return {};
}

void add_partitions(Table& table, const std::string& group, const std::string& member,
                    const kafka::Partitions& partitions) {
  for (const auto& [topic, numbers] : partitions) {
    for (const int32_t number : numbers) table.add({group, member, topic, int64_t{number}});
  }
}

void describe(kafka_result& tables, const std::vector<GroupDescription>& found) {
  Table& groups =
      tables.add("groups", {"name", "type", "state", "protocol_type", "assignor", "epoch", "assignment_epoch"});
  Table& members = tables.add(
      "members", {"group", "member_id", "instance_id", "client_id", "host", "rack", "type", "epoch", "pattern"});
  Table& subscriptions = tables.add("subscriptions", {"group", "member_id", "topic"});
  Table& assigned = tables.add("assigned", {"group", "member_id", "topic", "partition"});
  Table& target = tables.add("target", {"group", "member_id", "topic", "partition"});
  for (const GroupDescription& group : found) {
    groups.add({group.name, word(group.type), word(group.state), group.protocol_type, group.assignor,
                int64_t{group.epoch}, int64_t{group.assignment_epoch}},
               group.error);
    for (const auto& member : group.members) {
      members.add({group.name, member.member_id, member.instance_id, member.client_id, member.host, member.rack,
                   word(member.type), int64_t{member.epoch}, member.pattern},
                  member.error);
      for (const std::string& topic : member.topics) subscriptions.add({group.name, member.member_id, topic});
      add_partitions(assigned, group.name, member.member_id, member.assigned);
      add_partitions(target, group.name, member.member_id, member.target);
    }
  }
}

}  // namespace

extern "C" {

int kafka_groups_list(kafka_session* session, const char* states, const char* types, kafka_result_cb cb, void* user) {
  return groups_call(__func__, session, cb != nullptr, [&](kafka_session& self, Groups groups) -> Error {
    kafka::GroupFilter filter;
    if (Error wrong = read_words(states, GroupState::unknown, GroupState::reconciling, filter.states)) return wrong;
    if (Error wrong = read_words(types, GroupType::unknown, GroupType::consumer, filter.types)) return wrong;
    groups.list(std::move(filter),
                result<kafka::GroupList>(*self.ground, cb, user, [](auto& tables, const auto& found) {
                  Table& names = tables.add("groups", {"name", "protocol_type", "state", "type"});
                  for (const auto& each : found.groups) {
                    names.add({each.name, each.protocol_type, word(each.state), word(each.type)});
                  }
                  Table& failures = tables.add("failures", {"broker", "address"});
                  for (const auto& each : found.failures) {
                    failures.add({int64_t{each.broker_id}, each.address}, each.error);
                  }
                }));
    return {};
  });
}

int kafka_groups_describe(kafka_session* session, const char* const* names, size_t count, kafka_result_cb cb,
                          void* user) {
  std::vector<std::string> all;
  const bool complete = cb != nullptr && kafka::capi::read(names, count, all);
  return groups_call(__func__, session, complete, [&](kafka_session& self, Groups groups) -> Error {
    groups.describe(std::move(all), result<std::vector<GroupDescription>>(*self.ground, cb, user, describe));
    return {};
  });
}

int kafka_groups_lag(kafka_session* session, const char* group, kafka_result_cb cb, void* user) {
  const bool complete = cb != nullptr && group != nullptr;
  return groups_call(__func__, session, complete, [&](kafka_session& self, Groups groups) -> Error {
    groups.lag(
        group, result<std::vector<kafka::PartitionLag>>(*self.ground, cb, user, [](auto& tables, const auto& found) {
          Table& partitions = tables.add("partitions", {"topic", "partition", "committed", "end", "lag", "member_id"});
          for (const auto& each : found) {
            partitions.add({each.topic, int64_t{each.partition}, each.committed, each.end, each.lag, each.member_id},
                           each.error);
          }
        }));
    return {};
  });
}

int kafka_groups_delete(kafka_session* session, const char* const* names, size_t count, kafka_result_cb cb,
                        void* user) {
  std::vector<std::string> all;
  const bool complete = cb != nullptr && kafka::capi::read(names, count, all);
  return groups_call(__func__, session, complete, [&](kafka_session& self, Groups groups) -> Error {
    groups.delete_groups(std::move(all), result<std::vector<kafka::GroupResult>>(
                                             *self.ground, cb, user, [](auto& tables, const auto& found) {
                                               Table& deleted = tables.add("groups", {"name"});
                                               for (const auto& each : found) deleted.add({each.name}, each.error);
                                             }));
    return {};
  });
}

int kafka_groups_delete_offsets(kafka_session* session, const char* group, const kafka_partitions* partitions,
                                kafka_result_cb cb, void* user) {
  const bool complete = cb != nullptr && group != nullptr && partitions != nullptr;
  return groups_call(__func__, session, complete, [&](kafka_session& self, Groups groups) -> Error {
    groups.delete_offsets(
        group, kafka::capi::partitions(*partitions),
        result<std::vector<kafka::PartitionResult>>(*self.ground, cb, user, [](auto& tables, const auto& found) {
          Table& deleted = tables.add("partitions", {"topic", "partition"});
          for (const auto& each : found) deleted.add({each.topic, int64_t{each.partition}}, each.error);
        }));
    return {};
  });
}

int kafka_groups_remove_members(kafka_session* session, const char* group, const char* const* member_ids,
                                size_t member_count, const char* const* instance_ids, size_t instance_count,
                                const char* reason, kafka_result_cb cb, void* user) {
  std::vector<std::string> ids, instances;
  const bool complete = cb != nullptr && group != nullptr && kafka::capi::read(member_ids, member_count, ids) &&
                        kafka::capi::read(instance_ids, instance_count, instances);
  return groups_call(__func__, session, complete, [&](kafka_session& self, Groups groups) -> Error {
    std::vector<kafka::MemberToRemove> members;
    for (std::string& id : ids) members.push_back(kafka::MemberToRemove::id(std::move(id)));
    for (std::string& id : instances) members.push_back(kafka::MemberToRemove::instance(std::move(id)));
    groups.remove_members(
        group, std::move(members), reason == nullptr ? "" : reason,
        result<std::vector<kafka::RemovedMember>>(*self.ground, cb, user, [](auto& tables, const auto& found) {
          Table& removed = tables.add("members", {"member_id", "instance_id"});
          for (const auto& each : found) removed.add({each.member.member_id, each.member.instance_id}, each.error);
        }));
    return {};
  });
}

}  // extern "C"
