// Notes of a run: broken rules, and which call or callback runs at the moment. Each call of the client's API is made
// under a Call, and each callback begins with a Callback and carries a Token.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "random/slowness.hpp"
#include "sim_reactor.hpp"

namespace kafka::sim {

class Journal {
 public:
  Journal(SimWorld& world, Slowness of) : slowness(std::move(of)), world_(world) {}

  /// Notes a broken rule. The run goes on, so that one run can show several.
  void violation(std::string text) {
    world_.note("VIOLATION " + text);
    if (violations.size() < 20) violations.push_back("at " + time() + ": " + std::move(text));
  }
  void check(bool holds, const char* text) {
    if (!holds) violation(text);
  }
  void note(const std::string& text) { world_.note(text); }
  std::string time() const {
    return std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(world_.elapsed()).count()) + " ms";
  }

  /// The time without that in which the application itself worked: how long the client has taken for something.
  TimePoint patience() const { return world_.now() - slowness.spent(); }

  Slowness slowness;

  /// The application did something, or was told something that it waited for.
  void active() {
    if (on_activity) on_activity();
  }

  Function<void()> on_activity;
  std::vector<std::string> violations;
  int calls = 0;
  int callbacks = 0;
  int tokens = 0;       ///< callbacks that the client still holds
  bool closed = false;  ///< the session's close callback has run, or the session is gone

 private:
  SimWorld& world_;
};

/// A call of the API.
class Call {
 public:
  explicit Call(Journal& journal) : journal_(journal) {
    ++journal_.calls;
    journal_.active();
  }
  Call(const Call&) = delete;
  ~Call() { --journal_.calls; }

 private:
  Journal& journal_;
};

/// A callback of the API, while it runs.
class Callback {
 public:
  Callback(Journal& journal, const char* what) : journal_(journal) {
    if (journal.calls > 0) journal.violation(std::string(what) + " ran inside a call of the API");
    if (journal.callbacks > 0) journal.violation(std::string(what) + " ran inside another callback");
    if (journal.closed) journal.violation(std::string(what) + " ran after the close callback");
    ++journal_.callbacks;
    if (!std::string_view(what).ends_with("event")) journal.active();
  }
  Callback(const Callback&) = delete;
  ~Callback() {
    --journal_.callbacks;
    journal_.slowness.callback();
  }

 private:
  Journal& journal_;
};

/// Lies in a callback, and tells when the client has destroyed it.
class Token {
 public:
  explicit Token(Journal& journal) : journal_(&journal) { ++journal_->tokens; }
  Token(Token&& other) noexcept : journal_(std::exchange(other.journal_, nullptr)) {}
  Token& operator=(Token&&) = delete;
  ~Token() {
    if (journal_ != nullptr) --journal_->tokens;
  }

 private:
  Journal* journal_;
};

}  // namespace kafka::sim
