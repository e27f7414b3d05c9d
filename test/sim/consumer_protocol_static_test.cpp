// Static members by the protocol of KIP-848: restarts, doubles, and the time for which their partitions wait.
#include "consumer_protocol_fixture.hpp"

using namespace kafka;
using namespace kafka::sim;
using namespace kafka::sim::consumer_protocol;
using namespace std::chrono_literals;

TEST_CASE("F10: of two KIP-848 members with one instance id the newer one waits for a minute, and then stops") {
  GroupBench bench;
  fill(bench.client, "t", 2, 10);
  ConsumerOptions own = options();
  own.group_instance_id = "one";
  SimMember& a = bench.start("a", own);
  CHECK(bench.until([&] { return a.owned.size() == 2; }));
  SimMember& b = bench.start("b", own);
  bench.run(50s);
  CHECK(b.ends.empty());
  CHECK(bench.until([&] { return !b.ends.empty(); }, 20s));
  CHECK(b.ends.front() == Errc::unreleased_instance_id);
  CHECK(a.owned.size() == 2);
  CHECK(a.losses.empty());
}

TEST_CASE("F10: a static KIP-848 member that was killed is replaced when its session has ended") {
  GroupBench bench;
  fill(bench.client, "t", 2, 10);
  ConsumerOptions own = options();
  own.group_instance_id = "one";
  SimMember& a = bench.start("a", own);
  CHECK(bench.until([&] { return a.owned.size() == 2; }));
  bench.client.world.pause("a");
  SimMember& b = bench.start("b", own);
  CHECK(bench.until([&] { return b.owned.size() == 2; }, 50s));
  CHECK(b.ends.empty());
}

TEST_CASE("F10: a static KIP-848 member whose place was taken meanwhile is fenced for good") {
  GroupBench bench;
  fill(bench.client, "t", 2, 10);
  ConsumerOptions own = options();
  own.group_instance_id = "one";
  own.max_poll_interval = 10s;
  SimMember& a = bench.add("a", own);
  a.keep();
  CHECK(bench.until([&] { return a.count(Event::Type::member_suspended) == 1; }, 30s));
  // It said that it will be back, so its id is free.
  bench.run(1s);
  CHECK(members(bench).size() == 1);
  SimMember& b = bench.start("b", own);
  CHECK(bench.until([&] { return b.owned.size() == 2; }, 5s));
  CHECK(a.kept.front().commit() == Errc::lost);
  bench.run(70s);
  CHECK(a.ends.size() == 1);
  CHECK(b.owned.size() == 2);
  CHECK(b.losses.empty());
}

TEST_CASE("A static member that leaves for good says so; one that stays keeps its partitions until its session ends") {
  GroupBench bench;
  fill(bench.client, "t", 4, 10);
  ConsumerOptions own = options();
  SimMember& a = bench.start("a", own);
  own.group_instance_id = "one";
  SimMember& b = bench.start("b", own);
  CHECK(bench.until([&] { return a.owned.size() == 2 && b.owned.size() == 2; }));
  const Leaving leaving = GENERATE(Leaving::leave, Leaving::stay, Leaving::by_kind);
  b.close(leaving);
  CHECK(bench.until([&] { return b.closes == 1; }));
  if (leaving == Leaving::leave) {
    CHECK(bench.until([&] { return a.owned.size() == 4; }, 10s));
  } else {
    bench.run(30s);
    CHECK(a.owned.size() == 2);
    CHECK(bench.until([&] { return a.owned.size() == 4; }, 30s));
  }
}
