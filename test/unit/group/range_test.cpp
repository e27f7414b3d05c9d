// The assignor `range`.
#include "group/range.hpp"

#include "group_fixture.hpp"

using namespace kafka;
using namespace kafka::group;

TEST_CASE("range: each topic is cut in order of the members, the first ones get one more") {
  World world;
  world.topic("t", 5).topic("u", 1).member("b", {"t", "u"}).member("a", {"t"}).member("c", {"t"});
  Range range;
  const std::vector<Partitions> answer = world.given(range);
  CHECK(answer[0] == Partitions{{"t", {2, 3}}, {"u", {0}}});
  CHECK(answer[1] == Partitions{{"t", {0, 1}}});
  CHECK(answer[2] == Partitions{{"t", {4}}});
}

TEST_CASE("range: static members come first, by instance id") {
  World world;
  world.topic("t", 3).member("a", {"t"}).member("b", {"t"});
  world.last().instance_id = "z";
  world.member("c", {"t"});
  world.last().instance_id = "y";
  Range range;
  CHECK(world.given(range) == std::vector<Partitions>{{{"t", {2}}}, {{"t", {1}}}, {{"t", {0}}}});
}

TEST_CASE("range: a member gets replicas of its own rack, the same numbers in topics that are alike") {
  World world;
  const std::vector<std::vector<std::string>> racks = {{"x"}, {"y"}, {"x"}, {"y"}};
  world.topic("t", racks).topic("u", racks).member("a", {"t", "u"});
  world.last().rack = "y";
  world.member("b", {"t", "u"});
  world.last().rack = "x";
  Range range;
  CHECK(world.given(range) == std::vector<Partitions>{{{"t", {1, 3}}, {"u", {1, 3}}}, {{"t", {0, 2}}, {"u", {0, 2}}}});
}

TEST_CASE("range: racks play no part if every partition has all of them, or members name others") {
  for (const char* rack : {"x", "nowhere"}) {
    World world;
    world.topic("t", {{"x", "y"}, {"y", "x"}}).member("a", {"t"}).member("b", {"t"});
    world.last().rack = rack;
    Range range;
    CHECK(world.given(range) == std::vector<Partitions>{{{"t", {0}}}, {{"t", {1}}}});
  }
}
