// Group offsets through the coordinator: found, cached, found again when it moves or dies.
#include <kafka/consumer_group.hpp>

#include "cluster/coordinator.hpp"
#include "protocol/find_coordinator.hpp"
#include "protocol/offset_commit.hpp"
#include "sim_client.hpp"

using namespace kafka;
using namespace kafka::sim;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;
using Offsets = std::vector<ConsumerOffset>;
using protocol::RequestHeader;

namespace {

struct CoordinatorFixture : SimClient {
  explicit CoordinatorFixture(SessionOptions options = {}, uint64_t seed = 1)
      : SimClient(seed, {.brokers = 3, .session = std::move(options)}), group(*session, "g") {
    REQUIRE_FALSE((*brokers)->topics().create("t", 3));
  }
  Outcome<Offsets> commit(int64_t offset, net::Duration limit = 2min) {
    Outcome<Offsets> outcome;
    group.commit_offsets({{.topic = "t", .partition = 0, .offset = offset, .metadata = "m"}}, outcome.take());
    CHECK(until([&] { return outcome.calls > 0; }, limit));
    CHECK(outcome.calls == 1);
    return outcome;
  }
  Outcome<Offsets> fetch() {
    Outcome<Offsets> outcome;
    group.fetch_offsets({{"t", {0, 1}}}, outcome.take());
    CHECK(until([&] { return outcome.calls > 0; }));
    CHECK(outcome.calls == 1);
    return outcome;
  }
  int64_t found(ApiKey api) { return (*brokers)->requests().count(api, 0); }
  int32_t coordinator() { return (*brokers)->coordinators().of("g"); }

  ConsumerGroup group;
};

}  // namespace

TEST_CASE("offsets are committed and fetched through the coordinator, which is looked up once") {
  CoordinatorFixture fixture;
  for (int64_t offset = 1; offset <= 5; ++offset) {
    CHECK_FALSE(fixture.commit(offset).error);
    const auto stored = fixture.fetch();
    CHECK_FALSE(stored.error);
    REQUIRE(stored.value.size() == 2);
    CHECK(stored.value[0].offset == offset);
    CHECK(stored.value[0].metadata == "m");
    CHECK(stored.value[1].offset == -1);
  }
  CHECK(fixture.found(ApiKey::find_coordinator) == 1);
  fixture.close();
}

TEST_CASE("many calls at once share one look-up of the coordinator and each ends once") {
  CoordinatorFixture fixture;
  std::vector<std::unique_ptr<Outcome<Offsets>>> outcomes;
  for (int64_t i = 0; i < 200; ++i) {
    outcomes.push_back(std::make_unique<Outcome<Offsets>>());
    fixture.group.commit_offsets({{.topic = "t", .partition = static_cast<int32_t>(i % 3), .offset = i}},
                                 outcomes.back()->take());
  }
  CHECK(outcomes.front()->calls == 0);
  fixture.run(5s);
  for (const auto& outcome : outcomes) {
    CHECK(outcome->calls == 1);
    CHECK_FALSE(outcome->error);
  }
  CHECK(fixture.found(ApiKey::find_coordinator) == 1);
  fixture.close();
}

TEST_CASE("D6: a coordinator that moves is found again, also during a commit") {
  CoordinatorFixture fixture;
  CHECK_FALSE(fixture.commit(1).error);
  const int32_t old = fixture.coordinator();
  SECTION("before") { REQUIRE_FALSE((*fixture.brokers)->coordinators().move("g", old % 3 + 1)); }
  SECTION("and dies") { fixture.brokers->kill(old); }
  SECTION("while it has the request") {
    (*fixture.brokers)->faults().add(ApiKey::offset_commit).reply(Errc::not_coordinator);
    REQUIRE_FALSE((*fixture.brokers)->coordinators().move("g", old % 3 + 1));
  }
  SECTION("and falls silent") {
    fixture.brokers->pause(old);
    REQUIRE_FALSE((*fixture.brokers)->coordinators().move("g", old % 3 + 1));
  }
  CHECK_FALSE(fixture.commit(2).error);
  CHECK(fixture.coordinator() != old);
  CHECK(fixture.fetch().value.at(0).offset == 2);
  CHECK(fixture.found(ApiKey::find_coordinator) <= 5);
  fixture.brokers->resume(old);
  fixture.close();
}

