// A group of the consumer protocol (see consumer_group.hpp): its members that speak the classic protocol. The broker
// assigns for them. A member that has to give something up, or gets something, is told to join again.
#include <algorithm>
#include <utility>

#include "devbroker/consumer_bytes.hpp"
#include "devbroker/consumer_group.hpp"
#include "devbroker/handlers.hpp"

namespace kafka::devbroker {

namespace {

constexpr std::string_view kConsumerType = "consumer";

}  // namespace

ConsumerGroup::ConsumerGroup(std::string id, const Topics& topics, const GroupSite& site, const ClassicFacts& classic)
    : ConsumerGroup(std::move(id), topics, site) {
  for (const ClassicMember& each : classic.members.all()) {
    ConsumerMember member;
    member.id = each.id;
    member.instance_id = each.instance_id;
    member.client_id = each.client_id;
    member.client_host = each.client_host;
    member.rebalance_timeout = each.rebalance_timeout;
    member.classic = ClassicSide{.session_timeout = each.session_timeout, .protocols = each.protocols};
    if (const auto read = read_subscription(each.metadata(classic.protocol))) {
      member.topics = read->topics;
      member.classic->version = read->version;
    }
    std::ranges::sort(member.topics);
    keep_alive(member);
    const Slots assigned = roster_.slots_named(read_assignment(each.assignment));
    roster_.adopt(std::move(member), assigned, classic.generation);
  }
}

Errc ConsumerGroup::check_classic(const MemberName& member) {
  const ConsumerMember* found = roster_.find(member.id);
  if (member.instance_id) {
    const ConsumerMember* holder = roster_.by_instance(*member.instance_id);
    if (holder == nullptr) return Errc::unknown_member_id;
    if (holder != found) return Errc::fenced_instance_id;
  }
  return found == nullptr || !found->classic ? Errc::unknown_member_id : Errc::none;
}

void ConsumerGroup::join(const protocol::JoinGroupRequest& request, const GroupCaller& caller,
                         ClassicGroup::JoinReply reply) {
  const auto refuse = [&](Errc error, std::string_view id) {
    const int16_t version = reply.version();
    reply.give(join_refusal(error, id, *site_.rules, version));
  };
  std::vector<GroupProtocol> protocols;
  for (const auto& each : request.protocols) protocols.push_back({each.name, each.metadata});
  const auto read = protocols.empty() ? std::nullopt : read_subscription(protocols.front().metadata);
  if (request.protocol_type != kConsumerType || !read) {
    return refuse(Errc::inconsistent_group_protocol, request.member_id);
  }
  const std::string id = request.member_id.empty() ? new_member_id() : request.member_id;
  ConsumerMember* holder = request.group_instance_id ? roster_.by_instance(*request.group_instance_id) : nullptr;
  const bool wants_id = reply.version() >= protocol::JoinGroupRequest::kMemberIdRequiredFrom;
  if (request.member_id.empty() && !request.group_instance_id && wants_id) return refuse(Errc::member_id_required, id);
  const bool replaces = holder != nullptr && holder->id != id;
  if (replaces && !request.member_id.empty()) return refuse(Errc::fenced_instance_id, id);
  // Its session has ended. A dynamic member is taken with any id: it was told to come with one.
  if (request.group_instance_id && holder == nullptr && !request.member_id.empty())
    return refuse(Errc::unknown_member_id, id);
  if (replaces) {
    timers_.erase(holder->id);
    holder = &roster_.take_over(*holder, id);
  }
  ConsumerMember& member = holder != nullptr ? *holder : roster_.add(id);
  member.instance_id = request.group_instance_id;
  member.client_id = caller.client_id;
  member.client_host = caller.client_host;
  const bool has_timeout = reply.version() >= protocol::JoinGroupRequest::kRebalanceTimeoutFrom;
  const std::chrono::milliseconds session(request.session_timeout_ms);
  member.rebalance_timeout = has_timeout ? std::chrono::milliseconds(request.rebalance_timeout_ms) : session;
  member.classic = ClassicSide{.session_timeout = session, .protocols = std::move(protocols), .version = read->version};
  std::vector<std::string> topics = read->topics;
  std::ranges::sort(topics);
  const bool changed = topics != member.topics;
  member.topics = std::move(topics);
  const Slots owned = roster_.slots_named(read->owned);
  change(member, changed, replaces, &owned);
  timers_[id].sync = site_.reactor->after(member.rebalance_timeout, [this, id] { remove(std::string(id)); });
  protocol::JoinGroupResponse response;
  response.generation_id = member.epoch;
  if (reply.version() >= protocol::JoinGroupRequest::kProtocolTypeFrom) response.protocol_type = kConsumerType;
  response.protocol_name = member.classic->protocols.front().name;
  response.member_id = id;
  reply.give(std::move(response));
}

protocol::SyncGroupResponse ConsumerGroup::sync(const protocol::SyncGroupRequest& request, int16_t version) {
  const MemberName name{request.member_id, request.group_instance_id};
  if (const Errc error = check_classic(name); error != Errc::none) return sync_refusal(error);
  const ConsumerMember& member = *roster_.find(request.member_id);
  const std::string& protocol = member.classic->protocols.front().name;
  if (version >= protocol::SyncGroupRequest::kProtocolTypeFrom &&
      (request.protocol_type != kConsumerType || request.protocol_name != protocol)) {
    return sync_refusal(Errc::inconsistent_group_protocol);
  }
  if (request.generation_id != member.epoch) return sync_refusal(Errc::illegal_generation);
  if (member.epoch < roster_.target_epoch() && member.state != Reconciliation::unrevoked) {
    return sync_refusal(Errc::rebalance_in_progress);
  }
  timers_[member.id].sync.cancel();
  keep_alive(member);
  protocol::SyncGroupResponse response;
  response.protocol_type = kConsumerType;
  response.protocol_name = protocol;
  response.assignment = write_assignment(roster_.partitions_of(member), member.classic->version);
  return response;
}

/// It has to if there is a newer target, if it has to give something up, or if what it waited for is free.
bool ConsumerGroup::must_join_again(const ConsumerMember& member) const {
  const bool waits_for_target = site_.rules->assignment_interval.count() > 0;
  if (member.epoch < (waits_for_target ? roster_.target_epoch() : roster_.epoch())) return true;
  if (member.state != Reconciliation::unreleased) return member.state == Reconciliation::unrevoked;
  return !roster_.waits_for_others(member);
}

Errc ConsumerGroup::beat(const MemberName& member, int32_t generation) {
  if (const Errc error = check_classic(member); error != Errc::none) return error;
  const ConsumerMember& found = *roster_.find(member.id);
  if (generation != found.epoch) return Errc::illegal_generation;
  keep_alive(found);
  return must_join_again(found) ? Errc::rebalance_in_progress : Errc::none;
}

// Somebody may remove a member of the consumer protocol, too, and a static member whatever its id is. 3.9 only lets
// classic members go.
Errc ConsumerGroup::leave(const MemberName& member) {
  const ConsumerMember* found = roster_.find(member.id);
  if (member.instance_id) {
    const ConsumerMember* const holder = roster_.by_instance(*member.instance_id);
    if (holder == nullptr) return Errc::unknown_member_id;
    if (!member.id.empty() && holder != found) return Errc::fenced_instance_id;
    found = holder;
  }
  if (found == nullptr || (!found->classic && !site_.rules->is_lenient)) return Errc::unknown_member_id;
  remove(std::string(found->id));
  return Errc::none;
}

bool ConsumerGroup::is_left_to_classic() const {
  return !empty() &&
         std::ranges::all_of(roster_.members(), [](const auto& entry) { return entry.second.classic.has_value(); });
}

ClassicFacts ConsumerGroup::to_classic() const {
  ClassicFacts facts;
  facts.generation = roster_.epoch();
  facts.protocol_type = kConsumerType;
  for (const auto& [id, member] : roster_.members()) {
    ClassicMember each{.id = id, .instance_id = member.instance_id};
    each.client_id = member.client_id;
    each.client_host = member.client_host;
    each.session_timeout = member.classic->session_timeout;
    each.rebalance_timeout = member.rebalance_timeout;
    each.protocols = member.classic->protocols;
    each.assignment = write_assignment(roster_.partitions_of(member), member.classic->version);
    facts.members.add(std::move(each));
  }
  facts.protocol = facts.members.choose();
  return facts;
}

}  // namespace kafka::devbroker
