// uvkafka consume: prints messages.
#include <algorithm>
#include <memory>
#include <set>

#include "cli.hpp"
#include "format.hpp"

namespace cli {
namespace {

constexpr const char* kConsumeUsage =
    "uvkafka consume -b BOOTSTRAP -t TOPIC [-p P[,P...]] [-o OFFSET] [-g GROUP] [-c COUNT] [-e] [-f FORMAT] [-X "
    "option=value]...\n"
    "\n"
    "  -b, --bootstrap HOST:PORT[,...]  brokers to connect to first; they tell the others\n"
    "  -t, --topic TOPIC                the topic to read\n"
    "  -p, --partitions P[,P...]        read these partitions only\n"
    "  -o, --offset OFFSET              earliest (default), latest, a number, or @UNIX_MS; with -g it counts only\n"
    "                                   where nothing is committed\n"
    "  -g, --group GROUP                commit each message in this group through its envelope\n"
    "  -c, --count COUNT                end after this many messages\n"
    "  -e, --end                        end at the end of every partition; a partition that damage has stopped counts\n"
    "                                   as ended, and the exit status is 1\n"
    "  -f, --format FORMAT              default '%s\\n': %t topic, %p partition, %o offset, %k key, %s value, %K and "
    "%S their\n"
    "                                   lengths (-1 for null), %T timestamp, %h headers (a=b,c=d), \\n \\t \\\\ %%\n"
    "  -X option=value                  an option by its Java name\n";

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

// What the command line asks for.
struct Settings {
  std::string topic;
  std::vector<int32_t> partitions;  // empty: all
  Start start;
  std::optional<std::string> group;
  std::optional<int64_t> count;
  bool stop_at_end = false;
  Format format;
  kafka::SessionOptions session;
  kafka::ConsumerOptions consumer;
};

// The exit status if the run ends here.
std::optional<int> read(int argc, char** argv, Settings& settings) {
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
  settings.topic = arguments.get("-t");
  if (!check_topic("consume", settings.topic)) return kUsage;
  const auto format = Format::parse(arguments.get("-f", "%s\\n"));
  if (!format) return usage_error("consume: -f has an unknown sequence; see uvkafka consume --help");
  settings.format = *format;
  const auto start = parse_start(arguments.get("-o", "earliest"));
  if (!start) return usage_error("consume: -o wants earliest, latest, a number of 0 or more, or @UNIX_MS");
  settings.start = *start;
  if (arguments.has("-c")) {
    settings.count = number(arguments.get("-c"));
    if (!settings.count || *settings.count < 1) return usage_error("consume: -c wants a number of 1 or more");
  }
  if (arguments.has("-p")) {
    const auto parsed = numbers(arguments.get("-p"));
    if (!parsed) return usage_error("consume: -p wants numbers of 0 or more, separated by commas");
    settings.partitions = *parsed;
  }
  if (arguments.has("-g")) settings.group = arguments.get("-g");
  if (settings.group && settings.group->empty()) return usage_error("consume: -g must not be empty");
  settings.stop_at_end = arguments.has("-e");
  settings.session.bootstrap_servers = arguments.get("-b");
  if (start->offset == kafka::kLatestOffset && start->unix_ms < 0)
    settings.consumer.auto_offset_reset = kafka::OffsetReset::latest;
  if (const auto error = read_options(arguments, settings.session, settings.consumer)) {
    return usage_error(error.message());
  }
  return {};
}

// One consumption; Reader is kafka::Consumer or kafka::Fetcher.
template <class Reader>
struct Run {
  App& app;
  const Settings& settings;
  std::vector<int32_t> partitions;
  std::unique_ptr<Reader> reader;
  std::set<int32_t> ended = {};    // their end was reached
  std::set<int32_t> stopped = {};  // stopped by an error: nothing more comes from them
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
      settings.format.print(message);
      if (settings.group) {
        // A commit tells the group that the message is done, so it must have been written out before.
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
      if (settings.count) return reader->consume(*settings.count, on_message, on_end);
      reader->consume(on_message, on_end);
    } else {
      if (settings.count) return reader->fetch(*settings.count, on_message, on_end);
      reader->fetch(on_message, on_end);
    }
  }
  void finish_if_over() {
    const auto over = [this](int32_t partition) {
      return stopped.contains(partition) || (settings.stop_at_end && ended.contains(partition));
    };
    if (std::all_of(partitions.begin(), partitions.end(), over)) finish();
  }
  void finish() {
    if (std::exchange(finishing, true)) return;
    // After a signal the session's close has the deadline.
    if (app.interrupted() || app.output_failed()) return app.finish([this] { say_unconfirmed(); });
    reader->close([this] {
      say_unconfirmed();
      app.finish();
    });
  }
  void stop() {
    if (finishing) return app.finish();  // the reader is closing already: the session ends it sooner
    finish();
  }
  void say_unconfirmed() {
    if (unconfirmed == 0) return;
    app.fail(std::to_string(unconfirmed) + " of " + std::to_string(count) +
             " messages printed, not committed: " + first_refusal.message());
  }
};

// Owns the consumption, with a group or without one, once the topic's partitions are known.
class Consuming {
 public:
  Consuming(App& app, const Settings& settings) : app_(app), settings_(settings) {}