TEST_CASE("errors of the coordinator that pass are tried again, others are told") {
  CoordinatorFixture fixture;
  auto& faults = (*fixture.brokers)->faults();
  SECTION("loading, and not available") {
    faults.add(ApiKey::find_coordinator).times(3).reply(Errc::coordinator_not_available);
    faults.add(ApiKey::offset_commit).times(2).reply(Errc::coordinator_load_in_progress);
    CHECK_FALSE(fixture.commit(7).error);
  }
  SECTION("the connection is cut at each step") {
    faults.add(ApiKey::find_coordinator).close_before();
    faults.add(ApiKey::find_coordinator).cut_at(7);
    faults.add(ApiKey::find_coordinator).wrong_correlation_id();
    faults.add(ApiKey::offset_commit).close_after();
    faults.add(ApiKey::offset_commit).cut_at(5);
    faults.add(ApiKey::offset_commit).close_before();
    CHECK_FALSE(fixture.commit(7).error);
  }
  SECTION("C1: the answer is lost after the commit was done") {
    faults.add(ApiKey::offset_commit).close_after();
    CHECK_FALSE(fixture.commit(7).error);
  }
  SECTION("not allowed") {
    faults.add(ApiKey::offset_commit).reply(Errc::group_authorization_failed);
    CHECK(fixture.commit(7).error.code() == Errc::group_authorization_failed);
    CHECK_FALSE(fixture.commit(7).error);
  }
  SECTION("the group may not be described") {
    faults.add(ApiKey::find_coordinator).reply(Errc::group_authorization_failed);
    CHECK(fixture.commit(7).error.code() == Errc::group_authorization_failed);
    CHECK_FALSE(fixture.commit(7).error);
  }
  CHECK(fixture.fetch().value.at(0).offset == 7);
  fixture.close();
}

TEST_CASE("a coordinator that never comes ends the call at default_api_timeout, with the last reason") {
  SessionOptions options;
  options.default_api_timeout = 10s;
  CoordinatorFixture fixture(options);
  (*fixture.brokers)->faults().add(ApiKey::find_coordinator).always().reply(Errc::coordinator_not_available);
  const net::Duration before = fixture.world.elapsed();
  const auto outcome = fixture.commit(1);
  CHECK(outcome.error.code() == Errc::timed_out);
  CHECK_THAT(outcome.error.message(), Contains(Error(Errc::coordinator_not_available).message()));
  CHECK(fixture.world.elapsed() - before <= 10100ms);
  CHECK(fixture.world.elapsed() - before >= 8s);
  CHECK(fixture.found(ApiKey::find_coordinator) <= 20);
  fixture.close();
}

TEST_CASE("G4: closing while commits look for their coordinator, or wait for it, ends each once with closed") {
  CoordinatorFixture fixture;
  auto& faults = (*fixture.brokers)->faults();
  SECTION("look-up under way") { faults.add(ApiKey::find_coordinator).swallow(); }
  SECTION("commit under way") { faults.add(ApiKey::offset_commit).swallow(); }
  SECTION("waiting to try again") {
    faults.add(ApiKey::find_coordinator).always().reply(Errc::coordinator_not_available);
  }
  SECTION("nothing sent yet") {}
  std::vector<std::unique_ptr<Outcome<Offsets>>> outcomes;
  for (int i = 0; i < 100; ++i) {
    outcomes.push_back(std::make_unique<Outcome<Offsets>>());
    fixture.group.commit_offsets({{.topic = "t", .partition = 0, .offset = i}}, outcomes.back()->take());
  }
  if (!faults.empty()) fixture.run(500ms);
  fixture.close();
  for (const auto& outcome : outcomes) {
    CHECK(outcome->calls == 1);
    CHECK(outcome->error.code() == Errc::closed);
  }
  Outcome<Offsets> late;
  fixture.group.fetch_offsets({{"t", {0}}}, late.take());
  CHECK(late.calls == 0);
  fixture.run(1ms);
  CHECK(late.calls == 1);
  CHECK(late.error.code() == Errc::closed);
}

TEST_CASE("C13: a coordinator with another address under its old id is found there") {
  SimClient client(1);
  ScriptedBroker old(client.world, "old", "10.1.0.1"), moved(client.world, "moved", "10.1.0.2");
  auto coordinate = [&](ScriptedBroker& server, ScriptedBroker& at, const std::string& ip) {
    server.on_request = [ip](ScriptedBroker::Connection& peer, const protocol::RequestHeader& header,
                             codec::Reader& body) {
      if (header.api == protocol::ApiKey::find_coordinator) {
        protocol::FindCoordinatorResponse response;
        auto& entry = response.coordinators.emplace_back();
        entry.key = "g";
        entry.node_id = 2;
        entry.host = ip;
        entry.port = ScriptedBroker::kPort;
        return peer.answer(header, response), true;
      }
      if (header.api != protocol::ApiKey::offset_commit || peer.requests < 0) return false;
      protocol::OffsetCommitRequest request;
      CHECK_FALSE(protocol::decode(body, header.version, request));
      protocol::OffsetCommitResponse response;
      auto& topic = response.topics.emplace_back();
      topic.name = "t";
      topic.partitions.emplace_back();
      return peer.answer(header, response), true;
    };
    (void)at;
  };
  coordinate(old, old, "10.1.0.2");
  coordinate(moved, moved, "10.1.0.2");
  // Metadata still names an address of broker 2 where nobody listens.
  auto& stale = old.metadata.brokers.emplace_back();
  stale.node_id = 2;
  stale.host = "10.1.0.9";
  stale.port = ScriptedBroker::kPort;
  SessionOptions options;
  options.bootstrap_servers = "10.1.0.1:9092";
  options.default_api_timeout = 20s;
  client.open(options);
  ConsumerGroup group(*client.session, "g");
  CHECK_FALSE(client.cluster().error);
  Outcome<Offsets> outcome;
  group.commit_offsets({{.topic = "t", .partition = 0, .offset = 1}}, outcome.take());
  CHECK(client.until([&] { return outcome.calls == 1; }));
  CHECK_FALSE(outcome.error);
  client.close();
}

