// Members of groups by the protocol of KIP-848: what is their own. What holds for members of both protocols is in
// group_member_test.cpp.
#include "consumer_protocol_fixture.hpp"

using namespace kafka;
using namespace kafka::sim;
using namespace kafka::sim::consumer_protocol;
using namespace std::chrono_literals;

TEST_CASE("group() of a KIP-848 member: its id, its epoch, the assignor that it asks for, and what it owns") {
  GroupBench bench;
  fill(bench.client, "t", 3, 10);
  ConsumerOptions own = options();
  own.group_remote_assignor = "range";
  SimMember& a = bench.start("a", own);
  CHECK(a.consumer->group().state == GroupView::State::joining);
  CHECK(a.consumer->group().member_id.empty());
  CHECK(bench.until([&] { return a.owned.size() == 3; }));
  const GroupView view = a.consumer->group();
  CHECK(view.state == GroupView::State::stable);
  REQUIRE(members(bench).size() == 1);
  const auto& [id, member] = *members(bench).begin();
  CHECK(view.member_id == id);
  CHECK(view.generation == member.epoch);
  CHECK(view.assignor == "range");
  CHECK(member.assignor == "range");
  CHECK_FALSE(view.leader);
  CHECK(view.owned == Partitions{{"t", {0, 1, 2}}});
  a.close();
  CHECK(bench.until([&] { return a.closes == 1; }));
  CHECK(a.consumer->group().state == GroupView::State::away);
  CHECK(members(bench).empty());
}

TEST_CASE("A member that keeps its partitions reads on while others come and go, and hears nothing") {
  GroupBench bench;
  fill(bench.client, "t", 2, 10);
  SimMember& a = bench.start("a", options());
  SimMember& b = bench.start("b", options());
  CHECK(bench.until([&] { return a.owned.size() == 1 && b.owned.size() == 1; }));
  const auto told = a.journal;
  SimMember& c = bench.start("c", options());  // nothing is left for it
  bench.run(20s);
  CHECK(c.journal == std::vector<std::string>{"assigned "});
  CHECK(c.consumer->group().state == GroupView::State::stable);
  c.close();
  CHECK(bench.until([&] { return c.closes == 1; }));
  bench.run(20s);
  CHECK(a.journal == told);
  CHECK(b.owned.size() == 1);
}

TEST_CASE("A partition that moves with nothing open in it is without an owner for less than 0.3 s") {
  GroupBench bench;
  fill(bench.client, "t", 4, 10);
  SimMember& a = bench.start("a", options());
  CHECK(bench.until([&] { return all_stored(bench, 4, 10); }));
  bench.run(std::chrono::milliseconds(GENERATE(0, 700, 1900, 3300, 4900)));
  SimMember& b = bench.start("b", options());
  CHECK(bench.until([&] { return a.owned.size() == 2; }));
  CHECK(bench.until([&] { return b.owned.size() == 2; }, 300ms));
}

TEST_CASE("F3, F7: commits under an epoch that is out of date are sent again, and none fails") {
  const std::string version = GENERATE("3.9", "");
  GroupBench bench;
  REQUIRE_FALSE(brokers(bench).releases().as_version(version));
  fill(bench.client, "t", 4, 100);
  ConsumerOptions own = options();
  own.commit_mode = GENERATE(CommitMode::confirmed, CommitMode::pipelined);
  own.ordering = GENERATE(Ordering::partition, Ordering::unordered);
  SimMember& a = bench.start("a", own);
  CHECK(bench.until([&] { return a.got.size() > 5; }));
  fault(bench, ApiKey::offset_commit).always().delay(30ms);
  SimMember& b = bench.start("b", own);
  for (int round = 0; round < 100; ++round) {
    bench.run(100ms);
    fill(bench.client, "t", 4, 2);
  }
  CHECK(bench.until([&] { return all_stored(bench, 4, 300); }, 10min));
  CHECK(b.owned.size() == 2);
  CHECK_FALSE(a.failed_commits());
  CHECK_FALSE(b.failed_commits());
  CHECK(bench.all_once(4, 300));
}

