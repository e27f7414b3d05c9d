// A group of the consumer protocol (see consumer_group.hpp): targets, the way to them, sessions, and what it looks
// like.
#include <algorithm>
#include <utility>

#include "devbroker/consumer_group.hpp"
#include "devbroker/handlers.hpp"

namespace kafka::devbroker {

namespace {

constexpr int8_t kConsumerMember = 1;  // as ConsumerGroupDescribe says it

}  // namespace

std::string_view ConsumerGroup::state() const {
  if (members_.empty()) return "Empty";
  if (epoch_ > target_epoch_) return "Assigning";
  const bool all_there = std::ranges::all_of(members_, [&](const auto& entry) {
    return entry.second.state == Reconciliation::stable && entry.second.epoch == target_epoch_;
  });
  return all_there ? "Stable" : "Reconciling";
}

std::vector<std::string> ConsumerGroup::topics_of(const ConsumerMember& member) const {
  std::vector<std::string> topics = member.topics;
  if (!member.pattern.empty()) {
    const auto& matching = patterns_.topics(member.pattern);
    topics.insert(topics.end(), matching.begin(), matching.end());
  }
  return topics;
}

bool ConsumerGroup::reads(std::string_view topic) const {
  return std::ranges::any_of(members_, [&](const auto& entry) {
    const auto topics = topics_of(entry.second);
    return std::ranges::find(topics, topic) != topics.end();
  });
}

/// Since the last look. A pattern that means other topics is not noticed here.
bool ConsumerGroup::topics_have_changed() const {
  return std::ranges::any_of(seen_, [&](const auto& entry) { return look_at(entry.first) != entry.second; });
}

void ConsumerGroup::look_at_topics() {
  seen_.clear();
  for (const auto& [id, member] : members_) {
    for (const std::string& name : topics_of(member)) seen_[name] = look_at(name);
  }
}

std::optional<ConsumerGroup::Seen> ConsumerGroup::look_at(const std::string& name) const {
  const Topic* topic = topics_.find(name);
  if (topic == nullptr) return std::nullopt;
  return Seen{to_uuid(topic->id), static_cast<int32_t>(topic->partitions.size())};
}

void ConsumerGroup::resolve_patterns() {
  resolving_.cancel();
  if (!patterns_.resolve(site_.reactor->now())) return;
  look_at_topics();
  ++epoch_;
}

bool ConsumerGroup::may_assign() const {
  return !assigned_at_ || site_.reactor->now() - *assigned_at_ >= site_.rules->assignment_interval;
}

/// The one that most members ask for.
std::string ConsumerGroup::assignor() const {
  std::map<std::string, size_t> votes;
  for (const auto& [id, member] : members_) {
    if (!member.assignor.empty()) ++votes[member.assignor];
  }
  const auto most = std::ranges::max_element(votes, {}, [](const auto& entry) { return entry.second; });
  return most == votes.end() ? std::string(kUniform) : most->first;
}

void ConsumerGroup::assign() {
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
  assignor_ = assignor();
  targets_ = devbroker::assign(assignor_, std::move(subscribers), sizes);
  target_epoch_ = epoch_;
  assigned_at_ = site_.reactor->now();
}

void ConsumerGroup::step(ConsumerMember& member, const Request& request) {
  std::optional<Slots> owned;
  if (request.topic_partitions) {
    for (const auto& topic : *request.topic_partitions) {
      for (const int32_t partition : topic.partitions)
        owned.emplace(owned.value_or(Slots())).insert({topic.topic_id, partition});
    }
    if (!owned) owned.emplace();
  }
  const auto is_free = [&](const Slot& slot) {
    return std::ranges::none_of(
        members_, [&](const auto& entry) { return entry.first != member.id && entry.second.holds(slot); });
  };
  const auto target = targets_.find(member.id);
  reconcile(member, target == targets_.end() ? Slots() : target->second, target_epoch_, owned ? &*owned : nullptr,
            is_free);
  watch_revocation(member);
}

void ConsumerGroup::keep_alive(const ConsumerMember& member) {
  timers_[member.id].session =
      site_.reactor->after(kSessionTimeout, [this, id = member.id] { remove(std::string(id)); });
  if (!patterns_.due(site_.reactor->now())) return;
  resolving_ = site_.reactor->after(net::Duration::zero(), [this] { resolve_patterns(); });
}

/// A member that does not give up what it must within its rebalance timeout is out.
void ConsumerGroup::watch_revocation(const ConsumerMember& member) {
  net::Timer& timer = timers_[member.id].rebalance;
  if (member.state != Reconciliation::unrevoked) return timer.cancel();
  if (timer.active()) return;
  timer = site_.reactor->after(member.rebalance_timeout, [this, id = member.id] { remove(std::string(id)); });
}

void ConsumerGroup::remove(const std::string& id) {
  members_.erase(id);
  targets_.erase(id);
  timers_.erase(id);
  ++epoch_;
}

void ConsumerGroup::halt() {
  timers_.clear();
  resolving_.cancel();
}

void ConsumerGroup::move(const GroupSite& site) {
  halt();
  site_ = site;
  assigned_at_.reset();
  for (const auto& [id, member] : members_) {
    keep_alive(member);
    watch_revocation(member);
  }
}

void ConsumerGroup::describe(protocol::ConsumerGroupDescribeResponse::DescribedGroup& out) const {
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
    shown.member_type = kConsumerMember;
    Slots has;
    for (const auto& [slot, since] : member.assigned) has.insert(slot);
    // What a member still has to give up is shown from 4.0 on.
    if (site_.rules->is_lenient) has.insert(member.revoking.begin(), member.revoking.end());
    for (const Slot& slot : has) add(shown.assignment, slot);
    if (const auto target = targets_.find(id); target != targets_.end()) {
      for (const Slot& slot : target->second) add(shown.target_assignment, slot);
    }
  }
}

}  // namespace kafka::devbroker
