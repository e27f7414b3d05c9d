// Records that wait until the partitions of their topic are known.
#include "producer/parking.hpp"

#include "catch.hpp"

using namespace kafka;
using namespace kafka::producer;
using namespace std::chrono_literals;

namespace {

ParkedRecord parked(std::string_view value, net::Duration deadline) {
  ParkedRecord record(Record{.topic = "t", .value = value});
  record.deadline = net::TimePoint(deadline);
  return record;
}

}  // namespace

TEST_CASE("a parked record is a copy, and null stays apart from empty") {
  std::string key = "key";
  std::string name = "h";
  Record record{.topic = "t", .partition = 3, .key = key, .value = null_value, .timestamp = 5};
  record.headers = {{name, "x"}, {name, std::string_view("", 0)}, {name, {}}};
  const ParkedRecord copy(record);
  key = "YYY";
  name = "X";
  const Record view = copy.view("u");
  CHECK(view.topic == "u");
  CHECK(view.partition == 3);
  CHECK(view.key == "key");
  CHECK(view.value.data() == nullptr);
  CHECK(view.timestamp == 5);
  REQUIRE(view.headers.size() == 3);
  CHECK(view.headers[0].key == "h");
  CHECK(view.headers[0].value == "x");
  CHECK(view.headers[1].value.data() != nullptr);
  CHECK(view.headers[1].value.empty());
  CHECK(view.headers[2].value.data() == nullptr);
}

TEST_CASE("parked records leave in the order of their coming, the expired ones first of all") {
  Parking parking;
  CHECK(parking.deadline() == net::TimePoint::max());
  CHECK_FALSE(parking.take_expired(net::TimePoint(1h)));
  parking.add(parked("a", 1s));
  parking.add(parked("b", 2s));
  parking.add(parked("c", 3s));
  CHECK(parking.deadline() == net::TimePoint(1s));
  CHECK_FALSE(parking.take_expired(net::TimePoint(999ms)));
  const auto expired = parking.take_expired(net::TimePoint(1s));
  REQUIRE(expired);
  CHECK(expired->value == "a");
  CHECK_FALSE(parking.take_expired(net::TimePoint(1s)));
  CHECK(parking.take().value == "b");
  parking.add(parked("d", 4s));
  Ring<ParkedRecord> all = parking.take_all();
  CHECK(parking.empty());
  REQUIRE(all.size() == 2);
  CHECK(all[0].value == "c");
  CHECK(all[1].value == "d");
}

TEST_CASE("a flush waits for the records that are parked when it begins, and for no later one") {
  Parking parking;
  parking.add(parked("a", 1s));
  parking.add(parked("b", 1s));
  auto flush = std::make_shared<int>(0);
  const std::weak_ptr<int> under_way = flush;
  parking.attach(flush);
  flush.reset();
  parking.add(parked("c", 1s));
  CHECK(parking.take().flushes.size() == 1);
  CHECK_FALSE(under_way.expired());
  CHECK(parking.take().flushes.size() == 1);
  CHECK(under_way.expired());
  CHECK(parking.take().flushes.empty());
}
