// What a producer keeps of each topic and partition: batches that are being filled, batches that wait, and where the
// last ones went.
// Not here: how batches are filled (accumulator.hpp), how they are sent (sender.hpp).
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/ring.hpp"
#include "producer/batch.hpp"
#include "producer/chain.hpp"
#include "producer/lines.hpp"
#include "producer/parking.hpp"
#include "protocol/produce.hpp"

namespace kafka::producer {

class Accumulator;
struct Topic;

/// What a leader says about the batch of one partition.
using PartitionAnswer = protocol::ProduceResponse::TopicProduceResponse::PartitionProduceResponse;

/// What a leader does with sequences: those older than 0.11 know none.
enum class Sequences : uint8_t { unknown, stored, none };

/// The leader that the last batch went to.
struct Leader {
  int32_t node = -1;
  Sequences sequences = Sequences::unknown;

  /// Its broker may be of another release from now on. One that was older than 0.11 counts as such until it is asked.
  void doubt() noexcept {
    if (sequences == Sequences::stored) sequences = Sequences::unknown;
  }
};

/// Producers walk through thousands of these for every few records, so what a batch needs lies on two cache lines.
struct alignas(kLine) Partition {
  // The accumulator writes these, and the sender takes the batches.
  std::unique_ptr<Batch> open;           ///< is being filled; set through Accumulator::set_open()
  Ring<std::unique_ptr<Batch>> waiting;  ///< full batches, oldest first; retries go in front
  Chain chain;

  // The sender's.
  int32_t in_flight = 0;                      ///< batches in requests under way
  bool listed = false;                        ///< in SendQueue
  bool lingers = false;                       ///< in Lingering
  Leader leader;                              ///< of the last batch
  const PartitionAnswer* answered = nullptr;  ///< only while one answer is looked through
  net::TimePoint not_before{};                ///< after a failure
  std::unique_ptr<Error> setback;             ///< what the last attempt failed with; null: nothing, or it was stored

  // The accumulator's.
  Topic* topic = nullptr;
  int32_t number = 0;
  uint32_t last_size = 0;    ///< bytes of the last full batch
  uint32_t last_tokens = 0;  ///< in it
  uint64_t next_record = 0;  ///< see Batch::first_record; as of the last full batch

  bool idle() const { return open == nullptr && waiting.empty(); }
  std::string name() const;  ///< "topic/number", for messages
};
static_assert(sizeof(Partition) == 2 * kLine);

/// What a kafka::Topic refers to; may outlive the producer.
struct TopicHandle {
  std::string name;
  const Accumulator* owner = nullptr;  ///< null: gone, or the name is not legal
  Topic* topic = nullptr;
};

struct Topic {
  std::string name;
  std::map<int32_t, std::unique_ptr<Partition>> partitions;
  std::vector<Partition*> by_number;  ///< the same, for the hot path; null where nothing was sent
  std::vector<Batch*> open;           ///< their open batches: saves a look into each of thousands of partitions
  size_t turn = 0;                    ///< the partition after the one of the last record
  Parking parking;
  int32_t sticky = -1;
  size_t sticky_bytes = 0;              ///< have gone there since it was chosen
  int32_t next = -1;                    ///< for round_robin
  int32_t count = 0;                    ///< partitions, 0 while unknown, as of
  uint64_t generation = 0;              ///< this state of the metadata
  std::shared_ptr<TopicHandle> handle;  ///< null until the application asks for it
  Uuid id{};                            ///< as metadata told it last; zero: not known

  /// The id that metadata tells. If it is another one, the topic was deleted and made anew, and the sequences begin
  /// anew.
  void notice(const Uuid& told) {
    if (told == id || told.is_zero()) return;
    if (!id.is_zero()) {
      for (const auto& [number, partition] : partitions) partition->chain.topic_recreated();
    }
    id = told;
  }

  /// Null if nothing was sent there.
  Partition* find(int32_t partition) const {
    const auto index = static_cast<size_t>(partition);
    if (index < by_number.size()) return by_number[index];
    const auto found = partitions.find(partition);
    return found == partitions.end() ? nullptr : found->second.get();
  }
};

inline std::string Partition::name() const { return topic->name + "/" + std::to_string(number); }

}  // namespace kafka::producer
