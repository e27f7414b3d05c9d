// Which transactions in one fetched field of records were aborted, as the broker listed them (KIP-98). A consumer with
// read_committed skips their records. Batches are asked about one by one, in the order of the log.
// Not here: reading batches and markers (buffer.cpp).
#pragma once

#include <algorithm>
#include <cstdint>
#include <set>
#include <vector>

namespace kafka::consumer {

/// Owns the list of a field of records, and which of its transactions are under way where the reader is.
class Aborted {
 public:
  struct Transaction {
    int64_t producer_id = -1;
    int64_t first_offset = -1;
  };

  /// In any order: some brokers list the newest first.
  explicit Aborted(std::vector<Transaction> transactions) : transactions_(std::move(transactions)) {
    std::sort(transactions_.begin(), transactions_.end(),
              [](const Transaction& a, const Transaction& b) { return a.first_offset < b.first_offset; });
  }

  /// The log has been read up to this offset: transactions that began up to there are under way.
  void pass(int64_t offset) {
    for (; next_ < transactions_.size() && transactions_[next_].first_offset <= offset; ++next_)
      under_way_.insert(transactions_[next_].producer_id);
  }
  /// An aborted transaction of this producer is under way.
  bool holds(int64_t producer_id) const { return under_way_.contains(producer_id); }
  /// A marker was read: this transaction has ended. The producer's next one is aborted only if the broker listed it.
  void end(int64_t producer_id) { under_way_.erase(producer_id); }

 private:
  std::vector<Transaction> transactions_;
  size_t next_ = 0;
  std::set<int64_t> under_way_;
};

}  // namespace kafka::consumer
