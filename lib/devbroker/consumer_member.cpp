// Reconciling a member (see consumer_member.hpp).
#include "devbroker/consumer_member.hpp"

#include <algorithm>
#include <utility>

namespace kafka::devbroker {

namespace {

bool owns_any(const Slots* owned, const Slots& revoking) {
  if (owned == nullptr) return true;  // it does not say, so it may
  return std::ranges::any_of(revoking, [&](const Slot& slot) { return owned->contains(slot); });
}

void step(ConsumerMember& member, int32_t epoch, const Slots& target, int32_t target_epoch, const Slots* owned,
          const std::function<bool(const Slot&)>& is_free) {
  std::map<Slot, int32_t> kept;
  Slots revoking;
  for (const auto& [slot, since] : member.assigned) {
    if (target.contains(slot)) {
      kept.emplace(slot, since);
    } else {
      revoking.insert(slot);
    }
  }
  member.previous_epoch = member.epoch;
  if (!revoking.empty() && owns_any(owned, revoking)) {
    member.epoch = epoch;
    member.state = Reconciliation::unrevoked;
    member.assigned = std::move(kept);
    member.revoking = std::move(revoking);
    return;
  }
  bool waits = false;
  for (const Slot& slot : target) {
    if (kept.contains(slot)) continue;
    if (is_free(slot)) {
      kept.emplace(slot, target_epoch);
    } else {
      waits = true;
    }
  }
  member.epoch = target_epoch;
  member.state = waits ? Reconciliation::unreleased : Reconciliation::stable;
  member.assigned = std::move(kept);
  member.revoking.clear();
}

}  // namespace

void reconcile(ConsumerMember& member, const Slots& target, int32_t target_epoch, const Slots* owned,
               const std::function<bool(const Slot&)>& is_free) {
  switch (member.state) {
    case Reconciliation::stable:
      if (member.epoch < target_epoch) step(member, member.epoch, target, target_epoch, owned, is_free);
      return;
    case Reconciliation::unrevoked:
      if (owns_any(owned, member.revoking)) return;
      member.revoking.clear();
      return step(member, member.epoch + 1, target, target_epoch, owned, is_free);
    case Reconciliation::unreleased:
      return step(member, member.epoch, target, target_epoch, owned, is_free);
  }
}

}  // namespace kafka::devbroker
