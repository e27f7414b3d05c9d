// The session's events: each becomes a log line, and a call of the application's handler if there is one.
// Not here: the events of consumers that have a handler of their own (lib/consumer).
#pragma once

#include <kafka/function.hpp>
#include <kafka/types.hpp>

#include <cstdint>

#include "base/log.hpp"
#include "base/scope.hpp"
#include "session/callbacks.hpp"

namespace kafka::session {

/// Owns the handler that the application set with Session::on_event().
class Events {
 public:
  using Handler = Function<void(const Event&)>;

  explicit Events(Log& log) : log_(log) {}

  void set_handler(Handler handler);
  /// True also while the handler runs.
  bool has_handler() const { return static_cast<bool>(handler_) || running_; }
  /// Writes the log line and queues the call of the handler; no call once the session has ended (`callbacks` null).
  /// `then` runs behind the handler, in the same callback, if there is a handler now.
  void tell(const Event& event, Callbacks* callbacks, Function<void()> then = {});
  /// The session ends: drops the handler, and calls that are queued do nothing.
  void end();

 private:
  void call(const Event& event);

  Log& log_;
  Handler handler_;
  bool running_ = false;
  uint64_t settings_ = 0;  // counts set_handler(), which the handler itself may call
  Lane lane_;
  Scope scope_;
};

}  // namespace kafka::session
