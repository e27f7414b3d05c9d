// Requests that a dev broker answers later: order on a connection, and what a closed connection leaves behind.
#include "caller.hpp"
#include "catch.hpp"

using namespace kafka;
using namespace kafka::sim;

namespace {

constexpr int16_t kFetch = 11;
constexpr int16_t kMetadata = 9;
constexpr int16_t kProduce = 9;

struct OneBroker {
  OneBroker() { REQUIRE(!brokers->topics().create("t", 1)); }

  const devbroker::Partition& partition() { return *brokers->topics().partition("t", 0); }
  /// Produces one record from another connection.
  void produce_one() {
    Caller other(world, 1);
    other.send(produce(1), kProduce);
    protocol::ProduceResponse produced;
    REQUIRE(other.receive<protocol::ProduceRequest>(kProduce, produced));
  }

  SimWorld world{3};
  SimCluster brokers{world, 1};
};

}  // namespace

TEST_CASE("a request that waits holds up those behind it on its connection, and no other connection") {
  OneBroker w;
  Caller caller(w.world, 1);
  caller.send(fetch_from(0), kFetch);
  caller.send(protocol::MetadataRequest{}, kMetadata);
  caller.send(fetch_from(0), kFetch);
  w.world.run_for(5s);
  CHECK(caller.unread() == 0);
  CHECK(w.brokers->requests().count(ApiKey::metadata) == 0);  // a broker does not read it before
  CHECK(w.partition().waiters.size() == 1);
  w.produce_one();
  protocol::FetchResponse fetched;
  REQUIRE(caller.receive<protocol::FetchRequest>(kFetch, fetched));
  CHECK_FALSE(fetched.responses.at(0).partitions.at(0).records.empty());
  protocol::MetadataResponse metadata;
  REQUIRE(caller.receive<protocol::MetadataRequest>(kMetadata, metadata));
  CHECK(metadata.brokers.size() == 1);
  REQUIRE(caller.receive<protocol::FetchRequest>(kFetch, fetched));
  CHECK(w.partition().waiters.empty());
}

TEST_CASE("a connection that closes drops the request that waits") {
  OneBroker w;
  {
    Caller caller(w.world, 1);
    caller.send(fetch_from(0), kFetch);
    w.world.run_for(1s);
    REQUIRE(w.partition().waiters.size() == 1);
  }
  w.world.run_for(1s);
  CHECK(w.partition().waiters.empty());
  w.produce_one();
  w.world.run_for(60s);
  CHECK(w.brokers->brokers().open_connections(1) == 0);
}

TEST_CASE("a connection that closes in the turn in which its request would be answered drops it as well") {
  OneBroker w;
  Caller caller(w.world, 1);
  caller.send(fetch_from(0), kFetch);
  w.world.run_for(1s);
  REQUIRE(w.partition().waiters.size() == 1);
  REQUIRE(w.brokers->contents().append("t", 0, {.value = "x"}) == 0);  // wakes the fetch, which looks again later
  w.brokers->brokers().disconnect(1);
  CHECK(w.partition().waiters.empty());
  w.world.run_for(1s);
  CHECK(caller.closed);
  CHECK(caller.unread() == 0);
}

TEST_CASE("a broker that dies drops the requests that wait") {
  OneBroker w;
  Caller caller(w.world, 1);
  caller.send(fetch_from(0), kFetch);
  w.world.run_for(1s);
  w.brokers->brokers().kill(1);
  CHECK(w.partition().waiters.empty());
  w.world.run_for(60s);
  CHECK(caller.closed);
}

TEST_CASE("a request that waits is answered when its topic is deleted") {
  OneBroker w;
  Caller caller(w.world, 1);
  caller.send(fetch_from(0), kFetch);
  w.world.run_for(1s);
  REQUIRE(!w.brokers->topics().erase("t"));
  protocol::FetchResponse fetched;
  REQUIRE(caller.receive<protocol::FetchRequest>(kFetch, fetched));
  CHECK(fetched.responses.at(0).partitions.at(0).error_code != 0);
}

TEST_CASE("a fault delays an answer that has waited by its own time too") {
  OneBroker w;
  w.brokers->faults().add(ApiKey::fetch).delay(5s);
  Caller caller(w.world, 1);
  caller.send(fetch_from(0), kFetch);
  w.world.run_for(1s);
  w.produce_one();
  const Duration woken = w.world.elapsed();
  protocol::FetchResponse fetched;
  REQUIRE(caller.receive<protocol::FetchRequest>(kFetch, fetched));
  CHECK(w.world.elapsed() - woken >= 4s);
  CHECK_FALSE(fetched.responses.at(0).partitions.at(0).records.empty());
}
