// One call of consume() or batch_consume(): its callbacks, its limit, how far it has come, and its end.
// Not here: handing out messages (dispatcher.cpp).
#pragma once

#include <kafka/consumer.hpp>

#include <memory>
#include <utility>
#include <vector>

#include "base/scope.hpp"
#include "session/core.hpp"

namespace kafka::consumer {

struct Consumption {
  MessageCallback on_message;
  BatchCallback on_batch;
  EndCallback on_end;
  uint64_t id = 0;
  int64_t limit = 0;    ///< 0: none
  int64_t started = 0;  ///< dispatched
  int64_t answered = 0;
  int32_t batch_max = 0;
  bool ending = false;      ///< nothing more is dispatched
  bool stopping = false;    ///< open envelopes may still be answered before it ends
  bool end_queued = false;  ///< on_end is about to run
  Error error;
  std::vector<Function<void()>> on_stopped;  ///< of stop()

  bool all_started() const { return limit > 0 && started >= limit; }
  bool all_answered() const { return limit > 0 && answered >= limit; }
};

/// Owns the consumption under way, of which there is one at most, and ends it: when its limit is reached, when it is
/// told to, and then only after all commits that are under way.
class Consumptions {
 public:
  class Owner {
   public:
    virtual std::shared_ptr<void> pin() = 0;
    /// Nothing more is to be dispatched or fetched.
    virtual void consumption_ending() = 0;
    /// Commits are under way, or not everybody has heard of them: on_end comes later, see finish().
    virtual bool commits_pending() const = 0;
    /// Envelopes are open: the end of a consumption that is being stopped comes later, see finish().
    virtual bool answers_pending() const = 0;
    /// on_end has run.
    virtual void consumption_ended() = 0;

   protected:
    ~Owner() = default;
  };

  Consumptions(session::Core& core, session::Lane lane, Owner& owner)
      : core_(core), lane_(std::move(lane)), owner_(owner) {}

  /// Null if there is none.
  const std::shared_ptr<Consumption>& current() const { return current_; }
  /// The number of the newest one.
  uint64_t newest() const { return newest_; }
  /// Something may be dispatched.
  bool running() const { return current_ != nullptr && !current_->ending; }
  void begin(std::shared_ptr<Consumption> consumption);
  /// So many envelopes of the current consumption were answered (and, if committed, confirmed).
  void count_answered(size_t count);
  void end(Error error);
  /// Nothing more is dispatched. When all open envelopes are answered and their commits have ended, `on_end` runs, and
  /// then `done`.
  void stop(Function<void()> done);
  bool stopping() const { return current_ != nullptr && current_->stopping; }
  /// Ends with this error, and waits for no answer any more.
  void close(const Error& error);
  /// A commit was not stored. on_end reports that even if the limit is reached already, as it may be with `pipelined`.
  void fail(const Error& error);
  /// Runs on_end if it is due. Call it whenever a commit has ended, or the last open envelope was answered.
  void finish();
  /// Runs no callback any more. Returns the consumption, which the caller must destroy.
  std::shared_ptr<Consumption> abort();

 private:
  session::Core& core_;
  session::Lane lane_;
  Owner& owner_;
  std::shared_ptr<Consumption> current_;
  uint64_t newest_ = 0;
  Scope scope_;
};

}  // namespace kafka::consumer
