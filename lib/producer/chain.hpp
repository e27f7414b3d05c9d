// The sequences of one partition (KIP-98, KIP-360): which batch gets which sequence, and how to go on after a gap.
// Not here: when batches leave (sender.hpp), how an identity is asked for (idempotence.hpp).
#pragma once

#include <kafka/error.hpp>

#include <memory>
#include <vector>

#include "base/ring.hpp"
#include "producer/identity.hpp"

namespace kafka::producer {

class Batch;

/// Owns the identity under which one partition numbers its records, the next sequence, and what is known of gaps.
/// 16 bytes: thousands of partitions are walked through, and each has one.
class Chain {
 public:
  enum class Step : uint8_t {
    send,   ///< the next batch may leave
    wait,   ///< for the batches under way
    mend,   ///< begin again under a newer identity, see mend()
    renew,  ///< the same for a topic that was made anew, if no batch is of unknown fate
  };

  /// What the partition has to do next. `under_way`: batches of it are in requests.
  Step next(bool under_way) noexcept {
    if (under_way) return draining_ || broken_ || renewed_ ? Step::wait : Step::send;
    draining_ = false;
    if (broken_) return Step::mend;
    return renewed_ ? Step::renew : Step::send;
  }
  /// Gives a batch that leaves for the first time its sequence. The first batch of all makes the partition begin under
  /// `current` with the sequence `first`.
  void stamp(Batch& batch, const Identity& current, int32_t first);
  /// The leader has stored a batch. `sequenced`: together with its sequence; older leaders leave sequences out, and the
  /// log has a gap there.
  void stored(const Batch& batch, bool sequenced) noexcept;
  /// The topic was deleted and made anew: its log knows nothing of this producer.
  void topic_recreated() noexcept {
    anchored_ = false;
    renewed_ = identity().known();
  }
  /// A batch failed while others of the partition are under way: nothing more leaves until those have come back.
  void drain() noexcept { draining_ = true; }
  /// A batch has ended, and it is certain that its sequences are not in the log: any later batch would be out of order.
  void gap(const Batch& batch) noexcept;
  /// Begins again at sequence 0 under `fresh`. Batches that certainly are in no log stay in `waiting` and get new
  /// sequences. The others are returned: under another identity the leader could store them a second time.
  std::vector<std::unique_ptr<Batch>> mend(const Identity& fresh, Ring<std::unique_ptr<Batch>>& waiting);

  /// The log has a batch of this identity. Until then one batch may be under way: a broker that knows nothing of a
  /// producer takes any sequence as its first one.
  bool anchored() const noexcept { return anchored_; }
  bool broken() const noexcept { return broken_; }
  /// There is a gap, and the batch has its sequence from before: it had to be out of order.
  bool broke_before(const Batch& batch) const noexcept;
  Identity identity() const noexcept { return {id_, epoch_}; }
  int32_t next_sequence() const noexcept { return next_sequence_; }

 private:
  bool owns(const Batch& batch) const noexcept;
  void begin(const Identity& identity, int32_t sequence) noexcept;
  void give(Batch& batch) noexcept;

  int64_t id_ = -1;
  int32_t next_sequence_ = 0;
  int16_t epoch_ = -1;
  bool anchored_ : 1 = false;
  bool broken_ : 1 = false;
  bool draining_ : 1 = false;
  bool renewed_ : 1 = false;
};
static_assert(sizeof(Chain) == 16);

/// The broker has another idea of the sequence, or of the producer, than we have.
bool is_about_sequences(Errc code) noexcept;

}  // namespace kafka::producer
