// Members of groups by the protocol of KIP-848: what is their own. What holds for members of both protocols is in
// group_member_test.cpp.
#include "devbroker/consumer_group.hpp"
#include "devbroker/group_coordinator.hpp"
#include "group_fixture.hpp"
#include "protocol/consumer_group_heartbeat.hpp"

using namespace kafka;
using namespace kafka::sim;
using namespace std::chrono_literals;

namespace {

using Response = protocol::ConsumerGroupHeartbeatResponse;

ConsumerOptions options() { return consumer_protocol_options(); }

devbroker::Cluster& brokers(GroupBench& bench) { return bench.client.brokers->cluster(); }

Fault& fault(GroupBench& bench, ApiKey api) { return brokers(bench).faults().add(api); }

// Changes each answer to a heartbeat.
void distort(GroupBench& bench, std::function<void(Response&)> change) {
  brokers(bench).faults().set_distortion([change = std::move(change)](int32_t, ApiKey api, int16_t, void* response) {
    if (api == ApiKey::consumer_group_heartbeat) change(*static_cast<Response*>(response));
  });
}
void distort_no_more(GroupBench& bench) { brokers(bench).faults().set_distortion({}); }

// The members as the coordinator knows them.
const devbroker::ConsumerRoster::Members& members(GroupBench& bench) {
  const int32_t broker = brokers(bench).coordinators().of("g");
  return brokers(bench).group_coordinator().find_consumer(broker, "g")->roster().members();
}

bool all_stored(GroupBench& bench, int32_t partitions, int64_t count) {
  for (int32_t p = 0; p < partitions; ++p) {
    if (bench.stored(p) != count) return false;
  }
  return true;
}

}  // namespace

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

