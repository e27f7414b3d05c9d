// The queue from which every callback of the application runs: at the end of a turn of the loop, from the top of the
// stack. Work waits in lanes, one for each kind of work of each object. In one turn every lane that has work gets a
// share of the turn, whatever the others take.
// Not here: how much a lane may do in one turn (budget.hpp).
#pragma once

#include <kafka/function.hpp>

#include <cstdint>
#include <memory>
#include <vector>

#include "base/ring.hpp"
#include "net/reactor.hpp"
#include "session/budget.hpp"

namespace kafka::session {

/// Work that calls the application many times. It returns true when it is finished, and false when the budget ran out.
/// Then it is called again in the next turn, before everything that was queued later in its lane.
using Work = Function<bool(Budget&)>;

/// The work of one kind of one object, in order. Copies are the same lane. What is queued runs also if the lane's owner
/// is gone meanwhile, unless the owner has dropped it.
class Lane {
 public:
  Lane() : line_(std::make_shared<Line>()) {}

 private:
  friend class Callbacks;
  struct Line {
    Ring<Work> work;
    size_t due = 0;       // so many at the front may run in this turn
    bool listed = false;  // in one of the queue's lists
  };
  std::shared_ptr<Line> line_;
};

/// In one turn of the loop the queue runs what was queued when the turn began: at most `max_dispatch` callbacks or 1
/// ms, but some of every lane in any case (TurnBudget), so that no lane waits for others longer than a turn. Then it
/// runs the flushes. Without the first bound, an application that answers at once would queue more and more work, and
/// timers and sockets would never get their turn.
class Callbacks {
 public:
  Callbacks(net::Reactor& reactor, int32_t max_dispatch);
  ~Callbacks();

  /// One call of the application.
  void run(const Lane& lane, Function<void()> callback);
  void run_work(const Lane& lane, Work work);
  /// Destroys what is queued in the lane, without calling it. Work of the lane that is running now does not go on.
  void drop(const Lane& lane);
  /// Runs once at the end of this turn, after its callbacks, so that what they queued is flushed together.
  void at_end_of_turn(Function<void()> flush);
  /// Runs at the end of every turn in which a callback ran, before the flushes.
  void on_turn(Function<void()> handler);

  bool empty() const;
  /// Destroys everything that is queued, without calling it.
  void clear();

 private:
  using Lines = std::vector<std::shared_ptr<Lane::Line>>;
  struct Queue;
  static void drain(const std::shared_ptr<Queue>& queue);
  static bool run_lanes(Queue& queue);
  static void tell_turn(Queue& queue);
  static int32_t run_lane(Queue& queue, Lane::Line& line, Budget budget);
  void arm();

  std::shared_ptr<Queue> queue_;  // outlives this object while it is being drained
};

}  // namespace kafka::session
