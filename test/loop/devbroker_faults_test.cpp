// Faults of the dev broker over real sockets: what a client sees, and what has happened to the log.
#include "devbroker_client.hpp"
#include "protocol/fetch.hpp"
#include "protocol/find_coordinator.hpp"
#include "protocol/list_offsets.hpp"
#include "protocol/metadata.hpp"
#include "protocol/offset_commit.hpp"
#include "protocol/offset_fetch.hpp"
#include "protocol/produce.hpp"

using namespace kafka;
using namespace kafka::test;
using namespace std::chrono_literals;

namespace {

constexpr int kVersion = 9;

protocol::ProduceRequest produce(std::vector<int32_t> partitions = {0}) {
  protocol::ProduceRequest request;
  request.acks = -1;
  auto& topic = request.topic_data.emplace_back();
  topic.name = "t";
  for (int32_t number : partitions) {
    auto& data = topic.partition_data.emplace_back();
    data.index = number;
    data.records = batch_of({"a"});
  }
  return request;
}

struct FaultsFixture : BrokerFixture {
  explicit FaultsFixture(DevBrokerOptions options = {}) : BrokerFixture(std::move(options)) {
    REQUIRE(!broker->create_topic("t", 2));
  }
  int16_t produced(Client& client) {
    return client.call(produce(), kVersion).responses.at(0).partition_responses.at(0).error_code;
  }
  int64_t end() const { return broker->end_offset("t", 0); }
};

}  // namespace

TEST_CASE("a request that gets an error is not executed, and gets it only as often as was said") {
  FaultsFixture f;
  Client& client = f.connect();
  Fault& fault = f.broker->on(ApiKey::produce).times(2).reply(Errc::not_enough_replicas);
  CHECK(f.produced(client) == code(Errc::not_enough_replicas));
  CHECK(f.produced(client) == code(Errc::not_enough_replicas));
  CHECK(f.end() == 0);
  CHECK(fault.used_up());
  CHECK(fault.hits() == 2);
  CHECK(f.produced(client) == 0);
  CHECK(f.end() == 1);
  f.broker->on(ApiKey::produce).reply_after(Errc::request_timed_out);
  CHECK(f.produced(client) == code(Errc::request_timed_out));
  CHECK(f.end() == 2);
}

TEST_CASE("an error for one partition does not touch the others") {
  FaultsFixture f;
  Client& client = f.connect();
  f.broker->on(ApiKey::produce).partition("t", 1).reply(Errc::kafka_storage_error);
  auto response = client.call(produce({0, 1}), kVersion);
  CHECK(response.responses[0].partition_responses[0].error_code == 0);
  CHECK(response.responses[0].partition_responses[1].error_code == code(Errc::kafka_storage_error));
  CHECK(f.broker->end_offset("t", 0) == 1);
  CHECK(f.broker->end_offset("t", 1) == 0);
}

TEST_CASE("a fault for one broker or one client spares the others") {
  FaultsFixture f({.brokers = 2});
  Client& client = f.connect(1);
  f.broker->on(ApiKey::produce).broker(2).reply(Errc::kafka_storage_error);
  f.broker->on(ApiKey::produce).client("somebody else").reply(Errc::kafka_storage_error);
  f.broker->on(ApiKey::produce).topic("u").reply(Errc::kafka_storage_error);
  CHECK(f.produced(client) == 0);
  f.broker->on(ApiKey::produce).client("tester").reply(Errc::kafka_storage_error);
  CHECK(f.produced(client) == code(Errc::kafka_storage_error));
  f.broker->on(ApiKey::produce).reply(Errc::kafka_storage_error);
  f.broker->clear_faults();
  CHECK(f.produced(client) == 0);
}

