#include "cli.hpp"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>

#include "base/topic_name.hpp"

namespace cli {

bool Arguments::parse(int argc, char** argv, const std::vector<Option>& options, const char* usage) {
  for (int i = 0; i < argc; ++i) {
    const std::string argument = argv[i];
    if (argument == "--help" || argument == "-h") {
      std::fputs(usage, stdout);
      helped_ = true;
      return true;
    }
    const Option* option = nullptr;
    std::optional<std::string> value;
    for (const Option& candidate : options) {
      const std::string name = candidate.name;
      const std::string other = candidate.other;
      if (argument == name || (!other.empty() && argument == other)) {
        option = &candidate;
      } else if (!other.empty() && argument.rfind(other + "=", 0) == 0) {
        option = &candidate;
        value = argument.substr(other.size() + 1);
      } else if (candidate.has_value && name.size() == 2 && argument.size() > 2 && argument.rfind(name, 0) == 0) {
        option = &candidate;
        value = argument.substr(2);
      }
      if (option != nullptr) break;
    }
    if (option == nullptr) {
      usage_error("unknown argument \"" + argument + "\"");
      return false;
    }
    if (option->has_value && !value) {
      if (i + 1 >= argc) {
        usage_error(argument + " needs a value");
        return false;
      }
      value = argv[++i];
    }
    if (!option->has_value && value) {
      usage_error(argument + " takes no value");
      return false;
    }
    values_[option->name].push_back(value.value_or(""));
  }
  return true;
}

std::string Arguments::get(std::string_view name, std::string otherwise) const {
  const auto found = values_.find(std::string(name));
  return found == values_.end() ? otherwise : found->second.back();
}

std::vector<std::string> Arguments::all(std::string_view name) const {
  const auto found = values_.find(std::string(name));
  return found == values_.end() ? std::vector<std::string>() : found->second;
}

int usage_error(const std::string& what) {
  std::fprintf(stderr, "uvkafka: %s (see uvkafka --help)\n", what.c_str());
  return kUsage;
}

bool check_topic(const char* command, const std::string& topic) {
  const kafka::Error error = kafka::check_topic_name(topic);
  if (error) usage_error(std::string(command) + ": -t: " + std::string(error.detail()));
  return !error;
}

std::string no_such_partition(const std::string& topic, int64_t partition, size_t partitions) {
  return "topic " + topic + " has no partition " + std::to_string(partition) + ", it has 0 to " +
         std::to_string(partitions - 1);
}

std::optional<int64_t> number(std::string_view text) {
  int64_t parsed = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), parsed);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return {};
  return parsed;
}

std::optional<std::vector<int32_t>> numbers(std::string_view text) {
  std::vector<int32_t> all;
  while (true) {
    const size_t comma = text.find(',');
    const auto parsed = number(text.substr(0, comma));
    if (!parsed || *parsed < 0 || *parsed > INT32_MAX) return {};
    all.push_back(static_cast<int32_t>(*parsed));
    if (comma == std::string_view::npos) return all;
    text = text.substr(comma + 1);
  }
}

kafka::Error apply(const std::vector<std::string>& settings,
                   const std::vector<std::function<kafka::Error(std::string_view, std::string_view)>>& setters) {
  for (const std::string& setting : settings) {
    const size_t equals = setting.find('=');
    if (equals == std::string::npos) return {kafka::Errc::invalid_option, "-X " + setting + ": option=value is wanted"};
    const std::string name = setting.substr(0, equals);
    const std::string value = setting.substr(equals + 1);
    bool taken = false;
    kafka::Error refused;
    for (const auto& set : setters) {
      const kafka::Error error = set(name, value);
      if (!error) {
        taken = true;
      } else if (!refused || error.detail().find("no option") == std::string_view::npos) {
        refused = error;
      }
    }
    if (!taken) return refused;
  }
  return {};
}

kafka::Error read_options(const Arguments& arguments, kafka::SessionOptions& session) {
  return apply(arguments.all("-X"), {[&](auto name, auto value) { return session.set(name, value); }});
}

