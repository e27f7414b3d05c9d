// How fast messages come when each partition waits for its commit: messages per second of virtual time, at a round trip
// of 1 ms to every broker.
#include <iostream>

#include "consumer_fixture.hpp"

using namespace kafka;
using namespace kafka::sim;
using namespace std::chrono_literals;

TEST_CASE("partition and confirmed: every partition gets a message per round trip, however many there are") {
  const int32_t partitions = GENERATE(2, 12, 300);
  const net::Duration measured = 200ms;
  SimClient client(1, {.brokers = 3});
  fill_batches(client, "t", partitions, 400, 50);
  client.world.set_latency(500us, 500us);
  std::vector<int32_t> numbers;
  for (int32_t p = 0; p < partitions; ++p) numbers.push_back(p);
  Consumer consumer(*client.session, "g", {{"t", {numbers.begin(), numbers.end()}}},
                    {.commit_mode = CommitMode::confirmed, .ordering = Ordering::partition});
  int64_t got = 0;
  int64_t failed = 0;
  consumer.consume([&](MessageEnvelope envelope) {
    ++got;
    failed += envelope.commit({}, [&](const Error& error) { failed += error ? 1 : 0; }) ? 1 : 0;
  });
  REQUIRE(client.until([&] { return got >= 10 * partitions; }));
  const int64_t before = got;
  const int64_t requests = client.brokers->cluster().requests().count(ApiKey::offset_commit, 0);
  client.run(measured);
  const int64_t per_second = (got - before) * (1s / measured);
  std::cout << partitions << " partitions: " << per_second << " messages per second, "
            << (client.brokers->cluster().requests().count(ApiKey::offset_commit, 0) - requests) * (1s / measured)
            << " OffsetCommits per second\n";
  CHECK(failed == 0);
  CHECK(per_second >= 990 * partitions);
  close(client, consumer);
  client.close();
}
