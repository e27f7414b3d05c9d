// Members of a consumer group: how they come, share, go, and are put out, and what becomes of partitions and envelopes.
#include "group_fixture.hpp"

using namespace kafka;
using namespace kafka::sim;
using namespace std::chrono_literals;

TEST_CASE("Members share the partitions, and every message is read once, whoever comes and goes") {
  const std::string assignor = GENERATE("range", "roundrobin", "sticky", "cooperative-sticky", "consumer");
  const std::string version = GENERATE("0.10", "0.11", "2.8", "3.9", "");
  CAPTURE(assignor, version);
  if (assignor == kConsumer && !version.empty() && version != "3.9") return;
  GroupBench bench(1, {.brokers = 3});
  REQUIRE_FALSE(bench.client.brokers->cluster().releases().as_version(version));
  fill(bench.client, "t", 6, 10);
  SimMember& a = bench.start("a", with(assignor));
  REQUIRE(bench.until([&] { return a.owned.size() == 6 || !a.ends.empty(); }));
  for (const Error& error : a.ends) FAIL(error.message());
  CHECK(a.consumer->group().state == GroupView::State::stable);
  CHECK(a.consumer->group().leader == (assignor != kConsumer));
  SimMember& b = bench.start("b", with(assignor));
  CHECK(bench.until([&] { return b.owned.size() == 3 && a.owned.size() == 3; }));
  fill(bench.client, "t", 6, 10);
  SimMember& c = bench.start("c", with(assignor));
  CHECK(bench.until([&] { return c.owned.size() == 2 && b.owned.size() == 2 && a.owned.size() == 2; }));
  CHECK(bench.disjoint());
  b.close();
  CHECK(bench.until([&] { return b.closes == 1 && a.owned.size() == 3 && c.owned.size() == 3; }));
  CHECK(b.owned.empty());
  fill(bench.client, "t", 6, 10);
  CHECK(bench.until([&] { return bench.deliveries().size() == 6 * 30; }));
  bench.run(5s);
  CHECK(bench.all_once(6, 30));
  for (int32_t p = 0; p < 6; ++p) CHECK(bench.stored(p) == 30);
  for (const auto& member : bench.members) CHECK_FALSE(member->failed_commits());
  CHECK(a.losses.empty());
}

TEST_CASE(
    "F1: a partition that goes is drained: open envelopes may be answered and are stored, then the next owner reads "
    "on") {
  const std::string assignor = GENERATE("range", "cooperative-sticky", "consumer");
  GroupBench bench;
  fill(bench.client, "t", 2, 20);
  ConsumerOptions options = with(assignor);
  options.ordering = Ordering::partition;
  SimMember& a = bench.add("a", options);
  a.keep();
  CHECK(bench.until([&] { return a.kept.size() == 2; }));
  SimMember& b = bench.start("b", options);
  bench.run(3s);
  CHECK(b.owned.empty());
  CHECK(a.time_left > 6s);
  CHECK(a.time_left <= 8s);
  REQUIRE(a.kept.size() == 2);  // nothing more is dispatched of what goes
  for (MessageEnvelope& envelope : a.kept) {
    CHECK_FALSE(envelope.commit({}, [&](Error error) { a.outcomes.push_back(std::move(error)); }));
  }
  CHECK(bench.until([&] { return b.owned.size() == 1; }, 2s));
  CHECK(a.outcomes.size() == 2);
  CHECK_FALSE(a.failed_commits());
  CHECK(bench.until([&] { return b.got.size() == 19; }));
  CHECK(b.got.front().offset == 1);
}

TEST_CASE("F1: an envelope that stays open is lost when the time is up, and the next owner reads it again") {
  const std::string assignor = GENERATE("range", "cooperative-sticky", "consumer");
  GroupBench bench;
  fill(bench.client, "t", 2, 20);
  ConsumerOptions options = with(assignor);
  options.ordering = Ordering::partition;
  options.revoke_timeout = 2s;
  SimMember& a = bench.add("a", options);
  a.keep();
  CHECK(bench.until([&] { return a.kept.size() == 2; }));
  SimMember& b = bench.start("b", options);
  CHECK(bench.until([&] { return b.owned.size() == 1; }, 5s));
  const auto [topic, number] = *b.owned.begin();
  for (MessageEnvelope& envelope : a.kept) {
    const bool gone = assignor == "range" || envelope.partition() == number;
    if (gone) CHECK(envelope.commit() == Errc::lost);
  }
  CHECK(bench.until([&] { return b.got.size() == 20; }));
  CHECK(b.got.front().offset == 0);
}

