// Where keys go. What librdkafka says of 10,000 keys: test/conformance/partitioner_check.cpp.
#include "producer/partitioner.hpp"

#include <set>
#include <string>

#include "catch.hpp"
#include "session/core.hpp"

using namespace kafka;
using namespace kafka::producer;

TEST_CASE("the hashes are those of their checks") {
  constexpr int32_t kMany = 1000000007;
  // CRC-32 of "123456789" is CBF43926; FNV-1a of "foobar" is BF9CF968, which is negative.
  CHECK(partition_of(Partitioner::consistent, "123456789", kMany) == static_cast<int32_t>(0xCBF43926u % kMany));
  CHECK(partition_of(Partitioner::fnv1a, "foobar", kMany) == static_cast<int32_t>((0u - 0xBF9CF968u) % kMany));
  CHECK(partition_of(Partitioner::fnv1a, "a", kMany) == static_cast<int32_t>((0u - 0xE40C292Cu) % kMany));
}

TEST_CASE("null and empty keys: some partitioners hash them, to the same place, others do not") {
  const std::string_view null;
  using enum Partitioner;
  for (const Partitioner how : {murmur2, consistent, fnv1a}) {
    CHECK(decides(how, null));
    CHECK(partition_of(how, null, 7) == partition_of(how, "", 7));
  }
  for (const Partitioner how : {murmur2_random, fnv1a_random}) {
    CHECK_FALSE(decides(how, null));
    CHECK(decides(how, ""));
  }
  CHECK_FALSE(decides(consistent_random, null));
  CHECK_FALSE(decides(consistent_random, ""));
  for (const Partitioner how : {random, round_robin}) CHECK_FALSE(decides(how, "key"));
  for (const Partitioner how : {murmur2_random, murmur2, consistent_random, consistent, fnv1a_random, fnv1a}) {
    CHECK(decides(how, "key"));
    std::set<int32_t> used;
    for (int i = 0; i < 100; ++i) {
      const int32_t at = partition_of(how, "key" + std::to_string(i), 5);
      CHECK(at >= 0);
      CHECK(at < 5);
      used.insert(at);
    }
    CHECK(used.size() == 5);
  }
}

TEST_CASE("partitioners go by the names that other clients have for them") {
  ProducerOptions options;
  CHECK(options.partitioner == Partitioner::murmur2_random);
  CHECK_FALSE(options.set("partitioner", "consistent_random"));
  CHECK(options.partitioner == Partitioner::consistent_random);
  CHECK_FALSE(options.set("partitioner", "round_robin"));
  CHECK(options.partitioner == Partitioner::round_robin);
  const Error error = options.set("partitioner", "sticky");
  CHECK(error == Errc::invalid_option);
  CHECK(error.message().find("murmur2_random") != std::string::npos);
  CHECK_FALSE(options.set("partitioner.availability.timeout.ms", "1500"));
  CHECK(options.partitioner_availability_timeout == std::chrono::milliseconds(1500));
  CHECK_FALSE(options.set("partitioner.adaptive.partitioning.enable", "false"));
  CHECK_FALSE(options.partitioner_adaptive_partitioning_enable);
}
