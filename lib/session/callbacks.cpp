#include "session/callbacks.hpp"

#include <utility>

namespace kafka::session {

struct Callbacks::Queue {
  net::Reactor* reactor = nullptr;  // null once cleared for good
  int32_t max_dispatch = 0;
  Ring<Work> work;
  std::vector<Function<void()>> flushes;
  bool armed = false;
};

Callbacks::Callbacks(net::Reactor& reactor, int32_t max_dispatch) : queue_(std::make_shared<Queue>()) {
  queue_->reactor = &reactor;
  queue_->max_dispatch = max_dispatch;
}

Callbacks::~Callbacks() {
  clear();
  queue_->reactor = nullptr;
}

void Callbacks::clear() {
  // The destructor of a callable may queue more callables.
  for (int round = 0; round < 8 && !empty(); ++round) {
    const Ring<Work> work = std::move(queue_->work);
    queue_->work = {};
    const std::vector<Function<void()>> flushes = std::move(queue_->flushes);
    queue_->flushes.clear();
  }
}

bool Callbacks::empty() const { return queue_->work.empty() && queue_->flushes.empty(); }

void Callbacks::run(Function<void()> callback) {
  run_work([callback = std::move(callback)](Budget& budget) mutable {
    if (!budget.take()) return false;
    callback();
    return true;
  });
}

void Callbacks::run_work(Work work) {
  queue_->work.push_back(std::move(work));
  arm();
}

void Callbacks::at_end_of_turn(Function<void()> flush) {
  queue_->flushes.push_back(std::move(flush));
  arm();
}

void Callbacks::arm() {
  if (queue_->armed || queue_->reactor == nullptr) return;
  queue_->armed = true;
  queue_->reactor->defer([queue = queue_] { drain(queue); });
}

void Callbacks::drain(const std::shared_ptr<Queue>& pinned) {
  const std::shared_ptr<Queue> queue = pinned;
  if (queue->reactor == nullptr) return;
  Budget budget(*queue->reactor, queue->max_dispatch);
  for (size_t left = queue->work.size(); left > 0 && !queue->work.empty() && !budget.exhausted(); --left) {
    Work work = queue->work.pop_front();
    const bool finished = work(budget);
    if (queue->reactor == nullptr) return;  // the session is gone
    if (!finished) {
      queue->work.push_front(std::move(work));
      break;
    }
  }
  std::vector<Function<void()>> flushes = std::move(queue->flushes);
  queue->flushes.clear();
  for (Function<void()>& flush : flushes) {
    flush();
    if (queue->reactor == nullptr) return;
  }
  queue->armed = false;
  if (!queue->work.empty() || !queue->flushes.empty()) {
    queue->armed = true;
    queue->reactor->defer([queue] { drain(queue); });
  }
}

}  // namespace kafka::session
