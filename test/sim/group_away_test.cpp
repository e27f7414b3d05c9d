// Members of classic groups that were away, stood still, or were not reached while the group went on: what they notice
// when they are back, and what they must not do before.
#include "group_fixture.hpp"

using namespace kafka;
using namespace kafka::sim;
using namespace std::chrono_literals;

TEST_CASE("A static leader that was away while its topic grew has the group share out anew") {
  GroupBench bench(31, {.brokers = 1});
  fill(bench.client, "t", 2, 4);
  ConsumerOptions options = member_options();
  options.group_instance_id = "i";
  SimMember& before = bench.start("a", options);
  CHECK(bench.until([&] { return before.owned.size() == 2; }));
  before.close();
  CHECK(bench.until([&] { return before.closes == 1; }));
  REQUIRE_FALSE(bench.client.brokers->cluster().topics().grow("t", 4));
  SimMember& after = bench.start("b", options);
  CHECK(bench.until([&] { return after.owned.size() == 4; }, 5s));
}

TEST_CASE("A static leader that keeps its assignment watches the topics of all members") {
  GroupBench bench(36, {.brokers = 1, .session = {.metadata_max_age = 1s}});
  // 2.8 does not tell a member that has started again that it leads, nor who the others are.
  REQUIRE_FALSE(bench.client.brokers->cluster().releases().as_version(GENERATE("2.8", "4.3")));
  fill(bench.client, "t", 2, 4);
  fill(bench.client, "u", 2, 4);
  ConsumerOptions options = member_options();
  options.group_instance_id = "i";
  SimMember& before = bench.start("a", options);
  CHECK(bench.until([&] { return before.owned.size() == 2; }));
  SimMember& other = bench.start("b", member_options(), Topics("u"));
  CHECK(bench.until([&] { return other.owned.size() == 2 && before.consumer->group().leader; }));
  before.close();
  CHECK(bench.until([&] { return before.closes == 1; }));
  SimMember& after = bench.start("c", options);
  CHECK(bench.until([&] { return after.owned.size() == 2; }));
  REQUIRE_FALSE(bench.client.brokers->cluster().topics().grow("u", 4));
  CHECK(bench.until([&] { return other.owned.size() == 4; }, 30s));
}

TEST_CASE("A member waits for the start of its partitions as long as it owns them") {
  const std::string protocol = GENERATE("cooperative-sticky", "consumer");
  const ApiKey api = GENERATE(ApiKey::offset_fetch, ApiKey::list_offsets);
  CAPTURE(protocol, static_cast<int>(api));
  GroupBench bench(37, {.brokers = 1});
  fill(bench.client, "t", 2, 4);
  ConsumerOptions options = with(protocol);
  options.default_api_timeout = 5s;
  bench.client.brokers->cluster().faults().add(api).always().drop_response();
  SimMember& member = bench.start("a", options);
  CHECK(bench.until([&] { return member.owned.size() == 2; }));
  bench.run(5min);
  CHECK(member.got.empty());
  CHECK(member.consumer->group().owned.size() == 1);
  bench.client.brokers->cluster().faults().clear();
  CHECK(bench.until([&] { return member.got.size() == 8; }, 60s));
}

TEST_CASE("A static member that comes back with other topics gets those, and is not given the others") {
  GroupBench bench(32, {.brokers = 1});
  fill(bench.client, "t", 2, 4);
  fill(bench.client, "u", 2, 4);
  ConsumerOptions options = member_options();
  options.group_instance_id = "i";
  SimMember& before = bench.start("a", options, Topics("t"));
  CHECK(bench.until([&] { return before.owned.size() == 2; }));
  before.close();
  CHECK(bench.until([&] { return before.closes == 1; }));
  SimMember& after = bench.start("b", options, Topics("u"));
  CHECK(bench.until([&] { return after.owned.size() == 2 && after.got.size() == 8; }, 5s));
  for (const SimMember::Place& place : after.owned) CHECK(place.first == "u");
  for (const SimMember::Got& got : after.got) CHECK(got.where.first == "u");
}

TEST_CASE("A member that stood still while its JoinGroup was answered dispatches nothing before it has asked") {
  GroupBench bench(33, {.brokers = 1});
  fill(bench.client, "t", 4, 20);
  const ConsumerOptions options = with("cooperative-sticky");
  SimMember& first = bench.add("a", options);
  first.keep();
  CHECK(bench.until([&] { return first.owned.size() == 4 && first.kept.size() == 1; }));
  devbroker::RequestLog& asked = bench.client.brokers->cluster().requests();
  const int64_t before = asked.count(ApiKey::join_group);
  SimMember& second = bench.start("b", options);
  // The newcomer asks twice, because it is told an id first.
  CHECK(bench.until([&] { return asked.count(ApiKey::join_group) == before + 3; }));
  bench.client.world.pause("a");
  CHECK(bench.until([&] { return second.owned.size() == 4; }, 30s));
  CHECK_FALSE(first.kept[0].ack());
  bench.client.world.resume("a");
  CHECK(bench.until([&] { return !first.losses.empty(); }));
  CHECK(first.got.size() == 1);
}