TEST_CASE(
    "F2: after a stall that is longer than a session nothing is dispatched or stored before a heartbeat was answered") {
  const ConsumerOptions options = with(GENERATE("range", "consumer"));
  GroupBench bench;
  fill(bench.client, "t", 2, 1000);
  SimMember& a = bench.start("a", options);
  SimMember& b = bench.add("b", options);
  CHECK(bench.until([&] { return a.got.size() > 5; }));
  bench.client.world.pause("a");
  b.consume();
  CHECK(bench.until([&] { return b.owned.size() == 2; }, 60s));
  const size_t before = a.got.size();
  CHECK(bench.until([&] { return bench.stored(0) == 1000 && bench.stored(1) == 1000; }));
  bench.client.world.resume("a");
  CHECK(bench.until([&] { return !a.losses.empty(); }));
  CHECK(a.got.size() == before);
  bench.run(5s);
  CHECK(bench.stored(0) == 1000);
  CHECK(bench.stored(1) == 1000);
  CHECK(bench.owned() == 2);
  CHECK(bench.disjoint());
}

TEST_CASE("F3: commits of partitions that stay are kept while the group shares out, and are stored then") {
  GroupBench bench;
  fill(bench.client, "t", 4, 120);
  ConsumerOptions options = with("cooperative-sticky");
  options.commit_mode = GENERATE(CommitMode::confirmed, CommitMode::pipelined);
  options.ordering = GENERATE(Ordering::consumer, Ordering::partition, Ordering::unordered);
  SimMember& a = bench.start("a", options);
  CHECK(bench.until([&] { return a.got.size() > 20; }));
  // The leader of the group takes long: SyncGroup comes late, and until then no commit is accepted.
  bench.client.brokers->cluster().faults().add(ApiKey::metadata).times(3).delay(1s);
  bench.start("b", options);
  CHECK(bench.until([&] { return bench.deliveries().size() == 4 * 120; }));
  bench.run(3s);
  CHECK(bench.all_once(4, 120));
  CHECK_FALSE(a.failed_commits());
  for (int32_t p = 0; p < 4; ++p) CHECK(bench.stored(p) == 120);
}

TEST_CASE("F3: a commit that is refused although the group has settled is sent again after a pause") {
  GroupBench bench;
  fill(bench.client, "t", 1, 20);
  SimMember& a = bench.start("a");
  CHECK(bench.until([&] { return a.owned.size() == 1; }));
  bench.client.brokers->cluster().faults().add(ApiKey::offset_commit).times(3).reply(Errc::rebalance_in_progress);
  const net::TimePoint begun = a.reactor.now();
  CHECK(bench.until([&] { return bench.stored(0) == 20; }));
  CHECK(a.reactor.now() - begun < 3s);
  CHECK_FALSE(a.failed_commits());
}

TEST_CASE("F3: a refusal that comes behind the assignment holds no commit up") {
  GroupBench bench;
  fill(bench.client, "t", 2, 400);
  ConsumerOptions options = with("cooperative-sticky");
  SimMember& a = bench.start("a", options);
  CHECK(bench.until([&] { return a.got.size() > 5; }));
  // Every answer to a commit takes a while, the answer to SyncGroup does not.
  bench.client.brokers->cluster().faults().add(ApiKey::offset_commit).always().delay(30ms);
  bench.start("b", options);
  CHECK(bench.until([&] { return bench.stored(0) == 400 && bench.stored(1) == 400; }, 5min));
  net::Duration longest{};
  for (size_t i = 1; i < a.got.size(); ++i) longest = std::max(longest, a.got[i].at - a.got[i - 1].at);
  CHECK(longest < 1s);
}

TEST_CASE("F8: what was fetched of a partition that goes is not delivered any more") {
  const ConsumerOptions options = with(GENERATE("cooperative-sticky", "consumer"));
  GroupBench bench;
  fill(bench.client, "t", 2, 400);
  SimMember& a = bench.add("a", options);
  a.keep();
  CHECK(bench.until([&] { return a.kept.size() == 1; }));
  SimMember& b = bench.start("b", options);
  bench.run(6s);
  CHECK_FALSE(a.kept.front().commit());
  a.kept.clear();
  CHECK(bench.until([&] { return b.owned.size() == 1; }));
  bench.run(2s);
  CHECK(bench.disjoint());  // SimMember checks each message
}

