// A fault as one line of text.
#include "devbroker/fault_text.hpp"

#include "cluster_fixture.hpp"

using namespace kafka;
using namespace kafka::devbroker;
using namespace std::chrono_literals;

namespace {

FaultText parsed(std::string_view text) {
  FaultText fault;
  const Error error = FaultText::parse(text, fault);
  INFO(text << ": " << error.message());
  REQUIRE_FALSE(error);
  return fault;
}

std::string refused(std::string_view text) {
  FaultText fault;
  const Error error = FaultText::parse(text, fault);
  INFO(text);
  REQUIRE(error == Errc::invalid_argument);
  return error.message();
}

bool says(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("a fault is read from its text, names in any case") {
  const FaultText error = parsed("Produce:times=2:error=NOT_LEADER_OR_FOLLOWER");
  CHECK(error.api == ApiKey::produce);
  CHECK(error.times == 2);
  CHECK(error.error == Errc::not_leader_or_follower);
  CHECK(parsed("init_producer_id:error=not_leader_or_follower").api == ApiKey::init_producer_id);
  CHECK(parsed("OFFSET-COMMIT:error=16").error == Errc::not_coordinator);
  CHECK(parsed("fetch:error=-1").error == Errc::unknown_server_error);
  CHECK(parsed("Fetch:delay=300:times=always").delay == 300ms);
  CHECK(parsed("Fetch:delay=300:times=always").times == -1);
  const FaultText cut = parsed("Metadata:cut");
  CHECK(cut.cut);
  CHECK(cut.times == 1);
}

TEST_CASE("a text that is no fault is refused, and the error says which part is wrong") {
  CHECK(says(refused(""), "name of an API: Produce"));
  CHECK(says(refused("Prodduce:cut"), "name of an API"));
  CHECK(says(refused("Produce"), "says nothing that happens"));
  CHECK(says(refused("Produce:times=2"), "says nothing that happens"));
  CHECK(says(refused("Produce:times=0:cut"), "times= wants 1 or more"));
  CHECK(says(refused("Produce:times=x:cut"), "times= wants 1 or more"));
  CHECK(says(refused("Produce:error=NO_SUCH"), "NOT_LEADER_OR_FOLLOWER"));
  CHECK(says(refused("Produce:error=none"), "error= wants"));
  CHECK(says(refused("Produce:error="), "error= wants"));
  CHECK(says(refused("Produce:delay=-1"), "delay= wants milliseconds"));
  CHECK(says(refused("Produce:delay=99999999999"), "delay= wants milliseconds"));
  CHECK(says(refused("Produce:cut:delay=1"), "more than one of"));
  CHECK(says(refused("Produce:cut=1"), "\"cut=1\" is none of"));
  CHECK(says(refused("Produce::cut"), "\"\" is none of"));
}

TEST_CASE("a fault that was read happens as often as its text says") {
  Faults faults;
  parsed("Produce:times=2:error=REQUEST_TIMED_OUT").apply(faults.add(ApiKey::produce));
  parsed("Fetch:times=always:delay=5").apply(faults.add(ApiKey::fetch));
  const auto none = [](const std::string&, int32_t) { return false; };
  FaultAction action;
  for (int i = 0; i < 2; ++i) {
    REQUIRE(faults.match(ApiKey::produce, 1, "", none, action));
    CHECK(action.reply == Errc::request_timed_out);
  }
  CHECK_FALSE(faults.match(ApiKey::produce, 1, "", none, action));
  for (int i = 0; i < 5; ++i) REQUIRE(faults.match(ApiKey::fetch, 1, "", none, action));
  CHECK(action.delay == 5ms);
}
