// The assignor `sticky`: its members tell in their user data what they had.
#include "group/sticky.hpp"

#include "group/subscription.hpp"
#include "group_fixture.hpp"

using namespace kafka;
using namespace kafka::group;

namespace {

void had(World& world, Partitions partitions, int32_t generation) {
  world.last().user_data = Sticky().user_data(partitions, generation);
}

}  // namespace

TEST_CASE("sticky: whoever is left keeps what it had, the rest is shared out evenly") {
  World world;
  world.topic("t", 6).member("a", {"t"});
  had(world, {{"t", {0, 3}}}, 4);
  world.member("b", {"t"});
  had(world, {{"t", {1, 4}}}, 4);  // the member that had 2 and 5 is gone
  Sticky sticky;
  CHECK(world.given(sticky) == std::vector<Partitions>{{{"t", {0, 2, 3}}}, {{"t", {1, 4, 5}}}});
}

TEST_CASE("sticky: a new member gets its share, and nothing else moves") {
  World world;
  world.topic("t", 6).member("a", {"t"});
  had(world, {{"t", {0, 1, 2}}}, 4);
  world.member("b", {"t"});
  had(world, {{"t", {3, 4, 5}}}, 4);
  world.member("c", {"t"});
  Sticky sticky;
  CHECK(world.given(sticky) == std::vector<Partitions>{{{"t", {0, 1}}}, {{"t", {3, 4}}}, {{"t", {2, 5}}}});
}

TEST_CASE("sticky: with different subscriptions counts become as even as they can be") {
  World world;
  world.topic("t", 4).topic("u", 4).member("a", {"t"}).member("b", {"t", "u"});
  had(world, {{"t", {0, 1, 2, 3}}, {"u", {0, 1, 2, 3}}}, 4);
  world.member("c", {"u"});
  Sticky sticky;
  const std::vector<Partitions> answer = world.given(sticky);
  for (const Partitions& partitions : answer) CHECK(count(partitions) >= 2);
  CHECK(answer[1].size() == 2);  // the one that had everything still has some of both
}

TEST_CASE("sticky: what a member owned is in the user data alone, and one that never owned anything adds none") {
  World world;
  world.topic("t", 2).member("a", {"t"}).member("b", {"t"}, {{"t", {0}}}, 9);
  had(world, {{"t", {1}}}, 9);
  world.all().members.front().user_data = Sticky().user_data({}, kNoGeneration);
  CHECK(world.all().members.front().user_data.is_null());
  Sticky sticky;
  CHECK(world.given(sticky) == std::vector<Partitions>{{{"t", {0}}}, {{"t", {1}}}});
}
