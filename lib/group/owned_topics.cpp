#include "group/owned_topics.hpp"

#include <algorithm>

#include "group/departure.hpp"

namespace kafka::group {

Partitions OwnedTopics::by_name(const IdPartitions& some) const {
  Partitions partitions;
  for (const auto& [id, numbers] : some) {
    const auto name = names_.find(id);
    if (name != names_.end()) partitions[name->second] = numbers;
  }
  return partitions;
}

bool OwnedTopics::add(const Uuid& id, const std::string& name, const std::vector<int32_t>& numbers) {
  const bool taken = std::any_of(names_.begin(), names_.end(),
                                 [&](const auto& entry) { return entry.second == name && entry.first != id; });
  if (taken || numbers.empty()) return !taken;
  add_unread(id, numbers);
  names_[id] = name;
  return true;
}

void OwnedTopics::add_unread(const Uuid& id, const std::vector<int32_t>& numbers) {
  std::vector<int32_t>& all = partitions_[id];
  all.insert(all.end(), numbers.begin(), numbers.end());
  std::sort(all.begin(), all.end());
}

void OwnedTopics::remove(const IdPartitions& gone) {
  partitions_ = difference(partitions_, gone);
  std::erase_if(names_, [&](const auto& entry) { return !partitions_.contains(entry.first); });
}

void OwnedTopics::clear() {
  partitions_.clear();
  names_.clear();
}

}  // namespace kafka::group
