// The reports of batches that ended together, on their way to the application.
// Not here: which batches those are (reports.cpp), what a report says (batch.hpp).
#pragma once

#include <kafka/producer.hpp>

#include <memory>
#include <vector>

#include "base/scope.hpp"
#include "producer/batch.hpp"
#include "producer/memory.hpp"
#include "session/callbacks.hpp"

namespace kafka::producer {

/// One piece of work in the callback queue: owns batches that have ended, and tells the application about their records
/// in order, as far as each turn's budget goes. Any call of the application may destroy the producer or set another
/// handler.
class Handout {
 public:
  using Handler = std::shared_ptr<DeliveryHandler>;

  /// `memory`, `handler` (where the present one is found) and `running` (where the handout is named that runs now) are
  /// used while `guard` is alive.
  Handout(Memory& memory, const Handler& handler, Handout*& running, Scope::Guard guard)
      : memory_(memory), current_handler_(handler), running_(running), guard_(std::move(guard)) {}
  Handout(const Handout&) = delete;
  Handout& operator=(const Handout&) = delete;
  ~Handout();

  void add(std::unique_ptr<Batch> batch, Outcome outcome) { ended_.push_back({std::move(batch), std::move(outcome)}); }
  /// Destroys the callbacks that were not called yet, also while run() is below on the stack.
  void forget() noexcept;
  /// True when everything has been told.
  bool run(session::Budget& budget);

 private:
  struct Ended {
    std::unique_ptr<Batch> batch;
    Outcome outcome;
  };

  bool run_batches(session::Budget& budget);
  void begin_batch();
  void end_batch();
  bool tell_batch(session::Budget& budget);
  bool tell_tokens(int32_t index, int32_t end, session::Budget& budget);

  Memory& memory_;
  const Handler& current_handler_;
  Handout*& running_;
  Scope::Guard guard_;
  std::vector<Ended> ended_;
  size_t at_ = 0;  // the batch whose records are told
  DeliveryReport report_;
  bool begun_ = false;  // with that batch
};

}  // namespace kafka::producer
