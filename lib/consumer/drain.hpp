// Partitions that a member of a group gives up: nothing more of them is fetched or dispatched, what was answered is
// stored, and open envelopes may be answered until a deadline.
// Not here: what is told to the application (ownership.hpp), taking the partitions away (roster.hpp).
#pragma once

#include <memory>
#include <vector>

#include "base/scope.hpp"
#include "consumer/partition.hpp"
#include "session/core.hpp"

namespace kafka::consumer {

/// Owns the partitions that are given up at the moment, and the deadline.
class Drain {
 public:
  explicit Drain(session::Core& core) : core_(core) {}

  /// The partitions must not be dispatched from any more. `done` is called once, never from inside a call to this
  /// object: when nothing of them is open or will be stored, or at the deadline.
  void begin(std::vector<std::shared_ptr<Partition>> partitions, net::TimePoint deadline, Function<void()> done);
  bool under_way() const { return static_cast<bool>(done_); }
  /// An answer or a commit has ended: looks, at the end of this turn, whether that was the last one.
  void look();
  /// Ends it without calling `done`.
  void cancel();

 private:
  bool drained() const;
  void end();

  session::Core& core_;
  std::vector<std::shared_ptr<Partition>> partitions_;
  Function<void()> done_;
  net::Timer deadline_;
  bool looking_ = false;
  Scope scope_;
};

}  // namespace kafka::consumer
