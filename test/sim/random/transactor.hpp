// Foreign transactional producers and their coordinator. It puts transactions and their markers into the logs directly,
// and decides at the beginning of each whether it will be aborted. The history is told; the ledger has the records.
#pragma once

#include "random/run.hpp"

namespace kafka::sim {

class Transactor {
 public:
  explicit Transactor(Run& run) : run_(run), random_(run.plan.seed, 8) {}
  void act();
  /// Ends every open transaction.
  void heal();

 private:
  static constexpr int64_t kFirstProducer = 1'000'000;  ///< beyond those that the brokers give out
  static constexpr int kProducers = 3;

  void write(const TopicPartition& partition, int64_t producer);
  void mark(const TopicPartition& partition, int64_t producer);
  bool writable(const TopicPartition& partition);

  Run& run_;
  Random random_;
};

}  // namespace kafka::sim