TEST_CASE("F9: members that join and leave all the time: nothing is skipped, and little is read twice") {
  const std::string assignor = GENERATE("range", "cooperative-sticky", "consumer");
  GroupBench bench;
  fill(bench.client, "t", 6, 60);
  bench.start("base", with(assignor));
  for (int round = 0; round < 20; ++round) {
    SimMember& guest = bench.start("guest" + std::to_string(round), with(assignor));
    bench.run(200ms);
    if (round % 3 == 0) {
      guest.close();
    } else if (round % 3 == 1) {
      bench.client.world.kill_host("guest" + std::to_string(round));
    }
  }
  CHECK(bench.until(
      [&] {
        for (int32_t p = 0; p < 6; ++p) {
          if (bench.stored(p) != 60) return false;
        }
        return true;
      },
      5min));
  CHECK(bench.deliveries().size() == 6 * 60);
}

TEST_CASE("F10: a static member that restarts within its session gets its partitions back without a rebalance") {
  GroupBench bench;
  fill(bench.client, "t", 4, 10);
  ConsumerOptions options = with(GENERATE("range", "consumer"));
  SimMember& a = bench.start("a", options);
  options.group_instance_id = "one";
  SimMember& b = bench.start("b", options);
  CHECK(bench.until([&] { return a.owned.size() == 2 && b.owned.size() == 2; }));
  const auto before = b.owned;
  const size_t told = a.journal.size();
  b.close();
  CHECK(bench.until([&] { return b.closes == 1; }));
  SimMember& again = bench.start("again", options);
  CHECK(bench.until([&] { return again.owned == before; }, 10s));
  bench.run(3s);
  CHECK(a.journal ==
        std::vector<std::string>(a.journal.begin(), a.journal.begin() + static_cast<std::ptrdiff_t>(told)));
}

TEST_CASE("F10: of two members with one instance id the older one is fenced, and does not come back") {
  GroupBench bench;
  fill(bench.client, "t", 2, 10);
  ConsumerOptions options = with("range");
  options.group_instance_id = "one";
  SimMember& a = bench.start("a", options);
  CHECK(bench.until([&] { return a.owned.size() == 2; }));
  SimMember& b = bench.start("b", options);
  CHECK(bench.until([&] { return b.owned.size() == 2 && !a.ends.empty(); }));
  CHECK(a.ends.front() == Errc::fenced_instance_id);
  CHECK(a.consumer->group().state == GroupView::State::failed);
  CHECK(a.owned.empty());
  bench.run(20s);
  CHECK(b.owned.size() == 2);
  CHECK(b.losses.empty());
}

TEST_CASE("F11: a coordinator that is away costs time and nothing else") {
  GroupBench bench(1, {.brokers = 3});
  fill(bench.client, "t", 3, 10);
  const std::string protocol = GENERATE("cooperative-sticky", "consumer");
  ConsumerOptions options = with(protocol);
  if (protocol != kConsumer) options.session_timeout = 45s;
  SimMember& a = bench.start("a", options);
  CHECK(bench.until([&] { return a.owned.size() == 3; }));
  const int32_t coordinator = bench.client.brokers->cluster().coordinators().of("g");
  bench.client.brokers->kill(coordinator);
  fill(bench.client, "t", 3, 10);
  CHECK(bench.until([&] { return bench.deliveries().size() == 60; }));
  CHECK(bench.until([&] { return bench.stored(0) == 20 && bench.stored(1) == 20 && bench.stored(2) == 20; }));
  CHECK(a.owned.size() == 3);
}

TEST_CASE("F13: heartbeats whose answers are lost change nothing") {
  GroupBench bench;
  fill(bench.client, "t", 2, 10);
  const std::string protocol = GENERATE("range", "consumer");
  SimMember& a = bench.start("a", with(protocol));
  CHECK(bench.until([&] { return a.owned.size() == 2; }));
  const ApiKey heartbeat = protocol == kConsumer ? ApiKey::consumer_group_heartbeat : ApiKey::heartbeat;
  bench.client.brokers->cluster().faults().add(heartbeat).times(2).drop_response();
  bench.client.brokers->cluster().faults().add(heartbeat).times(2).close_after();
  bench.run(40s);
  CHECK(a.journal == std::vector<std::string>{"assigned t/0 t/1"});
}

