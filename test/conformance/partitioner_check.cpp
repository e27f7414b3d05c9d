// Where librdkafka itself puts 10,000 random keys, an empty one and long ones among them, and where we do. Exit status:
// 0 the same; 1 not.
#include <librdkafka/rdkafka.h>

#include <cstdio>
#include <random>
#include <string>

#include "producer/partitioner.hpp"

using kafka::Partitioner;

int main() {
  constexpr int kKeys = 10000;
  const uint64_t seed = std::random_device{}();
  std::mt19937_64 random(seed);
  int compared = 0;
  int different = 0;
  for (int i = 0; i < kKeys; ++i) {
    std::string key;
    const uint64_t longest = i % 100 == 99 ? 50000 : 64;
    for (uint64_t left = i == 0 ? 0 : random() % longest; left > 0; --left) key.push_back(static_cast<char>(random()));
    const auto count = static_cast<int32_t>(1 + random() % 3000);
    auto compare = [&](Partitioner how, decltype(rd_kafka_msg_partitioner_murmur2)* theirs) {
      ++compared;
      const int32_t expected = theirs(nullptr, key.data(), key.size(), count, nullptr, nullptr);
      if (kafka::producer::partition_of(how, key, count) != expected) ++different;
    };
    compare(Partitioner::murmur2_random, rd_kafka_msg_partitioner_murmur2);
    compare(Partitioner::murmur2, rd_kafka_msg_partitioner_murmur2);
    compare(Partitioner::consistent_random, rd_kafka_msg_partitioner_consistent);
    compare(Partitioner::consistent, rd_kafka_msg_partitioner_consistent);
    compare(Partitioner::fnv1a_random, rd_kafka_msg_partitioner_fnv1a);
    compare(Partitioner::fnv1a, rd_kafka_msg_partitioner_fnv1a);
  }
  std::printf("seed %llu: %d placements compared, %d differ\n", static_cast<unsigned long long>(seed), compared,
              different);
  return different == 0 ? 0 : 1;
}
