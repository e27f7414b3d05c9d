// Gives producer ids out: a new one to everybody without a transactional id, and one that stays, with an
// epoch that grows, to each transactional id (KIP-98, KIP-360).
// Not here: transactions (none are coordinated), what a log knows of a producer (producers).
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

class ProducerIds {
 public:
  /// From this epoch on a transactional id gets a new producer id.
  static constexpr int16_t kExhaustedEpoch = INT16_MAX - 1;

  /// A producer without a transactional id always begins anew.
  ProducerIdentity create();
  /// `known`: what the producer has been until now; {-1, -1} if nothing.
  /// Errors: producer_fenced.
  Errc init(std::string_view transactional_id, ProducerIdentity known, ProducerIdentity& out);
  /// The epoch that the next new identity gets, once.
  void set_next_epoch(int16_t epoch) { next_epoch_ = epoch; }

 private:
  struct Entry {
    ProducerIdentity now = {};
    ProducerIdentity before = {};  // what an answer that got lost was given for
  };

  int64_t next_id_ = 0;
  int16_t next_epoch_ = 0;
  std::map<std::string, Entry, std::less<>> transactional_;
};

}  // namespace kafka::devbroker
