// Groups by name (see group_coordinator.hpp).
#include "devbroker/group_coordinator.hpp"

#include <algorithm>

#include "devbroker/consumer_bytes.hpp"
#include "protocol/offset_commit.hpp"

namespace kafka::devbroker {

namespace {

/// Only then the broker can assign for them.
bool all_consumers(const ClassicGroup& group) {
  return group.protocol_type() == "consumer" &&
         std::ranges::all_of(group.members().all(), [](const ClassicMember& member) {
           return !member.protocols.empty() && read_subscription(member.protocols.front().metadata).has_value();
         });
}

}  // namespace

GroupCoordinator::GroupCoordinator(const Around& around, net::Duration initial_delay)
    : around_(around), initial_delay_(initial_delay) {}

Errc GroupCoordinator::check(int32_t broker, std::string_view group) const {
  if (group.empty()) return Errc::invalid_group_id;
  return around_.coordinators.of(group) == broker ? Errc::none : Errc::not_coordinator;
}

GroupSite GroupCoordinator::site(int32_t broker) const {
  return {&around_.brokers.find(broker)->reactor(), &rules(broker), initial_delay_};
}

GroupCoordinator::Entry* GroupCoordinator::entry(int32_t broker, std::string_view group) {
  const auto at = groups_.find(group);
  if (at == groups_.end()) return nullptr;
  Entry& found = at->second;
  if (found.classic) found.classic->follow(rules(broker));
  if (found.consumer) found.consumer->follow(rules(broker));
  if (found.consumer && rules(broker).converts && found.consumer->is_left_to_classic()) {
    found.classic = std::make_unique<ClassicGroup>(site(broker), found.consumer->to_classic());
    found.consumer.reset();
  }
  if (!rules(broker).state_first || !found.empty()) return &found;
  groups_.erase(at);  // 0.9 forgets a group with its last member
  return nullptr;
}

GroupCoordinator::Entry& GroupCoordinator::new_entry(int32_t broker, std::string_view group) {
  Entry& made = groups_[std::string(group)];
  made = Entry{.broker = broker, .start = around_.brokers.starts(broker)};
  return made;
}

ClassicGroup* GroupCoordinator::find(int32_t broker, std::string_view group) {
  const Entry* found = entry(broker, group);
  return found == nullptr ? nullptr : found->classic.get();
}

ClassicGroup* GroupCoordinator::find_or_make(int32_t broker, std::string_view group) {
  const Entry* found = entry(broker, group);
  if (found != nullptr && (found->classic || !found->empty())) return found->classic.get();
  Entry& made = new_entry(broker, group);
  made.classic = std::make_unique<ClassicGroup>(site(broker));
  return made.classic.get();
}

ConsumerGroup* GroupCoordinator::find_consumer(int32_t broker, std::string_view group) {
  const Entry* found = entry(broker, group);
  return found == nullptr ? nullptr : found->consumer.get();
}

ConsumerGroup* GroupCoordinator::find_or_make_consumer(int32_t broker, std::string_view group) {
  Entry* found = entry(broker, group);
  if (found != nullptr && found->classic && !found->empty() && rules(broker).converts) {
    if (!all_consumers(*found->classic)) return nullptr;
    found->classic->halt(Errc::rebalance_in_progress);
    found->consumer =
        std::make_unique<ConsumerGroup>(std::string(group), around_.topics, site(broker), found->classic->facts());
    found->classic.reset();
  }
  if (found != nullptr && (found->consumer || !found->empty())) return found->consumer.get();
  Entry& made = new_entry(broker, group);
  made.consumer = std::make_unique<ConsumerGroup>(std::string(group), around_.topics, site(broker));
  return made.consumer.get();
}

Errc GroupCoordinator::check_commit(int32_t broker, std::string_view group, const MemberName& member,
                                    int32_t generation, int16_t version) {
  if (const Errc error = check(broker, group); error != Errc::none) return error;
  if (ClassicGroup* found = find(broker, group)) return found->check_commit(member, generation);
  if (ConsumerGroup* found = find_consumer(broker, group)) {
    return found->check_commit(member, generation, version);
  }
  if (generation < 0) return Errc::none;
  return version >= protocol::OffsetCommitRequest::kGroupNotFoundFrom ? Errc::group_id_not_found
                                                                      : Errc::illegal_generation;
}

Errc GroupCoordinator::check_fetch(int32_t broker, std::string_view group, const std::optional<std::string>& member,
                                   int32_t epoch) {
  const ConsumerGroup* found = find_consumer(broker, group);
  return found == nullptr ? Errc::none : found->check_fetch(member, epoch);
}

bool GroupCoordinator::exists(int32_t broker, std::string_view group) {
  if (entry(broker, group) != nullptr) return true;
  // 0.9 knows offsets without a group.
  return !rules(broker).state_first && around_.offsets.offsets(group) != nullptr;
}

void GroupCoordinator::erase_offset(int32_t broker, std::string_view group, const TopicPartition& partition) {
  around_.offsets.erase(group, partition);
  const Entry* found = entry(broker, group);
  const bool has_members = found != nullptr && !found->empty();
  const GroupOffsets* left = around_.offsets.offsets(group);
  if (has_members || rules(broker).is_new_coordinator || (left != nullptr && !left->empty())) return;
  static_cast<void>(erase(broker, group));
}

std::set<std::string> GroupCoordinator::of(int32_t broker) {
  std::set<std::string> names;
  for (const auto& [name, offsets] : around_.offsets.all()) names.insert(name);
  for (const auto& [name, entry] : groups_) names.insert(name);
  std::erase_if(
      names, [&](const std::string& name) { return around_.coordinators.of(name) != broker || !exists(broker, name); });
  return names;
}

Errc GroupCoordinator::erase(int32_t broker, std::string_view group) {
  if (!exists(broker, group)) return Errc::group_id_not_found;
  const Entry* found = entry(broker, group);
  if (found != nullptr && !found->empty()) return Errc::non_empty_group;
  if (const auto at = groups_.find(group); at != groups_.end()) groups_.erase(at);
  around_.offsets.erase(group);
  return Errc::none;
}

void GroupCoordinator::halt(int32_t broker) {
  for (auto& [name, entry] : groups_) {
    if (entry.broker != broker) continue;
    if (entry.classic) entry.classic->halt(Errc::not_coordinator);
    if (entry.consumer) entry.consumer->halt();
  }
}

void GroupCoordinator::look_around() {
  for (auto& [name, entry] : groups_) {
    const int32_t broker = around_.coordinators.of(name);
    if (!around_.brokers.alive(broker)) continue;
    const int64_t start = around_.brokers.starts(broker);
    if (broker == entry.broker && start == entry.start) continue;
    entry.broker = broker;
    entry.start = start;
    if (entry.classic) entry.classic->move(site(broker));
    if (entry.consumer) entry.consumer->move(site(broker));
  }
}

}  // namespace kafka::devbroker
