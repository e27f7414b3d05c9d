// The core of both sticky assignors: who gets what, so that counts are as even as they can be and as little as possible
// moves. There are two ways, for equal subscriptions and for others. Their decisions are those of Kafka's own client,
// in the same order, so that nothing moves when the lead of a mixed group goes from one client to another.
#pragma once

#include <cstdint>
#include <vector>

#include "group/claims.hpp"
#include "group/racks.hpp"
#include "group/roster.hpp"

namespace kafka::group {

/// What stays the same over the rounds of a cooperative rebalance.
struct Ground {
  explicit Ground(std::shared_ptr<const Membership> membership);

  Roster roster;
  Racks racks;
  bool racks_matter;
};

/// Which partitions may move from one member to another.
enum class MayMove : uint8_t {
  all,           ///< as Kafka's own client: to make counts more even, and from owners whose rack has no replica
  for_evenness,  ///< to make counts more even
  none,          ///< only partitions that nobody owns are assigned
};

/// Owns the state of one rebalance that advances in slices.
class Balance {
 public:
  Balance() = default;
  Balance(const Balance&) = delete;
  virtual ~Balance() = default;

  /// Works until `effort` is used up. False: it has ended.
  virtual bool advance(int64_t& effort) = 0;
  /// Per partition, when it has ended.
  virtual const std::vector<uint32_t>& owners() const = 0;
  /// Someone else has to give the partition up before its new owner may have it.
  virtual bool in_other_hands(uint32_t partition) const = 0;

  /// The right one of the two. Ground and claims outlive it.
  static std::unique_ptr<Balance> begin(const Ground& ground, const Claims& claims, MayMove allowed = MayMove::all);
};

}  // namespace kafka::group
