#include "group/roster.hpp"

#include <algorithm>
#include <string>

#include "group/java_hash.hpp"

namespace kafka::group {
namespace {

/// The topics that a member names, sorted, each once.
std::vector<std::string_view> named(const Member& member) {
  std::vector<std::string_view> topics(member.topics.begin(), member.topics.end());
  std::sort(topics.begin(), topics.end());
  topics.erase(std::unique(topics.begin(), topics.end()), topics.end());
  return topics;
}

}  // namespace

Roster::Roster(std::shared_ptr<const Membership> membership) : membership_(std::move(membership)) {
  for (size_t i = 0; i < membership_->members.size(); ++i) members_.push_back({&membership_->members[i], i, {}});
  std::stable_sort(members_.begin(), members_.end(),
                   [](const MemberRow& a, const MemberRow& b) { return a.member->id < b.member->id; });
  std::vector<std::vector<std::string_view>> names;
  std::vector<std::string_view> wanted;
  for (const MemberRow& row : members_) {
    names.push_back(named(*row.member));
    wanted.insert(wanted.end(), names.back().begin(), names.back().end());
    same_subscriptions_ = same_subscriptions_ && names.back() == names.front();
  }
  std::sort(wanted.begin(), wanted.end());
  for (const Topic& topic : membership_->topics) {
    if (topic.replica_racks.empty() || !std::binary_search(wanted.begin(), wanted.end(), topic.name)) continue;
    topics_.push_back({&topic, 0, static_cast<uint32_t>(topic.replica_racks.size()), java_hash(topic.name), {}});
  }
  number_topics();
  for (uint32_t member = 0; member < members_.size(); ++member) {
    for (const std::string_view name : names[member]) {
      const TopicRow* row = find(name);
      if (row == nullptr) continue;
      const auto number = static_cast<uint32_t>(row - topics_.data());
      members_[member].topics.push_back(number);
      topics_[number].members.push_back(member);
    }
  }
}

void Roster::number_topics() {
  const auto by_name = [](const TopicRow& a, const TopicRow& b) { return a.topic->name < b.topic->name; };
  const auto same = [](const TopicRow& a, const TopicRow& b) { return a.topic->name == b.topic->name; };
  std::stable_sort(topics_.begin(), topics_.end(), by_name);
  topics_.erase(std::unique(topics_.begin(), topics_.end(), same), topics_.end());
  for (uint32_t i = 0; i < topics_.size(); ++i) {
    topics_[i].first = partitions();
    topic_of_.insert(topic_of_.end(), topics_[i].count, i);
  }
}

const Roster::TopicRow* Roster::find(std::string_view topic) const {
  const auto found =
      std::lower_bound(topics_.begin(), topics_.end(), topic,
                       [](const TopicRow& row, std::string_view name) { return row.topic->name < name; });
  return found != topics_.end() && found->topic->name == topic ? &*found : nullptr;
}

bool Roster::subscribes(uint32_t member, uint32_t topic) const {
  return std::binary_search(members_[member].topics.begin(), members_[member].topics.end(), topic);
}

std::vector<uint32_t> Roster::by_instance() const {
  std::vector<uint32_t> order;
  for (uint32_t i = 0; i < members_.size(); ++i) order.push_back(i);
  std::stable_sort(order.begin(), order.end(), [this](uint32_t a, uint32_t b) {
    const std::string& one = members_[a].member->instance_id;
    const std::string& other = members_[b].member->instance_id;
    if (one.empty() || other.empty()) return !one.empty() && other.empty();
    return one < other;
  });
  return order;
}

std::vector<uint32_t> Roster::by_hash() const {
  struct Place {
    uint32_t bucket;
    size_t place;
    uint32_t member;
  };
  std::vector<Place> places;
  for (uint32_t i = 0; i < members_.size(); ++i) {
    places.push_back({java_bucket(java_hash(members_[i].member->id), members_.size()), members_[i].place, i});
  }
  std::sort(places.begin(), places.end(), [](const Place& a, const Place& b) {
    return a.bucket != b.bucket ? a.bucket < b.bucket : a.place < b.place;
  });
  std::vector<uint32_t> order;
  for (const Place& place : places) order.push_back(place.member);
  return order;
}

Answer Roster::answer(const std::vector<uint32_t>& owners) const {
  Answer answer(members_.size());
  for (uint32_t partition = 0; partition < owners.size(); ++partition) {
    if (owners[partition] == kNobody) continue;
    answer[members_[owners[partition]].place].partitions[topics_[topic_of_[partition]].topic->name].push_back(
        number_of(partition));
  }
  return answer;
}

}  // namespace kafka::group
