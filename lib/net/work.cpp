#include "net/work.hpp"

#include <algorithm>
#include <utility>

#include "net/reactor.hpp"

namespace kafka::net {
namespace {

struct InlineCall {
  Function<void()> fn, done;
};

// Runs the call on the loop itself, at the end of the turn.
class InlineWork final : public Work {
 public:
  explicit InlineWork(std::shared_ptr<InlineCall> call) : call_(std::move(call)) {}

 private:
  std::shared_ptr<InlineCall> call_;
};

}  // namespace

std::unique_ptr<Work> Reactor::work(Function<void()> fn, Function<void()> done) {
  auto call = std::make_shared<InlineCall>(InlineCall{std::move(fn), std::move(done)});
  defer([weak = std::weak_ptr(call)] {
    const auto pinned = weak.lock();
    if (pinned == nullptr) return;
    InlineCall once = std::move(*pinned);
    once.fn();
    once.done();
  });
  return std::make_unique<InlineWork>(std::move(call));
}

// The right to run a call. Whoever ends it lets the next one in: the call when it has run, or whatever destroys the
// call before.
class WorkLine::Turn {
 public:
  explicit Turn(WorkLine& line) : line_(&line) {}
  Turn(Turn&& other) noexcept : line_(std::exchange(other.line_, nullptr)) {}
  Turn& operator=(Turn&&) = delete;
  ~Turn() { end(); }
  void end() {
    if (line_ != nullptr) std::exchange(line_, nullptr)->next();
  }

 private:
  WorkLine* line_;
};

// A call, and where it stands. The reactor's thread alone uses what is in it, but for `reactor`.
class WorkLine::Place {
 public:
  Place(Reactor& of, Function<void()> call, Function<void()> told)
      : reactor(of), fn(std::move(call)), done(std::move(told)) {}

  void start(Turn turn) {
    work = reactor.work(
        [call = std::move(fn), turn = std::move(turn)]() mutable {
          call();
          turn.end();
        },
        std::move(done));
  }

  Reactor& reactor;
  std::weak_ptr<Place> self;
  Function<void()> fn, done;
  std::unique_ptr<Work> work;
};

class WorkLine::Entry final : public Work {
 public:
  Entry(WorkLine& line, std::shared_ptr<Place> place) : line_(line), place_(std::move(place)) {}
  ~Entry() override { line_.leave(*place_); }

 private:
  WorkLine& line_;
  std::shared_ptr<Place> place_;
};

std::unique_ptr<Work> WorkLine::run(Reactor& reactor, Function<void()> fn, Function<void()> done) {
  auto place = std::make_shared<Place>(reactor, std::move(fn), std::move(done));
  place->self = place;
  bool first = false;
  {
    const std::lock_guard lock(mutex_);
    first = !std::exchange(busy_, true);
    if (!first) waiting_.push_back(place.get());
  }
  if (first) place->start(Turn(*this));
  return std::make_unique<Entry>(*this, std::move(place));
}

void WorkLine::leave(Place& place) {
  const std::lock_guard lock(mutex_);
  std::erase(waiting_, &place);
}

// From the pool's thread or from a loop. What waits in the line has a reactor still: its owner takes it away before,
// under this lock. If he does so later, the posted function finds no place, and the turn goes on to the next one.
void WorkLine::next() {
  const std::lock_guard lock(mutex_);
  if (waiting_.empty()) {
    busy_ = false;
    return;
  }
  Place& first = *waiting_.front();
  waiting_.pop_front();
  first.reactor.post([weak = first.self, turn = Turn(*this)]() mutable {
    if (const auto place = weak.lock()) place->start(std::move(turn));
  });
}

}  // namespace kafka::net
