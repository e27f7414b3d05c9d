// Leaders, replicas and where consumers are sent.
#include "cluster_fixture.hpp"

using namespace kafka;
using namespace kafka::devbroker;

TEST_CASE("leaders go round the brokers") {
  ClusterFixture f(3);
  REQUIRE(!f.cluster.topics().create("a", 4));
  REQUIRE(!f.cluster.topics().create("b", 1));
  CHECK(f.leader("a", 0) == 1);
  CHECK(f.leader("a", 1) == 2);
  CHECK(f.leader("a", 2) == 3);
  CHECK(f.leader("a", 3) == 1);
  CHECK(f.leader("b", 0) == 2);
  CHECK(f.cluster.topics().partition("a", 4) == nullptr);
  CHECK(f.cluster.brokers().bootstrap_servers() == "127.0.0.1:9001,127.0.0.1:9002,127.0.0.1:9003");
}

TEST_CASE("the partitions of a killed broker move to a living replica with a new epoch") {
  ClusterFixture f(3);
  REQUIRE(!f.cluster.topics().create("t", 1));
  f.cluster.brokers().kill(1);
  CHECK_FALSE(f.nodes[0]->running);
  CHECK(f.leader("t", 0) == 2);
  CHECK(f.cluster.topics().partition("t", 0)->epoch == 1);
  CHECK(f.cluster.topics().partition("t", 0)->in_sync == std::vector<int32_t>{2, 3});
  f.cluster.brokers().restart(1);
  CHECK(f.leader("t", 0) == 2);
  CHECK(f.cluster.topics().partition("t", 0)->in_sync == std::vector<int32_t>{1, 2, 3});
  f.cluster.brokers().kill(1), f.cluster.brokers().kill(2), f.cluster.brokers().kill(3);
  CHECK(f.leader("t", 0) == -1);
  f.cluster.brokers().restart(3);
  CHECK(f.leader("t", 0) == 3);
}

TEST_CASE("with one replica a partition has no leader while its broker is down") {
  ClusterFixture f(2, {.replication_factor = 1});
  REQUIRE(!f.cluster.topics().create("t", 2));
  f.cluster.brokers().kill(1);
  CHECK(f.leader("t", 0) == -1);
  CHECK(f.leader("t", 1) == 2);
  f.cluster.brokers().restart(1);
  CHECK(f.leader("t", 0) == 1);
}

TEST_CASE("a follower that lagged behind and leads has the whole log, and keeps it when another one leads") {
  ClusterFixture f(2);
  REQUIRE(!f.cluster.topics().create("t", 1));
  for (int i = 0; i < 5; ++i) REQUIRE(f.cluster.contents().append("t", 0, {.value = "x"}) == i);
  const auto partition = f.cluster.topics().partition("t", 0);
  const int32_t first = partition->leader;
  const int32_t second = 3 - first;
  REQUIRE(!f.cluster.leaders().set_replica_end("t", 0, second, 2));
  CHECK(partition->end_of(second) == 2);
  REQUIRE(!f.cluster.leaders().move("t", 0, second));
  REQUIRE(!f.cluster.leaders().move("t", 0, first));
  CHECK(partition->end_of(second) == 5);
}

TEST_CASE("consumers are sent to the in-sync follower in their rack that has the most, unless one is set by hand") {
  ClusterFixture f(3);
  REQUIRE(!f.cluster.topics().create("t", 1));
  for (int i = 0; i < 5; ++i) REQUIRE(f.cluster.contents().append("t", 0, {.value = "x"}) == i);
  Brokers& brokers = f.cluster.brokers();
  Leaders& leaders = f.cluster.leaders();
  const Partition& partition = *f.cluster.topics().partition("t", 0);
  brokers.set_rack(1, "a"), brokers.set_rack(2, "b"), brokers.set_rack(3, "b");
  CHECK(leaders.preferred_replica(partition, "", 0) == -1);
  CHECK(leaders.preferred_replica(partition, "a", 0) == -1);
  CHECK(leaders.preferred_replica(partition, "b", 0) == 2);
  REQUIRE(!leaders.set_replica_end("t", 0, 2, 3));
  CHECK(leaders.preferred_replica(partition, "b", 0) == 3);
  brokers.kill(3);
  CHECK(leaders.preferred_replica(partition, "b", 3) == 2);
  CHECK(leaders.preferred_replica(partition, "b", 4) == -1);
  REQUIRE(!leaders.prefer_replica("t", 0, 9));
  CHECK(leaders.preferred_replica(partition, "", 0) == 9);
  REQUIRE(!leaders.prefer_replica("t", 0, 1));
  CHECK(leaders.preferred_replica(partition, "b", 0) == -1);
}

TEST_CASE("a leader that is moved by hand must be alive, and becomes a replica") {
  ClusterFixture f(2, {.replication_factor = 1});
  REQUIRE(!f.cluster.topics().create("t", 1));
  CHECK(f.cluster.leaders().set_replica_end("t", 0, 2, 0) == Errc::replica_not_available);
  REQUIRE(!f.cluster.leaders().move("t", 0, 2));
  CHECK(f.leader("t", 0) == 2);
  CHECK(f.cluster.topics().partition("t", 0)->replicas == std::vector<int32_t>{1, 2});
  f.cluster.brokers().kill(1);
  CHECK(f.cluster.leaders().move("t", 0, 1) == Errc::broker_not_available);
  CHECK(f.cluster.leaders().move("t", 1, 2) == Errc::unknown_topic_or_partition);
  REQUIRE(!f.cluster.leaders().move("t", 0, -1));
  CHECK(f.leader("t", 0) == -1);
}
