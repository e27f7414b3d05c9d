// The multiplexer alone: ids and order.
#include "cluster/in_flight.hpp"

#include "catch.hpp"

using namespace kafka;
using namespace kafka::cluster;

namespace {

class Nothing final : public Call {
 public:
  explicit Nothing(int64_t deadline = 0) : Call(protocol::ApiKey::metadata, net::TimePoint(net::Duration(deadline))) {}
  Error encode(int16_t, codec::Writer&) override { return {}; }
  void finish(Error, codec::Reader*, ThrottleSink*) override {}
};

}  // namespace

TEST_CASE("C9: correlation ids go from 2^31-1 to 0 and what is in flight keeps its own") {
  InFlight in_flight;
  in_flight.set_next_id(INT32_MAX - 1);
  std::vector<int32_t> ids;
  std::vector<Call*> calls;
  for (int i = 0; i < 4; ++i) {
    auto call = std::make_unique<Nothing>();
    ids.push_back(in_flight.next_id());
    calls.push_back(call.get());
    in_flight.push(ids.back(), std::move(call));
  }
  CHECK(ids == std::vector<int32_t>{INT32_MAX - 1, INT32_MAX, 0, 1});
  for (size_t i = 0; i < 4; ++i) CHECK(in_flight.pop(ids[i]).get() == calls[i]);
  CHECK(in_flight.empty());
}

TEST_CASE("C8: only the oldest request can be answered") {
  InFlight in_flight;
  CHECK(in_flight.pop(0) == nullptr);
  in_flight.push(7, std::make_unique<Nothing>());
  in_flight.push(8, std::make_unique<Nothing>());
  CHECK(in_flight.pop(8) == nullptr);
  CHECK(in_flight.pop(-7) == nullptr);
  CHECK(in_flight.head_id() == 7);
  CHECK(in_flight.size() == 2);
  CHECK(in_flight.pop(7) != nullptr);
  CHECK(in_flight.pop(7) == nullptr);
  CHECK(in_flight.pop(8) != nullptr);
}

TEST_CASE("the earliest deadline counts, wherever it stands") {
  InFlight in_flight;
  CHECK(in_flight.earliest_deadline({}) == net::TimePoint::max());
  for (int64_t deadline : {50, 20, 90}) in_flight.push(in_flight.next_id(), std::make_unique<Nothing>(deadline));
  CHECK(in_flight.earliest_deadline({}) == net::TimePoint(net::Duration(20)));
  CHECK(in_flight.take_all().size() == 3);
  CHECK(in_flight.empty());
}
