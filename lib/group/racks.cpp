#include "group/racks.hpp"

#include <algorithm>
#include <map>
#include <string_view>

namespace kafka::group {

Racks::Racks(const Roster& roster) : of_member_(roster.members().size(), kNone), of_partition_(roster.partitions()) {
  std::map<std::string_view, uint32_t> numbers;
  const auto number = [&numbers](std::string_view name) {
    return numbers.emplace(name, static_cast<uint32_t>(numbers.size())).first->second;
  };
  for (size_t i = 0; i < of_member_.size(); ++i) {
    if (const std::string& rack = roster.members()[i].member->rack; !rack.empty()) of_member_[i] = number(rack);
  }
  if (!numbers.empty()) {  // else nobody asks where replicas are
    for (const Roster::TopicRow& row : roster.topics()) {
      for (uint32_t i = 0; i < row.count; ++i) {
        std::vector<uint32_t>& racks = of_partition_[row.first + i];
        for (const std::string& name : row.topic->replica_racks[i]) {
          if (!name.empty()) racks.push_back(number(name));
        }
        std::sort(racks.begin(), racks.end());
        racks.erase(std::unique(racks.begin(), racks.end()), racks.end());
      }
    }
  }
  racks_ = numbers.size();
}

bool Racks::has_replica(uint32_t partition, uint32_t rack) const {
  return std::binary_search(of_partition_[partition].begin(), of_partition_[partition].end(), rack);
}

bool Racks::matter(const std::vector<uint32_t>& members, uint32_t first, uint32_t end) const {
  std::vector<bool> replicas(racks_, false);
  for (uint32_t partition = first; partition < end; ++partition) {
    for (const uint32_t rack : of_partition_[partition]) replicas[rack] = true;
  }
  const auto in_a_rack = [&](uint32_t member) { return of_member_[member] != kNone && replicas[of_member_[member]]; };
  if (!std::any_of(members.begin(), members.end(), in_a_rack)) return false;
  const auto all = static_cast<size_t>(std::count(replicas.begin(), replicas.end(), true));
  const auto in_all = [all](const std::vector<uint32_t>& racks) { return racks.size() == all; };
  return !std::all_of(of_partition_.begin() + first, of_partition_.begin() + end, in_all);
}

}  // namespace kafka::group
