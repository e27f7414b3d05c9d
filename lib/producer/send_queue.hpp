// Which partitions the sender looks at, and when: at the end of the turn in which something has changed.
// Not here: what it does with them (sender.cpp), partitions whose open batch waits for linger (lingering.hpp).
#pragma once

#include <algorithm>
#include <utility>
#include <vector>

#include "base/scope.hpp"
#include "producer/topic.hpp"
#include "session/core.hpp"

namespace kafka::producer {

/// Owns the list of partitions with something to send.
class SendQueue {
 public:
  SendQueue(session::Core& session, Function<void()> look) : session_(session), look_(std::move(look)) {}

  /// Puts the partition into the list.
  void list(Partition& partition) {
    if (std::exchange(partition.listed, true)) return;
    partitions_.push_back(&partition);
  }
  /// Calls `look` at the end of the turn: what the application sends in one turn travels together.
  void schedule() {
    if (scheduled_ || stopped_) return;
    scheduled_ = true;
    session_.callbacks().at_end_of_turn(scope_.wrap([this] {
      scheduled_ = false;
      look_();
    }));
  }
  void activate(Partition& partition) {
    list(partition);
    schedule();
  }
  /// The whole list, for one pass through it. Each time another partition is the first, so that a small window of
  /// requests does not starve the last ones.
  std::vector<Partition*> begin_pass() {
    std::vector<Partition*> listed = std::exchange(partitions_, {});
    if (listed.size() > 1) std::rotate(listed.begin(), listed.begin() + 1, listed.end());
    return listed;
  }
  /// Those that stay in the list; partitions that were listed during the pass come behind them.
  void end_pass(std::vector<Partition*> still) {
    still.insert(still.end(), partitions_.begin(), partitions_.end());
    partitions_ = std::move(still);
  }
  void stop() {
    stopped_ = true;
    scope_.end();
    partitions_.clear();
  }

 private:
  session::Core& session_;
  Function<void()> look_;
  std::vector<Partition*> partitions_;
  bool scheduled_ = false;
  bool stopped_ = false;
  Scope scope_;
};

}  // namespace kafka::producer
