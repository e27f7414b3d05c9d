// uvkafka consume: prints messages.
#include <algorithm>
#include <map>
#include <memory>
#include <set>

#include "app.hpp"
#include "commands.hpp"
#include "find_topics.hpp"
#include "format.hpp"
#include "places.hpp"

namespace cli {

const Command kConsume{
    "consume",
    "print messages",
    "-b HOST:PORT -t TOPIC",
    {{"-t", "--topic", "TOPIC", "a topic to read; repeatable"},
     {"-p", "--partitions", "P[,P-P...]", "read these partitions only: 0,2-4"},
     {"-o", "--offset", "OFFSET", "where to begin or end (see below); default: earliest"},
     {"-g", "--group", "GROUP", "commit each message in this group through its envelope"},
     {"-c", "--count", "COUNT", "end after this many messages"},
     {"-e", "--end", "", "end at the end of every partition"},
     {"-f", "--format", "FORMAT", "print messages like this (see below)"},
     {"-D", "--delimiter", "TEXT", "what is printed behind a message; default '\\n'"},
     {"-K", "--key-delimiter", "TEXT", "print the key and TEXT before each value"},
     {"-J", "--json", "", "print one JSON object per message, with kcat's fields"},
     {"", "--base64", "", "with -J: bytes as key_base64 and payload_base64, whatever they are"},
     {"-Z", "--null", "", "print a null key or value as NULL"}},
    true,
    "",
    "OFFSET: earliest or beginning; latest or end; N, an offset; -N, the last N of each partition; s@MS, the first\n"
    "message of that time (milliseconds since 1970); e@MS, end before it; stored, with -g the default. With -g it "
    "counts\n"
    "only where nothing is committed. -o may be given twice: -o s@... -o e@...\n"
    "FORMAT: %t topic, %p partition, %o offset, %k key, %s value, %K and %S their lengths (-1 for null), %R the "
    "value's\n"
    "length as 4 bytes, %T timestamp, %h headers (a=b,c=d), %%, and \\n \\r \\t \\0 \\\\ \\xNN.\n"
    "A partition that an error has stopped counts as ended, and the exit status is 1.\n"};

namespace {

// What the command line asks for.
struct Settings {
  std::vector<std::string> topics;
  std::vector<int32_t> partitions;  // empty: all
  Places places;
  std::optional<std::string> group;
  std::optional<int64_t> count;
  bool stop_at_end = false;
  std::optional<JsonFormat> json;  // otherwise `format`
  Format format;
  ClientOptions client;
  kafka::ConsumerOptions consumer;
};

// The exit status if the run ends here.
std::optional<int> read_format(const Arguments& arguments, Settings& settings) {
  if (arguments.has("-J")) settings.json.emplace(JsonFormat{arguments.has("--base64")});
  if (arguments.has("--base64") && !settings.json) return usage_error("consume: --base64 goes with -J");
  const auto delimiter = unescape(arguments.get("-D", "\n"));
  const auto key_delimiter = unescape(arguments.get("-K"));
  if (!delimiter || !key_delimiter) {
    return usage_error(std::string("consume: ") + (delimiter ? "-K" : "-D") +
                       " has an unknown sequence: \\n \\r \\t \\0 \\\\ \\xNN");
  }
  settings.format = Format::delimited(*delimiter, arguments.has("-K") ? key_delimiter : std::nullopt);
  if (arguments.has("-f")) {
    const auto format = Format::parse(arguments.get("-f"));
    if (!format) return usage_error("consume: -f has an unknown sequence; see uvkafka consume --help");
    settings.format = *format;
  }
  if (arguments.has("-Z")) settings.format.print_null_as("NULL");
  return {};
}

// The exit status if the run ends here.
std::optional<int> read_places(const Arguments& arguments, Settings& settings) {
  if (!settings.places.parse(arguments.all("-o"))) {
    return usage_error("consume: -o wants earliest, latest, stored, N, -N, s@MS or e@MS");
  }
  if (settings.places.start == Places::Start::stored && !settings.group) {
    return usage_error("consume: -o stored wants a group: -g GROUP");
  }
  if (settings.places.start == Places::Start::latest) {
    settings.consumer.auto_offset_reset = kafka::OffsetReset::latest;
  }
  return {};
}

std::optional<int> read(int argc, char** argv, Settings& settings) {
  Arguments arguments;
  if (const auto status = arguments.parse(argc, argv, kConsume)) return status;
  settings.consumer.allow_auto_create_topics = false;  // reading never creates a topic
  if (arguments.has("-g")) settings.group = arguments.get("-g");
  if (settings.group && settings.group->empty()) return usage_error("consume: -g must not be empty");
  if (const auto status = read_places(arguments, settings)) return status;
  if (const auto status = read_client_options(arguments, kConsume, settings.client, settings.consumer)) return status;
  settings.topics = arguments.all("-t");
  if (settings.topics.empty()) return usage_error("consume: -t TOPIC is needed");
  if (!check_topics("consume", settings.topics)) return kUsage;
  if (const auto status = read_format(arguments, settings)) return status;
  if (arguments.has("-c")) {
    settings.count = number(arguments.get("-c"));
    if (!settings.count || *settings.count < 1) return usage_error("consume: -c wants a number of 1 or more");
  }
  if (arguments.has("-p")) {
    const auto parsed = numbers(arguments.get("-p"));
    if (!parsed) return usage_error("consume: -p wants numbers of 0 or more, and ranges of them: 0,2-4");
    settings.partitions = *parsed;
  }
  settings.stop_at_end = arguments.has("-e");
  return {};
}

// Which partitions are still read, and where each ends.
class Progress {
 public:
  explicit Progress(std::map<kafka::TopicPartition, Bounds> bounds, bool stop_at_end)
      : bounds_(std::move(bounds)), left_(bounds_.size()), stop_at_end_(stop_at_end) {}