TEST_CASE("F7: an offset that cannot be read because the epoch is out of date is asked for again, never reset") {
  GroupBench bench;
  fill(bench.client, "t", 2, 20);
  REQUIRE(brokers(bench).groups().offsets("g") == nullptr);
  for (int32_t p = 0; p < 2; ++p) brokers(bench).groups().commit("g", {"t", p}, {7, "", -1});
  ConsumerOptions own = options();
  own.auto_offset_reset = GENERATE(OffsetReset::latest, OffsetReset::none);
  fault(bench, ApiKey::offset_fetch).times(GENERATE(1, 5)).reply(Errc::stale_member_epoch);
  SimMember& a = bench.start("a", own);
  CHECK(bench.until([&] { return a.got.size() == 26; }, 20s));
  CHECK(a.got.front().offset == 7);
  CHECK(a.ends.empty());
  CHECK(a.count(Event::Type::partition_stopped) == 0);
}

TEST_CASE(
    "F23: an assignment that changes while partitions are given up waits; what comes back starts at the group's "
    "offset") {
  GroupBench bench;
  fill(bench.client, "t", 4, 20);
  ConsumerOptions own = options();
  own.ordering = Ordering::partition;
  SimMember& a = bench.add("a", own);
  a.keep();
  CHECK(bench.until([&] { return a.kept.size() == 4; }));
  SimMember& b = bench.start("b", own);
  CHECK(bench.until([&] { return a.consumer->group().state == GroupView::State::revoking; }));
  // Nobody needs the partitions any more.
  b.close();
  CHECK(bench.until([&] { return b.closes == 1; }));
  bench.run(6s);
  for (MessageEnvelope& envelope : a.kept) CHECK_FALSE(envelope.commit());
  a.kept.clear();
  CHECK(bench.until([&] { return a.owned.size() == 4; }, 20s));
  bench.run(1s);
  CHECK(a.consumer->group().state == GroupView::State::stable);
  CHECK(a.losses.empty());
  CHECK(a.kept.size() == 4);
  for (const MessageEnvelope& envelope : a.kept) CHECK(envelope.offset() == 1);
}

TEST_CASE("An assignment that takes more away while partitions are given up waits until they are given up") {
  GroupBench bench;
  fill(bench.client, "t", 4, 20);
  SimMember& a = bench.start("a", options());
  CHECK(bench.until([&] { return all_stored(bench, 4, 20); }));
  bench.run(10s);
  a.holds = true;
  const Uuid id = members(bench).begin()->second.assigned.begin()->first.topic;
  std::vector<int32_t> left{0, 1};
  distort(bench, [&](Response& response) { response.assignment = Response::Assignment{{{id, left}}}; });
  CHECK(bench.until([&] { return a.held.size() == 1; }));
  left = {0};
  bench.run(6s);
  CHECK(a.journal.back() == "revoked t/2 t/3");
  a.held.clear();
  CHECK(bench.until([&] { return a.held.size() == 1; }, 1s));
  CHECK(a.journal == std::vector<std::string>{"assigned t/0 t/1 t/2 t/3", "revoking t/2 t/3", "revoked t/2 t/3",
                                              "revoking t/1", "revoked t/1"});
  a.held.clear();
  distort_no_more(bench);
}

TEST_CASE("What was taken away before metadata knew its name is acknowledged, and others get it") {
  GroupBench bench;
  fill(bench.client, "t", 2, 10);
  ConsumerOptions own = options();
  own.allow_auto_create_topics = false;
  SimMember& a = bench.start("a", own, Topics("t", "later"));
  CHECK(bench.until([&] { return a.owned.size() == 2; }));
  fault(bench, ApiKey::metadata).client("a").topic("later").always().reply(Errc::unknown_topic_or_partition);
  fill(bench.client, "later", 4, 10);
  bench.run(6s);
  CHECK(a.owned.size() == 2);
  SimMember& b = bench.start("b", own, Topics("later"));
  CHECK(bench.until([&] { return b.owned.size() >= 2; }, 8s));
  bench.run(15s);
  CHECK(a.losses.empty());
  CHECK(members(bench).size() == 2);
}

