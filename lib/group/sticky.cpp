#include "group/sticky.hpp"

#include <optional>

#include "group/balance.hpp"
#include "group/computing.hpp"
#include "group/subscription.hpp"

namespace kafka::group {
namespace {

class StickyBalancing : public Computing {
 public:
  using Computing::Computing;

 private:
  void begin() override {
    ground_.emplace(membership());
    claims_.emplace(ground_->roster, ground_->racks, ground_->racks_matter, &claim);
    balance_ = Balance::begin(*ground_, *claims_);
  }
  bool go_on(int64_t& effort) override { return balance_->advance(effort); }
  Answer answer() override { return ground_->roster.answer(balance_->owners()); }

  /// Whoever writes garbage owned nothing. It gets its share all the same.
  static Claim claim(const Member& member) {
    Claim claim;
    if (decode_sticky_user_data(member.user_data, claim)) claim = {};
    return claim;
  }

  std::optional<Ground> ground_;
  std::optional<Claims> claims_;
  std::unique_ptr<Balance> balance_;
};

}  // namespace

Bytes Sticky::user_data(const Partitions& assigned, int32_t generation) const {
  return generation < 0 ? Bytes() : sticky_user_data({assigned, generation});
}

std::unique_ptr<Work> Sticky::assign(std::shared_ptr<const Membership> membership, Done done) {
  return std::make_unique<StickyBalancing>(std::move(membership), std::move(done));
}

}  // namespace kafka::group