  /// The message lies behind the end that was asked for.
  bool beyond(const kafka::MessageEnvelope& message, int64_t end_time) const {
    const kafka::TopicPartition where{message.topic(), message.partition()};
    const int64_t end = bounds_.at(where).end;
    return ended_.contains(where) || (end >= 0 ? message.offset() >= end : message.timestamp() >= end_time);
  }
  /// The end of the partition was reached.
  void at_end(const kafka::TopicPartition& where, int64_t offset) {
    const int64_t end = bounds_.at(where).end;
    if (stop_at_end_ || (end >= 0 && offset >= end)) over(where);
  }
  void over(const kafka::TopicPartition& where) {
    if (ended_.insert(where).second) --left_;
  }
  /// A stopped partition goes on.
  void resumed(const kafka::TopicPartition& where) {
    if (ended_.erase(where) > 0) ++left_;
  }
  bool done() const { return left_ == 0; }
  const std::map<kafka::TopicPartition, Bounds>& bounds() const { return bounds_; }

 private:
  std::map<kafka::TopicPartition, Bounds> bounds_;
  std::set<kafka::TopicPartition> ended_;
  size_t left_;
  bool stop_at_end_;
};

// Prints messages, and knows the leaders, which JSON tells.
class Printer {
 public:
  Printer(App& app, const Settings& settings, const FoundTopics& topics) : app_(app), settings_(settings) {
    for (const auto& [name, topic] : topics) {
      for (const kafka::PartitionInfo& partition : topic.partitions) {
        leaders_[{name, partition.partition}] = partition.leader;
      }
    }
  }
  void leader(const kafka::TopicPartition& where, int32_t broker) { leaders_[where] = broker; }
  void print(const kafka::MessageEnvelope& message) {
    ++count_;
    if (settings_.json) {
      const auto found = leaders_.find({message.topic(), message.partition()});
      settings_.json->print(message, found == leaders_.end() ? -1 : found->second, app_.output());
    } else {
      settings_.format.print(message, app_.output());
    }
    if (app_.output().much()) app_.flush();
  }
  int64_t count() const { return count_; }

