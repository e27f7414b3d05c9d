// A fetch session with one broker, the client's side (KIP-227): what the broker remembers of earlier requests, so
// that a request names only what changed and an answer only what has news.
// Not here: requests (fetcher.cpp).
#pragma once

#include <cstdint>
#include <map>

#include "codec/types.hpp"

namespace kafka::consumer {

struct FetchSession {
  /// A partition as the broker knows it.
  struct Known {
    Uuid topic_id = {};
    int64_t offset = -1;
    int32_t max_bytes = 0;
    int32_t last_epoch = -1;
    uint64_t asked_in = 0;  ///< the newest request that meant it
    int64_t end = -1;       ///< as last told: an answer without news does not repeat it
    bool same(const Known& other) const {
      return offset == other.offset && max_bytes == other.max_bytes && last_epoch == other.last_epoch;
    }
  };

  int32_t id = 0;                   ///< 0: none
  int32_t epoch = 0;                ///< of the next request; 0: a full one, that ends the session and may begin another
  bool by_id = true;                ///< topics were named by their ids: a session does not mix the ways
  std::map<uint32_t, Known> known;  ///< by slot

  bool full() const { return epoch == 0; }
  /// What the broker knows is not certain any more.
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
};

}  // namespace kafka::consumer
