// Whether anything can still come: a consumption of fixed partitions ends when every one of them has stopped.
// Not here: why a partition stops (positions.hpp, intake.hpp).
#pragma once

#include <kafka/function.hpp>

#include "base/scope.hpp"
#include "consumer/assignment.hpp"
#include "consumer/consumption.hpp"
#include "session/core.hpp"

namespace kafka::consumer {

/// Owns the count of stopped partitions that the application has not heard of yet. A handler may restart the partition
/// with seek(), so nothing is decided before all handlers have run.
class Standstill {
 public:
  Standstill(session::Core& core, const Assignment& assignment, Consumptions& consumptions)
      : core_(core), assignment_(assignment), consumptions_(consumptions) {}

  /// More partitions may be assigned later: no consumption ends because those of today have stopped.
  void expect_more() { more_expected_ = true; }
  /// What stopped a partition may pass by itself, and the consumption waits for that.
  bool waits_out(const Error& why) const { return more_expected_ && why == Errc::unknown_topic_or_partition; }
  /// A partition has stopped. The result is to be called when the application's handler has heard of it.
  Function<void()> handler_queued();
  /// A consumption has begun. The application may still seek in the call that began it.
  void consumption_begun();
  void close() { scope_.end(); }

 private:
  bool all_stopped() const;
  void look();

  session::Core& core_;
  const Assignment& assignment_;
  Consumptions& consumptions_;
  bool more_expected_ = false;
  size_t unheard_ = 0;
  Scope scope_;
};

}  // namespace kafka::consumer
