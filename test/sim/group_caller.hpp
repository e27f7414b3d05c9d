// Members of a classic group by hand: each has a connection of its own and asks in the newest versions of a release, as
// the probe did that the answers of real brokers were recorded with.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "caller.hpp"
#include "devbroker/profile.hpp"
#include "protocol/heartbeat.hpp"
#include "protocol/join_group.hpp"
#include "protocol/leave_group.hpp"
#include "protocol/offset_commit.hpp"
#include "protocol/sync_group.hpp"

namespace kafka::sim {

/// A cluster that speaks like one release, with the topic "t" of three partitions. Broker 1 coordinates the group "g".
struct GroupWorld {
  explicit GroupWorld(std::string name, int count = 1, devbroker::ClusterOptions options = {})
      : release(std::move(name)), brokers(world, count, options) {
    REQUIRE(!brokers->releases().as_version(release));
    REQUIRE(!brokers->topics().create("t", 3));
    REQUIRE(!brokers->coordinators().move("g", 1));
  }
  /// The newest version, or the cap.
  template <class Request>
  int16_t version(int16_t cap = 100) {
    return std::min(cap, brokers->releases().profile().find(protocol::key_of<Request>)->served.max);
  }
  template <class Request>
  protocol::ResponseOf<Request> ask(Caller& peer, const Request& request, int16_t version) {
    protocol::ResponseOf<Request> response;
    peer.send(request, version);
    REQUIRE(peer.receive<Request>(version, response));
    return response;
  }
  template <class Request>
  protocol::ResponseOf<Request> ask(Caller& peer, const Request& request) {
    return ask(peer, request, version<Request>());
  }
  double seconds() const { return std::chrono::duration<double>(world.elapsed()).count(); }

  const std::string release;
  SimWorld world{7};
  SimCluster brokers;
};

constexpr Errc errc(int16_t code) { return static_cast<Errc>(code); }

/// ConsumerProtocolSubscription, version 0.
inline std::string subscription(const std::string& topic) {
  codec::Writer writer;
  writer.i16(0);
  writer.length(1, false);
  writer.string_length(static_cast<int64_t>(topic.size()), false);
  writer.raw(topic);
  writer.length(-1, false);
  std::string all;
  for (const Bytes& segment : writer.take()) all += segment.view();
  return all;
}

struct GroupMember {
  explicit GroupMember(GroupWorld& world, std::optional<std::string> instance = {}, int broker = 1)
      : w(world), peer(std::make_unique<Caller>(world.world, broker)), instance(std::move(instance)) {}

  protocol::JoinGroupRequest join_request(int16_t version) const {
    protocol::JoinGroupRequest request;
    request.group_id = group;
    request.member_id = id;
    request.session_timeout_ms = 6000;
    if (version >= protocol::JoinGroupRequest::kRebalanceTimeoutFrom) request.rebalance_timeout_ms = 10000;
    if (version >= protocol::JoinGroupRequest::kInstanceIdFrom) request.group_instance_id = instance;
    request.protocol_type = "consumer";
    for (const std::string& name : protocols) request.protocols.push_back({name, Bytes::copy(offer)});
    return request;
  }
  void send_join() {
    const int16_t version = w.version<protocol::JoinGroupRequest>(join_cap);
    peer->send(join_request(version), version);
  }
  Errc receive_join() {
    const int16_t version = w.version<protocol::JoinGroupRequest>(join_cap);
    REQUIRE(peer->receive<protocol::JoinGroupRequest>(version, joined));
    if (!joined.member_id.empty()) id = joined.member_id;
    if (joined.error_code == 0) generation = joined.generation_id;
    return errc(joined.error_code);
  }
  Errc join_once() {
    send_join();
    return receive_join();
  }
  /// With a second request where the first one only brings an id.
  void send_join_with_id() {
    const bool wants_id = w.version<protocol::JoinGroupRequest>(join_cap) >= 4 && !instance && id.empty();
    if (wants_id) REQUIRE(join_once() == Errc::member_id_required);
    send_join();
  }
  Errc join() {
    send_join_with_id();
    return receive_join();
  }
  bool leads() const { return joined.leader == id; }

  protocol::SyncGroupRequest sync_request() const {
    const int16_t version = w.version<protocol::SyncGroupRequest>();
    protocol::SyncGroupRequest request;
    request.group_id = group;
    request.member_id = id;
    request.generation_id = generation;
    if (version >= protocol::SyncGroupRequest::kInstanceIdFrom) request.group_instance_id = instance;
    request.protocol_type = "consumer";
    request.protocol_name = joined.protocol_name.value_or("");
    if (leads()) request.assignments.push_back({id, Bytes::copy(assignment)});
    return request;
  }
  void send_sync() { peer->send(sync_request(), w.version<protocol::SyncGroupRequest>()); }
  Errc receive_sync() {
    REQUIRE(peer->receive<protocol::SyncGroupRequest>(w.version<protocol::SyncGroupRequest>(), synced));
    return errc(synced.error_code);
  }
  Errc sync() {
    send_sync();
    return receive_sync();
  }

  Errc beat(Caller& by, int32_t of_generation) {
    protocol::HeartbeatRequest request;
    request.group_id = group;
    request.generation_id = of_generation;
    request.member_id = id;
    if (w.version<protocol::HeartbeatRequest>() >= protocol::HeartbeatRequest::kInstanceIdFrom) {
      request.group_instance_id = instance;
    }
    return errc(w.ask(by, request).error_code);
  }
  Errc beat(Caller& by) { return beat(by, generation); }
  Errc commit(Caller& by, int32_t of_generation, int32_t partition = 0, int64_t offset = 1) {
    const int16_t version = w.version<protocol::OffsetCommitRequest>(9);
    protocol::OffsetCommitRequest request;
    request.group_id = group;
    request.member_id = id;
    request.generation_id_or_member_epoch = of_generation;
    if (version >= 7) request.group_instance_id = instance;
    auto& topic = request.topics.emplace_back();
    topic.name = "t";
    auto& asked = topic.partitions.emplace_back();
    asked.partition_index = partition;
    asked.committed_offset = offset;
    return errc(w.ask(by, request, version).topics.at(0).partitions.at(0).error_code);
  }
  Errc commit(Caller& by) { return commit(by, generation); }
  Errc leave(Caller& by) {
    const int16_t version = w.version<protocol::LeaveGroupRequest>();
    protocol::LeaveGroupRequest request;
    request.group_id = group;
    if (version < protocol::LeaveGroupRequest::kManyMembersFrom) {
      request.member_id = id;
      return errc(w.ask(by, request).error_code);
    }
    auto& leaving = request.members.emplace_back();
    leaving.member_id = id;
    leaving.group_instance_id = instance;
    const auto left = w.ask(by, request);
    REQUIRE(left.error_code == 0);
    return errc(left.members.at(0).error_code);
  }

  GroupWorld& w;
  std::unique_ptr<Caller> peer;
  std::string group = "g";
  std::string id = {};
  std::optional<std::string> instance;
  std::vector<std::string> protocols = {"range"};
  std::string offer = "subscription";
  std::string assignment = "all of it";  // what it gives itself when it leads
  int16_t join_cap = 100;
  int32_t generation = -1;
  protocol::JoinGroupResponse joined;
  protocol::SyncGroupResponse synced;
};

}  // namespace kafka::sim
