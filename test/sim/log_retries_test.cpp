// The log at the level `debug` says which attempts fail and are made again, and at `trace` that they go on failing.
#include <kafka/kafka.hpp>

#include <algorithm>
#include <string_view>

#include "sim_client.hpp"

using namespace kafka;
using namespace kafka::sim;
using namespace std::chrono_literals;

namespace {

// Every line with its level.
struct Lines {
  std::vector<std::pair<LogLevel, std::string>> all;

  explicit Lines(SimClient& client) {
    client->on_log(LogLevel::trace, [this](LogLevel level, std::string_view line) { all.emplace_back(level, line); });
  }
  int count(LogLevel level, std::string_view begin, std::string_view part) const {
    return static_cast<int>(std::count_if(all.begin(), all.end(), [&](const auto& entry) {
      return entry.first == level && entry.second.starts_with(begin) && entry.second.find(part) != std::string::npos;
    }));
  }
};

}  // namespace

TEST_CASE("the log tells a retry once, and each further one at the level trace") {
  SimClient client(1, {.brokers = 1});
  REQUIRE_FALSE(client.brokers->cluster().topics().create("t", 2));
  Lines lines(client);
  std::string begin, reason;

  SECTION("of a batch") {
    client.brokers->cluster().faults().add(ApiKey::produce).always().reply(Errc::not_enough_replicas);
    Producer producer(*client.session);
    producer.send({.topic = "t", .partition = 1, .value = "x"});
    client.run(10s);
    begin = "t/1: ", reason = Error(Errc::not_enough_replicas).message();
    CHECK(lines.count(LogLevel::debug, begin, reason) == 1);
    CHECK(lines.count(LogLevel::trace, begin, reason) >= 5);
  }
  SECTION("of the question for an offset") {
    client.brokers->cluster().faults().add(ApiKey::list_offsets).always().reply(Errc::leader_not_available);
    OffsetMaster(*client.session).fetch_latest({{"t", {0}}}, [](Error, std::vector<TopicOffset>) {});
    client.run(10s);
    begin = "offset of t/0: ", reason = Error(Errc::leader_not_available).message();
    CHECK(lines.count(LogLevel::debug, begin, reason) == 1);
    CHECK(lines.count(LogLevel::trace, begin, reason) >= 5);
  }
  SECTION("of the search for a coordinator") {
    client.brokers->cluster().faults().add(ApiKey::find_coordinator).always().reply(Errc::coordinator_not_available);
    ConsumerGroup(*client.session, "g").fetch_offsets({{"t", {0}}}, [](Error, std::vector<ConsumerOffset>) {});
    client.run(10s);
    begin = "group g: ", reason = Error(Errc::coordinator_not_available).message();
    CHECK(lines.count(LogLevel::debug, begin, reason) == 1);
    CHECK(lines.count(LogLevel::trace, begin, reason) >= 5);
  }
  SECTION("of the question for metadata, while partitions have no leader") {
    client.brokers->cluster().faults().add(ApiKey::metadata).always().topic("t").reply(Errc::leader_not_available);
    client->get_metadata({"t"}, [](Error, ClusterMetadata) {});
    client.run(10s);
    begin = "topic t: ", reason = Error(Errc::leader_not_available).message();
    CHECK(lines.count(LogLevel::debug, begin, reason) == 1);
    CHECK(lines.count(LogLevel::trace, begin, reason) >= 5);
  }
  SECTION("of a producer's search for a leader") {
    client.brokers->cluster()
        .faults()
        .add(ApiKey::metadata)
        .always()
        .partition("t", 1)
        .reply(Errc::leader_not_available);
    Producer producer(*client.session);
    producer.send({.topic = "t", .partition = 1, .value = "x"});
    client.run(10s);
    begin = "t/1: ", reason = Error(Errc::leader_not_available).message();
    CHECK(lines.count(LogLevel::debug, begin, reason) == 1);
    CHECK(lines.count(LogLevel::trace, begin, reason) >= 5);
  }
  CHECK(lines.count(LogLevel::warning, begin, reason) == 0);
  client.close();
}
