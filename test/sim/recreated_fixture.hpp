// For simulated tests of topics that are deleted and made anew: the old topic and the new one, and what has to have
// come of the new one.
#pragma once

#include <string>
#include <vector>

#include "consumer_fixture.hpp"

namespace kafka::sim {

// 4.3 fetches by id, 2.8 has ids in metadata alone, 1.1 has none.
inline const std::vector<std::string> kReleases{"", "2.8", "1.1"};

inline void append_new(devbroker::Cluster& cluster, int32_t partition, int64_t from, int64_t count) {
  for (int64_t i = from; i < count; ++i) {
    const Message message{.value = "new", .timestamp = 50000 + i};
    REQUIRE(cluster.contents().append("t", partition, message) == i);
  }
}

// The topic is gone for `gap`, and then has no records for `empty`.
inline void make_anew(SimClient& client, int32_t partitions, int64_t count, net::Duration gap = {},
                      net::Duration empty = {}) {
  devbroker::Cluster& cluster = client.brokers->cluster();
  REQUIRE_FALSE(cluster.topics().erase("t"));
  if (gap > net::Duration::zero()) client.run(gap);
  REQUIRE_FALSE(cluster.topics().create("t", partitions));
  if (empty > net::Duration::zero()) client.run(empty);
  for (int32_t p = 0; p < partitions; ++p) append_new(cluster, p, 0, count);
}

// One partition, led by `leader`, without records.
inline void make_empty(devbroker::Cluster& cluster, int32_t leader) {
  REQUIRE_FALSE(cluster.topics().create("t", 1));
  REQUIRE_FALSE(cluster.leaders().move("t", 0, leader));
}

inline void check_new(const Recorder& recorder, size_t from, int64_t count) {
  std::vector<int64_t> offsets;
  for (size_t i = from; i < recorder.got.size(); ++i) {
    offsets.push_back(recorder.got[i].offset);
    CHECK(recorder.got[i].value == "new");
  }
  CHECK(offsets == range(0, count));
}

// In the end the new topic's `count` records have come behind `old` ones, and the one event tells of it.
inline void check_taken_anew(SimClient& client, Fetcher& fetcher, const Recorder& recorder, size_t old, int64_t count) {
  client.run(std::chrono::seconds(20));
  check_new(recorder, old, count);
  CHECK(recorder.events.size() == 1);
  CHECK(recorder.count(Event::Type::topic_recreated) == 1);
  close(client, fetcher);
  client.close();
}

}  // namespace kafka::sim
