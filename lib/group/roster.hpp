// A membership as numbers, for the assignors. Members are numbered by their ids, topics by their names, and partitions
// by topic and number, so that comparing numbers is comparing names. Topics that do not exist, or that nobody
// subscribes to, have no number.
// Not here: what members say they own (claims), racks (racks).
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "group/assignor.hpp"

namespace kafka::group {

/// No member, or no partition.
inline constexpr uint32_t kNobody = UINT32_MAX;

class Roster {
 public:
  struct TopicRow {
    const Topic* topic;
    uint32_t first;                 ///< its partition 0
    uint32_t count;                 ///< of partitions, at least one
    uint32_t hash;                  ///< java_hash() of its name
    std::vector<uint32_t> members;  ///< who subscribes to it, by number
    uint32_t end() const { return first + count; }
  };
  struct MemberRow {
    const Member* member;
    size_t place;                  ///< in Membership::members
    std::vector<uint32_t> topics;  ///< the rows of its topics that exist, in their order
  };

  explicit Roster(std::shared_ptr<const Membership> membership);

  const std::vector<TopicRow>& topics() const { return topics_; }
  const std::vector<MemberRow>& members() const { return members_; }
  uint32_t partitions() const { return static_cast<uint32_t>(topic_of_.size()); }
  uint32_t topic_of(uint32_t partition) const { return topic_of_[partition]; }
  int32_t number_of(uint32_t partition) const {
    return static_cast<int32_t>(partition - topics_[topic_of_[partition]].first);
  }
  /// Null if the topic has no number.
  const TopicRow* find(std::string_view topic) const;
  bool subscribes(uint32_t member, uint32_t topic) const;
  /// Whether all members name the same topics, those that do not exist included.
  bool same_subscriptions() const { return same_subscriptions_; }
  /// The members in Kafka's order: static ones first, by instance id, then the others by member id.
  std::vector<uint32_t> by_instance() const;
  /// The members in the order of the Java client's hash tables (java_hash.hpp).
  std::vector<uint32_t> by_hash() const;

  /// The answer in which each partition has this owner, or kNobody.
  Answer answer(const std::vector<uint32_t>& owners) const;

 private:
  void number_topics();

  std::shared_ptr<const Membership> membership_;
  std::vector<TopicRow> topics_;
  std::vector<MemberRow> members_;
  std::vector<uint32_t> topic_of_;  // per partition
  bool same_subscriptions_ = true;
};

}  // namespace kafka::group