TEST_CASE("F14: a member leaves in time although its coordinator is away") {
  GroupBench bench(1, {.brokers = 1});
  fill(bench.client, "t", 2, 10);
  SimMember& a = bench.start("a", with(GENERATE("range", "consumer")));
  CHECK(bench.until([&] { return a.owned.size() == 2; }));
  bench.run(1s);
  bench.client.brokers->kill(1);
  a.close();
  CHECK(bench.until([&] { return a.closes == 1; }, 31s));
}

TEST_CASE("F14: a member that never found its coordinator is closed at once") {
  GroupBench bench;
  fill(bench.client, "t", 2, 10);
  bench.client.brokers->kill(1);
  SimMember& a = bench.start("a", with(GENERATE("range", "consumer")));
  bench.run(3s);
  a.close();
  CHECK(bench.until([&] { return a.closes == 1; }, 1s));
}

TEST_CASE("F16: a group that falls back to an eager assignor takes everything first") {
  GroupBench bench;
  fill(bench.client, "t", 4, 50);
  SimMember& a = bench.start("a", with("cooperative-sticky,range"));
  SimMember& b = bench.start("b", with("cooperative-sticky,range"));
  CHECK(bench.until([&] { return a.owned.size() == 2 && b.owned.size() == 2; }));
  CHECK(a.consumer->group().assignor == "cooperative-sticky");
  SimMember& old = bench.start("old", with("range"));
  CHECK(bench.until([&] { return bench.owned() == 4 && !old.owned.empty(); }));
  CHECK(a.consumer->group().assignor == "range");
  CHECK(bench.disjoint());
  CHECK(bench.until([&] { return bench.deliveries().size() == 4 * 50; }));
}

TEST_CASE(
    "F20: an envelope that stays open too long makes the member leave; when it is answered the member comes back") {
  GroupBench bench;
  fill(bench.client, "t", 2, 10);
  ConsumerOptions options = with(GENERATE("range", "consumer"));
  options.max_poll_interval = 10s;
  SimMember& a = bench.add("a", options);
  a.keep();
  CHECK(bench.until([&] { return a.kept.size() == 1; }));
  SimMember& b = bench.add("b", options);
  CHECK(bench.until([&] { return a.count(Event::Type::member_slow) == 1; }, 6s));
  CHECK(a.losses.empty());
  CHECK(bench.until([&] { return a.count(Event::Type::member_suspended) == 1; }, 6s));
  CHECK(bench.until([&] { return a.losses.size() == 1; }));
  CHECK(a.losses.front() == Errc::stalled);
  CHECK(a.consumer->group().state == GroupView::State::suspended);
  b.consume();
  CHECK(bench.until([&] { return b.owned.size() == 2 && b.got.size() == 20; }, 5s));
  CHECK(a.kept.front().commit() == Errc::lost);
  CHECK(bench.until([&] { return a.owned.size() == 1 && b.owned.size() == 1; }, 10s));
  CHECK(a.count(Event::Type::member_slow) == 1);
}

TEST_CASE("F20: a member that owns partitions and does not consume leaves, and joins with the next consumption") {
  GroupBench bench;
  fill(bench.client, "t", 2, 10);
  ConsumerOptions options = with(GENERATE("range", "consumer"));
  options.max_poll_interval = 10s;
  SimMember& a = bench.add("a", options);
  a.consumer->consume(1, [](MessageEnvelope envelope) { envelope.commit(); }, {});
  CHECK(bench.until([&] { return a.count(Event::Type::member_suspended) == 1; }, 30s));
  CHECK(a.owned.empty());
  a.consume();
  CHECK(bench.until([&] { return a.owned.size() == 2 && bench.stored(0) == 10 && bench.stored(1) == 10; }));
}

