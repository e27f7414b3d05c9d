// The queue of partitions whose open batch waits for linger.
#include "producer/lingering.hpp"

#include "catch.hpp"
#include "producer/topic.hpp"

using namespace kafka;
using namespace kafka::producer;
using namespace std::chrono_literals;

namespace {

void open_batch(Partition& partition, net::Duration created) {
  partition.open = std::make_unique<Batch>(0, Compression::none, net::TimePoint(created), 1024);
}

}  // namespace

TEST_CASE("partitions leave the queue when their batches are due, the first due first") {
  Lingering lingering(5ms);
  Partition a;
  Partition b;
  open_batch(a, 10ms);
  open_batch(b, 12ms);
  CHECK(lingering.next() == net::TimePoint::max());
  REQUIRE(lingering.add(a));
  REQUIRE(lingering.add(b));
  CHECK(a.lingers);
  CHECK(lingering.next() == net::TimePoint(15ms));
  CHECK(lingering.take_due(net::TimePoint(14ms), false) == nullptr);
  CHECK(lingering.take_due(net::TimePoint(15ms), false) == &a);
  CHECK_FALSE(a.lingers);
  CHECK(lingering.take_due(net::TimePoint(15ms), false) == nullptr);
  CHECK(lingering.next() == net::TimePoint(17ms));
  CHECK(lingering.take_due(net::TimePoint(17ms), false) == &b);
  CHECK(lingering.next() == net::TimePoint::max());
}

TEST_CASE("a flush takes all of them at once") {
  Lingering lingering(1h);
  Partition a;
  Partition b;
  open_batch(a, 1ms);
  open_batch(b, 2ms);
  lingering.add(a);
  lingering.add(b);
  CHECK(lingering.take_due(net::TimePoint(3ms), true) == &a);
  CHECK(lingering.take_due(net::TimePoint(3ms), true) == &b);
  CHECK(lingering.take_due(net::TimePoint(3ms), true) == nullptr);
}

TEST_CASE("a partition is in the queue once, and not if its batch is due before the last one there") {
  Lingering lingering(5ms);
  Partition a;
  Partition early;
  open_batch(a, 10ms);
  open_batch(early, 9ms);  // its record was parked before
  REQUIRE(lingering.add(a));
  REQUIRE(lingering.add(a));
  CHECK_FALSE(lingering.add(early));
  CHECK_FALSE(early.lingers);
  CHECK(lingering.take_due(net::TimePoint(1h), false) == &a);
  CHECK(lingering.take_due(net::TimePoint(1h), false) == nullptr);
  CHECK(lingering.add(early));
}
