#include "group/range.hpp"

#include <algorithm>
#include <map>
#include <optional>

#include "group/computing.hpp"
#include "group/racks.hpp"
#include "group/roster.hpp"

namespace kafka::group {
namespace {

/// One topic while it is shared out.
struct Cut {
  Cut(const Roster::TopicRow& row, const Racks& racks, const std::vector<uint32_t>& order)
      : row(row),
        members(row.members),
        got(members.size(), 0),
        quota(row.count / static_cast<uint32_t>(members.size())),
        extras(row.count % static_cast<uint32_t>(members.size())),
        racks_matter(racks.matter(members, row.first, row.end())) {
    std::vector<uint32_t> rank(order.size());
    for (uint32_t i = 0; i < order.size(); ++i) rank[order[i]] = i;
    std::sort(members.begin(), members.end(), [&rank](uint32_t a, uint32_t b) { return rank[a] < rank[b]; });
    for (const uint32_t member : members) names_racks = names_racks || racks.of_member(member) != Racks::kNone;
  }

  /// How many more the member at this place may have. The first that ask get one more than the quota.
  uint32_t room(size_t place) const {
    const uint32_t most = quota + (extras > 0 ? 1 : 0);
    return most > got[place] ? most - got[place] : 0;
  }
  void give(size_t place, uint32_t partition, std::vector<uint32_t>& owners) {
    owners[partition] = members[place];
    if (++got[place] == quota + 1) --extras;
  }

  const Roster::TopicRow& row;
  std::vector<uint32_t> members;
  std::vector<uint32_t> got;  // per place in `members`
  uint32_t quota;
  uint32_t extras;
  bool racks_matter;
  bool names_racks = false;
};

class Cutting : public Computing {
 public:
  using Computing::Computing;

 private:
  void begin() override {
    roster_.emplace(membership());
    racks_.emplace(*roster_);
    owners_.assign(roster_->partitions(), kNobody);
    const std::vector<uint32_t> order = roster_->by_instance();
    for (const Roster::TopicRow& row : roster_->topics()) {
      cuts_.emplace_back(row, *racks_, order);
      racks_matter_ = racks_matter_ || cuts_.back().racks_matter;
    }
    if (!racks_matter_) return;
    std::map<std::pair<std::vector<uint32_t>, uint32_t>, std::vector<Cut*>> alike;
    for (Cut& cut : cuts_) {
      if (cut.names_racks) alike[{cut.members, cut.row.count}].push_back(&cut);
    }
    for (auto& [key, cuts] : alike) alike_.push_back(std::move(cuts));
  }

  bool go_on(int64_t& effort) override {
    for (; effort > 0 && next_alike_ < alike_.size(); ++next_alike_) {
      std::vector<Cut*>& cuts = alike_[next_alike_];
      if (cuts.size() > 1) {
        in_racks_together(cuts, effort);
      } else if (cuts.front()->racks_matter) {
        ranges(*cuts.front(), true, effort);
      }
    }
    for (; effort > 0 && next_ < cuts_.size(); ++next_) ranges(cuts_[next_], false, effort);
    return next_ < cuts_.size();
  }

  Answer answer() override { return roster_->answer(owners_); }

  /// Gives each member the first partitions that are left, or those of them in its rack.
  void ranges(Cut& cut, bool in_rack, int64_t& effort) {
    uint32_t first_left = cut.row.first;
    for (size_t place = 0; place < cut.members.size(); ++place) {
      uint32_t room = cut.room(place);
      effort -= 1;
      for (uint32_t partition = first_left; room > 0 && partition < cut.row.end(); ++partition) {
        effort -= 1;
        if (owners_[partition] != kNobody) {
          if (partition == first_left) ++first_left;
          continue;
        }
        if (in_rack && racks_->mismatch(cut.members[place], partition)) continue;
        cut.give(place, partition, owners_);
        --room;
      }
    }
  }

  /// Topics with the same subscribers and as many partitions: a number goes to one member in all of them, if the member
  /// has room and a replica in its rack in all of them.
  void in_racks_together(std::vector<Cut*>& cuts, int64_t& effort) {
    const Cut& first = *cuts.front();
    for (uint32_t number = 0; number < first.row.count; ++number) {
      for (size_t place = 0; place < first.members.size(); ++place) {
        effort -= static_cast<int64_t>(cuts.size());
        const auto fits = [&](const Cut* cut) {
          return cut->room(place) > 0 && !racks_->mismatch(cut->members[place], cut->row.first + number);
        };
        if (!std::all_of(cuts.begin(), cuts.end(), fits)) continue;
        for (Cut* cut : cuts) cut->give(place, cut->row.first + number, owners_);
        break;
      }
    }
  }

  std::optional<Roster> roster_;
  std::optional<Racks> racks_;
  std::vector<Cut> cuts_;
  bool racks_matter_ = false;
  std::vector<std::vector<Cut*>> alike_;  // topics that are shared out together, when racks matter
  size_t next_alike_ = 0;
  size_t next_ = 0;
  std::vector<uint32_t> owners_;
};

}  // namespace

std::unique_ptr<Work> Range::assign(std::shared_ptr<const Membership> membership, Done done) {
  return std::make_unique<Cutting>(std::move(membership), std::move(done));
}

}  // namespace kafka::group
