// Calls that may block, away from the loop: Reactor::work(), and a line in which they wait so that one runs at a time.
// Not here: what is called (session/tickets).
#pragma once

#include <kafka/function.hpp>

#include <deque>
#include <memory>
#include <mutex>

namespace kafka::net {

class Reactor;

/// A call under way. Destroying it drops `done`; a call that has begun still runs to its end, and nobody waits for it.
class Work {
 public:
  virtual ~Work() = default;
};

/// Runs at most one of its calls at a time, in the order in which they came, whatever loops and threads they come from.
/// Those that wait hold no thread of a pool; a loop that does not turn holds up those behind it. It outlives everything
/// that was made with it, and may be used by any thread.
class WorkLine {
 public:
  WorkLine() = default;
  WorkLine(const WorkLine&) = delete;

  /// As `reactor.work(fn, done)`, when its turn has come. One that is destroyed before leaves the line.
  std::unique_ptr<Work> run(Reactor& reactor, Function<void()> fn, Function<void()> done);

 private:
  class Place;
  class Turn;
  class Entry;

  void leave(Place& place);
  void next();

  std::mutex mutex_;
  std::deque<Place*> waiting_;
  bool busy_ = false;
};

}  // namespace kafka::net
