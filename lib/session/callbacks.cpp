#include "session/callbacks.hpp"

#include <algorithm>
#include <utility>

namespace kafka::session {

struct Callbacks::Queue {
  net::Reactor* reactor = nullptr;  // null once cleared for good
  int32_t max_dispatch = 0;
  Lines waiting;  // lanes with work for the next turn
  Lines running;  // lanes with work in this turn
  std::vector<Function<void()>> flushes;
  Function<void()> on_turn;
  uint64_t settings = 0;  // counts on_turn(), which the handler itself may call
  bool armed = false;
};

Callbacks::Callbacks(net::Reactor& reactor, int32_t max_dispatch) : queue_(std::make_shared<Queue>()) {
  queue_->reactor = &reactor;
  queue_->max_dispatch = max_dispatch;
}

Callbacks::~Callbacks() {
  clear();
  on_turn({});
  queue_->reactor = nullptr;
}

void Callbacks::clear() {
  // The destructor of a callable may queue more callables.
  for (int round = 0; round < 8 && !empty(); ++round) {
    std::vector<Ring<Work>> work;
    for (Lines* lines : {&queue_->running, &queue_->waiting}) {
      for (const auto& line : std::exchange(*lines, {})) {
        work.push_back(std::exchange(line->work, {}));
        line->listed = false;
      }
    }
    const std::vector<Function<void()>> flushes = std::exchange(queue_->flushes, {});
  }
}

bool Callbacks::empty() const { return queue_->waiting.empty() && queue_->running.empty() && queue_->flushes.empty(); }

void Callbacks::run(const Lane& lane, Function<void()> callback) {
  run_work(lane, [callback = std::move(callback)](Budget& budget) mutable {
    if (!budget.take()) return false;
    callback();
    return true;
  });
}

void Callbacks::run_work(const Lane& lane, Work work) {
  lane.line_->work.push_back(std::move(work));
  if (!std::exchange(lane.line_->listed, true)) queue_->waiting.push_back(lane.line_);
  arm();
}

void Callbacks::drop(const Lane& lane) {
  lane.line_->due = 0;
  // The destructor of a callable may queue more.
  const Ring<Work> dropped = std::exchange(lane.line_->work, {});
}

void Callbacks::at_end_of_turn(Function<void()> flush) {
  queue_->flushes.push_back(std::move(flush));
  arm();
}

void Callbacks::on_turn(Function<void()> handler) {
  const Function<void()> before = std::exchange(queue_->on_turn, std::move(handler));
  ++queue_->settings;
}

void Callbacks::arm() {
  if (queue_->armed || queue_->reactor == nullptr) return;
  queue_->armed = true;
  queue_->reactor->defer([queue = queue_] { drain(queue); });
}

void Callbacks::drain(const std::shared_ptr<Queue>& pinned) {
  const std::shared_ptr<Queue> queue = pinned;
  if (queue->reactor == nullptr) return;
  const bool called = run_lanes(*queue);
  if (queue->reactor == nullptr) return;  // the session is gone
  if (called) tell_turn(*queue);
  if (queue->reactor == nullptr) return;
  std::vector<Function<void()>> flushes = std::exchange(queue->flushes, {});
  for (Function<void()>& flush : flushes) {
    flush();
    if (queue->reactor == nullptr) return;
  }
  queue->armed = false;
  if (!queue->waiting.empty() || !queue->flushes.empty()) {
    queue->armed = true;
    queue->reactor->defer([queue] { drain(queue); });
  }
}

// Every lane gets its share. What the lanes leave of the turn is parted anew, until all of it is used. True if anything
// was called.
bool Callbacks::run_lanes(Queue& queue) {
  queue.running = std::exchange(queue.waiting, {});
  for (const auto& line : queue.running) line->due = line->work.size();
  TurnBudget turn(*queue.reactor, queue.max_dispatch);
  bool called = false;
  bool more = !queue.running.empty();
  while (more) {
    more = false;
    size_t left = std::count_if(queue.running.begin(), queue.running.end(), [](auto& line) { return line->due > 0; });
    for (size_t i = 0; left > 0 && i < queue.running.size(); ++i) {  // a lane that was counted may be dropped meanwhile
      const std::shared_ptr<Lane::Line> line = queue.running[i];
      if (line->due == 0) continue;
      const int32_t calls = run_lane(queue, *line, turn.share(left--));
      if (queue.reactor == nullptr) return false;
      turn.used(calls);
      called = called || calls > 0;
      more = more || line->due > 0;
    }
    more = more && !turn.over();
  }
  // Another lane is the first in the next turn: the last ones get a single call if the first ones take too long.
  if (queue.running.size() > 1) std::rotate(queue.running.begin(), queue.running.begin() + 1, queue.running.end());
  Lines waiting;
  for (auto& line : std::exchange(queue.running, {})) {
    line->listed = !line->work.empty();
    if (line->listed) waiting.push_back(std::move(line));
  }
  waiting.insert(waiting.end(), queue.waiting.begin(), queue.waiting.end());
  queue.waiting = std::move(waiting);
  return called;
}

// The handler may set another one, set none, or destroy the session. So it is moved out while it runs, and put back
// only if no other was set.
void Callbacks::tell_turn(Queue& queue) {
  if (!queue.on_turn) return;
  Function<void()> handler = std::move(queue.on_turn);
  const uint64_t settings = queue.settings;
  handler();
  if (settings == queue.settings) queue.on_turn = std::move(handler);
}

// Returns how many calls were made.
int32_t Callbacks::run_lane(Queue& queue, Lane::Line& line, Budget budget) {
  while (line.due > 0 && budget.any()) {
    Work work = line.work.pop_front();
    const bool finished = work(budget);
    if (queue.reactor == nullptr) return 0;
    if (line.due == 0) break;  // its owner has dropped it
    if (!finished) {
      line.work.push_front(std::move(work));
      break;
    }
    --line.due;
  }
  return budget.used();
}

}  // namespace kafka::session
