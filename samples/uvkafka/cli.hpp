// What the subcommands share: arguments, the session, signals, and how a run ends.
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
/// After a signal, work that is under way has this long to end.
constexpr auto kFlushAfterSignal = std::chrono::seconds(5);

/// Owns the parsed arguments of one subcommand.
class Arguments {
 public:
  struct Option {
    const char* name;   // "-b"
    const char* other;  // "--bootstrap" or ""
    bool has_value;
  };
  /// Reads argv behind the subcommand. If something is wrong, prints it and returns false.
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

/// Prints on stderr what is wrong with the call. Returns kUsage.
int usage_error(const std::string& what);
/// True if Kafka allows the name. Otherwise prints on stderr what is wrong with it.
bool check_topic(const char* command, const std::string& topic);
std::string no_such_partition(const std::string& topic, int64_t partition, size_t partitions);
std::optional<int64_t> number(std::string_view text);
/// Numbers of 0 or more, separated by commas ("0,1,5"); nothing if the text is something else.
std::optional<std::vector<int32_t>> numbers(std::string_view text);

/// Owns one run: the loop, the session, the signals, and the exit status.
class App {
 public:
  explicit App(kafka::SessionOptions options);
  ~App();

  uv_loop_t* loop() { return &loop_; }
  kafka::Session& session() { return *session_; }
  /// Called at the first SIGINT or SIGTERM, and when writing to stdout fails. A second signal ends the process at once.
  void on_stop(std::function<void()> handler) { on_stop_ = std::move(handler); }
  /// Called about once a second while stderr is a terminal.
  void progress(std::function<std::string()> text) { progress_ = std::move(text); }
  void fail(const std::string& what);
  /// A broker has answered. If that does not happen within a few seconds, stderr tells what the run waits for.
  void heard() { heard_ = true; }
  /// Writes out what was printed. If that fails, the run ends and false is returned.
  bool flush();
  /// Closes the session and calls `closed`. Then run() returns.
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

/// Applies each `-X name=value` with every setter that knows the name. Returns the error of a name that no setter
/// knows, or of a value that is refused.
kafka::Error apply(const std::vector<std::string>& settings,
                   const std::vector<std::function<kafka::Error(std::string_view, std::string_view)>>& setters);

/// Applies each -X to the session's options. Returns the first error.
kafka::Error read_options(const Arguments& arguments, kafka::SessionOptions& session);

/// Applies each -X to the session's options, to those of the producer or consumer, or to both. Returns the first error.
template <class Options>
kafka::Error read_options(const Arguments& arguments, kafka::SessionOptions& session, Options& options) {
  kafka::Error error = apply(arguments.all("-X"), {[&](auto name, auto value) { return session.set(name, value); },
                                                   [&](auto name, auto value) { return options.set(name, value); }});
  return error ? error : options.validate();
}

/// Finds the partitions of `topic`: those in `named`, or all if that is empty. If the cluster lacks one the run fails.
void find_partitions(App& app, const std::string& topic, std::vector<int32_t> named,
                     std::function<void(std::vector<int32_t>)> found);

int broker(int argc, char** argv);
int topics(int argc, char** argv);
int produce(int argc, char** argv);
int consume(int argc, char** argv);
int offsets(int argc, char** argv);
int perf(int argc, char** argv);

}  // namespace cli