  void start() {
    find_partitions(app_, settings_.topic, settings_.partitions, [this](std::vector<int32_t> partitions) {
      settings_.group ? consume(std::move(partitions)) : fetch(std::move(partitions));
    });
  }
  void stop() {
    // A run without a limit ends by a signal and in no other way.
    const bool endless = !settings_.stop_at_end && !settings_.count && (consumer_ || fetcher_);
    if (app_.interrupted() && !endless) app_.fail("interrupted before the end");
    if (consumer_) return consumer_->stop();
    if (fetcher_) return fetcher_->stop();
    app_.finish();
  }
  std::string progress() const {
    return std::to_string(consumer_ ? consumer_->count : fetcher_ ? fetcher_->count : 0) + " messages";
  }

 private:
  void consume(std::vector<int32_t> partitions) {
    const kafka::Partitions all{{settings_.topic, partitions}};
    auto reader = std::make_unique<kafka::Consumer>(app_.session(), *settings_.group, all, settings_.consumer);
    if (const auto error = reader->error()) return give_up(error);
    consumer_.reset(new Run<kafka::Consumer>{app_, settings_, std::move(partitions), std::move(reader)});
    if (!settings_.start.fixed()) return consumer_->start();
    // A number or a time counts only where nothing is committed.
    group_.emplace(app_.session(), *settings_.group);
    group_->fetch_offsets(all, [this](kafka::Error error, std::vector<kafka::ConsumerOffset> committed) {
      if (error) return give_up(error);
      for (const auto& entry : committed) {
        if (entry.offset < 0) consumer_->reader->seek(settings_.start.of(entry.topic, entry.partition));
      }
      consumer_->start();
    });
  }
  void fetch(std::vector<int32_t> partitions) {
    std::vector<kafka::TopicOffset> from;
    for (const int32_t partition : partitions) from.push_back(settings_.start.of(settings_.topic, partition));
    auto reader = std::make_unique<kafka::Fetcher>(app_.session(), from, settings_.consumer);
    if (const auto error = reader->error()) return give_up(error);
    fetcher_.reset(new Run<kafka::Fetcher>{app_, settings_, std::move(partitions), std::move(reader)});
    fetcher_->start();
  }
  void give_up(const kafka::Error& error) {
    if (!app_.interrupted()) app_.fail(error.message());
    app_.finish();
  }

  App& app_;
  const Settings& settings_;
  std::unique_ptr<Run<kafka::Consumer>> consumer_;
  std::unique_ptr<Run<kafka::Fetcher>> fetcher_;
  std::optional<kafka::ConsumerGroup> group_;
};

}  // namespace

int consume(int argc, char** argv) {
  Settings settings;
  if (const auto status = read(argc, argv, settings)) return *status;
  App app(settings.session);
  if (const auto error = app.session().error()) return usage_error(error.message());
  Consuming consuming(app, settings);
  app.on_stop([&] { consuming.stop(); });
  app.progress([&] { return consuming.progress(); });
  consuming.start();
  return app.run();
}

}  // namespace cli
