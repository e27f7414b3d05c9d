// uvkafka consume: prints messages.
#include <algorithm>
#include <memory>
#include <set>

#include "cli.hpp"

namespace cli {
namespace {

constexpr const char* kConsumeUsage =
    "uvkafka consume -b BOOTSTRAP -t TOPIC [-p P[,P...]] [-o OFFSET] [-g GROUP] [-c COUNT] [-e] [-f FORMAT] [-X "
    "option=value]...\n"
    "\n"
    "  -b, --bootstrap HOST:PORT[,...]  where to begin\n"
    "  -t, --topic TOPIC                what to read\n"
    "  -p, --partitions P[,P...]        these partitions; otherwise all\n"
    "  -o, --offset OFFSET              earliest (default), latest, a number, or @UNIX_MS; with -g only where nothing "
    "is committed\n"
    "  -g, --group GROUP                commit each message in this group through its envelope\n"
    "  -c, --count COUNT                end after so many messages\n"
    "  -e, --end                        end when the end of every partition is reached; one that is stopped by damage\n"
    "                                   counts as ended, and the exit status is 1\n"
    "  -f, --format FORMAT              default '%s\\n': %t topic, %p partition, %o offset, %k key, %s value, %K and "
    "%S their\n"
    "                                   lengths (-1 for null), %T timestamp, %h headers (a=b,c=d), \\n \\t \\\\ %%\n"
    "  -X option=value                  an option by its Java name\n";

class Format {
 public:
  /// Nothing if the format has an unknown sequence.
  static std::optional<Format> parse(std::string_view text) {
    Format format;
    for (size_t i = 0; i < text.size(); ++i) {
      const char c = text[i];
      if ((c != '%' && c != '\\') || i + 1 == text.size()) {
        format.parts_.push_back({c, true});
        continue;
      }
      const char next = text[++i];
      if (c == '\\') {
        const std::string_view from = "nt\\r0", to{"\n\t\\\r\0", 5};
        const size_t at = from.find(next);
        if (at == std::string_view::npos) return {};
        format.parts_.push_back({to[at], true});
      } else if (next == '%') {
        format.parts_.push_back({'%', true});
      } else if (std::string_view("tpokKsSTh").find(next) != std::string_view::npos) {
        format.parts_.push_back({next, false});
      } else {
        return {};
      }
    }
    return format;
  }
  void print(const kafka::MessageEnvelope& message) const {
    for (const auto& [c, literal] : parts_) {
      if (literal) {
        std::fputc(c, stdout);
        continue;
      }
      switch (c) {
        case 't':
          write(message.topic());
          break;
        case 'p':
          std::printf("%d", message.partition());
          break;
        case 'o':
          std::printf("%lld", static_cast<long long>(message.offset()));
          break;
        case 'k':
          write(message.key());
          break;
        case 's':
          write(message.value());
          break;
        case 'K':
          length(message.key());
          break;
        case 'S':
          length(message.value());
          break;
        case 'T':
          std::printf("%lld", static_cast<long long>(message.timestamp()));
          break;
        default:
          headers(message);
          break;
      }
    }
  }

