// A classic group (see classic_group.hpp): JoinGroup, and from the first JoinGroup to a complete generation.
// Not here: what members ask once they have joined (classic_group_members.cpp).
#include "devbroker/classic_group.hpp"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

namespace kafka::devbroker {

namespace {

using std::chrono::milliseconds;

// A member that was never told its id cannot send heartbeats. It is given up after this time.
constexpr net::Duration kNewMemberTimeout = std::chrono::minutes(5);

std::vector<GroupProtocol> protocols_of(const protocol::JoinGroupRequest& request) {
  std::vector<GroupProtocol> protocols;
  for (const auto& each : request.protocols) protocols.push_back({each.name, each.metadata});
  return protocols;
}

net::Duration rebalance_timeout_of(const protocol::JoinGroupRequest& request, int16_t version) {
  const bool has_its_own = version >= protocol::JoinGroupRequest::kRebalanceTimeoutFrom;
  return milliseconds(has_its_own ? request.rebalance_timeout_ms : request.session_timeout_ms);
}

std::string random_uuid(net::Reactor& reactor) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  uint64_t bits = 0;
  for (int i = 0; i < 32; ++i) {
    if (i % 16 == 0) bits = reactor.random();
    if (i == 8 || i == 12 || i == 16 || i == 20) text += '-';
    text += kDigits[bits & 15];
    bits >>= 4;
  }
  return text;
}

}  // namespace

std::string_view to_string(ClassicState state) noexcept {
  constexpr std::array<std::string_view, 4> kNames = {"Empty", "PreparingRebalance", "CompletingRebalance", "Stable"};
  return kNames[static_cast<size_t>(state)];
}

protocol::JoinGroupResponse join_refusal(Errc error, std::string_view member_id, const GroupRules& rules,
                                         int16_t version) {
  protocol::JoinGroupResponse response;
  response.error_code = static_cast<int16_t>(error);
  response.generation_id = rules.refused_generation;
  response.member_id = member_id;
  if (version >= protocol::JoinGroupRequest::kProtocolTypeFrom) response.protocol_name.reset();
  return response;
}

void ClassicGroup::refuse(JoinReply reply, Errc error, std::string_view member_id) {
  reply.give(join_refusal(error, member_id, *site_.rules, reply.version()));
}

std::string ClassicGroup::new_id(const protocol::JoinGroupRequest& request, const GroupCaller& caller) {
  return (request.group_instance_id ? *request.group_instance_id : std::string(caller.client_id)) + "-" +
         random_uuid(*site_.reactor);
}

bool ClassicGroup::accepts(const protocol::JoinGroupRequest& request) const {
  if (now_.members.empty()) return !request.protocol_type.empty() && !request.protocols.empty();
  if (request.protocol_type != now_.protocol_type) return false;
  std::vector<std::string> names;
  for (const auto& each : request.protocols) names.push_back(each.name);
  return now_.members.supports(names);
}

void ClassicGroup::join(const protocol::JoinGroupRequest& request, const GroupCaller& caller, JoinReply reply) {
  if (!accepts(request)) return refuse(std::move(reply), Errc::inconsistent_group_protocol, request.member_id);
  if (request.member_id.empty()) {
    join_new(request, caller, std::move(reply));
  } else {
    join_known(request, caller, std::move(reply));
  }
  complete_if_all_joined();
}

void ClassicGroup::join_new(const protocol::JoinGroupRequest& request, const GroupCaller& caller, JoinReply reply) {
  std::string id = new_id(request, caller);
  if (request.group_instance_id) {
    if (const ClassicMember* old = now_.members.by_instance(*request.group_instance_id)) {
      return replace_static(*old, request, caller, std::move(reply));
    }
  } else if (reply.version() >= protocol::JoinGroupRequest::kMemberIdRequiredFrom) {
    // Until the member comes back with this id, or its session ends, the group waits for it.
    handed_out_[id] = site_.reactor->after(milliseconds(request.session_timeout_ms), [this, id] {
      handed_out_.erase(id);
      complete_if_all_joined();
    });
    return refuse(std::move(reply), Errc::member_id_required, id);
  }
  add(std::move(id), request, caller, std::move(reply));
}