TEST_CASE("F22: a subscription that changes while the member joins counts in the next round") {
  GroupBench bench;
  fill(bench.client, "t", 2, 10);
  fill(bench.client, "u", 2, 10);
  const std::string protocol = GENERATE("range", "consumer");
  const ApiKey join = protocol == kConsumer ? ApiKey::consumer_group_heartbeat : ApiKey::join_group;
  bench.client.brokers->cluster().faults().add(join).delay(1s);
  SimMember& a = bench.start("a", with(protocol));
  bench.run(500ms);
  CHECK(a.owned.empty());
  CHECK_FALSE(a.consumer->subscribe(Topics("t", "u")));
  CHECK(bench.until([&] { return a.owned.size() == 4; }));
  CHECK_FALSE(a.consumer->subscribe(Topics("u")));
  CHECK(bench.until([&] { return a.owned.size() == 2; }));
  CHECK(a.owned.begin()->first == "u");
}

TEST_CASE("F23: a partition that is taken and given back in one round starts at the group's offset") {
  GroupBench bench;
  fill(bench.client, "t", 2, 10);
  SimMember& a = bench.start("a", with("range"));
  CHECK(bench.until([&] { return bench.stored(0) == 10 && bench.stored(1) == 10; }));
  CHECK_FALSE(a.consumer->rebalance("a test"));
  CHECK(bench.until([&] { return a.journal.size() == 4 && a.owned.size() == 2; }, 5s));
  fill(bench.client, "t", 2, 10);
  CHECK(bench.until([&] { return bench.stored(0) == 20 && bench.stored(1) == 20; }));
  CHECK(bench.all_once(2, 20));
}

TEST_CASE("Topics that grow, and topics that are made later, are noticed and shared") {
  const std::string protocol = GENERATE("range", "consumer");
  SimClientOptions options{.brokers = 1};
  options.session.metadata_max_age = 5s;
  GroupBench bench(1, std::move(options));
  fill(bench.client, "t", 2, 10);
  ConsumerOptions own = with(protocol);
  own.allow_auto_create_topics = false;
  SimMember& a = bench.start("a", own, Topics("t", "later"));
  SimMember& b = bench.start("b", own, Topics("t", "later"));
  CHECK(bench.until([&] { return a.owned.size() == 1 && b.owned.size() == 1; }));
  fill(bench.client, "later", 4, 10);
  CHECK(bench.until([&] { return a.owned.size() == 3 && b.owned.size() == 3; }, 20s));
  REQUIRE_FALSE(bench.client.brokers->cluster().topics().grow("t", 4));
  CHECK(bench.until([&] { return a.owned.size() == 4 && b.owned.size() == 4; }, 20s));
}

TEST_CASE("A seek in on_assigned wins over the group's offset") {
  GroupBench bench;
  fill(bench.client, "t", 1, 20);
  SimMember& a = bench.add("a", with(GENERATE("range", "consumer")));
  a.consumer->on_assigned([&](const Partitions& fresh) {
    for (const auto& place : SimMember::places(fresh)) a.owned.insert(place);
    CHECK_FALSE(a.consumer->seek({"t", 0, 15}));
  });
  a.consume();
  CHECK(bench.until([&] { return a.got.size() == 5; }));
  CHECK(a.got.front().offset == 15);
}

TEST_CASE("The group waits for a Revocation that is held, up to 90 % of the rebalance timeout") {
  GroupBench bench;
  fill(bench.client, "t", 2, 10);
  const bool released = GENERATE(true, false);
  const std::string protocol = GENERATE("range", "consumer");
  const ConsumerOptions options = with(protocol);
  SimMember& a = bench.start("a", options);
  a.holds = true;
  CHECK(bench.until([&] { return a.owned.size() == 2; }));
  SimMember& b = bench.start("b", options);
  CHECK(bench.until([&] { return a.held.size() == 1; }));
  bench.run(3s);
  CHECK(b.owned.empty());
  if (released) {
    a.held.front().release();
    CHECK(bench.until([&] { return b.owned.size() == 1; }, 2s));
  } else {
    // With KIP-848 the other member hears of it with its next heartbeat.
    CHECK(bench.until([&] { return b.owned.size() == 1; }, protocol == kConsumer ? 12s : 7s));
  }
  CHECK(a.losses.empty());
}

