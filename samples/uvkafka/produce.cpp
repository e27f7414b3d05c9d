// uvkafka produce: sends lines of stdin or of a file, or whole files, as messages.
#include <memory>

#include "app.hpp"
#include "commands.hpp"
#include "find_topics.hpp"
#include "input.hpp"

namespace cli {

const Command kProduce{
    "produce",
    "send each line of stdin, or each FILE, as a message",
    "-b HOST:PORT -t TOPIC",
    {{"-t", "--topic", "TOPIC", "the topic to send to"},
     {"-p", "--partition", "PARTITION", "send to this partition; by default the key decides, or the producer"},
     {"-D", "--delimiter", "TEXT", "what ends a message; default '\\n'"},
     {"-K", "--key-delimiter", "TEXT", "the text before the first TEXT of a message is its key"},
     {"-k", "--key", "KEY", "the key of every message that has none of its own"},
     {"-H", "--header", "NAME=VALUE", "a header of every message; repeatable"},
     {"-Z", "--null", "", "an empty value or key is sent as null: a tombstone, in compacted topics"},
     {"-z", "--compression", "CODEC", "none, gzip, snappy, lz4 or zstd"},
     {"-l", "--lines", "", "FILE has messages as stdin has; without -l each FILE is one message"},
     {"", "--create", "", "create the topic if it does not exist"},
     {"", "--report", "", "print the outcome of each message as soon as it is known"}},
    true,
    "[FILE...]",
    "-D and -K know \\n, \\r, \\t, \\0, \\\\ and \\xNN. A topic that does not exist is an error, unless the brokers "
    "create\n"
    "topics by themselves (auto.create.topics.enable).\n"
    "--report prints: ok PARTITION OFFSET VALUE, no PARTITION - VALUE, or maybe PARTITION - VALUE.\n"
    "SIGINT and SIGTERM stop reading and flush for at most 5 s; a second one ends at once.\n"};

namespace {

// What the command line asks for.
struct Settings {
  std::string topic;
  int32_t partition = kafka::kAnyPartition;
  std::string delimiter = "\n";
  std::string key_delimiter;  // "": the messages have no keys of their own
  std::optional<std::string> key;
  std::vector<std::pair<std::string, std::string>> headers;
  bool empty_is_null = false;
  bool create = false;
  bool reports = false;
  bool lines = false;
  std::vector<std::string> files;
  ClientOptions client;
  kafka::ProducerOptions producer;

  bool whole_files() const { return !files.empty() && !lines; }
};

// Reads -D or -K. The exit status if that is wrong.
std::optional<int> read_delimiter(const Arguments& arguments, const char* name, std::string& into) {
  if (!arguments.has(name)) return {};
  const auto bytes = unescape(arguments.get(name));
  if (!bytes)
    return usage_error(std::string("produce: ") + name + " has an unknown sequence: \\n \\r \\t \\0 \\\\ \\xNN");
  if (bytes->empty()) return usage_error(std::string("produce: ") + name + " must not be empty");
  into = *bytes;
  return {};
}

// The exit status if the run ends here.
std::optional<int> read_options(const Arguments& arguments, Settings& settings) {
  if (arguments.has("-z")) {
    if (const auto error = settings.producer.set("compression.type", arguments.get("-z"))) {
      return usage_error("produce: -z: " + std::string(error.detail()));
    }
  }
  if (const auto status = read_client_options(arguments, kProduce, settings.client, settings.producer)) return status;
  if (!arguments.has("-t")) return usage_error("produce: -t TOPIC is needed");
  const auto topics = arguments.all("-t");
  if (topics.size() > 1) return usage_error("produce: -t: messages go to one topic");
  if (!check_topics("produce", topics)) return kUsage;
  settings.topic = topics.front();
  if (const auto status = read_delimiter(arguments, "-D", settings.delimiter)) return status;
  if (const auto status = read_delimiter(arguments, "-K", settings.key_delimiter)) return status;
  const auto partition = number(arguments.get("-p", "-1"));
  if (!partition || *partition < -1 || *partition > INT32_MAX)
    return usage_error("produce: -p wants a number of 0 or more");
  settings.partition = static_cast<int32_t>(*partition);
  for (const std::string& header : arguments.all("-H")) {
    const size_t equals = header.find('=');
    if (equals == std::string::npos || equals == 0) return usage_error("produce: -H wants name=value");
    settings.headers.emplace_back(header.substr(0, equals), header.substr(equals + 1));
  }
  return {};
}

std::optional<int> read(int argc, char** argv, Settings& settings) {
  Arguments arguments;
  if (const auto status = arguments.parse(argc, argv, kProduce)) return status;
  if (const auto status = read_options(arguments, settings)) return status;
  if (arguments.has("-k")) settings.key = arguments.get("-k");
  settings.empty_is_null = arguments.has("-Z");
  settings.create = arguments.has("--create");
  settings.reports = arguments.has("--report");
  settings.files = arguments.files();
  settings.lines = arguments.has("-l");
  if (settings.lines && settings.files.size() != 1) return usage_error("produce: -l wants one FILE");
  return {};
}

// Owns the producer, the input that is sent, and the counts of what became of it.
class Sending {
 public:
  Sending(App& app, const Settings& settings)
      : app_(app), settings_(settings), producer_(app.session(), settings.producer), input_(make_input()) {
    for (const auto& [name, value] : settings.headers) headers_.push_back({name, value});
  }

