// A fetch session with one broker, the client's side (KIP-227): what the broker remembers of earlier requests, so
// that a request names only what changed, and an answer only what has news.
// Not here: requests (source.cpp).
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "consumer/partition.hpp"

namespace kafka::consumer {

/// Owns what the broker knows of this client's partitions.
struct FetchSession {
  /// A partition as the broker knows it.
  struct Known {
    std::shared_ptr<const std::string> topic;
    int32_t number = -1;
    Uuid topic_id = {};
    int64_t offset = -1;
    int32_t max_bytes = 0;
    int32_t last_epoch = -1;
    uint64_t asked_in = 0;  ///< the newest request that meant it
    int64_t end = -1;       ///< the partition's end as last told: an answer without news does not repeat it

    bool same(const Known& other) const {
      return offset == other.offset && max_bytes == other.max_bytes && last_epoch == other.last_epoch;
    }
    /// False if the slot has gone to another partition, or the topic was made anew.
    bool same_partition(const Known& other) const {
      return topic_id == other.topic_id && number == other.number && (topic == other.topic || *topic == *other.topic);
    }
  };

  int32_t id = 0;                   ///< 0: none
  int32_t epoch = 0;                ///< of the next request; 0: a full one, that ends the session and may begin another
  bool by_id = true;                ///< topics were named by their ids: a session does not mix the ways
  std::map<uint32_t, Known> known;  ///< by slot

  bool full() const { return epoch == 0; }
  /// It is not certain any more what the broker knows.
  void restart(bool forgotten) {
    epoch = 0;
    known.clear();
    if (forgotten) id = 0;
  }
  /// An answer without error came to a request that was full, or not.
  void answered(bool was_full, int32_t session_id) {
    if (was_full) id = session_id;
    if (session_id == 0 || session_id != id) return restart(true);
    epoch = was_full || epoch == INT32_MAX ? 1 : epoch + 1;
  }
  /// Null if the broker does not know the partition.
  Known* find(const Partition& partition) {
    const auto found = known.find(partition.slot);
    return found == known.end() ? nullptr : &found->second;
  }
  /// The broker sees no epochs in this version.
  void forget_epochs() {
    for (auto& [slot, one] : known) one.last_epoch = -1;
  }
};

}  // namespace kafka::consumer
