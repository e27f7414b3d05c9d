// Answers in: what ack, commit, cancel and a dropped envelope do to the window of their partition, and which offset is
// to be stored then.
// Not here: the requests that store offsets (committer.hpp).
#pragma once

#include <kafka/options.hpp>

#include <string_view>

#include "consumer/assignment.hpp"
#include "consumer/committer.hpp"
#include "consumer/consumption.hpp"
#include "consumer/dispatcher.hpp"
#include "consumer/envelope.hpp"
#include "consumer/life_cycle.hpp"
#include "consumer/teller.hpp"

namespace kafka::consumer {

/// The one way of an answer, whatever the ordering. Owns no state: it changes windows, the wanted commits of partitions
/// and the counts of the dispatcher and the consumption.
///
/// An envelope is found by its ticket. Its entry is marked as answered. What is over at the front of the window is
/// passed (`advance`), and the newest commit that was passed is what the partition wants stored. With `pipelined` the
/// envelope is closed at once. With `confirmed` it is closed when the offset is stored and `done` has run: in a window
/// for one envelope the entry stays until then, so that the partition waits; in a window for many it goes, and only the
/// count of open envelopes keeps it.
class Answers {
 public:
  class Owner {
   public:
    /// The next message to be dispatched is the one at `offset`.
    virtual void go_back(Partition& partition, int64_t offset) = 0;
    /// Tells the application if the partition's end is reached.
    virtual void check_end(Partition& partition) = 0;

   protected:
    ~Owner() = default;
  };

  Answers(const ConsumerOptions& options, Assignment& assignment, Dispatcher& dispatcher, Consumptions& consumptions,
          Committer& committer, Teller& teller, const LifeCycle& life_cycle, Owner& owner)
      : pipelined_(options.commit_mode == CommitMode::pipelined),
        assignment_(assignment),
        dispatcher_(dispatcher),
        consumptions_(consumptions),
        committer_(committer),
        teller_(teller),
        life_cycle_(life_cycle),
        owner_(owner) {}

  Error ack(uint64_t ticket);
  Error answer(uint64_t ticket, Answer answer, std::string_view metadata, Function<void(Error)>& done);

  /// The position was set from outside: no answer of an open envelope moves it.
  void position_set(Partition& partition);
  /// The log ends at `end` now, and was cut there or below: of what was dispatched, only what lies below `end` as a
  /// whole can be stored.
  void log_ends(Partition& partition, int64_t end);
  /// The topic was made anew. Open envelopes of the old one say `lost` from now on, and so do their commits.
  void topic_recreated(Partition& partition, const Error& why);
  /// The partition was removed from the assignment. Its open envelopes say `lost` from now on, and so do commits that
  /// were not sent. Envelopes count as open until they are answered.
  void taken_away(Partition& partition);

  // Outcomes of commits, see Committer::Owner.
  void commit_stored(Partition& partition, const Commit& commit);
  void commit_failed(Partition& partition, const Commit& commit, const Error& error);
  void commit_lost(Partition& partition, const Commit& commit);
  void commit_given_up(Partition& partition, const Commit& commit) { close_envelopes(partition, commit); }
  /// What cannot be stored any more: under way, wanted, or waiting for an earlier answer.
  void fail_commits(const Error& error);

 private:
  /// Where an answer belongs.
  struct Found {
    uint64_t ticket = 0;
    Partition* partition = nullptr;  // null: it was removed
    Window::Entry* entry = nullptr;  // null: the answer does not count
    uint64_t number() const { return Ticket::number(ticket); }
  };

  bool knows(uint64_t ticket) const { return !life_cycle_.closed() && assignment_.knows(ticket); }
  Found find(uint64_t ticket) const;
  Error ack(const Found& found);
  Error commit(const Found& found, std::string_view metadata, Function<void(Error)>& done);
  Error give_back(const Found& found, bool dropped);
  Error lost(const Found& found);
  void close_envelope(uint64_t ticket);
  void close_envelopes(Partition& partition, const Commit& commit);
  void count(const Commit& commit);
  void advance(Partition& partition);
  void pass_commit(Partition& partition, std::string_view metadata, Function<void(Error)> done);
  static HeldCommit take_held(Partition& partition, uint64_t number);
  void take_back(Partition& partition, uint64_t from);
  void changed(Partition& partition);

  bool pipelined_;
  Assignment& assignment_;
  Dispatcher& dispatcher_;
  Consumptions& consumptions_;
  Committer& committer_;
  Teller& teller_;
  const LifeCycle& life_cycle_;
  Owner& owner_;
};

}  // namespace kafka::consumer
