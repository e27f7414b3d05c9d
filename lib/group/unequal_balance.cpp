#include "group/unequal_balance.hpp"

#include <algorithm>

namespace kafka::group {

UnequalBalance::UnequalBalance(const Ground& ground, const Claims& claims, MayMove allowed)
    : ground_(ground),
      claims_(claims),
      allowed_(allowed),
      lost_some_(claims.lost_some),
      owner_(claims.owner),
      count_(ground.roster.members().size(), 0),
      claimed_(owner_.size(), false),
      moves_(ground.roster) {
  const Roster& roster = ground.roster;
  std::vector<uint32_t> topics;
  for (uint32_t i = 0; i < roster.topics().size(); ++i) topics.push_back(i);
  std::stable_sort(topics.begin(), topics.end(), [&roster](uint32_t a, uint32_t b) {
    return roster.topics()[a].members.size() < roster.topics()[b].members.size();
  });
  for (const uint32_t topic : topics) {
    for (uint32_t i = roster.topics()[topic].first; i < roster.topics()[topic].end(); ++i) all_.push_back(i);
  }
  for (const uint32_t partition : all_) {
    uint32_t& owner = owner_[partition];
    if (owner != kNobody && allowed == MayMove::all && ground.racks_matter && ground.racks.mismatch(owner, partition)) {
      owner = kNobody;
      lost_some_ = true;
    }
    if (owner == kNobody) {
      unowned_.push_back(partition);
    } else {
      ++count_[owner];
    }
  }
  from_nothing_ = unowned_.size() == all_.size();
  for (const std::vector<uint32_t>& said : claims.said) {
    for (const uint32_t partition : said) claimed_[partition] = true;
  }
}

bool UnequalBalance::advance(int64_t& effort) {
  while (phase_ != Phase::ended && effort > 0) {
    if (one_step(effort)) continue;
    at_ = 0;
    moved_one_ = false;
    moved_any_ = phase_ == Phase::even_out_all && moved_any_;
    phase_ = static_cast<Phase>(static_cast<uint8_t>(phase_) + 1);
  }
  return phase_ != Phase::ended;
}

/// False: the phase has ended.
bool UnequalBalance::one_step(int64_t& effort) {
  switch (phase_) {
    case Phase::place_in_rack:
      return ground_.racks_matter && place_next(effort, true);
    case Phase::place:
      return place_next(effort, false);
    case Phase::narrow:
      effort -= static_cast<int64_t>(2 * all_.size());
      narrow();
      return false;
    case Phase::even_out_new:
      return allowed_ != MayMove::none && !lost_some_ && even_out_next(unowned_, effort);
    case Phase::even_out_all:
      return allowed_ != MayMove::none && even_out_next(all_, effort);
    case Phase::settle:
      effort -= static_cast<int64_t>(count_.size());
      settle();
      return false;
    case Phase::ended:
      break;
  }
  return false;
}

/// Gives the next partition that nobody has to the member that has least.
bool UnequalBalance::place_next(int64_t& effort, bool in_rack) {
  if (at_ == unowned_.size()) return false;
  effort -= 1;
  const uint32_t partition = unowned_[at_++];
  if (owner_[partition] != kNobody) return true;
  uint32_t best = kNobody;
  const std::vector<uint32_t>& members = ground_.roster.topics()[ground_.roster.topic_of(partition)].members;
  effort -= static_cast<int64_t>(members.size());
  for (const uint32_t member : members) {
    if (best != kNobody && count_[member] >= count_[best]) continue;
    if (in_rack && ground_.racks.mismatch(member, partition)) continue;
    best = member;
  }
  owner_[partition] = best;
  if (best != kNobody) ++count_[best];
  return true;
}

/// Leaves out of sight what cannot move: topics of one subscriber, and members that have just these.
void UnequalBalance::narrow() {
  const Roster& roster = ground_.roster;
  const auto cannot_move = [&roster](uint32_t partition) {
    return roster.topics()[roster.topic_of(partition)].members.size() < 2;
  };
  all_.erase(std::remove_if(all_.begin(), all_.end(), cannot_move), all_.end());
  unowned_.erase(std::remove_if(unowned_.begin(), unowned_.end(), cannot_move), unowned_.end());
  for (const Roster::MemberRow& row : roster.members()) {
    const auto alone = [&roster](uint32_t topic) { return roster.topics()[topic].members.size() < 2; };
    fixed_.push_back(std::all_of(row.topics.begin(), row.topics.end(), alone));
  }
  owner_before_ = owner_;
}

/// Looks at the next partition of the list, again and again from its start, until a whole round moves nothing.
bool UnequalBalance::even_out_next(const std::vector<uint32_t>& partitions, int64_t& effort) {
  if (at_ == partitions.size()) {
    at_ = 0;
    return std::exchange(moved_one_, false);
  }
  if (even_out(partitions[at_++], effort)) moved_one_ = moved_any_ = true;
  return true;
}

bool UnequalBalance::even_out(uint32_t partition, int64_t& effort) {
  effort -= 1;
  const uint32_t owner = owner_[partition];
  if (const uint32_t earlier = claims_.previous[partition]; earlier != kNobody && count_[owner] > count_[earlier] + 1) {
    move(partition, earlier);
    return true;
  }
  const uint32_t least = least_loaded(ground_.roster.topic_of(partition), effort);
  if (count_[owner] <= count_[least] + 1) return false;
  move(partition, least);
  return true;
}

uint32_t UnequalBalance::least_loaded(uint32_t topic, int64_t& effort) {
  if (least_.topic == topic && least_.changes == changes_) return least_.member;
  const std::vector<uint32_t>& members = ground_.roster.topics()[topic].members;
  effort -= static_cast<int64_t>(members.size());
  least_ = {topic, changes_, members.front()};
  for (const uint32_t member : members) {
    if (count_[member] < count_[least_.member]) least_.member = member;
  }
  return least_.member;
}

/// Moves the partition, or the one that should go in its place. That one may come from a member that does not have
/// more; only so many of these moves are made as there are partitions, so that there is an end.
void UnequalBalance::move(uint32_t partition, uint32_t to) {
  uint32_t chosen = moves_.better(partition, owner_[partition], to);
  if (count_[owner_[chosen]] <= count_[to] + 1 && ++backward_ > owner_.size()) chosen = partition;
  const uint32_t from = owner_[chosen];
  moves_.moved(chosen, from, to);
  owner_[chosen] = to;
  --count_[from];
  ++count_[to];
  ++changes_;
}

/// Takes everything back if it did not help.
void UnequalBalance::settle() {
  if (from_nothing_ || !moved_any_) return;
  std::vector<uint32_t> before(count_.size(), 0);
  for (const uint32_t owner : owner_before_) {
    if (owner != kNobody) ++before[owner];
  }
  if (unevenness(count_) >= unevenness(before)) owner_ = owner_before_;
}

/// The sum of the differences of all pairs of members.
int64_t UnequalBalance::unevenness(const std::vector<uint32_t>& counts) const {
  std::vector<int64_t> sorted;
  for (size_t i = 0; i < counts.size(); ++i) {
    if (!fixed_[i]) sorted.push_back(counts[i]);
  }
  std::sort(sorted.begin(), sorted.end());
  int64_t sum = 0;
  for (size_t i = 0; i < sorted.size(); ++i) {
    sum += sorted[i] * (2 * static_cast<int64_t>(i) + 1 - static_cast<int64_t>(sorted.size()));
  }
  return sum;
}

bool UnequalBalance::in_other_hands(uint32_t partition) const {
  if (owner_[partition] == kNobody || !claimed_[partition]) return false;
  const std::vector<uint32_t>& said = claims_.said[owner_[partition]];
  return !std::binary_search(said.begin(), said.end(), partition);
}

}  // namespace kafka::group
