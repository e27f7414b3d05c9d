#include "group/cooperative_sticky.hpp"

#include <optional>

#include "group/balance.hpp"
#include "group/computing.hpp"
#include "group/subscription.hpp"

namespace kafka::group {
namespace {

/// Seeks an answer whose rounds come to an end. A balance that is right for now may move partitions again when it is
/// computed anew in the follow-up round: those without a replica in their owner's rack go round and round. So the
/// rounds that will follow are computed too. If there would be more than kMostRounds of them, a calmer balance is
/// taken.
///
/// Why that ends: at most kMostRounds rounds follow MayMove::all, because each of them finds the same rounds ahead.
/// MayMove::for_evenness is taken if the round after it moves nothing. That round either finds at most kMostRounds
/// rounds of MayMove::all ahead, or takes MayMove::for_evenness again and moves nothing. MayMove::none never moves
/// anything.
class CooperativeBalancing : public Computing {
 public:
  using Computing::Computing;

 private:
  static constexpr int kMostRounds = 2;

  void begin() override {
    ground_.emplace(membership());
    claims_.emplace(ground_->roster, ground_->racks, ground_->racks_matter, &cooperative_claim);
    balance(MayMove::all, *claims_);
  }

  bool go_on(int64_t& effort) override {
    while (effort > 0) {
      if (balance_->advance(effort)) continue;
      if (!next()) return false;
    }
    return true;
  }

  Answer answer() override { return ground_->roster.answer(owners_); }

  /// A balance has ended. False: owners_ is the answer; else another balance has begun.
  bool next() {
    std::vector<uint32_t> owners = handed_out(*balance_);
    const bool ends = !(ahead_ ? *ahead_ : *claims_).gives_up(owners);
    if (rounds_ == 0) owners_ = owners;
    if (ends || allowed_ == MayMove::none) return false;
    if (rounds_ < (allowed_ == MayMove::all ? kMostRounds : 1)) {
      ++rounds_;
      ahead_ = std::make_unique<Claims>(ground_->roster, owners);
      balance(allowed_, *ahead_);
      return true;
    }
    rounds_ = 0;
    balance(allowed_ == MayMove::all ? MayMove::for_evenness : MayMove::none, *claims_);
    ahead_.reset();
    return true;
  }

  void balance(MayMove allowed, const Claims& claims) {
    allowed_ = allowed;
    balance_ = Balance::begin(*ground_, claims, allowed);
  }

  static std::vector<uint32_t> handed_out(const Balance& balance) {
    std::vector<uint32_t> owners = balance.owners();
    for (uint32_t partition = 0; partition < owners.size(); ++partition) {
      if (balance.in_other_hands(partition)) owners[partition] = kNobody;
    }
    return owners;
  }

  std::optional<Ground> ground_;
  std::optional<Claims> claims_;   // what members say
  std::unique_ptr<Claims> ahead_;  // what they will say in the round that is computed; null: in this one
  MayMove allowed_ = MayMove::all;
  int rounds_ = 0;  // ahead of this one
  std::unique_ptr<Balance> balance_;
  std::vector<uint32_t> owners_;
};

}  // namespace

Claim cooperative_claim(const Member& member) {
  Claim claim{member.owned, member.generation};
  if (claim.generation >= 0) return claim;
  if (decode_cooperative_user_data(member.user_data, claim.generation)) claim.generation = kNoGeneration;
  return claim;
}

Bytes CooperativeSticky::user_data(const Partitions&, int32_t generation) const {
  return cooperative_user_data(generation);
}

std::unique_ptr<Work> CooperativeSticky::assign(std::shared_ptr<const Membership> membership, Done done) {
  return std::make_unique<CooperativeBalancing>(std::move(membership), std::move(done));
}

}  // namespace kafka::group
