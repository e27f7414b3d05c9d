// A classic group (see classic_group.hpp): SyncGroup, heartbeats, commits, leaving, sessions, and moving.
#include <utility>
#include <vector>

#include "devbroker/classic_group.hpp"

namespace kafka::devbroker {

namespace {

constexpr int32_t kNobody = -1;  // the generation of a commit by somebody who is no member

/// From SyncGroup 5 on members say by which protocol they assign.
bool names_another(const std::optional<std::string>& named, const std::string& ours) { return named != ours; }

}  // namespace

protocol::SyncGroupResponse sync_refusal(Errc error) {
  protocol::SyncGroupResponse response;
  response.error_code = static_cast<int16_t>(error);
  return response;
}

/// What a member was assigned.
protocol::SyncGroupResponse ClassicGroup::assignment_of(const ClassicMember& member) const {
  protocol::SyncGroupResponse response;
  response.protocol_type = now_.protocol_type;
  response.protocol_name = now_.protocol;
  response.assignment = member.assignment;
  return response;
}

Errc ClassicGroup::check(const MemberName& member) const {
  if (member.instance_id) {
    const ClassicMember* holder = now_.members.by_instance(*member.instance_id);
    if (holder == nullptr) return Errc::unknown_member_id;
    if (holder->id != member.id) return Errc::fenced_instance_id;
  }
  return now_.members.find(member.id) == nullptr ? Errc::unknown_member_id : Errc::none;
}

void ClassicGroup::sync(const protocol::SyncGroupRequest& request, SyncReply reply) {
  Errc error = check({request.member_id, request.group_instance_id});
  if (error == Errc::none && request.generation_id != now_.generation) error = Errc::illegal_generation;
  if (error == Errc::none && reply.version() >= protocol::SyncGroupRequest::kProtocolTypeFrom &&
      (names_another(request.protocol_type, now_.protocol_type) ||
       names_another(request.protocol_name, now_.protocol))) {
    error = Errc::inconsistent_group_protocol;
  }
  if (error == Errc::none && state_ == ClassicState::preparing_rebalance) error = Errc::rebalance_in_progress;
  if (error != Errc::none) return reply.give(sync_refusal(error));

  unsynced_.erase(request.member_id);
  Presence& presence = present_[request.member_id];
  presence.sync = std::move(reply);
  presence.awaits_sync = true;
  if (state_ == ClassicState::completing_rebalance) {
    if (request.member_id == now_.members.leader()) hand_out_assignment(request);
    return;
  }
  const ClassicMember& member = *now_.members.find(request.member_id);
  presence.awaits_sync = false;
  keep_alive(member);
  SyncReply waiting = std::exchange(presence.sync, {});
  waiting.give(assignment_of(member));
}

void ClassicGroup::hand_out_assignment(const protocol::SyncGroupRequest& request) {
  // A member that the leader left out gets no bytes at all.
  for (const ClassicMember& each : now_.members.all()) now_.members.find(each.id)->assignment = Bytes();
  for (const auto& each : request.assignments) {
    if (ClassicMember* member = now_.members.find(each.member_id)) member->assignment = each.assignment;
  }
  state_ = ClassicState::stable;
  store();
  for (const ClassicMember& each : now_.members.all()) {
    Presence& presence = present_[each.id];
    if (!std::exchange(presence.awaits_sync, false)) continue;
    keep_alive(each);
    SyncReply waiting = std::exchange(presence.sync, {});
    waiting.give(assignment_of(each));
  }
  if (unsynced_.empty()) rebalance_.cancel();
}

void ClassicGroup::cancel_syncs(Errc error) {
  for (const ClassicMember& each : now_.members.all()) {
    Presence& presence = present_[each.id];
    now_.members.find(each.id)->assignment = Bytes();
    if (!std::exchange(presence.awaits_sync, false)) continue;
    keep_alive(each);
    SyncReply waiting = std::exchange(presence.sync, {});
    waiting.give(sync_refusal(error));
  }
}

/// Members that have joined and never sent SyncGroup are out. Otherwise the group would wait for a dead leader for
/// ever, because the heartbeats of the others keep them alive.
void ClassicGroup::sync_time_is_up() {
  rebalance_.cancel();
  if (state_ != ClassicState::completing_rebalance && state_ != ClassicState::stable) return;
  if (unsynced_.empty()) return;
  for (const std::string& id : std::exchange(unsynced_, {})) {
    now_.members.remove(id);
    present_.erase(id);
  }
  prepare_rebalance();
}

Errc ClassicGroup::heartbeat(const MemberName& member, int32_t generation) {
  const bool syncing = state_ == ClassicState::completing_rebalance;
  if (site_.rules->state_first && state_ != ClassicState::stable) return Errc::rebalance_in_progress;
  if (const Errc error = check(member); error != Errc::none) return error;
  if (syncing && site_.rules->while_syncing == WhileSyncing::refused_unread) return Errc::rebalance_in_progress;
  if (generation != now_.generation) return Errc::illegal_generation;
  if (syncing && site_.rules->while_syncing != WhileSyncing::beats) return Errc::rebalance_in_progress;
  keep_alive(*now_.members.find(member.id));
  return state_ == ClassicState::preparing_rebalance ? Errc::rebalance_in_progress : Errc::none;
}

Errc ClassicGroup::check_commit(const MemberName& member, int32_t generation) {
  if (generation <= kNobody && state_ == ClassicState::empty) return Errc::none;
  const bool syncing = state_ == ClassicState::completing_rebalance;
  if (syncing && site_.rules->while_syncing == WhileSyncing::refused_unread) return Errc::rebalance_in_progress;
  if (const Errc error = check(member); error != Errc::none) return error;
  if (generation != now_.generation) return Errc::illegal_generation;
  if (syncing) return Errc::rebalance_in_progress;
  keep_alive(*now_.members.find(member.id));
  return Errc::none;
}

Errc ClassicGroup::leave(const MemberName& member) {
  if (member.id.empty() && member.instance_id) {  // somebody removes a static member, whatever its id is
    const ClassicMember* holder = now_.members.by_instance(*member.instance_id);
    if (holder == nullptr) return Errc::unknown_member_id;
    remove(std::string(holder->id), Errc::unknown_member_id);
    return Errc::none;
  }
  if (const auto handed_out = handed_out_.find(member.id); handed_out != handed_out_.end()) {
    handed_out_.erase(handed_out);
    complete_if_all_joined();
    return Errc::none;
  }
  if (const Errc error = check(member); error != Errc::none) return error;
  remove(std::string(member.id), Errc::unknown_member_id);
  return Errc::none;
}

void ClassicGroup::keep_alive(const ClassicMember& member, net::Duration time) {
  present_[member.id].session = site_.reactor->after(time, [this, id = member.id] { session_is_up(id); });
}

void ClassicGroup::session_is_up(const std::string& id) {
  const auto at = present_.find(id);
  if (at == present_.end()) return;
  Presence& presence = at->second;
  presence.session.cancel();
  // Who waits for an answer cannot be expected to send heartbeats.
  if ((presence.awaits_join && !presence.is_new) || presence.awaits_sync) return;
  remove(std::string(id), Errc::unknown_member_id);
}

void ClassicGroup::remove(const std::string& id, Errc to_the_waiting) {
  auto gone = present_.extract(id);
  if (!gone.empty()) {
    refuse(std::move(gone.mapped().join), to_the_waiting, "");
    gone.mapped().sync.give(sync_refusal(to_the_waiting));
  }
  now_.members.remove(id);
  unsynced_.erase(id);
  if (state_ == ClassicState::stable || state_ == ClassicState::completing_rebalance) return prepare_rebalance();
  complete_if_all_joined();
}

ClassicGroup::ClassicGroup(const GroupSite& site, ClassicFacts facts) : ClassicGroup(site) {
  now_ = std::move(facts);
  store();
  state_ = ClassicState::stable;
  for (const ClassicMember& each : now_.members.all()) keep_alive(each);
  prepare_rebalance();
}

void ClassicGroup::halt(Errc to_the_waiting) {
  for (auto& [id, presence] : present_) {
    refuse(std::move(presence.join), to_the_waiting, id);
    presence.sync.give(sync_refusal(to_the_waiting));
  }
  present_.clear();
  handed_out_.clear();
  unsynced_.clear();
  rebalance_.cancel();
  gathering_ = false;
}

void ClassicGroup::move(const GroupSite& site) {
  halt(Errc::not_coordinator);
  site_ = site;
  now_ = stored_;
  state_ = now_.members.empty() ? ClassicState::empty : ClassicState::stable;
  for (const ClassicMember& each : now_.members.all()) keep_alive(each);
}

}  // namespace kafka::devbroker
