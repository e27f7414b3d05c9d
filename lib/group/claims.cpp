#include "group/claims.hpp"

#include <algorithm>

namespace kafka::group {

Claims::Claims(const Roster& roster, const Racks& racks, bool racks_matter, ClaimOf claim_of)
    : owner(roster.partitions(), kNobody),
      contested(roster.partitions(), false),
      previous(roster.partitions(), kNobody),
      said(roster.members().size()) {
  std::vector<Claim> claims;
  int32_t newest = kNoGeneration;
  for (const Roster::MemberRow& row : roster.members()) {
    claims.push_back(claim_of(*row.member));
    newest = std::max(newest, claims.back().generation);
  }
  const auto generation = [&claims](uint32_t member) { return std::max(claims[member].generation, kNoGeneration); };
  for (const uint32_t member : roster.by_hash()) {
    for (const auto& [topic, numbers] : claims[member].partitions) {
      const Roster::TopicRow* row = roster.find(topic);
      if (row == nullptr) continue;
      const bool subscribes = roster.subscribes(member, static_cast<uint32_t>(row - roster.topics().data()));
      for (const int32_t number : numbers) {
        if (number >= 0 && static_cast<uint32_t>(number) < row->count) {
          said[member].push_back(row->first + static_cast<uint32_t>(number));
        } else if (!subscribes || (racks_matter && racks.of_member(member) != Racks::kNone)) {
          lost_some = true;
        }
      }
    }
    std::sort(said[member].begin(), said[member].end());
    said[member].erase(std::unique(said[member].begin(), said[member].end()), said[member].end());
    for (const uint32_t partition : said[member]) {
      const uint32_t other = owner[partition];
      if (other == kNobody || generation(member) > generation(other)) {
        owner[partition] = member;
        contested[partition] = false;
      } else if (generation(member) == generation(other)) {
        contested[partition] = true;
      }
      if (generation(member) >= newest) continue;
      if (previous[partition] != kNobody && generation(member) <= generation(previous[partition])) continue;
      if (roster.subscribes(member, roster.topic_of(partition))) previous[partition] = member;
    }
  }
  for (uint32_t partition = 0; partition < owner.size(); ++partition) {
    if (contested[partition]) owner[partition] = kNobody;
    if (owner[partition] == kNobody || roster.subscribes(owner[partition], roster.topic_of(partition))) continue;
    owner[partition] = kNobody;
    lost_some = true;
  }
}

Claims::Claims(const Roster& roster, const std::vector<uint32_t>& owners)
    : owner(owners), contested(owners.size(), false), previous(owners.size(), kNobody), said(roster.members().size()) {
  for (uint32_t partition = 0; partition < owners.size(); ++partition) {
    if (owners[partition] != kNobody) said[owners[partition]].push_back(partition);
  }
}

bool Claims::gives_up(const std::vector<uint32_t>& owners) const {
  for (uint32_t member = 0; member < said.size(); ++member) {
    for (const uint32_t partition : said[member]) {
      if (owners[partition] != member) return true;
    }
  }
  return false;
}

}  // namespace kafka::group
