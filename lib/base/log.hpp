// The log of one session: levels, the application's sink or stderr, and one line per change of state
// instead of one per attempt. Nothing global: two sessions do not know of each other.
// Secrets never come here; what a peer chose is escaped on the way out, so a line stays one line.
#pragma once

#include <kafka/log.hpp>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace kafka {

class Log {
 public:
  static constexpr LogLevel kDefaultLevel = LogLevel::warning;
  static constexpr size_t kMaxLine = 2048;
  /// States remembered at once; beyond it the log forgets them all and begins anew.
  static constexpr size_t kMaxStates = 1024;

  Log();
  ~Log();
  Log(const Log&) = delete;

  /// Lines of `level` and above go to `sink`; with an empty one to stderr again.
  void set(LogLevel level, LogSink sink);
  LogLevel level() const noexcept { return level_; }
  /// For those who would only build a text for nothing.
  bool enabled(LogLevel level) const noexcept { return level >= level_ && level < LogLevel::off; }

  void line(LogLevel level, std::string_view text);

  /// What `subject` (a broker, a partition) is like now. Said once; the same again is only counted, and
  /// the count is told with the next change.
  void state(LogLevel level, std::string_view subject, std::string_view text);
  /// The subject is no more.
  void forget(std::string_view subject);

 private:
  struct State {
    std::string text;
    LogLevel level = LogLevel::off;
    uint64_t repeats = 0;
  };
  struct Stderr;  // spdlog, known to log.cpp alone

  void tell_repeats(const std::string& subject, const State& state);

  LogLevel level_ = kDefaultLevel;
  LogSink sink_;
  bool in_sink_ = false;
  uint64_t settings_ = 0;  // counts set(), which the sink may call on itself
  std::map<std::string, State, std::less<>> states_;
  std::unique_ptr<Stderr> stderr_;
};

}  // namespace kafka
