// A call of the application that takes several requests: it belongs to its session, and keeps itself alive until its
// outcome is known.
// Not here: what is asked (topic_creation, admin/group_listing, consumer/offset_query).
#pragma once

#include <memory>

#include "session/core.hpp"

namespace kafka::session {

class Operation : public Client, public std::enable_shared_from_this<Operation> {
 public:
  void begin_close(net::TimePoint deadline, Function<void()> done) final;
  void fail_rest() final;
  void abort() final;

 protected:
  /// `core` outlives this object, or has aborted it.
  explicit Operation(Core& core) : core_(core) {}

  /// Joins the objects of the session. From now on this object keeps itself alive.
  void enter();
  /// Leaves them, and memory one turn later at the earliest: code that walks the session's objects may still refer to
  /// this one. Returns what keeps it alive until then; null if it had left before.
  std::shared_ptr<Operation> leave();
  bool ended() const { return self_ == nullptr; }

 private:
  /// The outcome is this error: leaves, and tells.
  virtual void fail(Error error) = 0;
  /// The session is gone: timers and callables go, and nothing is told. It has left already.
  virtual void drop() = 0;

  Core& core_;
  std::shared_ptr<Operation> self_;
};

}  // namespace kafka::session
