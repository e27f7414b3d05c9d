// Hands out producer ids (KIP-98, KIP-360): a new one to every producer without a transactional id, and to each
// transactional id one that stays, with a new epoch every time.
// Not here: transactions (transactions), what a log knows of a producer (producers).
#pragma once

#include <kafka/error.hpp>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace kafka::devbroker {

struct ProducerIdentity {
  int64_t id = -1;
  int16_t epoch = -1;
};

/// Owns the ids of the transactional producers, and the next free id.
class ProducerIds {
 public:
  /// From this epoch on a transactional id gets a new producer id.
  static constexpr int16_t kExhaustedEpoch = INT16_MAX - 1;

  /// For a producer without a transactional id.
  ProducerIdentity create();
  /// `known`: the identity that the producer has; {-1, -1}: none.
  /// Errors: producer_fenced.
  Errc init(std::string_view transactional_id, ProducerIdentity known, ProducerIdentity& out);
  /// Sets the epoch of the next new identity, once.
  void set_next_epoch(int16_t epoch) { next_epoch_ = epoch; }

 private:
  struct Entry {
    ProducerIdentity now = {};
    ProducerIdentity before = {};  // if the answer with `now` was lost, the producer asks with this again
  };

  int64_t next_id_ = 0;
  int16_t next_epoch_ = 0;
  std::map<std::string, Entry, std::less<>> transactional_;
};

}  // namespace kafka::devbroker
