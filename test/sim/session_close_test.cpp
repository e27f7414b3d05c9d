// How a session ends: closed at any moment, twice, from inside each of its callbacks, or just destroyed.
// Not here: closing with a producer or a consumer that has work (their own tests).
#include "sim_client.hpp"

using namespace kafka;
using namespace kafka::sim;
using namespace std::chrono_literals;

TEST_CASE("a session that was used closes and leaves nothing") {
  SimClient client(1, {.brokers = 3});
  const auto seen = client.cluster();
  CHECK_FALSE(seen.error);
  CHECK(seen.value.brokers.size() == 3);
  client.close();
}
