// The order in which Kafka's own client goes through its hash tables. The sticky assignors decide by it in a few
// places: who is the first to keep one partition more, and which of several partitions goes back. If we decided
// otherwise, partitions would move whenever the lead of a mixed group goes from one client to the other.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace kafka::group {

/// String.hashCode() of this UTF-8 text.
uint32_t java_hash(std::string_view text);
/// TopicPartition.hashCode().
inline uint32_t java_hash(uint32_t topic_hash, int32_t partition) {
  return 31 * (31 + static_cast<uint32_t>(partition)) + topic_hash;
}
/// Where a java.util.HashMap that had at most so many entries so far puts this hash. It is gone through by this number;
/// entries with the same one come in the order in which they were put in.
uint32_t java_bucket(uint32_t hash, size_t most_entries);

}  // namespace kafka::group
