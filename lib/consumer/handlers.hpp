// The application's handlers for partitions: events, and reached ends.
#pragma once

#include <kafka/session.hpp>

#include <memory>
#include <utility>
#include <vector>

#include "base/scope.hpp"
#include "consumer/partition.hpp"
#include "session/core.hpp"

namespace kafka::consumer {

/// Owns the application's handlers for events and for ends of partitions. A call that is queued keeps the handler that
/// was set when it was queued.
class Handlers {
 public:
  /// `heard` is called when the application has heard of everything that happened to the partition. Messages have a
  /// lane of their own. So a message from the new position could come before the event that tells of it, if the
  /// partition did not wait for that.
  Handlers(session::Core& core, session::Lane lane, Function<void(Partition&)> heard)
      : core_(core), lane_(std::move(lane)), heard_(std::move(heard)) {}

  void on_end(Function<void(const TopicPartition&, int64_t)> handler);
  void on_event(Function<void(const Event&)> handler);
  /// True if an event has a handler, here or at the session.
  bool hears_events() const { return on_event_ != nullptr || core_.has_event_handler(); }

  /// `then` runs behind the handler, in the same callback. Without a handler it is dropped.
  void event(Event::Type type, Partition& partition, const Error& error, int64_t offset, Function<void()> then = {});
  /// An event that concerns no partition.
  void event(Event::Type type, const Error& error);
  /// Has the application hear of these partitions by `tell` before the first message of them comes. A seek in it wins.
  void announce(const std::vector<std::shared_ptr<Partition>>& partitions, Function<void()> tell);
  /// Tells that the partition's end is reached, once each time.
  void check_end(Partition& partition);

  /// Nothing that is queued runs any more.
  void close() { scope_.end(); }
  void clear();

 private:
  session::Core& core_;
  session::Lane lane_;
  Function<void(Partition&)> heard_;
  std::shared_ptr<Function<void(const TopicPartition&, int64_t)>> on_end_;
  std::shared_ptr<Function<void(const Event&)>> on_event_;
  Scope scope_;
};

}  // namespace kafka::consumer
