#include "session/events.hpp"

#include <string>
#include <string_view>
#include <utility>

namespace kafka::session {
namespace {

LogLevel level_of(const Event& event) {
  const bool broken = event.error && event.error != Errc::disconnected && event.error != Errc::closed;
  if (event.ordinary) return LogLevel::info;
  switch (event.type) {
    case Event::Type::broker_disconnected:
      return broken ? LogLevel::warning : LogLevel::info;
    case Event::Type::connect_failed:
    case Event::Type::partition_stopped:
    case Event::Type::member_slow:
    case Event::Type::member_suspended:
    case Event::Type::topic_not_read:
    case Event::Type::rebootstrap:
      return LogLevel::warning;
    default:
      return LogLevel::info;
  }
}

void write_line(Log& log, const Event& event) {
  const LogLevel level = level_of(event);
  if (!log.enabled(level)) return;
  // The message is "subject: what happened". The log takes the subject apart, so that it can leave out repetitions.
  const std::string line = event.message();
  const size_t colon = line.find(": ");
  if (colon == std::string::npos) return log.line(level, line);
  log.state(level, std::string_view(line).substr(0, colon), std::string_view(line).substr(colon + 2));
}

}  // namespace

void Events::set_handler(Handler handler) {
  handler_ = std::move(handler);
  ++settings_;
}

void Events::tell(const Event& event, Callbacks* callbacks, Function<void()> then) {
  write_line(log_, event);
  if (!has_handler() || callbacks == nullptr) return;
  callbacks->run(lane_, [this, guard = scope_.guard(), event, then = std::move(then)]() mutable {
    if (guard.alive()) call(event);
    if (then) then();
  });
}

// The handler may set another handler, set none, or destroy the session. So it is moved out while it runs, and put back
// only if the session is still there and no other handler was set.
void Events::call(const Event& event) {
  if (!handler_) return;
  const Scope::Guard guard = scope_.guard();
  Handler handler = std::move(handler_);
  running_ = true;
  const uint64_t settings = settings_;
  handler(event);
  if (!guard.alive()) return;
  running_ = false;
  if (settings == settings_) handler_ = std::move(handler);
}

void Events::end() {
  scope_.end();
  handler_ = nullptr;
}

}  // namespace kafka::session
