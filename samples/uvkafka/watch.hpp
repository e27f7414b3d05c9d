// Notices when a run gets nowhere, and says why in one line: the broker's own error, or that nothing answers.
// Not here: events that are printed at once, resets for example (app.cpp).
#pragma once

#include <uv.h>
#include <kafka/session.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "console.hpp"

namespace cli {

/// Owns what is known of attempts that failed. The session's log tells each of them. One that goes on failing for kLong
/// is said, once: "orders/0: not_enough_replicas ...". So is a broker that has not answered for that long.
class Watch {
 public:
  static constexpr uint64_t kLongMs = 3000;

  Watch(uv_loop_t* loop, Console& console);
  ~Watch();

  /// Looks at the session once in a while, until stop().
  void start(kafka::Session& session);
  void stop();
  /// A connection is ready for requests.
  void connected() { connected_ = true; }
  /// A line of the session's log, or an event: an attempt failed. The text before the first ": " is what it was about.
  void failed(std::string_view line);
  /// An answer may take this much longer, because the client asked for that (a fetch that waits for records).
  void allow(std::chrono::milliseconds longer) { patience_ms_ += static_cast<uint64_t>(longer.count()); }
  /// Something was said already, so it is not said again.
  void said(const std::string& line);
  /// False if the same happened to this partition a moment ago, so that it need not be said again.
  bool is_news(const kafka::Event& event);
  /// The newest failure, for the sentence that ends the run; "" if nothing failed.
  const std::string& last_failure() const { return last_failure_; }
  /// The same, if it is not older than this time of the loop.
  std::string failure_since(uint64_t ms) const { return last_failure_ms_ >= ms ? last_failure_ : ""; }

 private:
  // Attempts follow each other after a second at most (retry_backoff_max, reconnect_backoff_max, 20 % jitter). Without
  // one for this long, the attempts have succeeded or were given up.
  static constexpr uint64_t kOverMs = 2500;
  static constexpr uint64_t kLookMs = 500;
  static constexpr size_t kMostSubjects = 1000;

  struct Failure {
    std::string line;
    uint64_t first = 0;
    uint64_t last = 0;
    bool said = false;
  };
  struct Answers {
    uint64_t responses = 0;
    uint64_t since = 0;  // no response and something under way since then; 0: not so
    bool said = false;
  };

  void look();
  void look_at_failures();
  void look_at_handshake();
  void look_at_answers();

  uv_loop_t* loop_;
  uv_timer_t* timer_;  // freed when it is closed
  Console& console_;
  kafka::Session* session_ = nullptr;
  std::map<std::string, Failure, std::less<>> failures_;  // by what they are about
  std::map<std::string, Answers> answers_;                // by broker
  std::map<std::string, uint64_t> told_;                  // events: when they happened last
  std::string last_failure_;
  uint64_t last_failure_ms_ = 0;
  uint64_t patience_ms_ = kLongMs;  // for one response
  uint64_t started_ = 0;
  bool connected_ = false;
  bool silent_ = true;  // nothing was said yet
};

}  // namespace cli
