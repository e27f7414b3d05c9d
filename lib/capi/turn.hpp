// What is handed over at the end of a turn of the loop: gathered reports and messages, then the program's own handler.
#pragma once

#include <kafka/function.hpp>

#include <memory>
#include <utility>
#include <vector>

namespace kafka::capi {

/// Something that gathers during a turn.
class Gatherer {
 public:
  virtual ~Gatherer() = default;
  /// Hands over what was gathered. It may run when there is nothing any more.
  virtual void hand_over() = 0;
};

/// Owns the list of those that have gathered something in this turn, and the handler of kafka_session_on_turn().
class Turn {
 public:
  void gathered(std::shared_ptr<Gatherer> who) { due_.push_back(std::move(who)); }
  void on_turn(Function<void()> handler) { handler_ = std::make_shared<Function<void()>>(std::move(handler)); }
  void hand_over() {
    const auto due = std::exchange(due_, {});
    for (const auto& each : due) each->hand_over();
  }
  void end() {
    hand_over();
    // It may replace itself while it runs.
    if (const auto handler = handler_; handler != nullptr && *handler) (*handler)();
  }
  /// The session was freed.
  void stop() {
    due_.clear();
    handler_.reset();
  }

 private:
  std::vector<std::shared_ptr<Gatherer>> due_;
  std::shared_ptr<Function<void()>> handler_;
};

}  // namespace kafka::capi