namespace {

constexpr uint64_t kPatienceMs = 2500;

// For the signal handler. uv_signal would not do: the second signal must end the process even while the loop is stuck
// in a write to a pipe that nobody reads.
std::atomic<uv_async_t*> signal_target{nullptr};
std::atomic<int> signals_seen{0};

void on_signal_number(int) {
  if (signals_seen++ > 0) _exit(kFailed);
  const int before = errno;
  if (uv_async_t* target = signal_target) uv_async_send(target);
  errno = before;
}

}  // namespace

App::App(kafka::SessionOptions options) : bootstrap_(options.bootstrap_servers) {
  uv_loop_init(&loop_);
  // Output is written at the end of each turn of the loop: in large pieces, and never late.
  std::setvbuf(stdout, nullptr, _IOFBF, 256 * 1024);
  uv_prepare_init(&loop_, &flusher_);
  flusher_.data = this;
  uv_prepare_start(&flusher_, [](uv_prepare_t* handle) { static_cast<App*>(handle->data)->flush(); });
  uv_async_init(&loop_, &signal_, [](uv_async_t* handle) { static_cast<App*>(handle->data)->signalled(); });
  signal_.data = this;
  uv_unref(reinterpret_cast<uv_handle_t*>(&signal_));
  signal_target = &signal_;
  struct sigaction action = {};
  action.sa_handler = on_signal_number;
  action.sa_flags = SA_RESTART;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  uv_timer_init(&loop_, &ticker_);
  uv_timer_init(&loop_, &patience_);
  patience_.data = this;
  uv_timer_start(
      &patience_, [](uv_timer_t* handle) { static_cast<App*>(handle->data)->say_what_is_waited_for(); }, kPatienceMs,
      0);
  uv_unref(reinterpret_cast<uv_handle_t*>(&patience_));
  uv_unref(reinterpret_cast<uv_handle_t*>(&flusher_));
  ticker_.data = this;
  if (isatty(STDERR_FILENO)) {
    uv_timer_start(
        &ticker_,
        [](uv_timer_t* handle) {
          auto* app = static_cast<App*>(handle->data);
          if (app->progress_) std::fprintf(stderr, "\r%s\033[K", app->progress_().c_str());
        },
        1000, 1000);
    uv_unref(reinterpret_cast<uv_handle_t*>(&ticker_));
  }
  session_ = std::make_unique<kafka::Session>(&loop_, std::move(options));
  session_->on_log(kafka::LogLevel::off, {});
  session_->on_event([this](const kafka::Event& event) {
    connected_ |= event.type == kafka::Event::Type::broker_connected;
    if (event.type == kafka::Event::Type::broker_disconnected) last_end_ = event.message();
    const bool failed = event.type == kafka::Event::Type::connect_failed;
    if (failed && said_connect_failed_) return;
    if (failed || event.type == kafka::Event::Type::partition_stopped) {
      said_connect_failed_ |= failed;
      std::fprintf(stderr, "uvkafka: %s\n", event.message().c_str());
    }
  });
}

App::~App() {
  session_.reset();
  signal_target = nullptr;
  for (uv_handle_t* handle : {reinterpret_cast<uv_handle_t*>(&signal_), reinterpret_cast<uv_handle_t*>(&patience_),
                              reinterpret_cast<uv_handle_t*>(&ticker_), reinterpret_cast<uv_handle_t*>(&flusher_)}) {
    if (!uv_is_closing(handle)) uv_close(handle, nullptr);
  }
  uv_run(&loop_, UV_RUN_DEFAULT);
  uv_loop_close(&loop_);
}

void App::signalled() {
  interrupted_ = true;
  if (!on_stop_) fail("interrupted");
  stop();
}

void App::stop() {
  if (finishing_) return session_->close(kFlushAfterSignal);  // closing already: this deadline may be sooner
  if (on_stop_) return on_stop_();
  finish();
}

