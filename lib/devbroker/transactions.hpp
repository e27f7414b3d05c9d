// Transactions that a test writes into logs by hand, and what logs know of producers. There is no transaction
// coordinator.
// Not here: producer ids (producer_ids), the rules for sequences (producers).
#pragma once

#include <kafka/devbroker.hpp>

#include <cstdint>
#include <string_view>
#include <vector>

#include "devbroker/contents.hpp"

namespace kafka::devbroker {

/// Owns the order in which a fetched partition lists its aborted transactions.
class Transactions {
 public:
  Transactions(const Topics& topics, const Brokers& brokers, const Contents& contents)
      : topics_(topics), brokers_(brokers), contents_(contents) {}

  /// Appends one batch to the producer's transaction, which begins with it if none is open. The first offset, or -1.
  int64_t append(std::string_view topic, int32_t partition, int64_t producer_id, const std::vector<Message>& messages,
                 Compression codec) const;
  /// Appends the marker that ends the transaction. Its offset, or -1.
  int64_t end(std::string_view topic, int32_t partition, int64_t producer_id, TransactionEnd end) const;

  bool aborted_newest_first() const { return aborted_newest_first_; }
  void set_aborted_newest_first(bool on) { aborted_newest_first_ = on; }

  std::vector<KnownProducer> producers(std::string_view topic, int32_t partition) const;
  Error forget_producers(std::string_view topic, int32_t partition) const;
  Error set_producer(std::string_view topic, int32_t partition, const KnownProducer& producer) const;

 private:
  const Topics& topics_;
  const Brokers& brokers_;
  const Contents& contents_;
  bool aborted_newest_first_ = false;
};

}  // namespace kafka::devbroker
