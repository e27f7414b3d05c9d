// The log of one session: levels, the application's sink or stderr, and one line per change of a state instead of one
// per attempt. Nothing is global: two sessions do not share a log. Secrets never come here. Text that a peer chose is
// escaped, so that a line stays one line.
#pragma once

#include <kafka/error.hpp>
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
  /// How many states are remembered. When there are more, the log forgets all of them.
  static constexpr size_t kMaxStates = 1024;

  Log();
  ~Log();
  Log(const Log&) = delete;

  /// Lines of `level` and above go to `sink`. An empty sink means stderr.
  void set(LogLevel level, LogSink sink);
  LogLevel level() const noexcept { return level_; }
  /// False if a line of this level would be dropped, so that nobody builds its text in vain.
  bool enabled(LogLevel level) const noexcept { return level >= level_ && level < LogLevel::off; }

  void line(LogLevel level, std::string_view text);

  /// Writes the state of `subject` (a broker, a partition) if it differs from the last one or has become more severe.
  /// Repetitions are counted, and the next line tells the count. At the level `trace` each repetition is a line, too:
  /// it shows that the state lasts.
  void state(LogLevel level, std::string_view subject, std::string_view text);
  /// The state of `subject` is that an attempt failed: the error's name and message.
  void failure(LogLevel level, std::string_view subject, const Error& error);
  /// The state of this subject is over; the next one is written again.
  void forget(std::string_view subject);

 private:
  struct State {
    std::string text;
    LogLevel level = LogLevel::off;
    uint64_t repeats = 0;
  };
  struct Stderr;  // spdlog; only log.cpp knows it

  void tell_repeats(const std::string& subject, const State& state);

  LogLevel level_ = kDefaultLevel;
  LogSink sink_;
  bool in_sink_ = false;
  uint64_t settings_ = 0;  // counts set(), which the sink itself may call
  std::map<std::string, State, std::less<>> states_;
  std::unique_ptr<Stderr> stderr_;
};

}  // namespace kafka
