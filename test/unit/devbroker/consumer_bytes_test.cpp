// The bytes of consumers of the classic protocol, as far as a broker reads and writes them.
#include "devbroker/consumer_bytes.hpp"

#include <string>

#include "catch.hpp"

using namespace kafka;
using namespace kafka::devbroker;
using namespace std::string_literals;

namespace {

// Version 1: topic "t", no user data, owned: partition 2 of "t".
const std::string kSubscription =
    "\0\1"s
    "\0\0\0\1\0\1t"s
    "\xFF\xFF\xFF\xFF"s
    "\0\0\0\1\0\1t\0\0\0\1\0\0\0\2"s;

}  // namespace

TEST_CASE("a subscription names topics, and from version 1 on what the member owns") {
  const auto read = read_subscription(Bytes::copy(kSubscription));
  REQUIRE(read);
  CHECK(read->version == 1);
  CHECK(read->topics == std::vector<std::string>{"t"});
  CHECK(read->owned == std::vector<TopicPartition>{{"t", 2}});
  std::string older = kSubscription.substr(0, 13);
  older[1] = 0;
  const auto old = read_subscription(Bytes::copy(older));
  REQUIRE(old);
  CHECK(old->owned.empty());
}

TEST_CASE("bytes that are no subscription or no assignment are nothing") {
  for (size_t size = 0; size < kSubscription.size(); ++size) {
    CHECK_FALSE(read_subscription(Bytes::copy(kSubscription.substr(0, size))));
  }
  CHECK_FALSE(read_subscription(Bytes::copy("subscription"s)));
  CHECK(read_assignment(Bytes::copy("all of it"s)).empty());
  CHECK(read_assignment(Bytes()).empty());
}

TEST_CASE("an assignment comes back as it was written") {
  const std::vector<TopicPartition> partitions{{"a", 0}, {"a", 5}, {"b", 1}};
  const Bytes bytes = write_assignment(partitions, 1);
  CHECK(read_assignment(bytes) == partitions);
  CHECK(write_assignment({{"probe", 2}}, 3).size() == 25);  // as Kafka's
  CHECK(write_assignment({}, 0).size() == 10);
}
