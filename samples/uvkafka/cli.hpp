// What the subcommands share: arguments, the session with its signals, and how a run ends.
#pragma once

#include <uv.h>
#include <kafka/kafka.hpp>

#include <chrono>
#include <cstdio>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cli {

constexpr int kDone = 0;
constexpr int kFailed = 1;
constexpr int kUsage = 2;
/// Work that is under way when a signal comes gets so long.
constexpr auto kFlushAfterSignal = std::chrono::seconds(5);

/// Thrown nowhere: the parsed arguments of one subcommand.
class Arguments {
 public:
  struct Option {
    const char* name;   // "-b"
    const char* other;  // "--bootstrap" or ""
    bool has_value;
  };
  /// Reads argv behind the subcommand. False after printing what is wrong.
  bool parse(int argc, char** argv, const std::vector<Option>& options, const char* usage);

  bool has(std::string_view name) const { return values_.contains(std::string(name)); }
  std::string get(std::string_view name, std::string otherwise = {}) const;
  std::vector<std::string> all(std::string_view name) const;
  /// True if --help was asked for (and the usage printed).
  bool helped() const { return helped_; }

 private:
  std::map<std::string, std::vector<std::string>> values_;
  bool helped_ = false;
};

/// Says on stderr what is wrong with the call. Always kUsage.
int usage_error(const std::string& what);
/// True if Kafka allows the name; if not, says so on stderr.
bool check_topic(const char* command, const std::string& topic);
std::string no_such_partition(const std::string& topic, int64_t partition, size_t partitions);
std::optional<int64_t> number(std::string_view text);
/// "0,1,5"; nothing if it is not that.
std::optional<std::vector<int32_t>> numbers(std::string_view text);

/// One run: the loop, the session, the first failure to connect, the signals.
class App {
 public:
  explicit App(kafka::SessionOptions options);
  ~App();

  uv_loop_t* loop() { return &loop_; }
  kafka::Session& session() { return *session_; }
  /// Called at the first SIGINT or SIGTERM (a second one ends the process at once), and when nobody takes what is
  /// written to stdout.
  void on_stop(std::function<void()> handler) { on_stop_ = std::move(handler); }
  /// Called about once a second while stderr is a terminal.
  void progress(std::function<std::string()> text) { progress_ = std::move(text); }
  void fail(const std::string& what);
  /// A broker has answered what this run is about; without that, stderr says after a few seconds what is waited for.
  void heard() { heard_ = true; }
  /// Hands what was printed to whoever reads it. False if it cannot be written: the run ends then.
  bool flush();
  /// Closes the session, calls `closed`; run() returns then.
  void finish(std::function<void()> closed = {});
  int run();
  bool interrupted() const { return interrupted_; }
  bool output_failed() const { return output_failed_; }

 private:
  void signalled();
  void say_what_is_waited_for();
  void stop();
  uv_loop_t loop_{};
  uv_async_t signal_{};
  uv_timer_t ticker_{};
  uv_timer_t patience_{};
  uv_prepare_t flusher_{};
  std::unique_ptr<kafka::Session> session_;
  std::string bootstrap_;
  std::string last_end_;  // how the last connection that was made ended
  std::function<void()> on_stop_;
  std::function<std::string()> progress_;
  bool interrupted_ = false;
  bool finishing_ = false;
  bool said_connect_failed_ = false;
  bool connected_ = false;
  bool heard_ = false;
  bool output_failed_ = false;
  int status_ = kDone;
};

/// Applies `-X name=value`; each setter that knows the name takes it. The error of one that nobody knows.
kafka::Error apply(const std::vector<std::string>& settings,
                   const std::vector<std::function<kafka::Error(std::string_view, std::string_view)>>& setters);

/// Each -X goes to the session's options or to those of what the command uses; the error of one that is wrong.
template <class Options>
kafka::Error read_options(const Arguments& arguments, kafka::SessionOptions& session, Options& options) {
  kafka::Error error = apply(arguments.all("-X"), {[&](auto name, auto value) { return session.set(name, value); },
                                                   [&](auto name, auto value) { return options.set(name, value); }});
  return error ? error : options.validate();
}

/// Partitions of `topic`: those named, if the cluster has them, or all that it has.
void find_partitions(App& app, const std::string& topic, std::vector<int32_t> named,
                     std::function<void(std::vector<int32_t>)> found);

int broker(int argc, char** argv);
int topics(int argc, char** argv);
int produce(int argc, char** argv);
int consume(int argc, char** argv);
int offsets(int argc, char** argv);
int perf(int argc, char** argv);

}  // namespace cli