TEST_CASE("every API has an error at the place where clients look for it") {
  FaultsFixture f;
  Client& client = f.connect();
  for (ApiKey api : {ApiKey::fetch, ApiKey::list_offsets, ApiKey::metadata, ApiKey::offset_commit, ApiKey::offset_fetch,
                     ApiKey::find_coordinator, ApiKey::api_versions}) {
    f.broker->on(api).always().reply(Errc::coordinator_load_in_progress);
  }
  const int16_t wanted = code(Errc::coordinator_load_in_progress);
  protocol::FetchRequest fetch;
  fetch.max_wait_ms = 60000;
  fetch.topics.emplace_back().topic = "t";
  fetch.topics[0].partitions.emplace_back();
  CHECK(client.call(fetch, 12).responses.at(0).partitions.at(0).error_code == wanted);
  protocol::ListOffsetsRequest list;
  list.topics.emplace_back().name = "t";
  list.topics[0].partitions.emplace_back();
  CHECK(client.call(list, 5).topics.at(0).partitions.at(0).error_code == wanted);
  protocol::MetadataRequest metadata;
  metadata.topics.emplace().emplace_back().name = "t";
  metadata.topics->emplace_back().name = "not-yet";
  auto topics = client.call(metadata, 9).topics;
  CHECK(topics.at(0).error_code == wanted);
  CHECK(topics.at(1).error_code == wanted);
  CHECK(f.broker->topics() == std::vector<std::string>{"t"});
  protocol::OffsetCommitRequest commit;
  commit.group_id = "g";
  commit.topics.emplace_back().name = "t";
  commit.topics[0].partitions.emplace_back().committed_offset = 5;
  CHECK(client.call(commit, 5).topics.at(0).partitions.at(0).error_code == wanted);
  CHECK(!f.broker->committed("g", "t", 0));
  protocol::OffsetFetchRequest offsets;
  offsets.group_id = "g";
  offsets.topics.reset();
  CHECK(client.call(offsets, 5).error_code == wanted);
  protocol::FindCoordinatorRequest find;
  find.key = "g";
  CHECK(client.call(find, 2).error_code == wanted);
  CHECK(client.call(protocol::ApiVersionsRequest{}, 0).error_code == wanted);
}

TEST_CASE("a delayed answer comes late, and the requests after it wait") {
  FaultsFixture f;
  Client& client = f.connect();
  f.broker->on(ApiKey::produce).delay(60ms);
  client.send(produce(), kVersion);
  client.send(protocol::ApiVersionsRequest{}, 0);
  CHECK(client.stays_silent(30ms));
  CHECK(f.end() == 1);
  REQUIRE(client.receive<protocol::ProduceRequest>(kVersion));
  REQUIRE(client.receive<protocol::ApiVersionsRequest>(0));
}

TEST_CASE("a swallowed request is not executed, a request whose answer is dropped is; neither is answered") {
  FaultsFixture f;
  f.broker->on(ApiKey::produce).swallow();
  Client& first = f.connect();
  first.send(produce(), kVersion);
  first.send(protocol::ApiVersionsRequest{}, 0);
  CHECK(first.stays_silent(30ms));
  CHECK(f.end() == 0);
  f.broker->on(ApiKey::produce).drop_response();
  Client& second = f.connect();
  second.send(produce(), kVersion);
  CHECK(second.stays_silent(30ms));
  CHECK(f.end() == 1);
  CHECK(f.broker->open_connections() == 2);
}

TEST_CASE("connections that close before or after the work") {
  FaultsFixture f;
  f.broker->on(ApiKey::produce).close_before();
  Client& first = f.connect();
  first.send(produce(), kVersion);
  CHECK(first.is_closed_soon());
  CHECK(f.end() == 0);
  f.broker->on(ApiKey::produce).close_after();
  Client& second = f.connect();
  second.send(produce(), kVersion);
  CHECK(second.is_closed_soon());
  CHECK(f.end() == 1);
  CHECK(second.received() == 0);
}

TEST_CASE("an answer cut in the middle of its frame") {
  for (size_t cut : {size_t{0}, size_t{3}, size_t{4}, size_t{9}, size_t{1000}}) {
    FaultsFixture f;
    Client& client = f.connect();
    f.broker->on(ApiKey::produce).cut_at(cut);
    client.send(produce(), kVersion);
    CHECK(client.is_closed_soon());
    CHECK(f.end() == 1);
    if (cut < 1000) {
      CHECK(client.received() == cut);
    } else {
      CHECK(client.receive<protocol::ProduceRequest>(kVersion));
    }
  }
}

TEST_CASE("an answer with a wrong byte, and one with a wrong correlation id") {
  FaultsFixture f;
  Client& client = f.connect();
  f.broker->on(ApiKey::produce).wrong_correlation_id();
  client.send(produce(), kVersion);
  REQUIRE(client.receive<protocol::ProduceRequest>(kVersion));
  CHECK_FALSE(client.correlation_matches());
  f.broker->on(ApiKey::api_versions).corrupt(9);  // the second byte of the error code
  CHECK(client.call(protocol::ApiVersionsRequest{}, 0).error_code == 0x00FF);
}