TEST_CASE("F2: who cannot reach the coordinator for three heartbeats dispatches and stores nothing before an answer") {
  GroupBench bench;
  fill(bench.client, "t", 2, 100000);
  ConsumerOptions own = options();
  own.fetch_memory = 65536;  // most of it comes later
  SimMember& a = bench.add("a", own);
  a.consumer->consume(
      [&](MessageEnvelope envelope) {  // two a millisecond
        a.note(envelope);
        a.kept.push_back(std::move(envelope));
      },
      {});
  const auto answer = [&](net::Duration time) {
    const net::TimePoint end = bench.client.reactor.now() + time;
    while (bench.client.reactor.now() < end) {
      bench.run(1ms);
      for (MessageEnvelope& envelope : std::exchange(a.kept, {})) envelope.ack();
    }
  };
  answer(8s);
  CHECK(a.got.size() > 5);
  bench.client.world.pause("a");
  bench.run(16s);
  bench.client.world.resume("a");
  const size_t before = a.got.size();
  fault(bench, ApiKey::consumer_group_heartbeat).times(1).delay(1s);
  answer(900ms);
  CHECK(a.got.size() == before);
  answer(1s);
  CHECK(a.got.size() > before + 5);
  CHECK(a.losses.empty());
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

TEST_CASE(
    "F7: a commit that is refused with the newest epoch makes the member ask for a newer one, and is sent again") {
  GroupBench bench;
  fill(bench.client, "t", 1, 20);
  SimMember& a = bench.start("a", options());
  CHECK(bench.until([&] { return a.owned.size() == 1; }));
  bench.run(10s);
  Fault& beats = fault(bench, ApiKey::consumer_group_heartbeat).always();
  fault(bench, ApiKey::offset_commit).times(3).reply(Errc::stale_member_epoch);
  fill(bench.client, "t", 1, 20);
  const net::TimePoint begun = a.reactor.now();
  CHECK(bench.until([&] { return bench.stored(0) == 40; }));
  CHECK(a.reactor.now() - begun < 3s);
  CHECK(beats.hits() > 0);
  CHECK_FALSE(a.failed_commits());
  CHECK(a.losses.empty());
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

TEST_CASE("F12: answers that make no sense are corrected field by field") {
  GroupBench bench;
  fill(bench.client, "t", 4, 20);
  SimMember& a = bench.add("a", options());
  SECTION("partitions that are named twice") {
    distort(bench, [](Response& response) {
      if (!response.assignment) return;
      auto& topics = response.assignment->topic_partitions;
      const auto once = topics;
      topics.insert(topics.end(), once.begin(), once.end());
      for (auto& topic : topics) topic.partitions.insert(topic.partitions.end(), {topic.partitions[0], -5});
    });
    a.consume();
    CHECK(bench.until([&] { return all_stored(bench, 4, 20); }));
  }
  SECTION("no interval, or one that is absurd") {
    const int32_t interval = GENERATE(0, -1, 1, INT32_MAX);
    distort(bench, [interval](Response& response) { response.heartbeat_interval_ms = interval; });
    a.consume();
    CHECK(bench.until([&] { return a.owned.size() == 4; }));
    bench.run(20s);
    Fault& beats = fault(bench, ApiKey::consumer_group_heartbeat).always();
    bench.run(20s);
    const int most = 20 * 20 + 1;  // one in 50 ms
    CHECK(beats.hits() <= (interval == 1 ? most : 5));
    CHECK((beats.hits() > 0 || interval == INT32_MAX));
    bench.run(interval == INT32_MAX ? 20min : 0s);  // no longer than that
    CHECK(beats.hits() > 0);
  }
  SECTION("epoch -1 in the answer of a member") {
    a.consume();
    CHECK(bench.until([&] { return a.owned.size() == 4; }));
    const int32_t epoch = a.consumer->group().generation;
    distort(bench, [](Response& response) { response.member_epoch = -1; });
    bench.run(20s);
    distort_no_more(bench);
    CHECK(a.consumer->group().generation == epoch);
    CHECK(a.losses.empty());
  }
  SECTION("epoch -1 in the answer to a join") {
    int left = 3;
    distort(bench, [&left](Response& response) {
      CHECK(response.member_epoch != -1);  // nobody leaves
      if (left-- > 0) response.member_epoch = -1;
    });
    a.consume();
    CHECK(bench.until([&] { return all_stored(bench, 4, 20); }));
    CHECK(members(bench).size() == 1);
  }
  SECTION("a topic that nobody knows") {
    distort(bench, [](Response& response) {
      if (response.assignment) response.assignment->topic_partitions.push_back({Uuid{{9, 9}}, {0, 1}});
    });
    a.consume();
    CHECK(bench.until([&] { return all_stored(bench, 4, 20); }));
    Fault& metadata = fault(bench, ApiKey::metadata).always();
    bench.run(20s);
    CHECK(a.owned.size() == 4);
    CHECK(metadata.hits() >= 5);   // it is asked for
    CHECK(metadata.hits() <= 40);  // with a pause
  }
  distort_no_more(bench);
  CHECK(bench.until([&] { return all_stored(bench, 4, 20); }));
  CHECK(a.ends.empty());
  CHECK(bench.all_once(4, 20));
}

TEST_CASE("F12: topics whose ids metadata does not know yet are taken as soon as it does, the others at once") {
  GroupBench bench;
  fill(bench.client, "t", 2, 10);
  ConsumerOptions own = options();
  own.allow_auto_create_topics = false;
  SimMember& a = bench.start("a", own, Topics("t", "later"));
  CHECK(bench.until([&] { return a.owned.size() == 2; }));
  fault(bench, ApiKey::metadata).times(8).reply(Errc::unknown_topic_or_partition);
  fill(bench.client, "later", 2, 10);
  bench.run(5s);
  CHECK(a.owned.size() == 2);
  CHECK(bench.until([&] { return a.owned.size() == 4; }, 30s));
  bench.run(10s);
  CHECK(a.losses.empty());
  CHECK(members(bench).begin()->second.assigned.size() == 4);
}

TEST_CASE("F13: a join whose answer is lost makes no second member") {
  const std::string version = GENERATE("3.9", "");
  GroupBench bench;
  REQUIRE_FALSE(brokers(bench).releases().as_version(version));
  fill(bench.client, "t", 2, 10);
  if (GENERATE(true, false)) {
    fault(bench, ApiKey::consumer_group_heartbeat).times(2).close_after();
  } else {
    fault(bench, ApiKey::consumer_group_heartbeat).times(2).drop_response();
  }
  SimMember& a = bench.start("a", options());
  CHECK(bench.until([&] { return a.owned.size() == 2; }, 40s));
  CHECK(members(bench).size() == 1);
  CHECK(bench.until([&] { return all_stored(bench, 2, 10); }));
}

TEST_CASE("F13: an answer with a new epoch that is lost is made good by saying everything again") {
  GroupBench bench;
  fill(bench.client, "t", 4, 50);
  SimMember& a = bench.start("a", options());
  SimMember& b = bench.start("b", options());
  CHECK(bench.until([&] { return a.owned.size() == 2 && b.owned.size() == 2; }));
  fault(bench, ApiKey::consumer_group_heartbeat).skip(GENERATE(0, 1, 2, 3, 4, 5)).times(3).close_after();
  SimMember& c = bench.start("c", options());
  CHECK(bench.until([&] { return !c.owned.empty() && bench.owned() == 4; }));
  CHECK(bench.disjoint());
  CHECK(bench.until([&] { return all_stored(bench, 4, 50); }));
  CHECK(bench.all_once(4, 50));
  CHECK(a.losses.empty());
  CHECK(b.losses.empty());
}

TEST_CASE("A member that the coordinator has put out loses everything, and joins again by the same id") {
  const Errc why = GENERATE(Errc::unknown_member_id, Errc::fenced_member_epoch, Errc::group_id_not_found);
  const bool by_commit = GENERATE(true, false);
  GroupBench bench;
  fill(bench.client, "t", 2, 10);
  SimMember& a = bench.start("a", options());
  CHECK(bench.until([&] { return all_stored(bench, 2, 10); }));
  const std::string id = a.consumer->group().member_id;
  fault(bench, by_commit ? ApiKey::offset_commit : ApiKey::consumer_group_heartbeat).reply(why);
  fill(bench.client, "t", 2, 10);
  CHECK(bench.until([&] { return a.losses.size() == 1; }, 10s));
  CHECK(a.losses.front() == why);
  CHECK(bench.until([&] { return all_stored(bench, 2, 20); }, 20s));
  CHECK(a.consumer->group().member_id == id);
  CHECK(a.ends.empty());
  CHECK(members(bench).size() == 1);
}

TEST_CASE(
    "A commit that waits is not sent any more if the member was put out meanwhile, though it has its epoch again") {
  GroupBench bench;
  fill(bench.client, "t", 1, 400);
  SimMember& a = bench.start("a", options());
  CHECK(bench.until([&] { return bench.stored(0) == 100; }));
  const int32_t epoch = a.consumer->group().generation;
  fault(bench, ApiKey::offset_commit).times(8).close_before();
  bench.run(1s);
  fault(bench, ApiKey::consumer_group_heartbeat).reply(Errc::fenced_member_epoch);
  CHECK(bench.until([&] { return a.losses.size() == 1; }));
  REQUIRE_FALSE(a.failed_commits());
  int64_t newest = 0;
  CHECK(bench.until([&] {
    const int64_t stored = bench.stored(0);
    CHECK(stored >= newest);
    newest = std::max(newest, stored);
    return stored == 400;
  }));
  CHECK(a.consumer->group().generation == epoch);
  CHECK(std::count(a.outcomes.begin(), a.outcomes.end(), Errc::lost) == 1);
}

TEST_CASE("3.9 refuses a join by an id that it knows: the member leaves first") {
  GroupBench bench;
  REQUIRE_FALSE(brokers(bench).releases().as_version("3.9"));
  fill(bench.client, "t", 2, 10);
  SimMember& a = bench.start("a", options());
  CHECK(bench.until([&] { return all_stored(bench, 2, 10); }));
  SimMember& b = bench.start("b", options());
  CHECK(bench.until([&] { return a.owned.size() == 1 && b.owned.size() == 1; }));
  b.close();
  CHECK(bench.until([&] { return a.owned.size() == 2; }));
  bench.run(10s);
  fault(bench, ApiKey::consumer_group_heartbeat).reply(Errc::fenced_member_epoch);  // it still knows the member
  CHECK(bench.until([&] { return a.losses.size() == 1; }, 10s));
  CHECK(bench.until([&] { return a.owned.size() == 2; }, 5s));
  CHECK(members(bench).size() == 1);
}

TEST_CASE("Refusals that are final end the consumption with the broker's words") {
  GroupBench bench;
  fill(bench.client, "t", 2, 10);
  ConsumerOptions own = options();
  SECTION("an assignor that the broker does not have") {
    own.group_remote_assignor = "sticky";
    SimMember& a = bench.start("a", own);
    CHECK(bench.until([&] { return !a.ends.empty(); }));
    CHECK(a.ends.front() == Errc::unsupported_assignor);
    CHECK_THAT(a.ends.front().message(), Catch::Contains("uniform, range"));
    CHECK(a.consumer->group().state == GroupView::State::failed);
  }
  SECTION("brokers that lack the protocol") {
    const std::string version = GENERATE("2.8", "0.8.2");
    REQUIRE_FALSE(brokers(bench).releases().as_version(version));
    SimMember& a = bench.start("a", own);
    CHECK(bench.until([&] { return !a.ends.empty(); }));
    CHECK(a.ends.front() == Errc::unsupported_feature);
    CHECK_THAT(a.ends.front().message(), Catch::Contains("4.0") && Catch::Contains("group.protocol"));
  }
  SECTION("a broker whose protocol is switched off") {
    fault(bench, ApiKey::consumer_group_heartbeat).reply(Errc::unsupported_version);
    SimMember& a = bench.start("a", own);
    CHECK(bench.until([&] { return !a.ends.empty(); }));
    CHECK(a.ends.front() == Errc::unsupported_feature);
    CHECK_THAT(a.ends.front().message(), Catch::Contains("group.coordinator.rebalance.protocols"));
  }
  SECTION("no permission, at once or later") {
    const Errc why = GENERATE(Errc::group_authorization_failed, Errc::topic_authorization_failed, Errc::invalid_request,
                              Errc::invalid_regular_expression);
    fault(bench, ApiKey::consumer_group_heartbeat).skip(GENERATE(0, 5)).reply(why);
    SimMember& a = bench.start("a", own);
    CHECK(bench.until([&] { return !a.ends.empty(); }));
    CHECK(a.ends.front() == why);
    CHECK(a.owned.empty());
    a.close();
    CHECK(bench.until([&] { return a.closes == 1; }));
  }
}

TEST_CASE("Refusals that pass are waited out") {
  GroupBench bench;
  fill(bench.client, "t", 2, 10);
  const Errc why = GENERATE(Errc::group_max_size_reached, Errc::unknown_server_error,
                            Errc::coordinator_load_in_progress, Errc::not_coordinator, Errc::coordinator_not_available);
  fault(bench, ApiKey::consumer_group_heartbeat).skip(GENERATE(0, 1, 3)).times(5).reply(why);
  SimMember& a = bench.start("a", options());
  CHECK(bench.until([&] { return all_stored(bench, 2, 10); }, 20s));
  bench.run(60s);
  CHECK(a.losses.empty());
  CHECK(a.owned.size() == 2);
}

TEST_CASE("A group with classic members is shared from 4.0 on; 3.9 refuses, and the error says why") {
  const std::string assignor = GENERATE("range", "cooperative-sticky");
  const std::string version = GENERATE("3.9", "");
  GroupBench bench;
  REQUIRE_FALSE(brokers(bench).releases().as_version(version));
  fill(bench.client, "t", 4, 20);
  ConsumerOptions classic = member_options();
  classic.partition_assignment_strategy = assignor;
  SimMember& a = bench.start("a", classic);
  CHECK(bench.until([&] { return a.owned.size() == 4; }));
  SimMember& b = bench.start("b", options());
  if (version == "3.9") {
    CHECK(bench.until([&] { return !b.ends.empty(); }));
    CHECK(b.ends.front() == Errc::group_id_not_found);
    CHECK_THAT(b.ends.front().message(), Catch::Contains("classic") && Catch::Contains("4.0"));
    return;
  }
  CHECK(bench.until([&] { return a.owned.size() == 2 && b.owned.size() == 2; }));
  SimMember& c = bench.start("c", classic);
  CHECK(bench.until([&] { return !c.owned.empty() && bench.owned() == 4; }));
  bench.run(20s);
  CHECK(bench.disjoint());
  b.close();
  CHECK(bench.until([&] { return b.closes == 1 && a.owned.size() == 2 && c.owned.size() == 2; }));
  fill(bench.client, "t", 4, 20);
  CHECK(bench.until([&] { return all_stored(bench, 4, 40); }));
  for (const auto& member : bench.members) CHECK_FALSE(member->failed_commits());
  CHECK(bench.all_once(4, 40));
}

TEST_CASE("F10: of two KIP-848 members with one instance id the newer one waits for a minute, and then stops") {
  GroupBench bench;
  fill(bench.client, "t", 2, 10);
  ConsumerOptions own = options();
  own.group_instance_id = "one";
  SimMember& a = bench.start("a", own);
  CHECK(bench.until([&] { return a.owned.size() == 2; }));
  SimMember& b = bench.start("b", own);
  bench.run(50s);
  CHECK(b.ends.empty());
  CHECK(bench.until([&] { return !b.ends.empty(); }, 20s));
  CHECK(b.ends.front() == Errc::unreleased_instance_id);
  CHECK(a.owned.size() == 2);
  CHECK(a.losses.empty());
}

TEST_CASE("F10: a static KIP-848 member that was killed is replaced when its session has ended") {
  GroupBench bench;
  fill(bench.client, "t", 2, 10);
  ConsumerOptions own = options();
  own.group_instance_id = "one";
  SimMember& a = bench.start("a", own);
  CHECK(bench.until([&] { return a.owned.size() == 2; }));
  bench.client.world.pause("a");
  SimMember& b = bench.start("b", own);
  CHECK(bench.until([&] { return b.owned.size() == 2; }, 50s));
  CHECK(b.ends.empty());
}

TEST_CASE("F10: a static KIP-848 member whose place was taken meanwhile is fenced for good") {
  GroupBench bench;
  fill(bench.client, "t", 2, 10);
  ConsumerOptions own = options();
  own.group_instance_id = "one";
  own.max_poll_interval = 10s;
  SimMember& a = bench.add("a", own);
  a.keep();
  CHECK(bench.until([&] { return a.count(Event::Type::member_suspended) == 1; }, 30s));
  // It said that it will be back, so its id is free.
  bench.run(1s);
  CHECK(members(bench).size() == 1);
  SimMember& b = bench.start("b", own);
  CHECK(bench.until([&] { return b.owned.size() == 2; }, 5s));
  CHECK(a.kept.front().commit() == Errc::lost);
  bench.run(70s);
  CHECK(a.ends.size() == 1);
  CHECK(b.owned.size() == 2);
  CHECK(b.losses.empty());
}

TEST_CASE("A static member that leaves for good says so; one that stays keeps its partitions until its session ends") {
  GroupBench bench;
  fill(bench.client, "t", 4, 10);
  ConsumerOptions own = options();
  SimMember& a = bench.start("a", own);
  own.group_instance_id = "one";
  SimMember& b = bench.start("b", own);
  CHECK(bench.until([&] { return a.owned.size() == 2 && b.owned.size() == 2; }));
  const Leaving leaving = GENERATE(Leaving::leave, Leaving::stay, Leaving::by_kind);
  b.close(leaving);
  CHECK(bench.until([&] { return b.closes == 1; }));
  if (leaving == Leaving::leave) {
    CHECK(bench.until([&] { return a.owned.size() == 4; }, 10s));
  } else {
    bench.run(30s);
    CHECK(a.owned.size() == 2);
    CHECK(bench.until([&] { return a.owned.size() == 4; }, 30s));
  }
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

TEST_CASE("F12: an assignment of a topic that is gone is not taken for one of the topic that has its name now") {
  GroupBench bench;
  fill(bench.client, "t", 2, 10);
  Uuid old;
  std::optional<std::vector<Response::TopicPartitions>> given;
  distort(bench, [&](Response& response) {
    if (response.assignment && !response.assignment->topic_partitions.empty() && old.is_zero())
      old = response.assignment->topic_partitions[0].topic_id;
    response.assignment.reset();
    if (given) response.assignment = Response::Assignment{*given};
  });
  SimMember& a = bench.start("a", options());
  CHECK(bench.until([&] { return !old.is_zero(); }));
  bench.run(5s);
  REQUIRE_FALSE(brokers(bench).topics().erase("t"));
  fill(bench.client, "t", 2, 30);
  a.core->metadata().refresh();
  bench.run(5s);
  given = std::vector<Response::TopicPartitions>{{old, {0, 1}}};
  bench.run(20s);
  CHECK(a.journal.empty());
  distort_no_more(bench);
  given.reset();
  CHECK_FALSE(a.consumer->rebalance("to hear it again"));
  CHECK(bench.until([&] { return all_stored(bench, 2, 30); }, 20s));
  CHECK(a.journal == std::vector<std::string>{"assigned t/0 t/1"});
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