void ClassicGroup::join_known(const protocol::JoinGroupRequest& request, const GroupCaller& caller, JoinReply reply) {
  if (const auto handed_out = handed_out_.find(request.member_id); handed_out != handed_out_.end()) {
    handed_out_.erase(handed_out);
    return add(request.member_id, request, caller, std::move(reply));
  }
  if (const Errc error = check({request.member_id, request.group_instance_id}); error != Errc::none) {
    return refuse(std::move(reply), error, request.member_id);
  }
  ClassicMember& member = *now_.members.find(request.member_id);
  const bool wants_nothing_new = member.protocols == protocols_of(request);
  // While others join, it joins again. While the group syncs, it may have missed its answer. In a stable group a leader
  // that joins wants a rebalance, and so does a member that offers something else.
  if ((state_ == ClassicState::completing_rebalance && wants_nothing_new) ||
      (state_ == ClassicState::stable && wants_nothing_new && now_.members.leader() != member.id)) {
    return give_present(member, std::move(reply));
  }
  update(member, request, std::move(reply));
  if (state_ != ClassicState::preparing_rebalance) prepare_rebalance();
}

void ClassicGroup::add(std::string id, const protocol::JoinGroupRequest& request, const GroupCaller& caller,
                       JoinReply reply) {
  if (now_.members.empty()) now_.protocol_type = request.protocol_type;
  if (gathering_ && now_.generation == 0) more_came_ = true;
  now_.members.add({.id = id,
                    .instance_id = request.group_instance_id,
                    .client_id = std::string(caller.client_id),
                    .client_host = std::string(caller.client_host)});
  ClassicMember& member = *now_.members.find(id);
  Presence& presence = present_[std::move(id)];
  presence.is_new = true;
  update(member, request, std::move(reply));
  if (site_.rules->static_members) keep_alive(member, kNewMemberTimeout);
  if (state_ != ClassicState::preparing_rebalance) prepare_rebalance();
}

void ClassicGroup::update(ClassicMember& member, const protocol::JoinGroupRequest& request, JoinReply reply) {
  member.protocols = protocols_of(request);
  member.session_timeout = milliseconds(request.session_timeout_ms);
  member.rebalance_timeout = rebalance_timeout_of(request, reply.version());
  Presence& presence = present_[member.id];
  presence.awaits_join = true;
  presence.join = std::move(reply);  // one that was waiting is never answered
}

/// The process with this instance id was started anew. It takes over the place of the old one (KIP-345).
void ClassicGroup::replace_static(const ClassicMember& old, const protocol::JoinGroupRequest& request,
                                  const GroupCaller& caller, JoinReply reply) {
  const std::string old_id = old.id;
  const std::string id = new_id(request, caller);
  const std::string old_leader = now_.members.leader();
  auto old_presence = present_.extract(old_id);
  if (!old_presence.empty()) {
    Presence& fenced = old_presence.mapped();
    refuse(std::move(fenced.join), Errc::fenced_instance_id, old_id);
    fenced.sync.give(sync_refusal(Errc::fenced_instance_id));
  }
  now_.members.rename(old_id, id);
  unsynced_.erase(old_id);
  ClassicMember& member = *now_.members.find(id);
  member.client_id = caller.client_id;
  member.client_host = caller.client_host;
  update(member, request, std::move(reply));
  keep_alive(member);
  if (state_ == ClassicState::completing_rebalance) return prepare_rebalance();
  if (state_ != ClassicState::stable) return;
  if (now_.members.choose() != now_.protocol) return prepare_rebalance();
  // Nothing else changes, so it gets the assignment of the old one. If it led, it must not assign: its SyncGroup would
  // change nothing. It is told so from version 9 on. Older versions name a leader that is gone.
  store();
  Presence& presence = present_[id];
  presence.awaits_join = false;
  JoinReply waiting = std::exchange(presence.join, {});
  const bool skips = waiting.version() >= protocol::JoinGroupRequest::kSkipAssignmentFrom;
  if (skips) return give_present(member, std::move(waiting));
  protocol::JoinGroupResponse response;
  response.generation_id = now_.generation;
  if (waiting.version() >= protocol::JoinGroupRequest::kProtocolTypeFrom) response.protocol_type = now_.protocol_type;
  response.protocol_name = now_.protocol;
  response.leader = old_leader;
  response.member_id = id;
  waiting.give(std::move(response));
}