TEST_CASE("A Revocation is held up to 90 % of the session where JoinGroup has no rebalance timeout") {
  GroupBench bench;
  REQUIRE_FALSE(bench.client.brokers->cluster().releases().as_version("0.9"));
  fill(bench.client, "t", 2, 10);
  ConsumerOptions options = member_options();
  options.rebalance_timeout = 60s;
  SimMember& a = bench.start("a", options);
  a.holds = true;
  CHECK(bench.until([&] { return a.owned.size() == 2; }));
  SimMember& b = bench.start("b", options);
  CHECK(bench.until([&] { return a.held.size() == 1; }));
  bench.run(4s);
  CHECK(b.owned.empty());
  // The session is 6 s. Then the group would go on without the member that holds it.
  CHECK(bench.until([&] { return b.owned.size() == 1 && a.owned.size() == 1; }, 1800ms));
}

TEST_CASE("Close in the middle of a join: the group does not wait for a member that is gone") {
  GroupBench bench;
  fill(bench.client, "t", 2, 10);
  const ConsumerOptions options = with(GENERATE("range", "consumer"));
  SimMember& a = bench.start("a", options);
  CHECK(bench.until([&] { return a.owned.size() == 2; }));
  SimMember& b = bench.start("b", options);
  const int when = GENERATE(0, 1, 2, 5, 20, 50, 200, 490, 500, 510, 700);
  bench.run(std::chrono::milliseconds(when));
  b.close();
  CHECK(bench.until([&] { return b.closes == 1; }, 2s));
  CHECK(bench.until([&] { return a.owned.size() == 2 && a.consumer->group().state == GroupView::State::stable; }, 3s));
  bench.run(7s);
  CHECK(a.owned.size() == 2);
  CHECK(a.losses.empty());
}

TEST_CASE("Close as the leader in the middle of a rebalance: the others go on") {
  GroupBench bench;
  fill(bench.client, "t", 4, 10);
  SimMember& a = bench.start("a", with("range"));
  SimMember& b = bench.start("b", with("range"));
  CHECK(bench.until([&] { return bench.owned() == 4 && b.owned.size() == 2; }));
  SimMember& leader = a.consumer->group().leader ? a : b;
  SimMember& other = &leader == &a ? b : a;
  bench.client.brokers->cluster().faults().add(ApiKey::metadata).times(2).delay(2s);
  bench.start("c", with("range"));
  bench.run(std::chrono::milliseconds(GENERATE(100, 400, 600, 800, 1500)));
  leader.close();
  CHECK(bench.until([&] { return leader.closes == 1; }, 12s));
  CHECK(bench.until([&] { return other.owned.size() == 2 && bench.owned() == 4; }, 20s));
}

TEST_CASE("Close while SyncGroup is under way: what the member keeps is given up once") {
  GroupBench bench;
  fill(bench.client, "t", 4, 20);
  const ConsumerOptions options = with("cooperative-sticky");
  SimMember& a = bench.start("a", options);
  REQUIRE(bench.until([&] { return a.owned.size() == 4; }));
  bench.client.brokers->cluster().faults().add(ApiKey::sync_group).always().delay(300ms);
  SimMember& b = bench.start("b", options);
  REQUIRE(bench.until([&] { return a.consumer->group().state == GroupView::State::joining; }));
  bench.run(100ms);  // the answer to JoinGroup has come
  CHECK(a.owned.size() == 4);
  a.holds = true;
  a.close();
  bench.run(1s);  // the answer to SyncGroup comes while the Revocation is held
  CHECK(a.journal ==
        std::vector<std::string>{"assigned t/0 t/1 t/2 t/3", "revoking t/0 t/1 t/2 t/3", "revoked t/0 t/1 t/2 t/3"});
  a.held.clear();
  REQUIRE(bench.until([&] { return a.closes == 1 && b.owned.size() == 4; }));
}

TEST_CASE("A member with no assignor in common is told so, with both sides' names") {
  GroupBench bench;
  fill(bench.client, "t", 2, 10);
  SimMember& a = bench.start("a", with("range"));
  CHECK(bench.until([&] { return a.owned.size() == 2; }));
  SimMember& b = bench.start("b", with("sticky"));
  CHECK(bench.until([&] { return !b.ends.empty(); }));
  CHECK(b.ends.front() == Errc::inconsistent_group_protocol);
  CHECK_THAT(b.ends.front().message(), Catch::Contains("sticky"));
  CHECK(a.owned.size() == 2);
}

TEST_CASE("Brokers without groups are named as the reason") {
  GroupBench bench;
  REQUIRE_FALSE(bench.client.brokers->cluster().releases().as_version("0.8.2"));
  fill(bench.client, "t", 1, 1);
  SimMember& a = bench.start("a");
  CHECK(bench.until([&] { return !a.ends.empty(); }));
  CHECK(a.ends.front() == Errc::unsupported_feature);
  CHECK_THAT(a.ends.front().message(), Catch::Contains("0.9"));
}

