// D3: topics that are deleted and made anew under a producer.
// Not here: consumers (consume_recreated_test.cpp).
#include "producer_fixture.hpp"

using namespace kafka;
using namespace kafka::sim;
using namespace std::chrono_literals;

TEST_CASE("D3: after a topic was made anew its sequences begin anew, and every record is stored once") {
  const std::string release = GENERATE(std::string(), std::string("2.8"), std::string("1.1"));
  const bool under_way = GENERATE(false, true);
  const net::Duration gap = GENERATE(net::Duration(0s), net::Duration(3s));
  CAPTURE(release, under_way, gap.count());
  SimClient client(41, {.brokers = 1});
  devbroker::Cluster& cluster = client.brokers->cluster();
  REQUIRE_FALSE(cluster.releases().as_version(release));
  REQUIRE_FALSE(cluster.topics().create("t", 1));
  Producer producer(*client.session);
  size_t reports = 0;
  const auto send = [&](int count) {
    for (int i = 0; i < count; ++i) {
      const std::string value = std::to_string(i);
      CHECK_FALSE(producer.send({.topic = "t", .partition = 0, .value = value}, [&](const DeliveryReport& report) {
        CHECK_FALSE(report.error);
        ++reports;
      }));
    }
  };
  send(3);
  REQUIRE(client.until([&] { return reports == 3; }));
  client.run(1s);
  if (under_way) {  // it comes when the old topic is gone
    client.brokers->pause(1);
    send(2);
    client.run(100ms);
  }
  REQUIRE_FALSE(cluster.topics().erase("t"));
  client.run(gap);
  REQUIRE_FALSE(cluster.topics().create("t", 1));
  if (under_way) client.brokers->resume(1);
  client.run(1s);
  send(4);
  const size_t all = under_way ? 9 : 7;
  REQUIRE(client.until([&] { return reports == all; }, 3min));
  CHECK(cluster.contents().read("t", 0).size() == all - 3);
  client.run(5s);
  send(2);
  REQUIRE(client.until([&] { return reports == all + 2; }, 3min));
  CHECK(cluster.contents().read("t", 0).size() == all - 1);
  int closed = 0;
  producer.close([&] { ++closed; });
  CHECK(client.until([&] { return closed == 1; }));
  client.close();
}
