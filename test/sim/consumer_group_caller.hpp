// A member of the consumer protocol by hand, as the probe speaks it. Not here: members of the classic protocol
// (group_caller).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "group_caller.hpp"
#include "protocol/consumer_group_describe.hpp"
#include "protocol/consumer_group_heartbeat.hpp"
#include "protocol/offset_fetch.hpp"

namespace kafka::sim {

using Numbers = std::vector<int32_t>;

struct ConsumerCaller {
  using Request = protocol::ConsumerGroupHeartbeatRequest;
  using Parts = std::vector<Request::TopicPartitions>;
  ConsumerCaller(GroupWorld& world, std::string id, std::optional<std::string> instance = {})
      : w(world), peer(world.world, 1), id(std::move(id)), instance(std::move(instance)) {}

  Errc send(Request request) {
    request.group_id = "g";
    request.member_id = id;
    request.instance_id = instance;
    answer = w.ask(peer, request);
    if (answer.error_code == 0 && answer.member_epoch >= 0) epoch = answer.member_epoch;
    if (answer.assignment) {
      owned.clear();
      for (const auto& each : answer.assignment->topic_partitions) owned.push_back({each.topic_id, each.partitions});
    }
    return errc(answer.error_code);
  }
  Errc join() {
    Request request;
    request.rebalance_timeout_ms = 10000;
    if (pattern) {
      request.subscribed_topic_regex = *pattern;
    } else {
      request.subscribed_topic_names = topics;
    }
    request.topic_partitions.emplace();
    return send(request);
  }
  Errc beat(int32_t with_epoch, std::optional<Parts> has = {}) {
    Request request;
    request.member_epoch = with_epoch;
    request.topic_partitions = std::move(has);
    return send(request);
  }
  Errc beat() { return beat(epoch); }
  /// Says that it has exactly what it was given.
  Errc acknowledge() { return beat(epoch, owned); }
  Errc leave(int32_t how = Request::kLeave) { return beat(how); }
  /// The partitions in the last answer; nothing if it was null.
  std::optional<Numbers> given() const {
    if (!answer.assignment) return std::nullopt;
    Numbers all;
    for (const auto& each : answer.assignment->topic_partitions) {
      all.insert(all.end(), each.partitions.begin(), each.partitions.end());
    }
    return all;
  }
  Errc commit(int32_t with_epoch, int16_t version = 9, int32_t partition = 0) {
    protocol::OffsetCommitRequest request;
    request.group_id = "g";
    request.member_id = id;
    request.generation_id_or_member_epoch = with_epoch;
    auto& topic = request.topics.emplace_back();
    topic.name = "t";
    topic.partitions.emplace_back().partition_index = partition;
    return errc(w.ask(peer, request, version).topics.at(0).partitions.at(0).error_code);
  }
  Errc fetch(std::optional<std::string> as, int32_t with_epoch) {
    protocol::OffsetFetchRequest request;
    auto& group = request.groups.emplace_back();
    group.group_id = "g";
    group.member_id = std::move(as);
    group.member_epoch = with_epoch;
    return errc(w.ask(peer, request, 9).groups.at(0).error_code);
  }

  GroupWorld& w;
  Caller peer;
  std::string id;
  std::optional<std::string> instance;
  std::vector<std::string> topics = {"t"};
  std::optional<std::string> pattern = {};
  int32_t epoch = 0;
  Parts owned = {};
  protocol::ConsumerGroupHeartbeatResponse answer = {};
};

/// 4.3 computes the next target a second after the last one.
inline void pass_interval(GroupWorld& w) { w.world.run_for(1100ms); }

inline protocol::ConsumerGroupDescribeResponse::DescribedGroup describe(GroupWorld& w, ConsumerCaller& by) {
  protocol::ConsumerGroupDescribeRequest request;
  request.group_ids = {"g"};
  return w.ask(by.peer, request).groups.at(0);
}

}  // namespace kafka::sim
