// The steps of a member towards its target (KIP-848): give up first, then get what is free.
#include "devbroker/consumer_member.hpp"

#include "catch.hpp"

using namespace kafka;
using namespace kafka::devbroker;

namespace {

Slot slot(int32_t partition) { return {{}, partition}; }
Slots slots(std::initializer_list<int32_t> partitions) {
  Slots all;
  for (const int32_t each : partitions) all.insert(slot(each));
  return all;
}
Slots has(const ConsumerMember& member) {
  Slots all;
  for (const auto& [each, since] : member.assigned) all.insert(each);
  return all;
}
const auto kAllFree = [](const Slot&) { return true; };

ConsumerMember with(std::initializer_list<int32_t> partitions, int32_t epoch) {
  ConsumerMember member;
  reconcile(member, slots(partitions), epoch, nullptr, kAllFree);
  REQUIRE(member.epoch == epoch);
  return member;
}

}  // namespace

TEST_CASE("a new member gets what is free, at the epoch of the target") {
  const ConsumerMember member = with({0, 1}, 3);
  CHECK(member.state == Reconciliation::stable);
  CHECK(has(member) == slots({0, 1}));
  CHECK(member.assigned.at(slot(0)) == 3);
}

TEST_CASE("a member keeps its epoch until it has given up what it must") {
  ConsumerMember member = with({0, 1, 2}, 3);
  reconcile(member, slots({0, 1}), 4, nullptr, kAllFree);
  CHECK(member.state == Reconciliation::unrevoked);
  CHECK(member.epoch == 3);
  CHECK(has(member) == slots({0, 1}));
  CHECK(member.holds(slot(2)));  // for others it is not free
  const Slots still = slots({0, 1, 2});
  reconcile(member, slots({0, 1}), 4, &still, kAllFree);
  CHECK(member.epoch == 3);
  reconcile(member, slots({0, 1}), 4, nullptr, kAllFree);  // it does not say
  CHECK(member.epoch == 3);
  const Slots fewer = slots({0, 1});
  reconcile(member, slots({0, 1}), 4, &fewer, kAllFree);
  CHECK(member.epoch == 4);
  CHECK(member.previous_epoch == 3);
  CHECK(member.state == Reconciliation::stable);
  CHECK_FALSE(member.holds(slot(2)));
  CHECK(member.assigned.at(slot(0)) == 3);  // held since then
}

TEST_CASE("a member waits at the new epoch for what others have") {
  ConsumerMember member;
  reconcile(member, slots({2}), 4, nullptr, [](const Slot&) { return false; });
  CHECK(member.state == Reconciliation::unreleased);
  CHECK(member.epoch == 4);
  CHECK(member.assigned.empty());
  reconcile(member, slots({2}), 4, nullptr, kAllFree);
  CHECK(member.state == Reconciliation::stable);
  CHECK(has(member) == slots({2}));
}

TEST_CASE("a newer target counts while a member gives up for an older one") {
  ConsumerMember member = with({0, 1, 2}, 3);
  reconcile(member, slots({0}), 4, nullptr, kAllFree);
  REQUIRE(member.state == Reconciliation::unrevoked);
  const Slots owned = slots({0});
  reconcile(member, slots({0, 5}), 6, &owned, kAllFree);
  CHECK(member.epoch == 6);
  CHECK(has(member) == slots({0, 5}));
}

TEST_CASE("a stable member does not move before there is a new target") {
  ConsumerMember member = with({0}, 3);
  reconcile(member, slots({0, 1}), 3, nullptr, kAllFree);
  CHECK(has(member) == slots({0}));
}
