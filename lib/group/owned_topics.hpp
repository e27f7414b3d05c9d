// What a member of the consumer protocol owns: the coordinator names topics by id, the consumer by name.
#pragma once

#include <kafka/types.hpp>

#include <map>
#include <optional>
#include <string>

#include "group/id_partitions.hpp"

namespace kafka::group {

/// Owns the list of the member's partitions, and the names of their topics.
class OwnedTopics {
 public:
  const IdPartitions& all() const { return partitions_; }
  bool empty() const { return partitions_.empty(); }
  /// The same by name.
  Partitions by_name() const { return by_name(partitions_); }
  /// Some of them by name.
  Partitions by_name(const IdPartitions& some) const;

  /// Adds the partitions of a topic, none of which is owned. False, and nothing changes, if another topic of this name
  /// is owned: the consumer could not tell the two apart.
  bool add(const Uuid& id, const std::string& name, const std::vector<int32_t>& numbers);
  /// Adds partitions that the consumer does not read: they have no name.
  void add_unread(const Uuid& id, const std::vector<int32_t>& numbers);
  void remove(const IdPartitions& gone);
  void clear();

 private:
  IdPartitions partitions_;
  std::map<Uuid, std::string> names_;
};

}  // namespace kafka::group