TEST_CASE("A member that is cut off while it joins reads no longer than the coordinator waits for its SyncGroup") {
  GroupBench bench(37, {.brokers = 1});
  fill(bench.client, "t", 4, 20);
  ConsumerOptions options = with("cooperative-sticky");
  options.session_timeout = 20s;
  options.rebalance_timeout = 2s;
  SimMember& first = bench.add("a", options);
  first.keep();
  CHECK(bench.until([&] { return first.owned.size() == 4 && first.kept.size() == 1; }));
  devbroker::RequestLog& asked = bench.client.brokers->cluster().requests();
  const int64_t before = asked.count(ApiKey::join_group);
  SimMember& second = bench.start("b", options);
  CHECK(bench.until([&] { return asked.count(ApiKey::join_group) == before + 3; }));
  bench.client.world.black_hole("a", SimCluster::host(1), true);  // JoinGroup has come, and its answer is lost
  CHECK(bench.until([&] { return second.owned.size() == 4; }, 15s));
  CHECK_FALSE(first.kept[0].ack());
  bench.run(500ms);
  CHECK(first.got.size() == 1);
  bench.client.world.black_hole("a", SimCluster::host(1), false);
  CHECK(bench.until([&] { return first.owned.size() == 2 && second.owned.size() == 2; }));
}

TEST_CASE("A member whose JoinGroup is never answered stops when the group has gone on without it") {
  GroupBench bench(34, {.brokers = 1});
  fill(bench.client, "t", 4, 20);
  ConsumerOptions options = with("cooperative-sticky");
  options.group_instance_id = "i";  // it stays in the group although it does not join again in time
  SimMember& first = bench.start("a", options);
  CHECK(bench.until([&] { return first.owned.size() == 4; }));
  bench.client.brokers->cluster().faults().add(ApiKey::join_group).client("a").swallow();
  options.group_instance_id.clear();
  SimMember& second = bench.start("b", options);
  CHECK(bench.until([&] { return !second.owned.empty(); }));
  CHECK(bench.until([&] { return bench.disjoint(); }, 2s));  // four heartbeats
  CHECK(bench.until([&] { return first.owned.size() == 2 && second.owned.size() == 2; }));
}

TEST_CASE("A member that stood still for a session joins again only when a heartbeat was answered") {
  GroupBench bench(38, {.brokers = 1});
  fill(bench.client, "t", 4, 20);
  const ConsumerOptions options = with("cooperative-sticky");
  SimMember& old = bench.start("a", options);
  CHECK(bench.until([&] { return old.owned.size() == 4; }));
  SimMember& other = bench.start("b", consumer_protocol_options());
  CHECK(bench.until([&] { return old.owned.size() == 2 && other.owned.size() == 2; }));
  bench.client.world.pause("a");
  CHECK(bench.until([&] { return other.owned.size() == 4; }, 30s));
  // A group of both protocols takes the old id as that of a new member.
  CHECK_FALSE(old.consumer->rebalance("the test wants it"));
  bench.client.world.resume("a");
  CHECK(bench.until([&] { return !old.losses.empty(); }, 5s));
  CHECK(bench.until([&] { return old.owned.size() == 2 && other.owned.size() == 2; }));
}

TEST_CASE("A member that stood still while its SyncGroup was answered hears of no partitions before it has asked") {
  GroupBench bench(39, {.brokers = 1});
  fill(bench.client, "t", 4, 20);
  const bool in_time = GENERATE(false, true);
  SimMember& old = bench.add("a");
  devbroker::RequestLog& asked = bench.client.brokers->cluster().requests();
  old.consume();
  CHECK(bench.until([&] { return asked.count(ApiKey::sync_group) == 1; }));
  bench.client.world.pause("a");
  bench.run(in_time ? 2s : 8s);  // the session is 6 s
  if (!in_time) {
    SimMember& other = bench.start("b");
    CHECK(bench.until([&] { return other.owned.size() == 4; }, 30s));
  }
  bench.client.world.resume("a");
  CHECK(bench.until([&] { return !old.owned.empty(); }, 30s));
  CHECK(old.owned.size() == (in_time ? 4 : 2));
  CHECK(old.losses.empty());
  CHECK(bench.disjoint());
}

TEST_CASE("A static member that was forgotten while it gave partitions up has the group share out anew") {
  GroupBench bench(40, {.brokers = 1});
  fill(bench.client, "t", 4, 20);
  const ConsumerOptions options = with("cooperative-sticky");
  fill(bench.client, "u", 1, 20);
  SimMember& leader = bench.start("l", options, Topics("u"));
  CHECK(bench.until([&] { return leader.owned.size() == 1; }));
  ConsumerOptions of_static = options;
  of_static.group_instance_id = "i";
  SimMember& fixed = bench.start("i", of_static);
  CHECK(bench.until([&] { return fixed.owned.size() == 4; }));
  bench.run(5s);
  // It has to give two up for another member. It hears that nobody knows it, and joins again: it gets the part that was
  // left to it, and the group does not share out.
  bench.client.brokers->cluster().faults().add(ApiKey::sync_group).client("i").reply(Errc::unknown_member_id);
  SimMember& other = bench.start("o", options);
  CHECK(bench.until([&] { return !fixed.losses.empty(); }));
  CHECK(bench.until([&] { return fixed.owned.size() == 2 && other.owned.size() == 2; }, 20s));
  CHECK(bench.disjoint());
}
