#include "group/equal_balance.hpp"

#include <algorithm>

namespace kafka::group {

EqualBalance::EqualBalance(const Ground& ground, const Claims& claims, MayMove allowed)
    : ground_(ground),
      claims_(claims),
      allowed_(allowed),
      order_(ground.roster.by_hash()),
      owner_(ground.roster.partitions(), kNobody),
      count_(ground.roster.members().size(), 0),
      taken_from_(owner_.size(), kNobody),
      in_other_hands_(owner_.size(), false) {
  const auto members = static_cast<uint32_t>(count_.size());
  if (members == 0) {
    phase_ = Phase::ended;
    return;
  }
  least_ = ground.roster.partitions() / members;
  will_have_most_ = ground.roster.partitions() % members;
  most_ = least_ + (will_have_most_ > 0 ? 1 : 0);
}

bool EqualBalance::advance(int64_t& effort) {
  while (phase_ != Phase::ended && effort > 0) {
    if (one_step(effort)) continue;
    at_ = 0;
    turn_ = 0;
    phase_ = static_cast<Phase>(static_cast<uint8_t>(phase_) + 1);
  }
  return phase_ != Phase::ended;
}

/// False: the phase has ended.
bool EqualBalance::one_step(int64_t& effort) {
  switch (phase_) {
    case Phase::keep:
      if (at_ == order_.size()) return false;
      effort -= 1 + static_cast<int64_t>(claims_.said[order_[at_]].size());
      keep(order_[at_++]);
      return true;
    case Phase::list:
      effort -= static_cast<int64_t>(owner_.size());
      list();
      return false;
    case Phase::in_rack:
      if (!ground_.racks_matter || at_ == left_.size()) return false;
      effort -= 1 + static_cast<int64_t>(below_.size());
      if (const uint32_t member = pick_in_rack(left_[at_]); member != kNobody) assign(left_[at_], member);
      ++at_;
      return true;
    case Phase::anywhere:
      if (at_ == left_.size()) return false;
      effort -= 1;
      if (owner_[left_[at_]] == kNobody) {
        const uint32_t member = pick();
        assign(left_[at_], member);
      }
      ++at_;
      return true;
    case Phase::ended:
      break;
  }
  return false;
}

/// The member keeps what it owns as far as its share goes.
void EqualBalance::keep(uint32_t member) {
  const Roster& roster = ground_.roster;
  std::vector<uint32_t> owned;
  for (const uint32_t partition : claims_.said[member]) {
    if (claims_.owner[partition] != member) continue;
    if (allowed_ == MayMove::all && ground_.racks_matter && ground_.racks.mismatch(member, partition)) {
      taken_from_[partition] = member;
    } else {
      owned.push_back(partition);
    }
  }
  std::stable_sort(owned.begin(), owned.end(),
                   [&roster](uint32_t a, uint32_t b) { return roster.number_of(a) < roster.number_of(b); });
  size_t share = owned.size();
  if (share < least_) {
    below_.push_back(member);
  } else if (share >= most_ && have_most_ < will_have_most_) {
    share = most_;
    one_has_more();
  } else {
    share = least_;
    if (have_most_ < will_have_most_) may_grow_.push_back(member);
  }
  for (size_t i = 0; i < owned.size(); ++i) {
    if (i < share) {
      owner_[owned[i]] = member;
      ++count_[member];
    } else {
      taken_from_[owned[i]] = member;
    }
  }
}

void EqualBalance::one_has_more() {
  if (++have_most_ == will_have_most_) may_grow_.clear();
}

/// Lists what is left to assign. Where racks matter, partitions that few members have in their rack come first.
void EqualBalance::list() {
  for (uint32_t partition = 0; partition < owner_.size(); ++partition) {
    if (owner_[partition] == kNobody) left_.push_back(partition);
  }
  std::sort(below_.begin(), below_.end());
  std::sort(may_grow_.begin(), may_grow_.end());
  if (!ground_.racks_matter) return;
  std::vector<uint32_t> members_in;
  for (uint32_t member = 0; member < count_.size(); ++member) {
    const uint32_t rack = ground_.racks.of_member(member);
    if (rack == Racks::kNone) continue;
    if (members_in.size() <= rack) members_in.resize(rack + 1, 0);
    ++members_in[rack];
  }
  std::vector<uint32_t> near(owner_.size(), 0);
  for (const uint32_t partition : left_) {
    for (const uint32_t rack : ground_.racks.of_partition(partition)) {
      if (rack < members_in.size()) near[partition] += members_in[rack];
    }
  }
  std::stable_sort(left_.begin(), left_.end(), [&near](uint32_t a, uint32_t b) { return near[a] < near[b]; });
}

size_t EqualBalance::next_in_rack(uint32_t partition, const std::vector<uint32_t>& from, size_t start) const {
  for (size_t i = 0; i < from.size(); ++i) {
    const size_t place = (start + i) % from.size();
    const uint32_t rack = ground_.racks.of_member(from[place]);
    if (rack != Racks::kNone && ground_.racks.has_replica(partition, rack)) return place;
  }
  return from.size();
}

/// A member in one of the partition's racks that has room; kNobody if there is none.
uint32_t EqualBalance::pick_in_rack(uint32_t partition) {
  if (size_t place = next_in_rack(partition, below_, turn_); place != below_.size()) {
    const uint32_t member = below_[place];
    const uint32_t count = count_[member] + 1;
    if (count >= least_) {
      below_.erase(below_.begin() + static_cast<std::ptrdiff_t>(place));
      if (count < most_ && have_most_ < will_have_most_) may_grow_.push_back(member);
    } else {
      ++place;
    }
    turn_ = below_.empty() ? 0 : place % below_.size();
    return member;
  }
  const size_t place = next_in_rack(partition, may_grow_, 0);
  if (place == may_grow_.size()) return kNobody;
  const uint32_t member = may_grow_[place];
  if (count_[member] + 1 == most_) {
    may_grow_.erase(may_grow_.begin() + static_cast<std::ptrdiff_t>(place));
    one_has_more();
  }
  return member;
}

/// Whose turn it is: those below the least in turn, then those that may have one more.
uint32_t EqualBalance::pick() {
  uint32_t member = kNobody;
  if (!below_.empty()) {
    if (turn_ >= below_.size()) turn_ = 0;
    member = below_[turn_];
    if (count_[member] + 1 == least_) {
      below_.erase(below_.begin() + static_cast<std::ptrdiff_t>(turn_));
      may_grow_.push_back(member);
    } else {
      ++turn_;
    }
  } else if (!may_grow_.empty()) {
    member = may_grow_.front();
    may_grow_.erase(may_grow_.begin());
  } else {  // the shares are whole numbers that add up, so somebody has room
    member = static_cast<uint32_t>(std::min_element(count_.begin(), count_.end()) - count_.begin());
  }
  return member;
}

void EqualBalance::assign(uint32_t partition, uint32_t member) {
  owner_[partition] = member;
  ++count_[member];
  const uint32_t from = taken_from_[partition];
  in_other_hands_[partition] = (from != kNobody && from != member) || claims_.contested[partition];
}

}  // namespace kafka::group
