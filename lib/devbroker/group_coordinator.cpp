// Groups by name (see group_coordinator.hpp).
#include "devbroker/group_coordinator.hpp"

#include "protocol/offset_commit.hpp"

namespace kafka::devbroker {

GroupCoordinator::GroupCoordinator(const Brokers& brokers, const Coordinators& coordinators, const Releases& releases,
                                   GroupStore& offsets, net::Duration initial_delay)
    : brokers_(brokers),
      coordinators_(coordinators),
      releases_(releases),
      offsets_(offsets),
      initial_delay_(initial_delay) {}

Errc GroupCoordinator::check(int32_t broker, std::string_view group) const {
  if (group.empty()) return Errc::invalid_group_id;
  return coordinators_.of(group) == broker ? Errc::none : Errc::not_coordinator;
}

GroupSite GroupCoordinator::site(int32_t broker) const {
  return {&brokers_.find(broker)->reactor(), &rules(broker), initial_delay_};
}

ClassicGroup* GroupCoordinator::find(int32_t broker, std::string_view group) {
  const auto at = groups_.find(group);
  if (at == groups_.end()) return nullptr;
  at->second.group.follow(rules(broker));
  if (!rules(broker).state_first || at->second.group.state() != ClassicState::empty) return &at->second.group;
  groups_.erase(at);  // 0.9 forgets a group with its last member
  return nullptr;
}

ClassicGroup& GroupCoordinator::find_or_make(int32_t broker, std::string_view group) {
  if (ClassicGroup* found = find(broker, group)) return *found;
  return groups_.try_emplace(std::string(group), broker, brokers_.starts(broker), site(broker)).first->second.group;
}

Errc GroupCoordinator::check_commit(int32_t broker, std::string_view group, const MemberName& member,
                                    int32_t generation, int16_t version) {
  if (const Errc error = check(broker, group); error != Errc::none) return error;
  if (ClassicGroup* found = find(broker, group)) return found->check_commit(member, generation);
  if (generation < 0) return Errc::none;
  return version >= protocol::OffsetCommitRequest::kGroupNotFoundFrom ? Errc::group_id_not_found
                                                                      : Errc::illegal_generation;
}

bool GroupCoordinator::exists(int32_t broker, std::string_view group) {
  if (find(broker, group) != nullptr) return true;
  // 0.9 knows offsets without a group.
  return !rules(broker).state_first && offsets_.offsets(group) != nullptr;
}

void GroupCoordinator::erase_offset(int32_t broker, std::string_view group, const TopicPartition& partition) {
  offsets_.erase(group, partition);
  const ClassicGroup* found = find(broker, group);
  const bool has_members = found != nullptr && found->state() != ClassicState::empty;
  const GroupOffsets* left = offsets_.offsets(group);
  if (has_members || rules(broker).is_new_coordinator || (left != nullptr && !left->empty())) return;
  static_cast<void>(erase(broker, group));
}

std::set<std::string> GroupCoordinator::of(int32_t broker) {
  std::set<std::string> names;
  for (const auto& [name, offsets] : offsets_.all()) names.insert(name);
  for (const auto& [name, entry] : groups_) names.insert(name);
  std::erase_if(names,
                [&](const std::string& name) { return coordinators_.of(name) != broker || !exists(broker, name); });
  return names;
}

Errc GroupCoordinator::erase(int32_t broker, std::string_view group) {
  if (!exists(broker, group)) return Errc::group_id_not_found;
  const ClassicGroup* found = find(broker, group);
  if (found != nullptr && found->state() != ClassicState::empty) return Errc::non_empty_group;
  if (const auto at = groups_.find(group); at != groups_.end()) groups_.erase(at);
  offsets_.erase(group);
  return Errc::none;
}

void GroupCoordinator::halt(int32_t broker) {
  for (auto& [name, entry] : groups_) {
    if (entry.broker == broker) entry.group.halt();
  }
}

void GroupCoordinator::look_around() {
  for (auto& [name, entry] : groups_) {
    const int32_t broker = coordinators_.of(name);
    if (!brokers_.alive(broker)) continue;
    const int64_t start = brokers_.starts(broker);
    if (broker == entry.broker && start == entry.start) continue;
    entry.broker = broker;
    entry.start = start;
    entry.group.move(site(broker));
  }
}

}  // namespace kafka::devbroker