 private:
  App& app_;
  const Settings& settings_;
  std::map<kafka::TopicPartition, int32_t> leaders_;
  int64_t count_ = 0;
};

// The commits of one run.
struct Commits {
  int64_t unconfirmed = 0;
  kafka::Error first_refusal = {};

  void give(kafka::MessageEnvelope& message) {
    ++unconfirmed;
    const kafka::Error refused = message.commit({}, [this](kafka::Error error) {
      if (!error) --unconfirmed;
      if (!first_refusal) first_refusal = error;
    });
    if (!first_refusal) first_refusal = refused;
  }
};

// One consumption; Reader is kafka::Consumer or kafka::Fetcher.
template <class Reader>
class Run {
 public:
  Run(App& app, const Settings& settings, Printer& printer, Progress progress, std::unique_ptr<Reader> reader)
      : app_(app), settings_(settings), printer_(printer), progress_(std::move(progress)), reader_(std::move(reader)) {}

  Reader& reader() { return *reader_; }

  void start() {
    reader_->on_partition_end([this](const kafka::TopicPartition& where, int64_t offset) {
      app_.console().note(where.topic + "/" + std::to_string(where.partition) + ": end of the partition at offset " +
                          std::to_string(offset));
      progress_.at_end(where, offset);
      finish_if_over();
    });
    reader_->on_event([this](const kafka::Event& event) { take(event); });
    auto on_message = [this](kafka::MessageEnvelope message) { take(std::move(message)); };
    auto on_end = [this](kafka::Error error) {
      if (error && !finishing_) app_.fail(error);
      finish();
    };
    if constexpr (std::is_same_v<Reader, kafka::Consumer>) {
      reader_->consume(on_message, on_end);
    } else {
      reader_->fetch(on_message, on_end);
    }
  }
  void stop() {
    if (finishing_) return app_.finish();  // the reader is closing already: the session ends it sooner
    finish();
  }
  void give_up(const kafka::Error& error) {
    if (!app_.interrupted()) app_.fail(error);
    finish();
  }

 private:
  void take(const kafka::Event& event) {
    const kafka::TopicPartition where{event.topic, event.partition};
    // Where a group has nothing stored, the policy is what was asked for.
    if (event.type == kafka::Event::Type::offset_reset && event.error == kafka::Errc::no_offset) return;
    app_.tell(event);
    if (event.type == kafka::Event::Type::partition_resumed) progress_.resumed(where);
    if (event.type != kafka::Event::Type::partition_stopped) return;
    progress_.over(where);
    finish_if_over();
  }
  void take(kafka::MessageEnvelope message) {
    if (finishing_) return;  // dropped: it comes again in the next run
    if (settings_.places.end_time && progress_.beyond(message, *settings_.places.end_time)) return pass(message);
    printer_.print(message);
    if (settings_.group) {
      // A commit tells the group that the message is done, so it must have been written out before.
      if (!app_.flush()) return;
      commits_.give(message);
    } else {
      message.ack();
    }
    if (settings_.count && printer_.count() >= *settings_.count) finish();
  }
  // Neither printed nor committed. Its partition is not read any more.
  void pass(kafka::MessageEnvelope& message) {
    reader_->pause({{message.topic(), {message.partition()}}});
    progress_.over({message.topic(), message.partition()});
    message.ack();
    finish_if_over();
  }
  void finish_if_over() {
    if (progress_.done()) finish();
  }
  void finish() {
    if (std::exchange(finishing_, true)) return;
    // After a signal the session's close has the deadline.
    if (app_.in_a_hurry()) return app_.finish([this] { say_unconfirmed(); });
    reader_->close([this] {
      say_unconfirmed();
      app_.finish();
    });
  }
  void say_unconfirmed() {
    if (commits_.unconfirmed == 0) return;
    app_.fail(commits_.first_refusal, std::to_string(commits_.unconfirmed) + " of " + std::to_string(printer_.count()) +
                                          " messages printed, not committed: ");
  }

