// Which broker coordinates a group.
#include "cluster_fixture.hpp"

using namespace kafka;
using namespace kafka::devbroker;

TEST_CASE("a group has one coordinator, which moves when it dies or is moved") {
  ClusterFixture f(3);
  const int32_t first = f.cluster.coordinators().of("g");
  CHECK(first == f.cluster.coordinators().of("g"));
  f.cluster.brokers().kill(first);
  const int32_t second = f.cluster.coordinators().of("g");
  CHECK(second != first);
  f.cluster.brokers().restart(first);
  CHECK(f.cluster.coordinators().of("g") == first);
  REQUIRE(!f.cluster.coordinators().move("g", second));
  CHECK(f.cluster.coordinators().of("g") == second);
  CHECK(f.cluster.coordinators().move("g", 9) == Errc::broker_not_available);
}
