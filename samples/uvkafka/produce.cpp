// uvkafka produce: sends each line of stdin as a message.
#include "cli.hpp"
#include "lines.hpp"

namespace cli {
namespace {

constexpr const char* kProduceUsage =
    "uvkafka produce -b BOOTSTRAP -t TOPIC [-p PARTITION] [-K DELIMITER] [-H name=value]... [-X option=value]... "
    "[--report]\n"
    "\n"
    "  -b, --bootstrap HOST:PORT[,...]  brokers to connect to first; they tell the others\n"
    "  -t, --topic TOPIC                the topic to send to\n"
    "  -p, --partition PARTITION        send to this partition; by default the key decides, or the producer\n"
    "  -K, --key-delimiter DELIMITER    the text before the first DELIMITER of a line is the key\n"
    "  -H, --header NAME=VALUE          a header of every message; repeatable\n"
    "  -X option=value                  an option by its Java name: acks=1, linger.ms=5, compression.type=gzip ...\n"
    "      --report                     print the outcome of each message as soon as it is known:\n"
    "                                   ok PARTITION OFFSET VALUE, no PARTITION - VALUE, or maybe PARTITION - VALUE\n"
    "\n"
    "Sends one message per line of stdin. SIGINT and SIGTERM stop reading and flush for at most 5 s;\n"
    "a second one ends at once.\n";

// What the command line asks for.
struct Settings {
  std::string topic;
  int32_t partition = kafka::kAnyPartition;
  std::string delimiter;  // between key and value; "": there are no keys
  std::vector<std::pair<std::string, std::string>> headers;
  bool reports = false;
  kafka::SessionOptions session;
  kafka::ProducerOptions producer;
};

// The exit status if the run ends here.
std::optional<int> read(int argc, char** argv, Settings& settings) {
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
  settings.topic = arguments.get("-t");
  if (!check_topic("produce", settings.topic)) return kUsage;
  settings.delimiter = arguments.get("-K");
  if (arguments.has("-K") && settings.delimiter.empty()) return usage_error("produce: -K must not be empty");
  const auto partition = number(arguments.get("-p", "-1"));
  if (!partition || *partition < -1 || *partition > INT32_MAX)
    return usage_error("produce: -p wants a number of 0 or more");
  settings.partition = static_cast<int32_t>(*partition);
  for (const std::string& header : arguments.all("-H")) {
    const size_t equals = header.find('=');
    if (equals == std::string::npos || equals == 0) return usage_error("produce: -H wants name=value");
    settings.headers.emplace_back(header.substr(0, equals), header.substr(equals + 1));
  }
  settings.reports = arguments.has("--report");
  settings.session.bootstrap_servers = arguments.get("-b");
  if (const auto error = read_options(arguments, settings.session, settings.producer)) {
    return usage_error(error.message());
  }
  return {};
}

void print_report(const kafka::DeliveryReport& report, const std::string& value) {
  if (report.persistence == kafka::Persistence::yes) {
    std::printf("ok %d %lld ", report.partition, static_cast<long long>(report.offset));
  } else {
    std::printf("%s %d - ", report.persistence == kafka::Persistence::no ? "no" : "maybe", report.partition);
  }
  std::fwrite(value.data(), 1, value.size(), stdout);
  std::fputc('\n', stdout);
}

// Owns the producer, the lines that are sent, and the counts of what became of them.
class Sending {
 public:
  Sending(App& app, const Settings& settings)
      : app_(app),
        settings_(settings),
        producer_(app.session(), settings.producer),
        lines_(
            app.loop(), [this](std::string_view line) { return send(line); },
            [this](std::string error) {
              if (!error.empty()) app_.fail("stdin: " + error);
              close(settings_.producer.delivery_timeout + std::chrono::seconds(1));
            }) {
    for (const auto& [name, value] : settings.headers) headers_.push_back({name, value});
  }

  void start() {
    wait_for_room();
    if (settings_.partition >= 0) check_partition();
    lines_.start();
  }
  void stop() {
    if (app_.interrupted()) app_.fail(lines_.ended() ? "interrupted" : "interrupted: the rest of stdin was not read");
    lines_.stop();
    close(kFlushAfterSignal);
  }
  std::string progress() const {
    return std::to_string(sent_) + " sent, " + std::to_string(confirmed_) + " confirmed, " +
           std::to_string(producer_.queued()) + " waiting";
  }

 private:
  // False if there is no room: the same line is offered again.
  bool send(std::string_view line) {
    kafka::Record record{.topic = settings_.topic, .partition = settings_.partition, .value = line};
    const size_t cut = settings_.delimiter.empty() ? std::string_view::npos : line.find(settings_.delimiter);
    if (cut != std::string_view::npos) {
      record.key = line.substr(0, cut);
      record.value = line.substr(cut + settings_.delimiter.size());
    }
    if (record.value.data() == nullptr) record.value = "";
    record.headers = headers_;
    // A full buffer is known before the record is taken, so that nothing is reported twice.
    if (producer_.would_block(record)) return false;
    ++sent_;
    if (settings_.reports) {
      producer_.send(record, [this, value = std::string(record.value)](const kafka::DeliveryReport& report) {
        count(report);
        print_report(report, value);
      });
    } else {
      producer_.send(record, [this](const kafka::DeliveryReport& report) { count(report); });
    }
    return true;
  }
  void count(const kafka::DeliveryReport& report) {
    app_.heard();
    if (!report.error) {
      ++confirmed_;
      return;
    }
    if (!first_error_) first_error_ = report.error;
    ++(report.persistence == kafka::Persistence::maybe ? unknown_ : failed_);
  }
  void wait_for_room() {
    producer_.on_drain([this] {
      wait_for_room();
      lines_.resume();
    });
  }
  // A partition that the topic does not have may be added later, so the library waits for it. Here it is a mistake.
  void check_partition() {
    app_.session().get_metadata(
        {settings_.topic},
        [this](kafka::Error error, kafka::ClusterMetadata cluster) {
          const auto found = cluster.topics.find(settings_.topic);
          if (error || found == cluster.topics.end() || found->second.error || found->second.partitions.empty()) return;
          app_.heard();
          const size_t partitions = found->second.partitions.size();
          if (static_cast<size_t>(settings_.partition) < partitions) return;
          app_.fail(no_such_partition(settings_.topic, settings_.partition, partitions));
          lines_.stop();
          close(std::chrono::milliseconds(0));
        },
        true);
  }
  void close(std::chrono::milliseconds deadline) {
    if (std::exchange(closing_, true)) {
      producer_.close(deadline);
      return;
    }
    producer_.close(deadline, [this] {
      if (failed_ + unknown_ > 0) {
        app_.fail(std::to_string(failed_) + " of " + std::to_string(sent_) + " messages not sent, " +
                  std::to_string(unknown_) + " of unknown fate: " + first_error_.message());
      }
      app_.finish();
    });
  }

  App& app_;
  const Settings& settings_;
  kafka::Producer producer_;
  Lines lines_;
  std::vector<kafka::Header> headers_;
  uint64_t sent_ = 0, confirmed_ = 0, failed_ = 0, unknown_ = 0;
  kafka::Error first_error_;
  bool closing_ = false;
};

}  // namespace

int produce(int argc, char** argv) {
  Settings settings;
  if (const auto status = read(argc, argv, settings)) return *status;
  App app(settings.session);
  if (const auto error = app.session().error()) return usage_error(error.message());
  Sending sending(app, settings);
  app.on_stop([&] { sending.stop(); });
  app.progress([&] { return sending.progress(); });
  sending.start();
  return app.run();
}

}  // namespace cli
