// The balance of members with different subscriptions. First each member keeps what it owns, then what is left goes to
// whoever has least, then partitions move from members that have more to members that have less as long as that helps.
#pragma once

#include "group/balance.hpp"
#include "group/moves.hpp"

namespace kafka::group {

class UnequalBalance : public Balance {
 public:
  UnequalBalance(const Ground& ground, const Claims& claims, MayMove allowed);

  bool advance(int64_t& effort) override;
  const std::vector<uint32_t>& owners() const override { return owner_; }
  bool in_other_hands(uint32_t partition) const override;

 private:
  enum class Phase : uint8_t { place_in_rack, place, narrow, even_out_new, even_out_all, settle, ended };

  /// Who has least of the members of a topic. It holds until something moves.
  struct Least {
    uint32_t topic = kNobody;
    uint64_t changes = 0;  // when it was looked up
    uint32_t member = kNobody;
  };

  bool one_step(int64_t& effort);
  bool place_next(int64_t& effort, bool in_rack);
  void narrow();
  bool even_out_next(const std::vector<uint32_t>& partitions, int64_t& effort);
  bool even_out(uint32_t partition, int64_t& effort);
  uint32_t least_loaded(uint32_t topic, int64_t& effort);
  void move(uint32_t partition, uint32_t to);
  void settle();
  int64_t unevenness(const std::vector<uint32_t>& counts) const;

  const Ground& ground_;
  const Claims& claims_;
  const MayMove allowed_;
  Phase phase_ = Phase::place_in_rack;
  size_t at_ = 0;           // the next partition of the phase's list
  bool moved_one_ = false;  // in this round over the list
  bool moved_any_ = false;  // in this phase
  bool lost_some_;          // a member could not keep what it owned
  bool from_nothing_;       // nobody keeps anything
  std::vector<uint32_t> owner_;
  std::vector<uint32_t> count_;    // per member
  std::vector<uint32_t> all_;      // partitions, those that few may have first
  std::vector<uint32_t> unowned_;  // those of them that nobody owned
  std::vector<bool> claimed_;      // per partition: somebody says it is theirs
  std::vector<bool> fixed_;        // per member: nothing of it can move, and nothing can move to it
  std::vector<uint32_t> owner_before_;
  Moves moves_;
  uint64_t changes_ = 0;   // counts moves
  uint64_t backward_ = 0;  // moves that did not help by themselves
  Least least_;
};

}  // namespace kafka::group
