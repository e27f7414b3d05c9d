// The balance of members that all subscribe to the same topics. Everybody gets the same number of partitions, or one
// more. How many get one more is known from the start, so each partition is looked at once.
#pragma once

#include "group/balance.hpp"

namespace kafka::group {

class EqualBalance : public Balance {
 public:
  EqualBalance(const Ground& ground, const Claims& claims, MayMove allowed);

  bool advance(int64_t& effort) override;
  const std::vector<uint32_t>& owners() const override { return owner_; }
  bool in_other_hands(uint32_t partition) const override { return in_other_hands_[partition]; }

 private:
  enum class Phase : uint8_t { keep, list, in_rack, anywhere, ended };

  bool one_step(int64_t& effort);
  void keep(uint32_t member);
  void list();
  uint32_t pick_in_rack(uint32_t partition);
  uint32_t pick();
  /// The place of the next member of `from` in one of the partition's racks, beginning at `start`; the size if none.
  size_t next_in_rack(uint32_t partition, const std::vector<uint32_t>& from, size_t start) const;
  void assign(uint32_t partition, uint32_t member);
  void one_has_more();

  const Ground& ground_;
  const Claims& claims_;
  const MayMove allowed_;
  const std::vector<uint32_t> order_;  // in which members keep what they own
  Phase phase_ = Phase::keep;
  size_t at_ = 0;  // the next member or partition of the phase
  uint32_t least_ = 0;
  uint32_t most_ = 0;
  uint32_t have_most_ = 0;       // members with more than `least_`
  uint32_t will_have_most_ = 0;  // of which there are so many in the end
  std::vector<uint32_t> owner_;
  std::vector<uint32_t> count_;  // per member
  std::vector<uint32_t> taken_from_;
  std::vector<bool> in_other_hands_;
  std::vector<uint32_t> left_;      // partitions without an owner
  std::vector<uint32_t> below_;     // members with fewer than `least_`
  std::vector<uint32_t> may_grow_;  // members with `least_` that can have one more
  size_t turn_ = 0;                 // whose turn it is in below_
};

}  // namespace kafka::group