TEST_CASE("a killed broker closes its connections and its port; a restarted one has lost nothing") {
  FaultsFixture f({.brokers = 2});
  Client& client = f.connect(1);
  REQUIRE(f.produced(client) == 0);
  f.broker->kill(1);
  CHECK_FALSE(f.broker->alive(1));
  CHECK(client.is_closed_soon());
  Client& refused = f.connect(1);
  CHECK(refused.is_closed_soon());
  CHECK(f.broker->leader("t", 0) == 2);
  Client& other = f.connect(2);
  protocol::MetadataRequest request;
  request.topics.emplace().emplace_back().name = "t";
  auto seen = other.call(request, 9);
  CHECK(seen.brokers.size() == 1);
  CHECK(seen.topics[0].partitions[0].leader_id == 2);
  CHECK(seen.topics[0].partitions[0].offline_replicas == std::vector<int32_t>{1});
  const uint16_t port = f.broker->port(1);
  f.broker->restart(1);
  CHECK(f.broker->port(1) == port);
  REQUIRE(!f.broker->move_leader("t", 0, 1));
  Client& again = f.connect(1);
  CHECK(f.produced(again) == 0);
  CHECK(f.end() == 2);
}

TEST_CASE("a paused broker keeps its connections and answers nothing until it resumes") {
  FaultsFixture f;
  Client& client = f.connect();
  REQUIRE(f.produced(client) == 0);
  f.broker->on(ApiKey::produce).delay(10ms);
  client.send(produce(), kVersion);
  REQUIRE(client.run_until([&] { return f.end() == 2; }));
  f.broker->pause(1);
  client.send(produce(), kVersion);
  Client& late = f.connect();
  late.send(protocol::ApiVersionsRequest{}, 0);
  CHECK(client.stays_silent(60ms));
  CHECK(late.stays_silent(1ms));
  CHECK(f.end() == 2);
  f.broker->resume(1);
  REQUIRE(client.receive<protocol::ProduceRequest>(kVersion));
  REQUIRE(client.receive<protocol::ProduceRequest>(kVersion));
  REQUIRE(late.receive<protocol::ApiVersionsRequest>(0));
  CHECK(f.end() == 3);
}

TEST_CASE("disconnect() closes every connection, and the broker accepts new ones") {
  FaultsFixture f;
  Client& client = f.connect();
  REQUIRE(f.produced(client) == 0);
  f.broker->disconnect();
  CHECK(client.is_closed_soon());
  CHECK(f.broker->open_connections() == 0);
  CHECK(f.produced(f.connect()) == 0);
  CHECK(f.broker->accepted_connections() == 2);
}

TEST_CASE("closing with requests of every kind under way leaves nothing on the loop") {
  FaultsFixture f;
  Client& waiting = f.connect();
  protocol::FetchRequest fetch;
  fetch.max_wait_ms = 60000;
  fetch.min_bytes = 1;
  fetch.topics.emplace_back().topic = "t";
  fetch.topics[0].partitions.emplace_back();
  waiting.send(fetch, 11);
  Client& delayed = f.connect();
  f.broker->on(ApiKey::produce).delay(10s);
  delayed.send(produce(), kVersion);
  Client& swallowed = f.connect();
  f.broker->on(ApiKey::metadata).swallow();
  protocol::MetadataRequest all;
  all.topics.reset();
  swallowed.send(all, 9);
  REQUIRE(waiting.run_until([&] { return f.end() == 1 && f.broker->requests(ApiKey::metadata) == 1; }));
}

TEST_CASE("a broker destroyed without close leaves the loop closable after one more turn") {
  uv_loop_t loop;
  REQUIRE(uv_loop_init(&loop) == 0);
  {
    auto broker = std::make_unique<DevBroker>(&loop);
    Client client(&loop, broker->port());
    client.send(protocol::ApiVersionsRequest{}, 0);
    REQUIRE(client.receive<protocol::ApiVersionsRequest>(0));
    broker.reset();
    CHECK(client.is_closed_soon());
  }
  uv_run(&loop, UV_RUN_NOWAIT);
  CHECK(uv_loop_close(&loop) == 0);
}