  App& app_;
  const Settings& settings_;
  Printer& printer_;
  Progress progress_;
  std::unique_ptr<Reader> reader_;
  Commits commits_;
  bool finishing_ = false;
};

// Owns the consumption, with a group or without one, once the topics and the places are known.
class Consuming {
 public:
  Consuming(App& app, const Settings& settings)
      : app_(app), settings_(settings), finder_(app.session(), settings.places) {}

  void start() {
    find_topics(app_, {settings_.topics, settings_.partitions}, [this](const FoundTopics& topics) {
      printer_.emplace(app_, settings_, topics);
      app_.on_leader([this](const kafka::TopicPartition& where, int32_t broker) { printer_->leader(where, broker); });
      partitions_ = partitions_of(topics, settings_.partitions);
      finder_.find(partitions_, [this](kafka::Error error, std::map<kafka::TopicPartition, Bounds> bounds) {
        if (error) return give_up(error);
        Progress progress(std::move(bounds), settings_.stop_at_end);
        settings_.group ? consume(std::move(progress)) : fetch(std::move(progress));
      });
    });
  }
  void stop() {
    // A run without a limit ends by a signal and in no other way.
    const bool endless = !settings_.stop_at_end && !settings_.count && !settings_.places.end_time &&
                         (consumer_ != nullptr || fetcher_ != nullptr);
    if (app_.interrupted() && !endless) app_.fail("interrupted before the end");
    if (consumer_) return consumer_->stop();
    if (fetcher_) return fetcher_->stop();
    app_.finish();
  }
  std::string progress() const { return std::to_string(printer_ ? printer_->count() : 0) + " messages"; }

 private:
  void consume(Progress progress) {
    auto reader = std::make_unique<kafka::Consumer>(app_.session(), *settings_.group, partitions_, settings_.consumer);
    if (const auto error = reader->error()) return give_up(error);
    const auto bounds = progress.bounds();
    consumer_ =
        std::make_unique<Run<kafka::Consumer>>(app_, settings_, *printer_, std::move(progress), std::move(reader));
    if (!settings_.places.fixed()) return consumer_->start();
    // An offset or a time counts only where nothing is committed.
    group_.emplace(app_.session(), *settings_.group);
    group_->fetch_offsets(partitions_, [this, bounds](kafka::Error error, std::vector<kafka::ConsumerOffset> stored) {
      if (error) return consumer_->give_up(error);
      for (const auto& entry : stored) {
        if (entry.offset < 0) consumer_->reader().seek(bounds.at({entry.topic, entry.partition}).start);
      }
      consumer_->start();
    });
  }
  void fetch(Progress progress) {
    std::vector<kafka::TopicOffset> from;
    for (const auto& [where, bounds] : progress.bounds()) from.push_back(bounds.start);
    auto reader = std::make_unique<kafka::Fetcher>(app_.session(), from, settings_.consumer);
    if (const auto error = reader->error()) return give_up(error);
    fetcher_ =
        std::make_unique<Run<kafka::Fetcher>>(app_, settings_, *printer_, std::move(progress), std::move(reader));
    fetcher_->start();
  }
  void give_up(const kafka::Error& error) {
    if (!app_.interrupted()) app_.fail(error);
    app_.finish();
  }

  App& app_;
  const Settings& settings_;
  PlaceFinder finder_;
  kafka::Partitions partitions_;
  std::optional<Printer> printer_;
  std::unique_ptr<Run<kafka::Consumer>> consumer_;
  std::unique_ptr<Run<kafka::Fetcher>> fetcher_;
  std::optional<kafka::ConsumerGroup> group_;
};

}  // namespace

int consume(int argc, char** argv) {
  Settings settings;
  if (const auto status = read(argc, argv, settings)) return *status;
  App app(settings.client);
  if (const auto error = app.session().error()) return usage_error(error.message());
  app.watch().allow(settings.consumer.fetch_max_wait);
  Consuming consuming(app, settings);
  app.on_stop([&] { consuming.stop(); });
  app.progress([&] { return consuming.progress(); });
  consuming.start();
  return app.run();
}

}  // namespace cli
