// The assignor `roundrobin`.
#include "group/round_robin.hpp"

#include "group_fixture.hpp"

using namespace kafka;
using namespace kafka::group;

TEST_CASE("roundrobin: partitions are dealt out one by one, and a member that does not subscribe is passed over") {
  World world;
  world.topic("u", 2).topic("t", 3).member("b", {"t", "u"}).member("a", {"t"});
  RoundRobin round_robin;
  CHECK(world.given(round_robin) == std::vector<Partitions>{{{"t", {1}}, {"u", {0, 1}}}, {{"t", {0, 2}}}});
}
