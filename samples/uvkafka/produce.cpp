// uvkafka produce: each line of stdin is a message.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>

#include "cli.hpp"

namespace cli {
namespace {

constexpr const char* kProduceUsage =
    "uvkafka produce -b BOOTSTRAP -t TOPIC [-p PARTITION] [-K DELIMITER] [-H name=value]... [-X option=value]... "
    "[--report]\n"
    "\n"
    "  -b, --bootstrap HOST:PORT[,...]  where to begin\n"
    "  -t, --topic TOPIC                where the messages go\n"
    "  -p, --partition PARTITION        this partition; otherwise by key, or sticky without one\n"
    "  -K, --key-delimiter DELIMITER    what stands before the first DELIMITER of a line is the key\n"
    "  -H, --header NAME=VALUE          a header of every message; repeatable\n"
    "  -X option=value                  an option by its Java name: acks=1, linger.ms=5, compression.type=gzip ...\n"
    "      --report                     print the outcome of each message as soon as it is known:\n"
    "                                   ok PARTITION OFFSET VALUE, no PARTITION - VALUE, or maybe PARTITION - VALUE\n"
    "\n"
    "Sends one message per line of stdin. SIGINT and SIGTERM stop reading and flush for at most 5 s;\n"
    "a second one ends at once.\n";

constexpr size_t kChunk = 256 * 1024;
constexpr size_t kLongestLine = 104857600;  // more than any broker takes

// Lines of stdin, whatever it is: pipes and terminals through libuv, files by reading.
class Lines {
 public:
  Lines(uv_loop_t* loop, std::function<bool(std::string_view)> on_line, std::function<void(std::string)> on_end)
      : loop_(loop), on_line_(std::move(on_line)), on_end_(std::move(on_end)) {}

  void start() {
    const uv_handle_type type = uv_guess_handle(STDIN_FILENO);
    uv_idle_init(loop_, &idle_);
    idle_.data = this;
    if (type == UV_NAMED_PIPE || type == UV_TTY) {
      uv_pipe_init(loop_, &pipe_, 0);
      pipe_.data = this;
      if (type == UV_NAMED_PIPE && uv_pipe_open(&pipe_, STDIN_FILENO) == 0) {
        stream_ = reinterpret_cast<uv_stream_t*>(&pipe_);
      } else {
        uv_close(reinterpret_cast<uv_handle_t*>(&pipe_), nullptr);
      }
      if (type == UV_TTY && uv_tty_init(loop_, &tty_, STDIN_FILENO, 1) == 0) {
        tty_.data = this;
        stream_ = reinterpret_cast<uv_stream_t*>(&tty_);
      }
    }
    resume();
  }
  /// on_line said no: it is offered the same line again by resume().
  void resume() {
    if (ended_) return;
    paused_ = false;
    if (!deliver()) return;
    if (at_end_) return end("");
    if (stream_ != nullptr) {
      uv_read_start(stream_, on_alloc, on_read);
    } else {
      uv_idle_start(&idle_, [](uv_idle_t* idle) { static_cast<Lines*>(idle->data)->read_file(); });
    }
  }
  bool ended() const { return ended_; }
  void stop() {
    if (ended_) return;
    ended_ = true;
    if (stream_ != nullptr) uv_close(reinterpret_cast<uv_handle_t*>(stream_), nullptr);
    uv_close(reinterpret_cast<uv_handle_t*>(&idle_), nullptr);
  }

