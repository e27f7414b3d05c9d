// Topics: names, ids, deletion.
#include "cluster_fixture.hpp"

using namespace kafka;
using namespace kafka::devbroker;

TEST_CASE("topic names and partition counts out of range are refused") {
  ClusterFixture f(1);
  for (const char* name : {"", ".", "..", "a b", "a/b", "ä"})
    CHECK(f.cluster.topics().create(name, 1) == Errc::invalid_topic);
  CHECK(f.cluster.topics().create(std::string(250, 'a'), 1) == Errc::invalid_topic);
  CHECK(!f.cluster.topics().create(std::string(249, 'a'), 1));
  CHECK(f.cluster.topics().create("t", 0) == Errc::invalid_partitions);
  CHECK(!f.cluster.topics().create("t", 1));
  CHECK(f.cluster.topics().create("t", 1) == Errc::topic_already_exists);
}

TEST_CASE("a topic that is created again has another id and no old offsets") {
  ClusterFixture f(1);
  REQUIRE(!f.cluster.topics().create("t", 1));
  const TopicId id = f.cluster.topics().find("t")->id;
  f.cluster.groups().commit("g", {"t", 0}, {3, "", -1});
  CHECK(f.cluster.topics().find(id)->name == "t");
  REQUIRE(!f.cluster.topics().erase("t"));
  CHECK(f.cluster.topics().find(id) == nullptr);
  REQUIRE(!f.cluster.topics().create("t", 1));
  CHECK(f.cluster.topics().find("t")->id != id);
  CHECK(f.cluster.groups().find("g", {"t", 0}) == nullptr);
}

TEST_CASE("a deleted topic wakes those that wait for its partitions") {
  struct Counter : Waiter {
    void wake() override { ++count; }
    int count = 0;
  };
  ClusterFixture f(1);
  REQUIRE(!f.cluster.topics().create("t", 2));
  const auto partition = f.cluster.topics().partition("t", 1);
  Counter counter;
  partition->waiters.push_back(&counter);
  REQUIRE(!f.cluster.topics().erase("t"));
  CHECK(counter.count == 1);
  CHECK(partition->deleted);
  CHECK(partition->leader == -1);
  CHECK(f.cluster.topics().erase("t") == Errc::unknown_topic_or_partition);
}
