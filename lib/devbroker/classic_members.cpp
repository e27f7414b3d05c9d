// Members of a classic group (see classic_members.hpp).
#include "devbroker/classic_members.hpp"

#include <algorithm>
#include <utility>

namespace kafka::devbroker {

namespace {

const GroupProtocol* offered(const ClassicMember& member, std::string_view protocol) {
  const auto at = std::ranges::find(member.protocols, protocol, &GroupProtocol::name);
  return at == member.protocols.end() ? nullptr : &*at;
}

}  // namespace

Bytes ClassicMember::metadata(std::string_view protocol) const {
  const GroupProtocol* found = offered(*this, protocol);
  return found == nullptr ? Bytes() : found->metadata;
}

ClassicMember* ClassicMembers::find(std::string_view id) {
  const auto at = std::ranges::find(members_, id, &ClassicMember::id);
  return at == members_.end() ? nullptr : &*at;
}

const ClassicMember* ClassicMembers::find(std::string_view id) const {
  const auto at = std::ranges::find(members_, id, &ClassicMember::id);
  return at == members_.end() ? nullptr : &*at;
}

const ClassicMember* ClassicMembers::by_instance(std::string_view instance_id) const {
  const auto at = std::ranges::find_if(members_, [&](const ClassicMember& each) {
    return each.instance_id.has_value() && *each.instance_id == instance_id;
  });
  return at == members_.end() ? nullptr : &*at;
}

void ClassicMembers::add(ClassicMember member) {
  if (members_.empty()) leader_ = member.id;
  members_.push_back(std::move(member));
}

void ClassicMembers::remove(std::string_view id) {
  const bool led = leader_ == id;
  std::erase_if(members_, [&](const ClassicMember& each) { return each.id == id; });
  if (led) leader_ = members_.empty() ? std::string() : members_.front().id;
}

void ClassicMembers::rename(std::string_view id, std::string new_id) {
  ClassicMember* member = find(id);
  if (member == nullptr) return;
  if (leader_ == id) leader_ = new_id;
  member->id = std::move(new_id);
}

bool ClassicMembers::elect(const std::function<bool(const ClassicMember&)>& may_lead) {
  const ClassicMember* present = find(leader_);
  if (present != nullptr && may_lead(*present)) return true;
  const auto next = std::ranges::find_if(members_, may_lead);
  if (next == members_.end()) return false;
  leader_ = next->id;
  return true;
}

bool ClassicMembers::all_offer(std::string_view protocol) const {
  return std::ranges::all_of(members_, [&](const ClassicMember& each) { return offered(each, protocol) != nullptr; });
}

bool ClassicMembers::supports(const std::vector<std::string>& protocols) const {
  return std::ranges::any_of(protocols, [&](const std::string& name) { return all_offer(name); });
}

std::string ClassicMembers::choose() const {
  std::vector<std::pair<std::string, size_t>> votes;  // in the order of the first votes
  for (const ClassicMember& member : members_) {
    const auto preferred =
        std::ranges::find_if(member.protocols, [&](const GroupProtocol& each) { return all_offer(each.name); });
    if (preferred == member.protocols.end()) continue;
    const auto at = std::ranges::find(votes, preferred->name, &std::pair<std::string, size_t>::first);
    if (at == votes.end()) {
      votes.emplace_back(preferred->name, 1);
    } else {
      ++at->second;
    }
  }
  const auto most = std::ranges::max_element(votes, {}, &std::pair<std::string, size_t>::second);
  return most == votes.end() ? std::string() : most->first;
}

net::Duration ClassicMembers::rebalance_timeout() const {
  net::Duration longest{0};
  for (const ClassicMember& each : members_) longest = std::max(longest, each.rebalance_timeout);
  return longest;
}

}  // namespace kafka::devbroker
