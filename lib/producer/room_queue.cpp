#include "producer/room_queue.hpp"

#include <utility>

namespace kafka::producer {

void RoomQueue::look() {
  if (scheduled_ || !ready()) return;
  scheduled_ = true;
  session_.callbacks().run_work(lane_, [this, guard = scope_.guard()](session::Budget& budget) {
    while (guard.alive() && ready()) {
      if (!budget.take()) return false;
      Waiter next = waiting_.pop_front();
      next.fn();
    }
    if (guard.alive()) scheduled_ = false;
    return true;
  });
}

}  // namespace kafka::producer
