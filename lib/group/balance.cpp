#include "group/balance.hpp"

#include "group/equal_balance.hpp"
#include "group/unequal_balance.hpp"

namespace kafka::group {
namespace {

std::vector<uint32_t> everybody(const Roster& roster) {
  std::vector<uint32_t> all;
  for (uint32_t i = 0; i < roster.members().size(); ++i) all.push_back(i);
  return all;
}

}  // namespace

Ground::Ground(std::shared_ptr<const Membership> membership)
    : roster(std::move(membership)),
      racks(roster),
      racks_matter(racks.matter(everybody(roster), 0, roster.partitions())) {}

std::unique_ptr<Balance> Balance::begin(const Ground& ground, const Claims& claims, MayMove allowed) {
  if (ground.roster.same_subscriptions() && allowed != MayMove::none) {
    return std::make_unique<EqualBalance>(ground, claims, allowed);
  }
  return std::make_unique<UnequalBalance>(ground, claims, allowed);
}

}  // namespace kafka::group