 private:
  static void write(std::string_view text) { std::fwrite(text.data(), 1, text.size(), stdout); }
  static void length(std::string_view text) {
    std::printf("%lld", text.data() == nullptr ? -1LL : static_cast<long long>(text.size()));
  }
  static void headers(const kafka::MessageEnvelope& message) {
    bool first = true;
    for (const kafka::Header& header : message.headers()) {
      if (!std::exchange(first, false)) std::fputc(',', stdout);
      write(header.key);
      std::fputc('=', stdout);
      if (header.value.data() == nullptr) {
        write("NULL");
      } else {
        write(header.value);
      }
    }
  }
  std::vector<std::pair<char, bool>> parts_;
};

struct Start {
  int64_t offset = kafka::kEarliestOffset;
  int64_t unix_ms = -1;
  bool fixed() const { return offset >= 0 || unix_ms >= 0; }
  kafka::TopicOffset of(const std::string& topic, int32_t partition) const {
    if (unix_ms >= 0) return kafka::TopicOffset::at_time(topic, partition, unix_ms);
    return {topic, partition, offset, -1, {}};
  }
};

std::optional<Start> parse_start(const std::string& text) {
  if (text == "earliest" || text == "beginning") return Start{};
  if (text == "latest" || text == "end") return Start{kafka::kLatestOffset, -1};
  const bool time = !text.empty() && text.front() == '@';
  const auto parsed = number(time ? std::string_view(text).substr(1) : std::string_view(text));
  if (!parsed || *parsed < 0) return {};
  return time ? Start{kafka::kLatestOffset, *parsed} : Start{*parsed, -1};
}

// One consumption; Reader is kafka::Consumer or kafka::Fetcher.
template <class Reader>
struct Run {
  App& app;
  std::string topic;
  std::vector<int32_t> partitions;
  Format format;
  int64_t limit;
  bool stop_at_end;
  bool commits;
  std::unique_ptr<Reader> reader;
  std::set<int32_t> ended = {};    // their end was reached
  std::set<int32_t> stopped = {};  // nothing more comes from them
  uint64_t count = 0;
  uint64_t unconfirmed = 0;
  kafka::Error first_refusal = {};
  bool finishing = false;

