#include "consumer/assignment.hpp"

#include <algorithm>
#include <cassert>

namespace kafka::consumer {

Partition& Assignment::add(std::string topic, int32_t number) {
  ByNumber& numbers = by_topic_[topic];
  if (const auto found = numbers.find(number); found != numbers.end()) return *found->second;
  assert(!full());
  uint32_t slot = static_cast<uint32_t>(slots_.size());
  if (free_.empty()) {
    slots_.emplace_back();
  } else {
    slot = free_.back();
    free_.pop_back();
  }
  auto partition = std::make_shared<Partition>();
  partition->topic =
      numbers.empty() ? std::make_shared<const std::string>(std::move(topic)) : numbers.begin()->second->topic;
  partition->number = number;
  partition->slot = slot;
  partition->window = Window(window_, slots_[slot].first);
  numbers.emplace(number, partition.get());
  slots_[slot].partition = partition;
  return *all_.emplace_back(std::move(partition));
}

void Assignment::remove(Partition& partition) {
  const auto at = std::find_if(all_.begin(), all_.end(),
                               [&](const std::shared_ptr<Partition>& each) { return each.get() == &partition; });
  assert(at != all_.end());
  const std::shared_ptr<Partition> keep = std::move(*at);
  all_.erase(at);
  const auto numbers = by_topic_.find(*partition.topic);
  numbers->second.erase(partition.number);
  if (numbers->second.empty()) by_topic_.erase(numbers);
  Slot& slot = slots_[partition.slot];
  slot.partition.reset();
  slot.first = partition.window.end();
  free_.push_back(partition.slot);
  ++removals_;
  partition.removed = true;
  partition.start_anew();
}

Partition* Assignment::find(std::string_view topic, int32_t number) const {
  const auto numbers = by_topic_.find(topic);
  if (numbers == by_topic_.end()) return nullptr;
  const auto found = numbers->second.find(number);
  return found == numbers->second.end() ? nullptr : found->second;
}

Partition* Assignment::holder(uint64_t ticket) const {
  if (!knows(ticket)) return nullptr;
  const Slot& slot = slots_[Ticket::slot(ticket)];
  return Ticket::number(ticket) >= slot.first ? slot.partition.get() : nullptr;
}

void Assignment::begin_consumption() {
  for (Slot& slot : slots_) slot.begun_at = slot.partition != nullptr ? slot.partition->window.end() : slot.first;
}

}  // namespace kafka::consumer
