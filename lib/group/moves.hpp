// Which partitions moved from whom to whom while a balance was sought. If a partition of a topic would move against the
// way that another one of the topic went before, that one goes back instead: two moves less, the same balance.
#pragma once

#include <cstdint>
#include <map>
#include <tuple>
#include <vector>

#include "group/roster.hpp"

namespace kafka::group {

class Moves {
 public:
  explicit Moves(const Roster& roster) : roster_(roster), from_(roster.partitions(), kNobody), to_(from_) {}

  /// The partition that should move to `member` in place of `partition`, which `owner` has. Mostly it is the same one.
  uint32_t better(uint32_t partition, uint32_t owner, uint32_t member) const;
  void moved(uint32_t partition, uint32_t owner, uint32_t member);

 private:
  using Way = std::tuple<uint32_t, uint32_t, uint32_t>;  // topic, from, to
  /// Partitions that went one way, the earliest first.
  struct Movers {
    std::vector<uint32_t> partitions;
    size_t most = 0;  // there ever were
  };

  uint32_t first(const Movers& movers) const;

  const Roster& roster_;
  std::map<Way, Movers> ways_;
  std::vector<uint32_t> from_;  // per partition; kNobody: it has not moved
  std::vector<uint32_t> to_;
};

}  // namespace kafka::group