  void start() {
    reader->on_partition_end([this](const kafka::TopicPartition& where, int64_t) {
      ended.insert(where.partition);
      finish_if_over();
    });
    reader->on_event([this](const kafka::Event& event) {
      if (event.type == kafka::Event::Type::partition_resumed) stopped.erase(event.partition);
      if (event.type != kafka::Event::Type::partition_stopped) return;
      stopped.insert(event.partition);
      app.fail(event.message());
      finish_if_over();
    });
    auto on_message = [this](kafka::MessageEnvelope message) {
      ++count;
      format.print(message);
      if (commits) {
        // What the group takes for done has left this process.
        if (!app.flush()) return;
        ++unconfirmed;
        message.commit({}, [this](kafka::Error error) {
          if (!error) {
            --unconfirmed;
          } else if (!first_refusal) {
            first_refusal = error;
          }
        });
      } else {
        message.ack();
      }
    };
    auto on_end = [this](kafka::Error error) {
      if (error && !finishing) app.fail(error.message());
      finish();
    };
    if constexpr (std::is_same_v<Reader, kafka::Consumer>) {
      if (limit > 0) {
        reader->consume(limit, on_message, on_end);
      } else {
        reader->consume(on_message, on_end);
      }
    } else {
      if (limit > 0) {
        reader->fetch(limit, on_message, on_end);
      } else {
        reader->fetch(on_message, on_end);
      }
    }
  }
  void finish_if_over() {
    const auto over = [this](int32_t partition) {
      return stopped.contains(partition) || (stop_at_end && ended.contains(partition));
    };
    if (std::all_of(partitions.begin(), partitions.end(), over)) finish();
  }
  void finish() {
    if (std::exchange(finishing, true)) return;
    // After a signal the deadline is that of the session.
    if (app.interrupted() || app.output_failed()) return app.finish([this] { say_unconfirmed(); });
    reader->close([this] {
      say_unconfirmed();
      app.finish();
    });
  }
  void stop() {
    if (finishing) return app.finish();  // the reader is closing: sooner than it was going to
    finish();
  }
  void say_unconfirmed() {
    if (unconfirmed == 0) return;
    app.fail(std::to_string(unconfirmed) + " of " + std::to_string(count) +
             " messages printed, not committed: " + first_refusal.message());
  }
};

}  // namespace

int consume(int argc, char** argv) {
  Arguments arguments;
  if (!arguments.parse(argc, argv,
                       {{"-b", "--bootstrap", true},
                        {"-t", "--topic", true},
                        {"-p", "--partitions", true},
                        {"-o", "--offset", true},
                        {"-g", "--group", true},
                        {"-c", "--count", true},
                        {"-e", "--end", false},
                        {"-f", "--format", true},
                        {"-X", "", true}},
                       kConsumeUsage)) {
    return kUsage;
  }
  if (arguments.helped()) return kDone;
  if (!arguments.has("-b") || !arguments.has("-t")) return usage_error("consume: -b BOOTSTRAP and -t TOPIC are needed");
  if (!check_topic("consume", arguments.get("-t"))) return kUsage;
  const auto format = Format::parse(arguments.get("-f", "%s\\n"));
  if (!format) return usage_error("consume: -f has an unknown sequence; see uvkafka consume --help");
  const auto start = parse_start(arguments.get("-o", "earliest"));
  if (!start) return usage_error("consume: -o wants earliest, latest, a number of 0 or more, or @UNIX_MS");
  const auto limit = number(arguments.get("-c", "0"));
  if (!limit || *limit < (arguments.has("-c") ? 1 : 0)) return usage_error("consume: -c wants a number of 1 or more");
  std::vector<int32_t> named;
  if (arguments.has("-p")) {
    const auto parsed = numbers(arguments.get("-p"));
    if (!parsed) return usage_error("consume: -p wants numbers of 0 or more, separated by commas");
    named = *parsed;
  }
  if (arguments.has("-g") && arguments.get("-g").empty()) return usage_error("consume: -g must not be empty");
  kafka::SessionOptions session_options{.bootstrap_servers = arguments.get("-b")};
  kafka::ConsumerOptions options;
  if (start->offset == kafka::kLatestOffset && start->unix_ms < 0)
    options.auto_offset_reset = kafka::OffsetReset::latest;
  if (const auto error = read_options(arguments, session_options, options)) return usage_error(error.message());

  App app(std::move(session_options));
  if (const auto error = app.session().error()) return usage_error(error.message());
  const std::string topic = arguments.get("-t");
  std::unique_ptr<Run<kafka::Consumer>> group_run;
  std::unique_ptr<Run<kafka::Fetcher>> fetch_run;
  std::unique_ptr<kafka::ConsumerGroup> group;

  auto consume_in_group = [&](std::vector<int32_t> partitions) {
    auto reader = std::make_unique<kafka::Consumer>(app.session(), arguments.get("-g"),
                                                    kafka::Partitions{{topic, partitions}}, options);
    if (const auto error = reader->error()) {
      app.fail(error.message());
      return app.finish();
    }
    group_run.reset(new Run<kafka::Consumer>{app, topic, partitions, *format, *limit, arguments.has("-e"), true,
                                             std::move(reader)});
    if (!start->fixed()) return group_run->start();
    // A number or a time counts only where nothing is committed.
    group = std::make_unique<kafka::ConsumerGroup>(app.session(), arguments.get("-g"));
    group->fetch_offsets({{topic, partitions}}, [&](kafka::Error error, std::vector<kafka::ConsumerOffset> committed) {
      if (error) {
        if (!app.interrupted()) app.fail(error.message());
        return app.finish();
      }
      for (const auto& entry : committed) {
        if (entry.offset < 0) group_run->reader->seek(start->of(topic, entry.partition));
      }
      group_run->start();
    });
  };
  auto fetch = [&](std::vector<int32_t> partitions) {
    std::vector<kafka::TopicOffset> from;
    for (int32_t partition : partitions) from.push_back(start->of(topic, partition));
    auto reader = std::make_unique<kafka::Fetcher>(app.session(), from, options);
    if (const auto error = reader->error()) {
      app.fail(error.message());
      return app.finish();
    }
    fetch_run.reset(new Run<kafka::Fetcher>{app, topic, partitions, *format, *limit, arguments.has("-e"), false,
                                            std::move(reader)});
    fetch_run->start();
  };
  app.on_stop([&] {
    // Ending an endless run is what the signal is for.
    const bool endless = !arguments.has("-e") && !arguments.has("-c") && (group_run || fetch_run);
    if (app.interrupted() && !endless) app.fail("interrupted before the end");
    if (group_run) return group_run->stop();
    if (fetch_run) return fetch_run->stop();
    app.finish();
  });
  app.progress([&] {
    return std::to_string(group_run ? group_run->count : fetch_run ? fetch_run->count : 0) + " messages";
  });
  find_partitions(app, topic, named, [&](std::vector<int32_t> partitions) {
    if (arguments.has("-g")) {
      consume_in_group(std::move(partitions));
    } else {
      fetch(std::move(partitions));
    }
  });
  return app.run();
}

}  // namespace cli