TEST_CASE("A topic that is deleted and made anew while it is owned: the old one is given up, the new one read whole") {
  const net::Duration gap = GENERATE(0s, 1s, 12s);
  SimClientOptions client_options{.brokers = 1};
  client_options.session.metadata_max_age = GENERATE(1s, 5min);
  GroupBench bench(1, std::move(client_options));
  fill(bench.client, "t", 2, 20);
  ConsumerOptions own = options();
  own.allow_auto_create_topics = false;
  SimMember& a = bench.start("a", own);
  CHECK(bench.until([&] { return all_stored(bench, 2, 20); }));
  bench.run(2s);
  const size_t before = a.got.size();
  REQUIRE_FALSE(brokers(bench).topics().erase("t"));
  bench.run(gap);
  fill(bench.client, "t", 2, 30);
  CHECK(bench.until([&] { return a.got.size() >= before + 60; }, 60s));
  bench.run(10s);
  CHECK(a.got.size() == before + 60);
  CHECK(a.owned.size() == 2);
  CHECK(a.ends.empty());
  CHECK(all_stored(bench, 2, 30));
}

TEST_CASE("Heartbeats go on while partitions are given up for longer than a session") {
  GroupBench bench;
  fill(bench.client, "t", 2, 20);
  ConsumerOptions own = options();
  own.rebalance_timeout = 2min;
  own.ordering = Ordering::partition;
  SimMember& a = bench.add("a", own);
  a.keep();
  CHECK(bench.until([&] { return a.kept.size() == 2; }));
  SimMember& b = bench.start("b", own);
  bench.run(80s);
  CHECK(a.losses.empty());
  CHECK(a.consumer->group().state == GroupView::State::revoking);
  CHECK(b.owned.empty());
  for (MessageEnvelope& envelope : a.kept) CHECK_FALSE(envelope.commit());
  CHECK(bench.until([&] { return b.owned.size() == 1; }, 6s));
  CHECK(a.owned.size() == 1);
}

TEST_CASE("F22: a changed subscription is said at once") {
  GroupBench bench;
  fill(bench.client, "t", 2, 10);
  fill(bench.client, "u", 2, 10);
  SimMember& a = bench.start("a", options());
  bench.run(20s);
  CHECK_FALSE(a.consumer->subscribe(Topics("t", "u")));
  CHECK(bench.until([&] { return a.owned.size() == 4; }, 300ms));
}

TEST_CASE("rebalance() says everything anew, and the coordinator has nothing to change") {
  GroupBench bench;
  fill(bench.client, "t", 2, 10);
  SimMember& a = bench.start("a", options());
  CHECK(bench.until([&] { return a.owned.size() == 2; }));
  bench.run(10s);
  Fault& beats = fault(bench, ApiKey::consumer_group_heartbeat).always();
  CHECK_FALSE(a.consumer->rebalance("a test"));
  bench.run(200ms);
  CHECK(beats.hits() >= 1);
  bench.run(10s);
  CHECK(a.journal == std::vector<std::string>{"assigned t/0 t/1"});
}

TEST_CASE("A member that has nothing to say sends a heartbeat per interval, and the first seconds are bounded") {
  GroupBench bench;
  fill(bench.client, "t", 2, 10);
  Fault& beats = fault(bench, ApiKey::consumer_group_heartbeat).always();
  bench.start("a", options());
  bench.run(20s);
  CHECK(beats.hits() <= 100);
  const int begun = beats.hits();
  bench.run(50s);
  CHECK(beats.hits() - begun == 10);
}
