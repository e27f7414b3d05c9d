// Shared by everything that sends to leaders: the search for a leader, and what answers tell about topics and leaders.
// Not here: what metadata believes (metadata_test.cpp).
#include "cluster/leaders.hpp"

#include "cluster/answers.hpp"
#include "protocol/fetch.hpp"
#include "sim_client.hpp"

using namespace kafka;
using namespace kafka::sim;
using namespace kafka::cluster;
using namespace std::chrono_literals;
using Api = protocol::ApiKey;

namespace {

// One scripted broker with topic "t", and a session that knows it.
struct LeadersFixture : SimClient {
  LeadersFixture() : SimClient(1), server(world, "server", "10.1.0.1") {
    server.add_topic("t", 2, 1, 5);
    SessionOptions options;
    options.bootstrap_servers = "10.1.0.1:9092";
    open(options);
    metadata().want("t", false);
    REQUIRE(until([this] { return metadata().topic("t") != nullptr && metadata().topic("t")->known; }));
    run(1s);
  }
  Metadata& metadata() { return core->metadata(); }
  net::TimePoint now() { return reactor.now(); }

  ScriptedBroker server;
};

}  // namespace

TEST_CASE("a leader that is known may be asked, and metadata is not") {
  LeadersFixture fixture;
  LeaderSearch search;
  const int before = fixture.server.asked(Api::metadata);
  CHECK(search.leader(1, fixture.metadata(), fixture.now()) == 1);
  fixture.run(1s);
  CHECK(fixture.server.asked(Api::metadata) == before);
  fixture.close();
}

TEST_CASE("while nobody leads a partition, metadata is asked once per pause, and pauses grow") {
  LeadersFixture fixture;
  LeaderSearch search;
  const int before = fixture.server.asked(Api::metadata);
  std::vector<net::Duration> pauses;
  for (int i = 0; i < 3; ++i) {
    CHECK_FALSE(search.leader({}, fixture.metadata(), fixture.now()));
    const net::Duration pause = search.until() - fixture.now();
    CHECK_FALSE(search.leader({}, fixture.metadata(), fixture.now()));  // the search already waits for it
    CHECK(search.until() - fixture.now() == pause);
    pauses.push_back(pause);
    fixture.run(pause);
  }
  CHECK(fixture.server.asked(Api::metadata) == before + 3);
  CHECK(pauses[0] >= 80ms);
  CHECK(pauses[0] <= 120ms);
  CHECK(pauses[2] >= 320ms);
  fixture.close();
}

TEST_CASE("a leader that comes back ends the wait for it, and the pauses begin with the smallest again") {
  LeadersFixture fixture;
  LeaderSearch search;
  for (int i = 0; i < 4; ++i) {
    CHECK_FALSE(search.leader({}, fixture.metadata(), fixture.now()));
    fixture.run(search.until() - fixture.now());
  }
  CHECK_FALSE(search.leader({}, fixture.metadata(), fixture.now()));
  CHECK(search.leader(1, fixture.metadata(), fixture.now()) == 1);
  CHECK(search.failures() == 0);
  fixture.close();
}

TEST_CASE("after a failed request the pause is waited out, although the leader is known") {
  LeadersFixture fixture;
  LeaderSearch search;
  fixture.core->router().delay(search);
  const int before = fixture.server.asked(Api::metadata);
  CHECK_FALSE(search.leader(1, fixture.metadata(), fixture.now()));
  fixture.run(search.until() - fixture.now());
  CHECK(search.leader(1, fixture.metadata(), fixture.now()) == 1);
  CHECK(search.failures() == 1);
  CHECK(fixture.server.asked(Api::metadata) == before);
  fixture.close();
}

TEST_CASE("a search takes no more room than the pause that it is") { CHECK(sizeof(LeaderSearch) == 16); }

TEST_CASE("the topic of an answer is named in it, or found by its id") {
  LeadersFixture fixture;
  const Uuid id{{1, 2, 3}};
  fixture.server.metadata.topics.at(0).topic_id = id;
  fixture.metadata().refresh();
  fixture.run(1s);
  CHECK(topic_name(fixture.metadata(), "t", {}) == "t");
  CHECK(topic_name(fixture.metadata(), "", id) == "t");
  CHECK(topic_name(fixture.metadata(), "", Uuid{{9}}).empty());
  CHECK(topic_name(fixture.metadata(), "", {}).empty());
  fixture.close();
}

TEST_CASE("KIP-951: an answer makes a broker known, and then names it as the leader") {
  LeadersFixture fixture;
  protocol::FetchResponse response;
  using Data = protocol::FetchResponse::FetchableTopicResponse::PartitionData;
  Data::LeaderIdAndEpoch hint;
  hint.leader_id = 7;
  hint.leader_epoch = 6;
  CHECK_FALSE(learn_leader(fixture.metadata(), "t", 0, hint));  // nobody knows broker 7
  auto& node = response.node_endpoints.emplace_back();
  node.node_id = 7;
  node.host = "10.1.0.1";
  node.port = ScriptedBroker::kPort;
  learn_endpoints(fixture.metadata(), response);
  CHECK(learn_leader(fixture.metadata(), "t", 0, hint));
  CHECK_FALSE(learn_leader(fixture.metadata(), "t", 0, hint));  // nothing new
  CHECK_FALSE(learn_leader(fixture.metadata(), "t", 0, Data::LeaderIdAndEpoch{}));
  CHECK(fixture.metadata().leader("t", 0) == 7);
  fixture.close();
}