TEST_CASE("a call that waits at the broker on a connection of its own delays nothing else") {
  SimClient client(1);
  ScriptedBroker server(client.world, "server", "10.1.0.1");
  SessionOptions options;
  options.bootstrap_servers = "10.1.0.1:9092";
  client.open(options);
  // OffsetCommit stands for JoinGroup here: the first one waits at the broker, and everything behind it waits too.
  ScriptedBroker::Connection* blocked = nullptr;
  std::vector<RequestHeader> waiting;
  server.on_request = [&](ScriptedBroker::Connection& peer, const RequestHeader& header, codec::Reader&) {
    if (header.api == protocol::ApiKey::find_coordinator) {
      protocol::FindCoordinatorResponse response;
      auto& coordinator = response.coordinators.emplace_back();
      coordinator.node_id = 1;
      coordinator.host = "10.1.0.1";
      coordinator.port = ScriptedBroker::kPort;
      peer.answer(header, response);
      return true;
    }
    if (header.api != protocol::ApiKey::offset_commit) return false;
    if (blocked == nullptr) blocked = &peer;
    if (blocked == &peer) {
      waiting.push_back(header);
    } else {
      peer.answer(header, protocol::OffsetCommitResponse());
    }
    return true;
  };
  const auto key = cluster::CoordinatorKey::group("g");
  const auto call = [&](std::optional<cluster::Lane> lane, int& answers) {
    client.core->coordinators().call<protocol::OffsetCommitRequest>(
        key, {}, {.timeout = 60s, .lane = lane, .answer_timeout = 50s, .max_version = 9},
        [](const protocol::OffsetCommitResponse&) { return Error(); },
        [&answers](Error error, protocol::OffsetCommitResponse&, const cluster::CallInfo&) {
          CHECK_FALSE(error);
          ++answers;
        });
  };
  int joined = 0, committed = 0;
  const cluster::Lane lane = client.core->router().add_lane();
  call(lane, joined);
  REQUIRE(client.until([&] { return waiting.size() == 1; }, 1s));
  for (int i = 0; i < 3; ++i) call({}, committed);
  CHECK(client.until([&] { return committed == 3; }, 1s));
  client.run(40s);  // longer than request_timeout: the call has a timeout of its own
  CHECK(joined == 0);
  blocked->answer(waiting.front(), protocol::OffsetCommitResponse());
  CHECK(client.until([&] { return joined == 1; }, 1s));
  CHECK(waiting.size() == 1);
  client.core->router().drop_lane(lane);
  client.close();
}

TEST_CASE("a group and a transactional id of one name have coordinators of their own, asked for by type") {
  SimClient client(1);
  ScriptedBroker server(client.world, "server", "10.1.0.1");
  SessionOptions options;
  options.bootstrap_servers = "10.1.0.1:9092";
  client.open(options);
  std::vector<int8_t> types;
  server.on_request = [&](ScriptedBroker::Connection& peer, const RequestHeader& header, codec::Reader& body) {
    if (header.api != protocol::ApiKey::find_coordinator) return false;
    protocol::FindCoordinatorRequest request;
    CHECK_FALSE(protocol::decode(body, header.version, request));
    CHECK(request.coordinator_keys == std::vector<std::string>{"same"});
    types.push_back(request.key_type);
    protocol::FindCoordinatorResponse response;
    response.coordinators.emplace_back().error_code = static_cast<int16_t>(
        request.key_type == 0 ? Errc::group_authorization_failed : Errc::transactional_id_authorization_failed);
    peer.answer(header, response);
    return true;
  };
  std::vector<Error> errors;
  for (const auto& key : {cluster::CoordinatorKey::group("same"), cluster::CoordinatorKey::transaction("same")}) {
    client.core->coordinators().call<protocol::OffsetCommitRequest>(
        key, {}, {.timeout = 5s}, [](const protocol::OffsetCommitResponse&) { return Error(); },
        [&](Error error, protocol::OffsetCommitResponse&, const cluster::CallInfo&) {
          errors.push_back(std::move(error));
        });
    client.run(1s);
  }
  CHECK(types == std::vector<int8_t>{0, 1});
  REQUIRE(errors.size() == 2);
  CHECK(errors[0].code() == Errc::group_authorization_failed);
  CHECK(errors[1].code() == Errc::transactional_id_authorization_failed);
  CHECK_THAT(errors[1].message(), Contains("transactional id same"));
  client.close();
}