TEST_CASE("Two members of one session share, each by a connection of its own") {
  SimClient client(1, {.brokers = 1});
  fill(client, "t", 2, 20);
  Recorder first, second;
  const ConsumerOptions options = with(GENERATE("range", "consumer"));
  Consumer a(*client.session, "g", Topics("t"), options);
  Consumer b(*client.session, "g", Topics("t"), options);
  a.consume(first.commit(), first.end());
  b.consume(second.commit(), second.end());
  CHECK(client.until([&] { return a.partitions().size() == 1 && b.partitions().size() == 1; }));
  CHECK(client.until([&] { return first.got.size() + second.got.size() == 40; }));
  int closed = 0;
  a.close([&] { ++closed; });
  b.close([&] { ++closed; });
  CHECK(client.until([&] { return closed == 2; }));
  client.close();
}

TEST_CASE("Calls for members are refused to other consumers, and braces still mean fixed partitions") {
  SimClient client(1, {.brokers = 1});
  fill(client, "t", 1, 1);
  Consumer fixed(*client.session, "g", {{"t", {0}}});
  CHECK(fixed.partitions() == Partitions{{"t", {0}}});
  CHECK(fixed.subscribe(Topics("t")) == Errc::invalid_argument);
  CHECK(fixed.rebalance("why") == Errc::invalid_argument);
  CHECK(fixed.group().state == GroupView::State::away);
  Consumer member(*client.session, "g", Topics("t"));
  CHECK(member.subscribe(Topics(std::vector<std::string>())) == Errc::invalid_argument);
  CHECK(member.rebalance("too early") == Errc::invalid_argument);
  client.close();
}

TEST_CASE("KIP-848: a topic that is made anew is not read before the group has assigned its partitions") {
  GroupBench bench(35, {.brokers = 2});
  devbroker::Cluster& cluster = bench.client.brokers->cluster();
  fill(bench.client, "t", 1, 4);
  REQUIRE_FALSE(cluster.leaders().move("t", 0, 1));
  REQUIRE_FALSE(cluster.coordinators().move("g", 2));
  SimMember& member = bench.add("a", consumer_protocol_options());
  member.consume(false);
  CHECK(bench.until([&] { return member.got.size() == 4; }));
  bench.client.brokers->pause(2);  // the coordinator: another member may have been given the new partitions
  REQUIRE_FALSE(cluster.topics().erase("t"));
  fill(bench.client, "t", 1, 4);
  REQUIRE_FALSE(cluster.leaders().move("t", 0, 1));
  CHECK(bench.until([&] { return member.count(Event::Type::topic_recreated) == 1; }));
  bench.run(3s);
  CHECK(member.got.size() == 4);
  bench.client.brokers->resume(2);
  CHECK(bench.until([&] { return member.got.size() == 8; }));
}

// The member knows no position yet, and so has read nothing that could show that the topic is another one.
TEST_CASE("KIP-848: a topic that is made anew before its first position is known is not read either") {
  SimClientOptions options{.brokers = 2};
  options.session.metadata_max_age = 1s;
  GroupBench bench(36, options);
  devbroker::Cluster& cluster = bench.client.brokers->cluster();
  fill(bench.client, "t", 1, 4);
  cluster.faults().add(ApiKey::offset_fetch).always().reply(Errc::coordinator_load_in_progress);
  SimMember& member = bench.add("a", consumer_protocol_options());
  member.consume(false);
  REQUIRE(bench.until([&] { return member.owned.size() == 1; }));
  cluster.faults().add(ApiKey::consumer_group_heartbeat).always().reply(Errc::coordinator_load_in_progress);
  REQUIRE_FALSE(cluster.topics().erase("t"));
  fill(bench.client, "t", 1, 4);
  bench.run(1500ms);  // metadata tells of the new topic
  cluster.faults().clear();
  cluster.faults().add(ApiKey::consumer_group_heartbeat).always().reply(Errc::coordinator_load_in_progress);
  bench.run(5s);
  CHECK(member.got.empty());
  cluster.faults().clear();
  CHECK(bench.until([&] { return member.got.size() == 4; }));
}
