// Members by the protocol of KIP-848 when answers are lost, make no sense, or refuse them.
#include "consumer_protocol_fixture.hpp"

using namespace kafka;
using namespace kafka::sim;
using namespace kafka::sim::consumer_protocol;
using namespace std::chrono_literals;

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

TEST_CASE("A session that has closed while an offset is to be asked for again: nothing is asked any more") {
  GroupBench bench;
  fill(bench.client, "t", 2, 10);
  fault(bench, ApiKey::offset_fetch).always().reply(Errc::stale_member_epoch);
  SimMember& a = bench.start("a", options());
  const auto asked = [&] { return brokers(bench).requests().count(ApiKey::offset_fetch); };
  CHECK(bench.until([&] { return asked() == 6; }));  // the pauses are long by now
  bench.run(10ms);
  a.close();
  CHECK(bench.until([&] { return a.closes == 1; }));
  bool closed = false;
  a.session.close([&] { closed = true; });
  CHECK(bench.until([&] { return closed; }));
  bench.run(5s);
  CHECK(asked() == 6);
}
