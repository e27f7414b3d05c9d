// The partitions of one consumer, in the order in which they were named.
// Not here: what happens to each of them (positions.hpp, sources.hpp, dispatcher.cpp).
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "consumer/partition.hpp"

namespace kafka::consumer {

/// Owns the list of partitions. A partition is a shared object: who waits for an answer about it may keep it.
class Assignment {
 public:
  using ByNumber = std::map<int32_t, Partition*>;

  /// Adds a partition, or returns the one that is there already.
  Partition& add(std::string topic, int32_t number) {
    ByNumber& numbers = by_topic_[topic];
    if (const auto found = numbers.find(number); found != numbers.end()) return *found->second;
    auto partition = std::make_shared<Partition>();
    partition->topic =
        numbers.empty() ? std::make_shared<const std::string>(std::move(topic)) : numbers.begin()->second->topic;
    partition->number = number;
    partition->slot = static_cast<uint32_t>(all_.size());
    numbers.emplace(number, partition.get());
    return *all_.emplace_back(std::move(partition));
  }
  /// Null if it is none of these.
  Partition* find(std::string_view topic, int32_t number) const {
    const auto numbers = by_topic_.find(topic);
    if (numbers == by_topic_.end()) return nullptr;
    const auto found = numbers->second.find(number);
    return found == numbers->second.end() ? nullptr : found->second;
  }
  /// By its slot, null if there is none.
  Partition* at(size_t slot) const { return slot < all_.size() ? all_[slot].get() : nullptr; }
  const std::map<std::string, ByNumber, std::less<>>& by_topic() const { return by_topic_; }

  size_t size() const { return all_.size(); }
  auto begin() const { return all_.begin(); }
  auto end() const { return all_.end(); }

 private:
  std::vector<std::shared_ptr<Partition>> all_;
  std::map<std::string, ByNumber, std::less<>> by_topic_;
};

}  // namespace kafka::consumer
