// What a log knows of idempotent and transactional producers: epochs, the newest batches of each (to recognise a
// retry), open and aborted transactions. All of it follows from the contents of the log, and is built again from them
// when the log is truncated. Not here: new ids (producer_ids), the batches themselves (log).
#pragma once

#include <kafka/error.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <vector>

namespace kafka::devbroker {

/// Kafka's rules have changed twice.
enum class ProducerRules : uint8_t {
  one_batch,  ///< 0.11: remembers the last batch only
  forgetful,  ///< 1.0 to 2.4: the last five; a producer is forgotten when its records are deleted
  lasting,    ///< from 2.5 on (KIP-360): an unknown producer may begin with any sequence
};

/// What the header of a batch says about its producer.
struct ProducerBatch {
  int64_t producer_id = -1;
  int16_t epoch = -1;
  int32_t first_sequence = -1;
  int32_t last_sequence = -1;
  int64_t first_offset = -1;
  int64_t last_offset = -1;
  int64_t timestamp = -1;
  bool transactional = false;
};

struct AbortedTransaction {
  int64_t producer_id = -1;
  int64_t first_offset = -1;
  int64_t marker_offset = -1;
};

/// `sequence` + `count`, where 0 follows 2^31 - 1.
constexpr int32_t add_to_sequence(int32_t sequence, int32_t count) noexcept {
  return static_cast<int32_t>((static_cast<int64_t>(sequence) + count) & INT32_MAX);
}

class Producers {
 public:
  static constexpr size_t kBatchesKept = 5;

  struct Batch {
    int32_t first_sequence = -1;
    int32_t last_sequence = -1;
    int64_t first_offset = -1;
    int64_t last_offset = -1;
    int64_t timestamp = -1;
  };
  struct State {
    int16_t epoch = -1;
    std::deque<Batch> batches = {};  // oldest first
    int64_t open_since = -1;         // first offset of the transaction under way
  };
  struct Verdict {
    Errc error = Errc::none;
    std::string message = {};
    const Batch* duplicate = nullptr;  ///< the batch is a retry of this one
  };

  /// Whether a client's batch may be appended.
  /// Errors: invalid_producer_epoch, out_of_order_sequence_number, unknown_producer_id,
  /// invalid_txn_state. Every release calls a batch out of order that is older than those it remembers.
  Verdict check(const ProducerBatch& batch, ProducerRules rules) const;
  /// Notes a batch of data that was stored.
  void add(const ProducerBatch& batch);
  /// Notes a marker that was stored. Without an open transaction it changes the epoch only.
  void end_transaction(int64_t producer_id, int16_t epoch, int64_t marker_offset, bool aborted);

  const std::map<int64_t, State>& states() const { return states_; }
  /// Pretends that this was its last batch. `last_sequence` -1: it has none.
  void set(int64_t producer_id, int16_t epoch, int32_t last_sequence, int64_t last_offset);
  /// Forgets the producers without an open transaction.
  void forget();
  /// Forgets the producers whose newest batch is below `offset`.
  void forget_below(int64_t offset);
  void clear();

  /// Where the oldest open transaction began, or `end`.
  int64_t last_stable_offset(int64_t end) const noexcept;
  /// The aborted transactions with records in [from, to), in the order of their markers.
  std::vector<AbortedTransaction> aborted(int64_t from, int64_t to) const;
  void forget_aborted_below(int64_t offset);

 private:
  Verdict check_sequence(const ProducerBatch& batch, const State* state, ProducerRules rules) const;

  std::map<int64_t, State> states_;
  std::vector<AbortedTransaction> aborted_;
};

}  // namespace kafka::devbroker