 private:
  void pause() {
    paused_ = true;
    if (stream_ != nullptr) uv_read_stop(stream_);
    uv_idle_stop(&idle_);
  }
  void end(std::string error) {
    stop();
    on_end_(std::move(error));
  }
  // False if paused or ended on the way.
  bool deliver() {
    while (true) {
      const size_t line_end = text_.find('\n', std::max(begin_, searched_));
      if (line_end == std::string::npos && !(at_end_ && begin_ < text_.size())) break;
      const size_t length = (line_end == std::string::npos ? text_.size() : line_end) - begin_;
      if (!on_line_(std::string_view(text_).substr(begin_, length))) return pause(), false;
      begin_ = line_end == std::string::npos ? text_.size() : line_end + 1;
      if (ended_) return false;
    }
    text_.erase(0, begin_);
    begin_ = 0;
    searched_ = text_.size();
    if (searched_ > kLongestLine) return end("a line of more than " + std::to_string(kLongestLine) + " bytes"), false;
    return true;
  }
  void took(const char* data, size_t count) {
    text_.append(data, count);
    deliver();
  }
  void read_file() {
    const ssize_t count = ::read(STDIN_FILENO, chunk_, sizeof chunk_);
    if (count < 0 && errno == EINTR) return;
    if (count < 0) return end(std::strerror(errno));
    if (count == 0) return at_eof();
    took(chunk_, static_cast<size_t>(count));
  }
  void at_eof() {
    at_end_ = true;
    if (stream_ != nullptr) uv_read_stop(stream_);
    uv_idle_stop(&idle_);
    if (!paused_ && deliver() && !ended_) end("");
  }
  static void on_alloc(uv_handle_t* handle, size_t, uv_buf_t* buffer) {
    auto* self = static_cast<Lines*>(handle->data);
    *buffer = uv_buf_init(self->chunk_, sizeof self->chunk_);
  }
  static void on_read(uv_stream_t* stream, ssize_t count, const uv_buf_t*) {
    auto* self = static_cast<Lines*>(stream->data);
    if (count == UV_EOF) return self->at_eof();
    if (count < 0) return self->end(uv_strerror(static_cast<int>(count)));
    if (count > 0) self->took(self->chunk_, static_cast<size_t>(count));
  }

