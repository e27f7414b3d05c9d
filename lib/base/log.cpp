// The only file that includes spdlog, which takes long to compile. The logger is private: it has no name in spdlog's
// registry, and it changes no setting of the application's own spdlog.
#include "base/log.hpp"

#include <utility>

#include <spdlog/logger.h>
#include <spdlog/sinks/stdout_sinks.h>

#include "base/error_table.hpp"

namespace kafka {
namespace {

spdlog::level::level_enum to_spdlog(LogLevel level) noexcept {
  switch (level) {
    case LogLevel::trace:
      return spdlog::level::trace;
    case LogLevel::debug:
      return spdlog::level::debug;
    case LogLevel::info:
      return spdlog::level::info;
    case LogLevel::warning:
      return spdlog::level::warn;
    case LogLevel::error:
      return spdlog::level::err;
    case LogLevel::off:
      break;
  }
  return spdlog::level::off;
}

}  // namespace

std::string_view to_string(LogLevel level) noexcept {
  switch (level) {
    case LogLevel::trace:
      return "trace";
    case LogLevel::debug:
      return "debug";
    case LogLevel::info:
      return "info";
    case LogLevel::warning:
      return "warning";
    case LogLevel::error:
      return "error";
    case LogLevel::off:
      return "off";
  }
  return "";
}

struct Log::Stderr {
  Stderr() : logger("uvkafka", std::make_shared<spdlog::sinks::stderr_sink_st>()) {
    logger.set_level(spdlog::level::trace);
    logger.set_pattern("%n: %l: %v");
  }
  spdlog::logger logger;
};

Log::Log() = default;
Log::~Log() = default;

void Log::set(LogLevel level, LogSink sink) {
  level_ = level;
  sink_ = std::move(sink);
  ++settings_;
}

void Log::line(LogLevel level, std::string_view text) {
  if (!enabled(level) || in_sink_) return;
  const std::string safe = escaped(text, kMaxLine);
  if (sink_) {
    // The sink is moved out of the member while it runs, because it may replace itself.
    const uint64_t settings = settings_;
    LogSink sink = std::move(sink_);
    in_sink_ = true;
    sink(level, safe);
    in_sink_ = false;
    if (settings == settings_) sink_ = std::move(sink);
    return;
  }
  if (stderr_ == nullptr) stderr_ = std::make_unique<Stderr>();
  stderr_->logger.log(to_spdlog(level), spdlog::string_view_t(safe.data(), safe.size()));
}

void Log::state(LogLevel level, std::string_view subject, std::string_view text) {
  if (!enabled(level)) {
    forget(subject);
    return;
  }
  auto found = states_.find(subject);
  // The same text again is written once more when it has become more severe.
  if (found != states_.end() && found->second.text == text && level <= found->second.level) {
    ++found->second.repeats;
    if (enabled(LogLevel::trace)) line(LogLevel::trace, std::string(subject) + ": " + std::string(text));
    return;
  }
  if (found != states_.end()) {
    tell_repeats(found->first, found->second);
  } else {
    if (states_.size() >= kMaxStates) states_.clear();
    found = states_.emplace(std::string(subject), State()).first;
  }
  found->second = State{std::string(text), level, 0};
  line(level, std::string(subject) + ": " + std::string(text));
}

void Log::failure(LogLevel level, std::string_view subject, const Error& error) {
  if (enabled(level)) state(level, subject, error.name() + ": " + error.message());
}

void Log::forget(std::string_view subject) {
  const auto found = states_.find(subject);
  if (found == states_.end()) return;
  tell_repeats(found->first, found->second);
  states_.erase(found);
}

void Log::tell_repeats(const std::string& subject, const State& state) {
  if (state.repeats == 0) return;
  line(state.level, subject + ": " + state.text + " (" + std::to_string(state.repeats) +
                        (state.repeats == 1 ? " more time)" : " more times)"));
}

}  // namespace kafka