bool App::flush() {
  if (output_failed_) return false;
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return true;
  output_failed_ = true;
  fail(std::string("stdout: ") + std::strerror(errno));
  stop();
  return false;
}

void App::say_what_is_waited_for() {
  if (heard_ || said_connect_failed_ || finishing_) return;
  const std::string reason = last_end_.empty() ? "is it a Kafka broker?" : last_end_;
  std::fprintf(stderr, "uvkafka: still waiting for an answer from %s (%s): %s\n", bootstrap_.c_str(),
               connected_ ? "connected" : "no handshake yet", reason.c_str());
}

void App::fail(const std::string& what) {
  std::fprintf(stderr, "uvkafka: %s\n", what.c_str());
  status_ = kFailed;
}

void App::finish(std::function<void()> closed) {
  if (finishing_) return;
  finishing_ = true;
  auto done = [closed = std::move(closed)] {
    if (closed) closed();
  };
  if (interrupted_ || output_failed_) {
    session_->close(kFlushAfterSignal, std::move(done));
  } else {
    session_->close(std::move(done));
  }
}

int App::run() {
  if (const kafka::Error error = session_->error()) return usage_error(error.message());
  uv_run(&loop_, UV_RUN_DEFAULT);
  flush();
  return status_;
}

namespace {

constexpr int kTopicAttempts = 20;  // creating a topic takes a moment
constexpr uint64_t kTopicPauseMs = 250;

struct Attempt {
  uv_timer_t timer{};
  App* app = nullptr;
  std::string topic;
  std::vector<int32_t> named;
  std::function<void(std::vector<int32_t>)> found;
  int left = kTopicAttempts;
};

void ask(Attempt* attempt);

void again(Attempt* attempt) {
  uv_timer_init(attempt->app->loop(), &attempt->timer);
  attempt->timer.data = attempt;
  uv_timer_start(
      &attempt->timer,
      [](uv_timer_t* handle) {
        uv_close(reinterpret_cast<uv_handle_t*>(handle),
                 [](uv_handle_t* closed) { ask(static_cast<Attempt*>(closed->data)); });
      },
      kTopicPauseMs, 0);
}

void ask(Attempt* attempt) {
  attempt->app->session().get_metadata(
      {attempt->topic},
      [attempt](kafka::Error error, kafka::ClusterMetadata cluster) {
        const auto topic = cluster.topics.find(attempt->topic);
        if (!error && topic != cluster.topics.end()) error = topic->second.error;
        if (!error && (topic == cluster.topics.end() || topic->second.partitions.empty())) {
          error = kafka::Error(kafka::Errc::unknown_topic_or_partition, attempt->topic);
        }
        const bool creating =
            error == kafka::Errc::unknown_topic_or_partition || error == kafka::Errc::leader_not_available;
        if (creating && --attempt->left > 0) return again(attempt);
        const std::unique_ptr<Attempt> done(attempt);
        if (error) {
          if (error != kafka::Errc::closed) done->app->fail(error.message());
          return done->app->finish();
        }
        done->app->heard();
        std::vector<int32_t> partitions;
        for (const kafka::PartitionInfo& partition : topic->second.partitions)
          partitions.push_back(partition.partition);
        for (int32_t wanted : done->named) {
          if (std::find(partitions.begin(), partitions.end(), wanted) != partitions.end()) continue;
          done->app->fail(no_such_partition(done->topic, wanted, partitions.size()));
          return done->app->finish();
        }
        done->found(done->named.empty() ? std::move(partitions) : std::move(done->named));
      },
      true);
}

}  // namespace

void find_partitions(App& app, const std::string& topic, std::vector<int32_t> named,
                     std::function<void(std::vector<int32_t>)> found) {
  auto* attempt = new Attempt;
  attempt->app = &app;
  attempt->topic = topic;
  attempt->named = std::move(named);
  attempt->found = std::move(found);
  ask(attempt);
}

}  // namespace cli
