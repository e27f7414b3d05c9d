// uvkafka consume: prints messages.
#include <algorithm>
#include <map>
#include <memory>
#include <utility>

#include "app.hpp"
#include "commands.hpp"
#include "consume.hpp"
#include "consume_run.hpp"
#include "find_topics.hpp"
#include "membership.hpp"

namespace cli {

const Command kConsume{
    "consume",
    "print messages",
    "-b HOST:PORT -t TOPIC[,TOPIC...]|^PATTERN",
    {{"-t", "--topic", "TOPIC[,...]|^PATTERN", "topics to read, separated by commas; repeatable. ^: see below"},
     {"-p", "--partitions", "P[,P-P...]", "read these partitions only: 0,2-4"},
     {"-o", "--offset", "OFFSET", "where to begin or end (see below); default: earliest"},
     {"-g", "--group", "GROUP", "join this group, and commit each message once it is printed"},
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
    "A partition that an error has stopped counts as ended, and the exit status is 1.\n"
    "With -g the group shares the partitions of the topics out among its members; what this one gets and gives up is\n"
    "said on stderr. -e then ends when an assignment has come and each of its partitions is at its end, and -c counts\n"
    "messages whatever partition they come from. With -p, and with brokers that know no members (Kafka 0.8.2), "
    "offsets\n"
    "are committed in the group without joining it. -t ^PATTERN, with -g, reads the topics whose whole names match "
    "this\n"
    "regular expression (RE2), also those that are made later: -t '^orders-.*'.\n"};

namespace {

// The exit status if the run ends here.
std::optional<int> read_format(const Arguments& arguments, ConsumeSettings& settings) {
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
std::optional<int> read_places(const Arguments& arguments, ConsumeSettings& settings) {
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

// Each -t may name several topics.
std::vector<std::string> topics_of(const std::vector<std::string>& texts) {
  std::vector<std::string> topics;
  for (const std::string& text : texts) {
    for (size_t at = 0; at <= text.size();) {
      const size_t comma = std::min(text.find(',', at), text.size());
      const std::string topic = text.substr(at, comma - at);
      if (std::find(topics.begin(), topics.end(), topic) == topics.end()) topics.push_back(topic);
      at = comma + 1;
    }
  }
  return topics;
}

// The exit status if the run ends here.
std::optional<int> read_topics(const Arguments& arguments, ConsumeSettings& settings) {
  const std::vector<std::string> texts = arguments.all("-t");
  const bool any_pattern = std::any_of(texts.begin(), texts.end(), [](auto& text) { return text.starts_with('^'); });
  if (!any_pattern) {
    settings.topics = topics_of(texts);
    if (settings.topics.empty()) return usage_error("consume: -t TOPIC is needed");
    return check_topics("consume", settings.topics) ? std::nullopt : std::optional<int>(kUsage);
  }
  if (texts.size() > 1) return usage_error("consume: -t ^PATTERN stands alone");
  if (!settings.group || arguments.has("-p")) return usage_error("consume: -t ^PATTERN wants -g GROUP and no -p");
  settings.pattern = texts.front().substr(1);
  return {};
}

std::optional<int> read(int argc, char** argv, ConsumeSettings& settings) {
  Arguments arguments;
  if (const auto status = arguments.parse(argc, argv, kConsume)) return status;
  settings.consumer.allow_auto_create_topics = false;  // reading never creates a topic
  if (arguments.has("-g")) settings.group = arguments.get("-g");
  if (settings.group && settings.group->empty()) return usage_error("consume: -g must not be empty");
  if (const auto status = read_places(arguments, settings)) return status;
  if (const auto status = read_client_options(arguments, kConsume, settings.client, settings.consumer)) return status;
  if (const auto status = read_topics(arguments, settings)) return status;
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

// Owns the consumption: as a member of a group, with a group or without one. All but a member need to know the topics
// and the places first.
class Consuming {
 public:
  Consuming(App& app, const ConsumeSettings& settings)
      : app_(app), settings_(settings), finder_(app.session(), settings.places), printer_(app, settings) {}

  /// The error says that the call itself is wrong.
  kafka::Error start() {
    app_.on_leader([this](const kafka::TopicPartition& where, int32_t broker) { printer_.leader(where, broker); });
    if (!settings_.joins()) return start_with_partitions(), kafka::Error();
    member_ = std::make_unique<Membership>(app_, settings_, printer_, [this](const kafka::Error& why) {
      app_.console().note("group " + *settings_.group + ": " + why.message() +
                          "; reading all partitions without being a member");
      retired_ = std::move(member_);  // it is called from there
      start_with_partitions();
    });
    return member_->start();
  }
  void stop() {
    // A run without a limit ends by a signal and in no other way.
    const bool begun = member_ != nullptr || consumer_ != nullptr || fetcher_ != nullptr;
    const bool endless = !settings_.ends() && !settings_.count && begun;
    if (app_.interrupted() && !endless) app_.fail("interrupted before the end");
    if (member_) return member_->stop();
    if (consumer_) return consumer_->stop();
    if (fetcher_) return fetcher_->stop();
    app_.finish();
  }
  std::string progress() const { return std::to_string(printer_.count()) + " messages"; }

 private:
  void start_with_partitions() {
    const std::vector<int32_t> numbers = settings_.partitions.value_or(std::vector<int32_t>());
    find_topics(app_, {settings_.topics, numbers}, [this, numbers](const FoundTopics& topics) {
      printer_.leaders(topics);
      partitions_ = partitions_of(topics, numbers);
      finder_.find(partitions_, [this](kafka::Error error, std::map<kafka::TopicPartition, Bounds> bounds) {
        if (error) return give_up(error);
        Progress progress(std::move(bounds), settings_.stop_at_end);
        settings_.group ? consume(std::move(progress)) : fetch(std::move(progress));
      });
    });
  }
  void consume(Progress progress) {
    auto reader = std::make_unique<kafka::Consumer>(app_.session(), *settings_.group, partitions_, settings_.consumer);
    if (const auto error = reader->error()) return give_up(error);
    const auto bounds = progress.bounds();
    consumer_ =
        std::make_unique<Run<kafka::Consumer>>(app_, settings_, printer_, std::move(progress), std::move(reader));
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
    fetcher_ = std::make_unique<Run<kafka::Fetcher>>(app_, settings_, printer_, std::move(progress), std::move(reader));
    fetcher_->start();
  }
  void give_up(const kafka::Error& error) {
    if (!app_.interrupted()) app_.fail(error);
    app_.finish();
  }

  App& app_;
  const ConsumeSettings& settings_;
  PlaceFinder finder_;
  Printer printer_;
  kafka::Partitions partitions_;
  std::unique_ptr<Membership> member_;
  std::unique_ptr<Membership> retired_;
  std::unique_ptr<Run<kafka::Consumer>> consumer_;
  std::unique_ptr<Run<kafka::Fetcher>> fetcher_;
  std::optional<kafka::ConsumerGroup> group_;
};

}  // namespace

int consume(int argc, char** argv) {
  ConsumeSettings settings;
  if (const auto status = read(argc, argv, settings)) return *status;
  App app(settings.client);
  if (const auto error = app.session().error()) return usage_error(error.message());
  app.watch().allow(settings.consumer.fetch_max_wait);
  Consuming consuming(app, settings);
  app.on_stop([&] { consuming.stop(); });
  app.progress([&] { return consuming.progress(); });
  if (const auto error = consuming.start()) return usage_error("consume: " + error.message());
  return app.run();
}

}  // namespace cli
