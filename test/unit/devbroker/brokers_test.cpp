// Brokers that live and die, their racks and their fetch sessions.
#include "cluster_fixture.hpp"

using namespace kafka;
using namespace kafka::devbroker;

TEST_CASE("with a failover time the dead leader stays named until it has passed") {
  ClusterFixture f(2, {.failover_time = std::chrono::seconds(1)});
  REQUIRE(!f.cluster.topics().create("t", 1));
  f.cluster.brokers().kill(1);
  CHECK(f.leader("t", 0) == 1);
  CHECK(f.cluster.brokers().listed_ids() == std::vector<int32_t>{1, 2});
  REQUIRE(f.reactor.timers.size() == 1);
  f.reactor.timers[0]();
  CHECK(f.leader("t", 0) == 2);
  CHECK(f.cluster.brokers().listed_ids() == std::vector<int32_t>{2});
}

TEST_CASE("a dead broker loses its fetch sessions, the others keep theirs") {
  ClusterFixture f(2);
  Brokers& brokers = f.cluster.brokers();
  for (int32_t id : {1, 2}) REQUIRE(brokers.fetch_sessions(id).create(10, 1, false, f.reactor) != nullptr);
  CHECK(brokers.fetch_session_count(0) == 2);
  brokers.kill(1);
  CHECK(brokers.fetch_session_count(1) == 0);
  CHECK(brokers.fetch_session_count(2) == 1);
  brokers.evict_fetch_sessions(0);
  CHECK(brokers.fetch_session_count(0) == 0);
}

TEST_CASE("the controller is the living broker with the smallest id") {
  ClusterFixture f(2);
  CHECK(f.cluster.brokers().controller() == 1);
  f.cluster.brokers().kill(1);
  CHECK(f.cluster.brokers().controller() == 2);
  f.cluster.brokers().kill(2);
  CHECK(f.cluster.brokers().controller() == -1);
}

TEST_CASE("connections are counted per broker, and over all of them for broker 0") {
  ClusterFixture f(3);
  CHECK(f.cluster.brokers().accepted_connections(2) == 2);
  CHECK(f.cluster.brokers().accepted_connections(0) == 6);
  CHECK(f.cluster.brokers().open_connections(0) == 3);
  CHECK(f.cluster.brokers().open_connections(4) == 0);
}
