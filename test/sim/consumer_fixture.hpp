// For simulated tests of consumers: topics with numbered messages, and a recorder of everything that a consumer
// delivered and reported.
//
//   SimClient client(1, {.brokers = 3});
//   fill(client, "t", 3, 100);                          // values "0:0", "0:1" ... in each partition
//   Recorder recorder;
//   Consumer consumer(*client.session, "g", {{"t", {0, 1, 2}}});
//   consumer.consume(recorder.ack(), recorder.end());
#pragma once

#include <kafka/consumer.hpp>
#include <kafka/consumer_group.hpp>
#include <kafka/offset_master.hpp>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "records/builder.hpp"
#include "sim_client.hpp"

namespace kafka::sim {

/// The partitions that most tests consume.
inline const Partitions kOne = {{"t", {0}}};
inline const Partitions kThree = {{"t", {0, 1, 2}}};

inline std::string text(int32_t partition, int64_t number) {
  return std::to_string(partition) + ":" + std::to_string(number);
}

/// `count` more messages in each of the partitions, `per_batch` in a batch. Creates the topic if it does not exist.
inline void fill_batches(SimClient& client, const std::string& topic, int32_t partitions, int64_t count,
                         int64_t per_batch) {
  devbroker::Cluster& cluster = client.brokers->cluster();
  if (cluster.topics().find(topic) == nullptr) REQUIRE_FALSE(cluster.topics().create(topic, partitions));
  constexpr int16_t kProduceVersion = 7;
  for (int32_t p = 0; p < partitions; ++p) {
    const auto partition = cluster.topics().partition(topic, p);
    for (int64_t i = 0; i < count; i += per_batch) {
      records::BatchBuilder builder(256);
      const int64_t end = partition->log.end_offset();
      for (int64_t k = 0; k < std::min(per_batch, count - i); ++k) {
        REQUIRE(builder.append(1000 + end + k, {}, text(p, end + k)) == Errc::none);
      }
      Bytes sealed;
      REQUIRE_FALSE(builder.seal({}, sealed));
      REQUIRE(cluster.contents().append(*partition, sealed, kProduceVersion, 1000 + end).base_offset == end);
    }
  }
}

/// The same with four in a batch, or with one if messages have a size.
inline void fill(SimClient& client, const std::string& topic, int32_t partitions, int64_t count, size_t size = 0) {
  if (size == 0) return fill_batches(client, topic, partitions, count, 4);
  devbroker::Cluster& cluster = client.brokers->cluster();
  if (cluster.topics().find(topic) == nullptr) REQUIRE_FALSE(cluster.topics().create(topic, partitions));
  for (int32_t p = 0; p < partitions; ++p) {
    for (int64_t i = 0; i < count; ++i) {
      const int64_t end = cluster.topics().partition(topic, p)->log.end_offset();
      std::string value = text(p, end);
      if (value.size() < size) value.resize(size, '.');
      REQUIRE(cluster.contents().append(topic, p, {.value = value, .timestamp = 1000 + end}) == end);
    }
  }
}

/// Notes what a consumer delivers and reports, and answers envelopes.
struct Recorder {
  struct Entry {
    std::string topic;
    int32_t partition;
    int64_t offset;
    std::string value;
  };
  std::vector<Entry> got;
  std::vector<Error> ends;
  std::vector<Error> commits;  // outcomes of commit()
  std::vector<Event> events;
  std::vector<std::pair<TopicPartition, int64_t>> partition_ends;
  std::vector<MessageEnvelope> kept;
  int depth = 0;
  int deepest = 0;

  template <class F>
  MessageCallback each(F answer) {
    return [this, answer = std::move(answer)](MessageEnvelope envelope) mutable {
      deepest = std::max(deepest, ++depth);
      got.push_back({envelope.topic(), envelope.partition(), envelope.offset(), std::string(envelope.value())});
      answer(std::move(envelope));
      --depth;
    };
  }
  MessageCallback ack() {
    return each([](MessageEnvelope envelope) { CHECK_FALSE(envelope.ack()); });
  }
  MessageCallback commit() {
    return each([this](MessageEnvelope envelope) {
      CHECK_FALSE(envelope.commit({}, [this](Error error) { commits.push_back(std::move(error)); }));
    });
  }
  MessageCallback keep() {
    return each([this](MessageEnvelope envelope) { kept.push_back(std::move(envelope)); });
  }
  EndCallback end() {
    return [this](Error error) { ends.push_back(std::move(error)); };
  }
  template <class Reader>
  void listen(Reader& reader) {
    reader.on_event([this](const Event& event) { events.push_back(event); });
    listen_ends(reader);
  }
  template <class Reader>
  void listen_ends(Reader& reader) {
    reader.on_partition_end(
        [this](const TopicPartition& where, int64_t offset) { partition_ends.emplace_back(where, offset); });
  }

  std::vector<int64_t> offsets(int32_t partition) const {
    std::vector<int64_t> all;
    for (const Entry& entry : got) {
      if (entry.partition == partition) all.push_back(entry.offset);
    }
    return all;
  }
  size_t count(Event::Type type) const {
    return static_cast<size_t>(std::count_if(events.begin(), events.end(), [&](auto& e) { return e.type == type; }));
  }
  bool ended_with(Errc code) const { return ends.size() == 1 && ends.front() == code; }
  bool ended_well() const { return ends.size() == 1 && !ends.front(); }
  /// Each partition's offsets are first, first + 1, ... without a gap or a repetition, with the values of fill().
  void check_dense(int32_t partitions, int64_t first, int64_t end) const {
    for (int32_t p = 0; p < partitions; ++p) {
      const std::vector<int64_t> seen = offsets(p);
      std::vector<int64_t> wanted;
      for (int64_t i = first; i < end; ++i) wanted.push_back(i);
      CHECK(seen == wanted);
    }
    for (const Entry& entry : got) {
      const std::string wanted = text(entry.partition, entry.offset);
      if (entry.value.compare(0, wanted.size(), wanted) != 0) FAIL("offset " << entry.offset << " has another value");
    }
  }
};

inline std::vector<int64_t> range(int64_t first, int64_t end) {
  std::vector<int64_t> all;
  for (int64_t i = first; i < end; ++i) all.push_back(i);
  return all;
}

inline int64_t committed(SimClient& client, const std::string& group, const std::string& topic, int32_t partition) {
  const auto found = client.brokers->cluster().groups().find(group, {topic, partition});
  return found != nullptr ? found->offset : -1;
}

/// Closes and counts the calls.
template <class Reader>
void close(SimClient& client, Reader& reader) {
  int calls = 0;
  reader.close([&] { ++calls; });
  CHECK(calls == 0);
  CHECK(client.until([&] { return calls > 0; }));
  client.run(std::chrono::seconds(1));
  CHECK(calls == 1);
}

}  // namespace kafka::sim