  void start() {
    wait_for_room();
    input_->start();
  }
  void stop() {
    if (app_.interrupted()) {
      const std::string input = settings_.files.empty() ? "stdin" : "the input";
      app_.fail(input_->ended() ? "interrupted" : "interrupted: the rest of " + input + " was not read");
    }
    input_->stop();
    topic_looked_for_ = true;
    close(app_.gave_up() ? std::chrono::milliseconds(0) : kFlushAfterSignal);
    finish_if_done();
  }
  void topic_found() {
    topic_looked_for_ = true;
    finish_if_done();
  }
  /// There is no such topic or partition: nothing can be sent.
  void no_topic() {
    input_->stop();
    topic_looked_for_ = true;
    close(std::chrono::milliseconds(0));
    finish_if_done();
  }
  std::string progress() const {
    return std::to_string(sent_) + " sent, " + std::to_string(confirmed_) + " confirmed, " +
           std::to_string(producer_.queued()) + " waiting";
  }

 private:
  std::unique_ptr<Input> make_input() {
    InputHandlers handlers{[this](std::string_view message) { return send(message); },
                           [this](std::string error) {
                             if (!error.empty()) app_.fail(error);
                             close(settings_.producer.delivery_timeout + std::chrono::seconds(1));
                           }};
    uv_loop_t* const loop = app_.loop();
    if (settings_.whole_files()) return std::make_unique<WholeFiles>(loop, settings_.files, std::move(handlers));
    if (settings_.files.empty()) return std::make_unique<Lines>(loop, settings_.delimiter, std::move(handlers));
    return std::make_unique<Lines>(loop, settings_.delimiter, settings_.files.front(), std::move(handlers));
  }
  // An empty text is not null, unless -Z says so.
  std::string_view text_or_null(std::string_view text) const {
    if (!text.empty()) return text;
    return settings_.empty_is_null ? std::string_view() : std::string_view("", 0);
  }
  // False if there is no room: the same message is offered again.
  bool send(std::string_view message) {
    kafka::Record record{.topic = settings_.topic, .partition = settings_.partition};
    const bool split = !settings_.key_delimiter.empty() && !settings_.whole_files();
    const size_t cut = split ? message.find(settings_.key_delimiter) : std::string_view::npos;
    if (cut != std::string_view::npos) {
      record.key = text_or_null(message.substr(0, cut));
      message = message.substr(cut + settings_.key_delimiter.size());
    } else if (settings_.key) {
      record.key = text_or_null(*settings_.key);
    }
    record.value = kafka::Value::nullable(text_or_null(message));
    record.headers = headers_;
    // A full buffer is known before the record is taken, so that nothing is reported twice.
    if (producer_.would_block(record)) return false;
    ++sent_;
    kafka::DeliveryReport refused;  // of a record that is not accepted, and has no other report
    refused.partition = record.partition;
    if (settings_.reports) {
      refused.error = producer_.send(record, [this, value = std::string(message)](const kafka::DeliveryReport& report) {
        count(report);
        print_report(report, value);
      });
      if (refused.error) print_report(refused, std::string(message));
    } else {
      refused.error = producer_.send(record, [this](const kafka::DeliveryReport& report) { count(report); });
    }
    if (refused.error) count(refused);
    return true;
  }
  void print_report(const kafka::DeliveryReport& report, const std::string& value) {
    const bool stored = report.persistence == kafka::Persistence::yes;
    const char* const outcome = stored ? "ok" : report.persistence == kafka::Persistence::no ? "no" : "maybe";
    const std::string offset = stored ? std::to_string(report.offset) : "-";
    app_.output().line(std::string(outcome) + " " + std::to_string(report.partition) + " " + offset + " " + value);
    if (app_.output().much()) app_.flush();
  }
  void count(const kafka::DeliveryReport& report) {
    if (!report.error) {
      ++confirmed_;
      return;
    }
    if (!first_error_) {
      first_error_ = report.error;
      // While stdin is open, the sum at the end may be far away.
      if (!input_->ended()) app_.fail(report.error, "a message was not sent: ");
    }
    ++(report.persistence == kafka::Persistence::maybe ? unknown_ : failed_);
  }
  void wait_for_room() {
    producer_.on_drain([this] {
      wait_for_room();
      input_->resume();
    });
  }
  void close(std::chrono::milliseconds deadline) {
    if (std::exchange(closing_, true)) {
      producer_.close(deadline);
      return;
    }
    producer_.close(deadline, [this] {
      if (failed_ + unknown_ > 0) {
        app_.fail(first_error_, std::to_string(failed_) + " of " + std::to_string(sent_) + " messages not sent, " +
                                    std::to_string(unknown_) + " of unknown fate: ");
      }
      closed_ = true;
      finish_if_done();
    });
  }
  // All messages may have their outcomes (there may be none) before it is known whether the topic exists.
  void finish_if_done() {
    if (closed_ && topic_looked_for_) app_.finish();
  }

  App& app_;
  const Settings& settings_;
  kafka::Producer producer_;
  std::unique_ptr<Input> input_;
  std::vector<kafka::Header> headers_;
  uint64_t sent_ = 0, confirmed_ = 0, failed_ = 0, unknown_ = 0;
  kafka::Error first_error_;
  bool closing_ = false;
  bool closed_ = false;
  bool topic_looked_for_ = false;
};

}  // namespace

int produce(int argc, char** argv) {
  Settings settings;
  if (const auto status = read(argc, argv, settings)) return *status;
  App app(settings.client);
  if (const auto error = app.session().error()) return usage_error(error.message());
  Sending sending(app, settings);
  app.on_stop([&] { sending.stop(); });
  app.progress([&] { return sending.progress(); });
  WantedTopics wanted{{settings.topic}, {}, settings.create ? Creation::wanted : Creation::by_broker};
  if (settings.partition >= 0) wanted.partitions.push_back(settings.partition);
  find_topics(
      app, std::move(wanted), [&](const FoundTopics&) { sending.topic_found(); }, [&] { sending.no_topic(); });
  sending.start();
  return app.run();
}

}  // namespace cli
