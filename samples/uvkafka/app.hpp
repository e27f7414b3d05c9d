// One run of a command that talks to a cluster: the loop, the session, the signals, and how the run ends.
// Not here: what is printed (console.hpp), why it gets nowhere (watch.hpp).
#pragma once

#include <uv.h>
#include <kafka/kafka.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "client_options.hpp"
#include "console.hpp"
#include "watch.hpp"

namespace cli {

/// After a signal, work that is under way has this long to end.
constexpr auto kFlushAfterSignal = std::chrono::seconds(5);

/// Owns the loop, the session, the streams, and the exit status.
class App {
 public:
  explicit App(const ClientOptions& options);
  ~App();

  uv_loop_t* loop() { return &loop_; }
  kafka::Session& session() { return *session_; }
  Output& output() { return output_; }
  Console& console() { return console_; }
  Watch& watch() { return *watch_; }

  /// Called at the first SIGINT or SIGTERM, when writing to stdout fails, and when no broker answers in time. A second
  /// signal ends the process at once.
  void on_stop(std::function<void()> handler) { on_stop_ = std::move(handler); }
  /// Called about once a second while stderr is a terminal, and at the end.
  void progress(std::function<std::string()> text) { progress_ = std::move(text); }
  /// Prints what went wrong. The exit status will be 1.
  void fail(const std::string& what);
  /// The same, with the error's name: people look for that.
  void fail(const kafka::Error& error, const std::string& before = {});
  /// Called when a partition has another leader.
  void on_leader(std::function<void(const kafka::TopicPartition&, int32_t broker)> handler) {
    on_leader_ = std::move(handler);
  }
  /// Prints events that people want to know of: resets, truncations, stopped partitions.
  void tell(const kafka::Event& event);
  /// A broker has answered: -m is kept.
  void heard() { heard_ = true; }
  /// Writes out what was printed. If that fails, the run ends and false is returned.
  bool flush();
  /// Closes the session and calls `closed`. Then run() returns.
  void finish(std::function<void()> closed = {});
  /// Turns the loop until everything has ended. The exit status.
  int run();

  bool interrupted() const { return interrupted_; }
  /// What is under way is not worth waiting for.
  bool in_a_hurry() const { return interrupted_ || output_failed_ || gave_up_; }
  bool output_failed() const { return output_failed_; }
  bool gave_up() const { return gave_up_; }

 private:
  void start_signals();
  void start_timers(const ClientOptions& options);
  void start_session(const ClientOptions& options);
  void take(const kafka::Event& event);
  void signalled();
  void tick();
  void give_up();
  void stop();
  void end_soon();
  void leave();
  void print_rest();

  uv_loop_t loop_{};
  uv_async_t signal_{};
  uv_timer_t ticker_{};
  uv_timer_t patience_{};
  uv_prepare_t flusher_{};
  Output output_;
  Console console_;
  std::unique_ptr<Watch> watch_;
  std::unique_ptr<kafka::Session> session_;
  std::chrono::seconds max_wait_;
  std::function<void()> on_stop_;
  std::function<std::string()> progress_;
  std::function<void(const kafka::TopicPartition&, int32_t)> on_leader_;
  bool interrupted_ = false;
  bool finishing_ = false;
  bool said_connect_failed_ = false;
  bool heard_ = false;
  bool output_failed_ = false;
  bool gave_up_ = false;
  int status_ = kDone;
};

}  // namespace cli
