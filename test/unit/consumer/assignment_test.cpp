// The partitions of a consumer: by name, by slot, by ticket; added and removed.
#include "consumer/assignment.hpp"

#include "catch.hpp"
#include "consumer/life_cycle.hpp"

using namespace kafka;
using namespace kafka::consumer;

TEST_CASE("Partitions are found by name and by slot, and stand in the order in which they were added") {
  Assignment assignment(1);
  Partition& b = assignment.add("b", 1);
  Partition& a = assignment.add("a", 7);
  CHECK(&assignment.add("b", 1) == &b);
  CHECK(assignment.size() == 2);
  CHECK(assignment.find("a", 7) == &a);
  CHECK(assignment.find("a", 6) == nullptr);
  CHECK(assignment.find("c", 7) == nullptr);
  CHECK(assignment.at(b.slot) == &b);
  CHECK(assignment.at(99) == nullptr);
  std::vector<Partition*> order;
  for (const auto& each : assignment) order.push_back(each.get());
  CHECK(order == std::vector<Partition*>{&b, &a});
  CHECK(assignment.add("b", 2).topic == b.topic);  // one string for all
}

TEST_CASE("A removed partition stays as long as somebody keeps it, and is found no more") {
  Assignment assignment(1);
  const std::shared_ptr<Partition> kept = assignment.add("t", 0).shared_from_this();
  kept->position.state = Position::State::ready;
  kept->position.next = 5;
  const uint32_t generation = kept->generation;
  assignment.remove(*kept);
  CHECK(kept->removed);
  CHECK(kept->generation != generation);  // answers about it are dropped
  CHECK_FALSE(kept->position.ready());
  CHECK(assignment.find("t", 0) == nullptr);
  CHECK(assignment.at(kept->slot) == nullptr);
  CHECK(assignment.size() == 0);
  CHECK(assignment.by_topic().empty());
  CHECK(assignment.removals() == 1);
}

TEST_CASE("A late ticket never finds an envelope of the partition that has its slot now") {
  Assignment assignment(8);
  Partition& old = assignment.add("t", 0);
  const uint64_t first = Ticket::of(old.slot, old.window.push(0, 1, 0));
  const uint64_t second = Ticket::of(old.slot, old.window.push(1, 2, 0));
  CHECK(assignment.holder(first) == &old);
  CHECK(Ticket::slot(second) == old.slot);
  old.window.pop();
  assignment.remove(old);
  CHECK(assignment.holder(second) == nullptr);
  CHECK(assignment.knows(second));
  Partition& next = assignment.add("u", 0);
  CHECK(next.slot == Ticket::slot(first));  // slots are used again
  CHECK(assignment.holder(first) == nullptr);
  CHECK(assignment.holder(second) == nullptr);
  const uint64_t third = Ticket::of(next.slot, next.window.push(0, 1, 0));
  CHECK(third > second);
  CHECK(assignment.holder(third) == &next);
  CHECK(assignment.holder(Ticket::of(99, 1)) == nullptr);
  CHECK_FALSE(assignment.knows(Ticket::of(99, 1)));
}

TEST_CASE("Envelopes belong to the consumption that dispatched them, also when their partition is gone") {
  Assignment assignment(8);
  Partition& partition = assignment.add("t", 0);
  const uint64_t before = Ticket::of(partition.slot, partition.window.push(0, 1, 0));
  assignment.begin_consumption();
  const uint64_t present = Ticket::of(partition.slot, partition.window.push(1, 2, 0));
  CHECK_FALSE(assignment.is_present(before));
  CHECK(assignment.is_present(present));
  assignment.remove(partition);
  CHECK_FALSE(assignment.is_present(before));
  CHECK(assignment.is_present(present));
  assignment.begin_consumption();
  CHECK_FALSE(assignment.is_present(present));
  Partition& back = assignment.add("t", 0);
  CHECK(assignment.is_present(Ticket::of(back.slot, back.window.push(0, 1, 0))));
}

TEST_CASE("The life cycle goes one way") {
  using Stage = LifeCycle::Stage;
  LifeCycle life_cycle;
  CHECK_FALSE(life_cycle.in_session());
  life_cycle.reach(Stage::joined);
  CHECK(life_cycle.in_session());
  CHECK_FALSE(life_cycle.closing());
  life_cycle.reach(Stage::overdue);
  life_cycle.reach(Stage::closing);
  CHECK(life_cycle.overdue());
  CHECK(life_cycle.closing());
  CHECK(life_cycle.in_session());
  life_cycle.reach(Stage::closed);
  CHECK(life_cycle.closed());
  CHECK_FALSE(life_cycle.in_session());
  CHECK_FALSE(life_cycle.aborted());
  life_cycle.reach(Stage::aborted);
  CHECK(life_cycle.closed());
  CHECK(life_cycle.aborted());
}