/// The generation that there is. The leader also gets all members.
void ClassicGroup::give_present(const ClassicMember& member, JoinReply reply) {
  protocol::JoinGroupResponse response;
  response.generation_id = now_.generation;
  if (reply.version() >= protocol::JoinGroupRequest::kProtocolTypeFrom) response.protocol_type = now_.protocol_type;
  response.protocol_name = now_.protocol;
  response.leader = now_.members.leader();
  response.member_id = member.id;
  if (member.id == now_.members.leader()) {
    response.skip_assignment =
        state_ == ClassicState::stable && reply.version() >= protocol::JoinGroupRequest::kSkipAssignmentFrom;
    for (const ClassicMember& each : now_.members.all()) {
      response.members.push_back({each.id, each.instance_id, each.metadata(now_.protocol)});
    }
  }
  reply.give(std::move(response));
}

void ClassicGroup::prepare_rebalance() {
  // The group of an empty coordinator waits for more members, because they are often started together.
  gathering_ = state_ == ClassicState::empty && site_.rules->waits_for_others;
  if (state_ == ClassicState::completing_rebalance) cancel_syncs(Errc::rebalance_in_progress);
  unsynced_.clear();
  state_ = ClassicState::preparing_rebalance;
  net::Duration time = now_.members.rebalance_timeout();
  if (gathering_) {
    more_came_ = false;
    may_gather_ = std::max(time - site_.initial_delay, net::Duration::zero());
    time = site_.initial_delay;
  }
  rebalance_ = site_.reactor->after(time, [this] { join_time_is_up(); });
  complete_if_all_joined();
}

void ClassicGroup::join_time_is_up() {
  rebalance_.cancel();
  if (gathering_ && std::exchange(more_came_, false) && may_gather_ > net::Duration::zero()) {
    const net::Duration time = std::min(site_.initial_delay, may_gather_);
    may_gather_ -= time;
    rebalance_ = site_.reactor->after(time, [this] { join_time_is_up(); });
    return;
  }
  complete_join();
}

void ClassicGroup::complete_if_all_joined() {
  if (state_ != ClassicState::preparing_rebalance || gathering_ || !handed_out_.empty()) return;
  const bool all =
      std::ranges::all_of(now_.members.all(), [&](const ClassicMember& each) { return present_[each.id].awaits_join; });
  if (all) complete_join();
}

void ClassicGroup::complete_join() {
  rebalance_.cancel();
  gathering_ = false;
  const std::vector<ClassicMember> before = now_.members.all();
  for (const ClassicMember& each : before) {
    if (present_[each.id].awaits_join || (each.instance_id && site_.rules->static_members)) continue;
    now_.members.remove(each.id);
    present_.erase(each.id);
  }
  const auto has_joined = [&](const ClassicMember& each) { return present_[each.id].awaits_join; };
  if (!now_.members.empty() && !now_.members.elect(has_joined)) {
    // Only static members are left, and none of them has come back yet.
    rebalance_ = site_.reactor->after(now_.members.rebalance_timeout(), [this] { join_time_is_up(); });
    return;
  }
  ++now_.generation;
  now_.protocol = now_.members.choose();
  if (now_.members.empty()) {
    state_ = ClassicState::empty;
    store();
    return;
  }
  state_ = ClassicState::completing_rebalance;
  if (site_.rules->puts_out_unsynced) {
    rebalance_ = site_.reactor->after(now_.members.rebalance_timeout(), [this] { sync_time_is_up(); });
  }
  for (const ClassicMember& each : now_.members.all()) {
    Presence& presence = present_[each.id];
    unsynced_.insert(each.id);
    presence.is_new = presence.awaits_join = false;
    keep_alive(each);
    if (JoinReply waiting = std::exchange(presence.join, {})) give_present(each, std::move(waiting));
  }
}

}  // namespace kafka::devbroker