  uv_loop_t* loop_;
  std::function<bool(std::string_view)> on_line_;
  std::function<void(std::string)> on_end_;
  uv_pipe_t pipe_{};
  uv_tty_t tty_{};
  uv_idle_t idle_{};
  uv_stream_t* stream_ = nullptr;
  std::string text_;
  size_t begin_ = 0;
  size_t searched_ = 0;  // there is no end of line before
  bool paused_ = false;
  bool at_end_ = false;
  bool ended_ = false;
  char chunk_[kChunk];
};

struct Tally {
  uint64_t sent = 0, ok = 0, failed = 0, unknown = 0;
  kafka::Error first_error;
};

void print_report(const kafka::DeliveryReport& report, const std::string& value) {
  if (report.persistence == kafka::Persistence::yes) {
    std::printf("ok %d %lld ", report.partition, static_cast<long long>(report.offset));
  } else {
    std::printf("%s %d - ", report.persistence == kafka::Persistence::no ? "no" : "maybe", report.partition);
  }
  std::fwrite(value.data(), 1, value.size(), stdout);
  std::fputc('\n', stdout);
}

}  // namespace

int produce(int argc, char** argv) {
  Arguments arguments;
  if (!arguments.parse(argc, argv,
                       {{"-b", "--bootstrap", true},
                        {"-t", "--topic", true},
                        {"-p", "--partition", true},
                        {"-K", "--key-delimiter", true},
                        {"-H", "--header", true},
                        {"-X", "", true},
                        {"--report", "", false}},
                       kProduceUsage)) {
    return kUsage;
  }
  if (arguments.helped()) return kDone;
  if (!arguments.has("-b") || !arguments.has("-t")) return usage_error("produce: -b BOOTSTRAP and -t TOPIC are needed");
  const std::string topic = arguments.get("-t");
  if (!check_topic("produce", topic)) return kUsage;
  const std::string delimiter = arguments.get("-K");
  if (arguments.has("-K") && delimiter.empty()) return usage_error("produce: -K must not be empty");
  const auto partition = number(arguments.get("-p", "-1"));
  if (!partition || *partition < -1 || *partition > INT32_MAX)
    return usage_error("produce: -p wants a number of 0 or more");
  std::vector<std::pair<std::string, std::string>> headers;
  for (const std::string& header : arguments.all("-H")) {
    const size_t equals = header.find('=');
    if (equals == std::string::npos || equals == 0) return usage_error("produce: -H wants name=value");
    headers.emplace_back(header.substr(0, equals), header.substr(equals + 1));
  }
  kafka::SessionOptions session_options{.bootstrap_servers = arguments.get("-b")};
  kafka::ProducerOptions options;
  if (const auto error = read_options(arguments, session_options, options)) return usage_error(error.message());

  App app(std::move(session_options));
  if (const auto error = app.session().error()) return usage_error(error.message());
  kafka::Producer producer(app.session(), options);
  const bool report = arguments.has("--report");
  Tally tally;
  std::vector<kafka::Header> header_views;
  for (const auto& [name, value] : headers) header_views.push_back({name, value});

  auto count = [&](const kafka::DeliveryReport& outcome) {
    app.heard();
    if (!outcome.error) {
      ++tally.ok;
      return;
    }
    if (!tally.first_error) tally.first_error = outcome.error;
    ++(outcome.persistence == kafka::Persistence::maybe ? tally.unknown : tally.failed);
  };
  auto on_line = [&](std::string_view line) {
    kafka::Record record{.topic = topic, .partition = static_cast<int32_t>(*partition), .value = line};
    const size_t cut = delimiter.empty() ? std::string_view::npos : line.find(delimiter);
    if (cut != std::string_view::npos) {
      record.key = line.substr(0, cut);
      record.value = line.substr(cut + delimiter.size());
    }
    if (record.value.data() == nullptr) record.value = "";
    record.headers = header_views;
    kafka::DeliveryCallback done;
    if (report) {
      done = [&count, value = std::string(record.value)](const kafka::DeliveryReport& outcome) {
        count(outcome);
        print_report(outcome, value);
      };
    } else {
      done = [&count](const kafka::DeliveryReport& outcome) { count(outcome); };
    }
    // A full buffer is known before the record is taken, so that nothing is reported twice.
    if (producer.would_block(record)) return false;
    ++tally.sent;
    producer.send(record, std::move(done));
    return true;
  };
  bool closing = false;
  auto close = [&](std::chrono::milliseconds deadline) {
    if (std::exchange(closing, true)) {
      producer.close(deadline);
      return;
    }
    producer.close(deadline, [&] {
      if (tally.failed + tally.unknown > 0) {
        app.fail(std::to_string(tally.failed) + " of " + std::to_string(tally.sent) + " messages not sent, " +
                 std::to_string(tally.unknown) + " of unknown fate: " + tally.first_error.message());
      }
      app.finish();
    });
  };
  Lines lines(app.loop(), on_line, [&](std::string error) {
    if (!error.empty()) app.fail("stdin: " + error);
    close(options.delivery_timeout + std::chrono::seconds(1));
  });
  std::function<void()> drained = [&] {
    producer.on_drain([&] { drained(); });
    lines.resume();
  };
  producer.on_drain([&] { drained(); });
  app.on_stop([&] {
    if (app.interrupted()) app.fail(lines.ended() ? "interrupted" : "interrupted: the rest of stdin was not read");
    lines.stop();
    close(kFlushAfterSignal);
  });
  // A partition that the topic does not have might come, says the library, and waits; nobody here adds partitions.
  if (*partition >= 0) {
    app.session().get_metadata(
        {topic},
        [&](kafka::Error error, kafka::ClusterMetadata cluster) {
          const auto found = cluster.topics.find(topic);
          if (error || found == cluster.topics.end() || found->second.error || found->second.partitions.empty()) return;
          app.heard();
          const size_t partitions = found->second.partitions.size();
          if (static_cast<size_t>(*partition) < partitions) return;
          app.fail(no_such_partition(topic, *partition, partitions));
          lines.stop();
          close(std::chrono::milliseconds(0));
        },
        true);
  }
  app.progress([&] {
    return std::to_string(tally.sent) + " sent, " + std::to_string(tally.ok) + " confirmed, " +
           std::to_string(producer.queued()) + " waiting";
  });
  lines.start();
  return app.run();
}

}  // namespace cli
