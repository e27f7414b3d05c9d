// The dev broker on the simulated reactor: the same answers, deaths and returns, the same run from the same seed.
#include "sim_cluster.hpp"

#include "caller.hpp"
#include "catch.hpp"

using namespace kafka;
using namespace kafka::sim;
using namespace std::chrono_literals;

namespace {

uint64_t run(uint64_t seed) {
  SimWorld world(seed);
  world.set_latency(1ms, 20ms);
  world.set_slicing(1, 300);
  SimCluster brokers(world, 3);
  REQUIRE(!brokers->topics().create("t", 3));
  {
    Caller caller(world, 1);
    caller.send(produce(50), 9);
    protocol::ProduceResponse produced;
    REQUIRE(caller.receive<protocol::ProduceRequest>(9, produced));
    CHECK(produced.responses.at(0).partition_responses.at(0).error_code == 0);
    CHECK(brokers->topics().partition("t", 0)->log.end_offset() == 50);

    // A fetch that waits, then the death of its leader.
    protocol::FetchRequest fetch = fetch_from(50);
    caller.send(fetch, 11);
    world.run_for(1s);
    CHECK_FALSE(caller.closed);
    brokers.kill(1);
    CHECK(world.run_until([&] { return caller.closed; }, 5s));
    CHECK(brokers->topics().partition("t", 0)->leader == 2);

    Caller next(world, 2);
    next.send(produce(1), 9);
    REQUIRE(next.receive<protocol::ProduceRequest>(9, produced));
    CHECK(produced.responses.at(0).partition_responses.at(0).base_offset == 50);
    brokers.restart(1);
    Caller again(world, 1);
    protocol::MetadataRequest metadata;
    metadata.topics.reset();
    protocol::MetadataResponse seen;
    again.send(metadata, 9);
    REQUIRE(again.receive<protocol::MetadataRequest>(9, seen));
    CHECK(seen.brokers.size() == 3);
    CHECK(seen.brokers.at(2).host == SimCluster::ip(3));

    // A wait that ends by the clock.
    fetch.topics[0].partitions[0].fetch_offset = 51;
    const Duration before = world.elapsed();
    protocol::FetchResponse fetched;
    next.send(fetch, 11);
    REQUIRE(next.receive<protocol::FetchRequest>(11, fetched));
    CHECK(fetched.responses.at(0).partitions.at(0).records.empty());
    CHECK(world.elapsed() - before >= 30s);
    brokers.pause(2);
    next.send(produce(1), 9);
    world.run_for(10s);
    CHECK(brokers->topics().partition("t", 0)->log.end_offset() == 51);
    brokers.resume(2);
    REQUIRE(next.receive<protocol::ProduceRequest>(9, produced));
  }
  world.run_for(1s);
  CHECK(brokers->brokers().open_connections(0) == 0);
  return world.trace_hash();
}

}  // namespace

TEST_CASE("dev brokers in simulation live, die and come back, the same way from the same seed") {
  const uint64_t first = run(7);
  CHECK(first == run(7));
  CHECK(first != run(8));
}
