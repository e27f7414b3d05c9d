// The assignor `cooperative-sticky` (KIP-429): the balance of `sticky`, but a partition that someone else still owns is
// held back in this round. Its owner sees that it is not assigned any more, gives it up and joins again, and the next
// round hands it out.
#pragma once

#include "group/assignor.hpp"
#include "group/claims.hpp"

namespace kafka::group {

class CooperativeSticky : public Assignor {
 public:
  std::string_view name() const override { return "cooperative-sticky"; }
  bool cooperative() const override { return true; }
  Bytes user_data(const Partitions& assigned, int32_t generation) const override;
  std::unique_ptr<Work> assign(std::shared_ptr<const Membership> membership, Done done) override;
};

/// What a member says it owns. Its generation is in the subscription from version 2 on, before in the user data.
Claim cooperative_claim(const Member& member);

}  // namespace kafka::group
