// Envelopes out: which partition is next, how many messages it may hand out before it is the next one's turn, and how
// many envelopes may be open.
// Not here: answers (answers.hpp), the limit and the end of a consumption (consumption.hpp).
#pragma once

#include <kafka/options.hpp>

#include <memory>

#include "base/ring.hpp"
#include "base/scope.hpp"
#include "consumer/assignment.hpp"
#include "consumer/consumption.hpp"
#include "consumer/envelope.hpp"
#include "consumer/life_cycle.hpp"
#include "consumer/trust.hpp"
#include "session/core.hpp"

namespace kafka::consumer {

/// Owns the list of partitions with something to dispatch, and the count of open envelopes.
class Dispatcher {
 public:
  class Owner {
   public:
    virtual std::shared_ptr<void> pin() = 0;
    /// The buffers have room again.
    virtual void fetch_more() = 0;
    /// Envelopes are open that were not answered at once.
    virtual void envelopes_open() = 0;
    /// The last open envelope was answered.
    virtual void none_open() = 0;
    /// The partition's buffer has been read to its end.
    virtual void drained(Partition& partition) = 0;
    /// The partition's buffer cannot be read from here on.
    virtual void unreadable(Partition& partition, Error error) = 0;

   protected:
    ~Owner() = default;
  };

  /// Records of one partition before it is the next one's turn.
  static constexpr int32_t kTurn = 32;

  /// `decompressed` counts the bytes that open envelopes keep of compressed batches.
  Dispatcher(session::Core& core, const ConsumerOptions& options, Consumptions& consumptions,
             const LifeCycle& life_cycle, EnvelopeOwner& envelope_owner, std::shared_ptr<const size_t> decompressed,
             const Trust& trust, Owner& owner);

  /// Puts the partition into the list, if it has something that may be dispatched.
  void make_ready(Partition& partition);
  /// Sees to it that dispatching goes on, if it can.
  void schedule();
  /// While a message is being handed out: looks at everything again before the next one.
  void interrupt() { handing_out_ = {}; }
  /// Forgets what is ready.
  void clear();

  /// The answer to the envelope that is being handed out just now, if it is the only open one of its partition: nothing
  /// has to be looked up. False: go the long way.
  bool ack_at_once(uint64_t ticket) {
    if (handing_out_.ticket != ticket || handing_out_.window->size() != 1) return false;
    handing_out_.ticket = 0;
    handing_out_.window->pop_only();
    --open_;
    Consumption& consumption = *handing_out_.consumption;
    ++consumption.answered;
    if (consumption.all_answered()) consumptions_.end({});
    return true;
  }
  /// So many envelopes are not open any more.
  void closed(size_t count) {
    open_ -= count;
    if (open_ == 0) owner_.none_open();
  }
  /// An answer has changed the partition: goes on with it, or with the others.
  void changed(Partition& partition);

  /// Envelopes without an answer, or with a commit that has to be confirmed first.
  size_t open() const { return open_; }
  /// Envelopes handed out so far.
  uint64_t envelopes() const { return envelopes_; }
  /// Nothing can be dispatched before the application answers, resumes or seeks.
  bool nothing_to_do() const;
  bool empty() const { return ready_.empty(); }

 private:
  /// The message that is being handed out, while nothing has happened that would stop the next one.
  struct HandingOut {
    Window* window = nullptr;  // null: look at everything again before the next message
    uint64_t ticket = 0;       // of its envelope; 0: it was acked at once
    Consumption* consumption = nullptr;
  };

  static bool dispatchable(const Partition& partition) {
    return partition.position.ready() && partition.holds == 0 && partition.untold == 0 && !partition.window.full();
  }
  /// Open envelopes leave no memory for another batch to be decompressed.
  bool crowded(const Partition& partition) const {
    return open_ > 0 && !partition.buffer.reading() && *decompressed_ >= static_cast<size_t>(options_.fetch_memory);
  }
  bool consuming() const { return consumptions_.running() && !life_cycle_.closing(); }
  void unlist();
  uint64_t open_envelope(Consumption& consumption, Partition& partition, int64_t first, int64_t last, int32_t epoch) {
    ++envelopes_;
    ++open_;
    ++consumption.started;
    return Ticket::of(partition.slot, partition.window.push(first, after(last), epoch));
  }
  bool dispatch(session::Budget& budget);
  void hand_out(Consumption& consumption, Partition& partition, records::RecordView& record, session::Budget& budget);
  void hand_out_batch(Consumption& consumption, Partition& partition, records::RecordView record);

  session::Core& core_;
  session::Lane lane_;  // messages alone: whatever they take, the consumer's other callbacks get their turns
  const ConsumerOptions& options_;
  Consumptions& consumptions_;
  const LifeCycle& life_cycle_;
  EnvelopeOwner& envelope_owner_;
  std::shared_ptr<const size_t> decompressed_;
  const Trust& trust_;
  Owner& owner_;
  size_t most_open_;
  Ring<std::shared_ptr<Partition>> ready_;
  int32_t turn_ = 0;  // records of the front partition that were handed out in its turn
  size_t open_ = 0;
  uint64_t envelopes_ = 0;
  bool scheduled_ = false;
  bool dispatching_ = false;
  HandingOut handing_out_;
  Scope scope_;
};

}  // namespace kafka::consumer
