// Which request meets which fault.
#include "cluster_fixture.hpp"

using namespace kafka;
using namespace kafka::devbroker;

TEST_CASE("a request meets the oldest fault that matches and is not used up") {
  Faults faults;
  faults.add(ApiKey::produce).times(2).reply(Errc::request_timed_out);
  Fault& second = faults.add(ApiKey::produce).broker(2).skip(1).reply(Errc::kafka_storage_error);
  faults.add(ApiKey::fetch).always().partition("t", 1).delay(std::chrono::seconds(1));
  auto none = [](const std::string&, int32_t) { return false; };
  auto t1 = [](const std::string& topic, int32_t partition) { return topic == "t" && partition == 1; };
  FaultAction action;
  REQUIRE(faults.match(ApiKey::produce, 1, "", none, action));
  CHECK(action.at("any", 0) == Errc::request_timed_out);
  CHECK_FALSE(action.executes());
  REQUIRE(faults.match(ApiKey::produce, 2, "", none, action));
  CHECK_FALSE(faults.match(ApiKey::produce, 1, "", none, action));
  CHECK_FALSE(faults.match(ApiKey::produce, 2, "", none, action));
  CHECK_FALSE(second.used_up());
  REQUIRE(faults.match(ApiKey::produce, 2, "", none, action));
  CHECK(second.used_up());
  CHECK(second.hits() == 1);
  CHECK(action.reply == Errc::kafka_storage_error);
  CHECK_FALSE(faults.match(ApiKey::fetch, 1, "", none, action));
  REQUIRE(faults.match(ApiKey::fetch, 1, "", t1, action));
  CHECK(action.delay == std::chrono::seconds(1));
  CHECK(action.executes());
}
