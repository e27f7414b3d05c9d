// Members of a consumer group (see consumer_roster.hpp).
#include "devbroker/consumer_roster.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "devbroker/handlers.hpp"

namespace kafka::devbroker {

namespace {

// As ConsumerGroupDescribe says it.
constexpr int8_t kClassicMember = 0;
constexpr int8_t kConsumerMember = 1;

}  // namespace

std::string_view ConsumerRoster::state() const {
  if (members_.empty()) return "Empty";
  if (epoch_ > target_epoch_) return "Assigning";
  const bool all_there = std::ranges::all_of(members_, [&](const auto& entry) {
    return entry.second.state == Reconciliation::stable && entry.second.epoch == target_epoch_;
  });
  return all_there ? "Stable" : "Reconciling";
}

ConsumerMember* ConsumerRoster::find(std::string_view id) {
  const auto at = members_.find(id);
  return at == members_.end() ? nullptr : &at->second;
}

const ConsumerMember* ConsumerRoster::find(std::string_view id) const {
  const auto at = members_.find(id);
  return at == members_.end() ? nullptr : &at->second;
}

ConsumerMember* ConsumerRoster::by_instance(std::string_view instance_id) {
  const auto at = std::ranges::find_if(members_, [&](const auto& entry) {
    return entry.second.instance_id.has_value() && *entry.second.instance_id == instance_id;
  });
  return at == members_.end() ? nullptr : &at->second;
}

ConsumerMember& ConsumerRoster::add(const std::string& id) {
  ConsumerMember& member = members_[id];
  member.id = id;
  return member;
}

ConsumerMember& ConsumerRoster::take_over(const ConsumerMember& holder, const std::string& id) {
  auto moved = members_.extract(holder.id);
  auto target = targets_.extract(moved.key());
  moved.key() = id;
  moved.mapped().id = id;
  moved.mapped().epoch = 0;
  moved.mapped().previous_epoch = -1;
  moved.mapped().state = Reconciliation::stable;
  moved.mapped().revoking.clear();
  if (!target.empty()) {
    target.key() = id;
    targets_.insert(std::move(target));
  }
  return members_.insert(std::move(moved)).position->second;
}

void ConsumerRoster::remove(const std::string& id) {
  members_.erase(id);
  targets_.erase(id);
  ++epoch_;
}

void ConsumerRoster::adopt(ConsumerMember member, const Slots& assigned, int32_t epoch) {
  epoch_ = target_epoch_ = member.epoch = epoch;
  for (const Slot& slot : assigned) member.assigned.emplace(slot, epoch);
  for (const std::string& name : member.topics) seen_[name] = look_at(name);
  targets_[member.id] = assigned;
  members_.insert_or_assign(member.id, std::move(member));
}

std::vector<std::string> ConsumerRoster::topics_of(const ConsumerMember& member) const {
  std::vector<std::string> topics = member.topics;
  if (!member.pattern.empty()) {
    const auto& matching = patterns_.topics(member.pattern);
    topics.insert(topics.end(), matching.begin(), matching.end());
  }
  return topics;
}

bool ConsumerRoster::reads(std::string_view topic) const {
  return std::ranges::any_of(members_, [&](const auto& entry) {
    const auto topics = topics_of(entry.second);
    return std::ranges::find(topics, topic) != topics.end();
  });
}

bool ConsumerRoster::topics_have_changed() const {
  return std::ranges::any_of(seen_, [&](const auto& entry) { return look_at(entry.first) != entry.second; });
}

void ConsumerRoster::change() {
  ++epoch_;
  seen_.clear();
  for (const auto& [id, member] : members_) {
    for (const std::string& name : topics_of(member)) seen_[name] = look_at(name);
  }
}

std::optional<ConsumerRoster::Seen> ConsumerRoster::look_at(const std::string& name) const {
  const Topic* topic = topics_.find(name);
  if (topic == nullptr) return std::nullopt;
  return Seen{to_uuid(topic->id), static_cast<int32_t>(topic->partitions.size())};
}

void ConsumerRoster::keep_patterns() {
  std::set<std::string> patterns;
  for (const auto& [id, member] : members_) {
    if (!member.pattern.empty()) patterns.insert(member.pattern);
  }
  patterns_.keep(patterns);
}

Slots ConsumerRoster::slots_named(const std::vector<TopicPartition>& partitions) const {
  Slots slots;
  for (const TopicPartition& each : partitions) {
    if (const auto seen = look_at(each.topic)) slots.insert({seen->id, each.partition});
  }
  return slots;
}

std::vector<TopicPartition> ConsumerRoster::partitions_of(const ConsumerMember& member) const {
  std::vector<TopicPartition> partitions;
  for (const auto& [slot, since] : member.assigned) {
    if (const Topic* topic = topics_.find(from_uuid(slot.topic))) partitions.push_back({topic->name, slot.partition});
  }
  std::ranges::sort(partitions);
  return partitions;
}

bool ConsumerRoster::may_assign(net::TimePoint now, net::Duration interval) const {
  return !assigned_at_ || now - *assigned_at_ >= interval;
}

/// The one that most members ask for.
std::string ConsumerRoster::choose_assignor() const {
  std::map<std::string, size_t> votes;
  for (const auto& [id, member] : members_) {
    if (!member.assignor.empty()) ++votes[member.assignor];
  }
  const auto most = std::ranges::max_element(votes, {}, [](const auto& entry) { return entry.second; });
  return most == votes.end() ? std::string(kUniform) : most->first;
}

void ConsumerRoster::assign(net::TimePoint now) {
  std::vector<Subscriber> subscribers;
  TopicSizes sizes;
  for (const auto& [id, member] : members_) {
    Subscriber& each = subscribers.emplace_back();
    each.id = id;
    each.sort_key = member.instance_id.value_or(id);
    for (const std::string& name : topics_of(member)) {
      const auto seen = look_at(name);
      if (!seen) continue;
      each.topics.push_back(seen->id);
      sizes[seen->id] = seen->partitions;
    }
    std::ranges::sort(each.topics);
    if (const auto had = targets_.find(id); had != targets_.end()) each.had = had->second;
  }
  assignor_ = choose_assignor();
  targets_ = devbroker::assign(assignor_, std::move(subscribers), sizes);
  target_epoch_ = epoch_;
  assigned_at_ = now;
}

bool ConsumerRoster::is_free(const ConsumerMember& member, const Slot& slot) const {
  return std::ranges::none_of(members_,
                              [&](const auto& entry) { return entry.first != member.id && entry.second.holds(slot); });
}

void ConsumerRoster::step(ConsumerMember& member, const Slots* owned) {
  const auto target = targets_.find(member.id);
  reconcile(member, target == targets_.end() ? Slots() : target->second, target_epoch_, owned,
            [&](const Slot& slot) { return is_free(member, slot); });
}

bool ConsumerRoster::waits_for_others(const ConsumerMember& member) const {
  const auto target = targets_.find(member.id);
  return target != targets_.end() && std::ranges::any_of(target->second, [&](const Slot& slot) {
           return !member.assigned.contains(slot) && !is_free(member, slot);
         });
}

void ConsumerRoster::describe(protocol::ConsumerGroupDescribeResponse::DescribedGroup& out, bool with_revoking) const {
  using Described = protocol::ConsumerGroupDescribeResponse;
  const auto add = [&](Described::Assignment& to, const Slot& slot) {
    auto& topics = to.topic_partitions;
    if (topics.empty() || topics.back().topic_id != slot.topic) {
      auto& topic = topics.emplace_back();
      topic.topic_id = slot.topic;
      if (const Topic* known = topics_.find(from_uuid(slot.topic))) topic.topic_name = known->name;
    }
    topics.back().partitions.push_back(slot.partition);
  };
  out.group_state = state();
  out.group_epoch = epoch_;
  out.assignment_epoch = target_epoch_;
  out.assignor_name = assignor_;
  for (const auto& [id, member] : members_) {
    auto& shown = out.members.emplace_back();
    shown.member_id = id;
    shown.instance_id = member.instance_id;
    shown.rack_id = member.rack_id;
    shown.member_epoch = member.epoch;
    shown.client_id = member.client_id;
    shown.client_host = member.client_host;
    shown.subscribed_topic_names = member.topics;
    shown.subscribed_topic_regex = member.pattern;
    shown.member_type = member.classic ? kClassicMember : kConsumerMember;
    Slots has;
    for (const auto& [slot, since] : member.assigned) has.insert(slot);
    if (with_revoking) has.insert(member.revoking.begin(), member.revoking.end());
    for (const Slot& slot : has) add(shown.assignment, slot);
    if (const auto target = targets_.find(id); target != targets_.end()) {
      for (const Slot& slot : target->second) add(shown.target_assignment, slot);
    }
  }
}

}  // namespace kafka::devbroker
