#include "group/moves.hpp"

#include <algorithm>

#include "group/java_hash.hpp"

namespace kafka::group {

uint32_t Moves::better(uint32_t partition, uint32_t owner, uint32_t member) const {
  if (from_[partition] != kNobody) owner = from_[partition];
  const auto back = ways_.find({roster_.topic_of(partition), member, owner});
  return back == ways_.end() ? partition : first(back->second);
}

/// The first one in the order of the Java client's hash table.
uint32_t Moves::first(const Movers& movers) const {
  uint32_t best = kNobody;
  uint32_t best_bucket = 0;
  for (const uint32_t partition : movers.partitions) {
    const uint32_t topic_hash = roster_.topics()[roster_.topic_of(partition)].hash;
    const uint32_t bucket = java_bucket(java_hash(topic_hash, roster_.number_of(partition)), movers.most);
    if (best != kNobody && bucket >= best_bucket) continue;
    best = partition;
    best_bucket = bucket;
  }
  return best;
}

void Moves::moved(uint32_t partition, uint32_t owner, uint32_t member) {
  const uint32_t topic = roster_.topic_of(partition);
  if (from_[partition] != kNobody) {
    const auto way = ways_.find({topic, from_[partition], to_[partition]});
    std::erase(way->second.partitions, partition);
    if (way->second.partitions.empty()) ways_.erase(way);
    if (from_[partition] == member) {  // it is where it began
      from_[partition] = kNobody;
      return;
    }
    owner = from_[partition];
  }
  from_[partition] = owner;
  to_[partition] = member;
  Movers& movers = ways_[{topic, owner, member}];
  movers.partitions.push_back(partition);
  movers.most = std::max(movers.most, movers.partitions.size());
}

}  // namespace kafka::group
