// Transactional producers of others, and their coordinator: transactions and their markers, put into the logs
// directly. Each one's fate is known from its beginning. History is told; what is sent is the ledger's.
#pragma once

#include "random/run.hpp"

namespace kafka::sim {

class Transactor {
 public:
  explicit Transactor(Run& run) : run_(run), random_(run.plan.seed, 8) {}
  void act();
  /// No transaction is left open.
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
