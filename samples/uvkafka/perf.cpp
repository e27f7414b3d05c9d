// uvkafka perf: measures speed and cost. The last line is one JSON object.
#include <algorithm>
#include <memory>

#include "app.hpp"
#include "commands.hpp"
#include "feed.hpp"
#include "find_topics.hpp"
#include "measure.hpp"

namespace cli {

const Command kPerf{
    "perf",
    "measure speed and cost",
    "produce|consume -b HOST:PORT -t TOPIC -n MESSAGES",
    {{"-t", "--topic", "TOPIC", "the topic to send to, or to read"},
     {"-n", "--messages", "MESSAGES", "number of messages, 1 or more"},
     {"-s", "--size", "SIZE", "bytes of each value (produce), 0 to 104857600, default 100"},
     {"", "--create", "", "create the topic if it does not exist (produce)"},
     {"", "--commit", "", "commit each message in the group uvkafka-perf (consume)"}},
    true,
    "",
    "produce sends random values without keys; consume reads all partitions from the earliest offset, one envelope\n"
    "acked per message, or committed with --commit. The last line is a JSON object: messages, failed, seconds,\n"
    "messages_per_second, cpu_us_per_message (user and system, the whole process), latency_us (p50, p99, p999 from\n"
    "send() to report; produce only, of at most 100,000 messages evenly spread), peak_rss_kb.\n"};

namespace {

constexpr int64_t kMaxSize = 104857600;
constexpr int64_t kMaxSamples = 100000;
constexpr uint64_t kNoSample = 0;
constexpr const char* kPerfGroup = "uvkafka-perf";

// What `perf produce` sends: the same random bytes again and again, without keys.
class Load {
 public:
  Load(App& app, const std::string& topic, int64_t messages, int64_t size, kafka::ProducerOptions options)
      : app_(app),
        left_(messages),
        step_(std::max<int64_t>(messages / kMaxSamples, 1)),
        delivery_timeout_(options.delivery_timeout),
        producer_(app.session(), std::move(options)),
        topic_(producer_.topic(topic)) {
    producer_.on_delivery([this](uint64_t sent, const kafka::DeliveryReport& report) { count(sent, report); });
    uint64_t state = 0x9E3779B97F4A7C15;  // the same bytes in every run
    value_.reserve(static_cast<size_t>(size));
    while (value_.size() < static_cast<size_t>(size)) {
      state = state * 6364136223846793005 + 1442695040888963407;
      value_.push_back(static_cast<char>(state >> 56));
    }
    measure_.latencies_us.reserve(static_cast<size_t>(std::min(messages, 2 * kMaxSamples)));
  }
  void start() {
    measure_.begin();
    feed_.start(app_.loop(), producer_, topic_);
  }
  void stop() {
    left_ = 0;
    finish();
  }
  measure::Measure& measure() { return measure_; }

  // For the feed.
  bool next(kafka::Record& record) {
    record.value = value_;
    if (left_ == 0) finish();
    return left_ > 0;
  }
  /// The token says when the record was sent, if its latency is looked at.
  uint64_t sent() { return --left_ % step_ == 0 ? static_cast<uint64_t>(measure::now_ns()) : kNoSample; }
  void refused(const kafka::Error& error) {
    if (measure_.failed++ == 0) first_error_ = error;
  }

 private:
  void count(uint64_t sent, const kafka::DeliveryReport& report) {
    if (sent != kNoSample)
      measure_.latencies_us.push_back(static_cast<double>(measure::now_ns() - static_cast<int64_t>(sent)) / 1000);
    if (!report.error) {
      ++measure_.messages;
    } else if (measure_.failed++ == 0) {
      first_error_ = report.error;
    }
  }
  void finish() {
    if (std::exchange(finishing_, true)) return;
    feed_.stop();
    producer_.close(delivery_timeout_ + std::chrono::seconds(1), [this] {
      if (measure_.failed > 0) {
        app_.fail(first_error_, std::to_string(measure_.failed) + " messages failed: ");
      }
      app_.finish();
    });
  }

  App& app_;
  std::string value_;
  int64_t left_;
  int64_t step_;
  std::chrono::milliseconds delivery_timeout_;
  bool finishing_ = false;
  kafka::Error first_error_;
  measure::Measure measure_;
  measure::Feed<Load> feed_{*this};
  kafka::Producer producer_;
  kafka::Topic topic_;
};

int perf_produce(const Arguments& arguments, int64_t messages) {
  const auto size = number(arguments.get("-s", "100"));
  if (!size || *size < 0 || *size > kMaxSize) return usage_error("perf produce: -s wants a number of 0 to 104857600");
  ClientOptions client;
  kafka::ProducerOptions options;
  if (const auto status = read_client_options(arguments, kPerf, client, options)) return *status;
  App app(client);
  if (const auto error = app.session().error()) return usage_error(error.message());
  Load load(app, arguments.get("-t"), messages, *size, options);
  app.on_stop([&] {
    if (app.interrupted()) app.fail("interrupted");
    load.stop();
  });
  app.progress([&] { return std::to_string(load.measure().messages) + " confirmed"; });
  const Creation creation = arguments.has("--create") ? Creation::wanted : Creation::by_broker;
  find_topics(app, {{arguments.get("-t")}, {}, creation}, [&](const FoundTopics&) { load.start(); });
  const int status = app.run();
  load.measure().print(true, false);
  return status;
}

// What `perf consume` reads: one envelope per message. Without --commit nothing is stored, so a Fetcher reads it, which
// has no group.
class Drain {
 public:
  Drain(App& app, int64_t messages, bool commits, kafka::ConsumerOptions options)
      : app_(app), wanted_(messages), commits_(commits), options_(std::move(options)) {
    measure_.begin();
  }
  void start(const kafka::Partitions& partitions) {
    std::vector<kafka::TopicOffset> from;
    for (const auto& [topic, numbers] : partitions) {
      for (const int32_t partition : numbers) from.push_back(kafka::TopicOffset::earliest(topic, partition));
    }
    const auto on_end = [this](kafka::Error error) {
      if (error && !app_.interrupted()) app_.fail(error);
      app_.finish();
    };
    if (!commits_) {
      fetcher_ = std::make_unique<kafka::Fetcher>(app_.session(), std::move(from), options_);
      fetcher_->fetch(
          wanted_,
          [this](kafka::MessageEnvelope envelope) {
            ++measure_.messages;
            envelope.ack();
          },
          on_end);
      return;
    }
    consumer_ = std::make_unique<kafka::Consumer>(app_.session(), kPerfGroup, partitions, options_);
    for (kafka::TopicOffset& place : from) {
      if (const auto error = consumer_->seek(std::move(place))) return on_end(error);
    }
    consumer_->consume(
        wanted_,
        [this](kafka::MessageEnvelope envelope) {
          ++measure_.messages;
          envelope.commit();
        },
        on_end);
  }
  measure::Measure& measure() { return measure_; }

 private:
  App& app_;
  int64_t wanted_;
  bool commits_;
  kafka::ConsumerOptions options_;
  measure::Measure measure_;
  std::unique_ptr<kafka::Fetcher> fetcher_;
  std::unique_ptr<kafka::Consumer> consumer_;
};

int perf_consume(const Arguments& arguments, int64_t messages) {
  ClientOptions client;
  kafka::ConsumerOptions options;
  options.allow_auto_create_topics = false;
  if (const auto status = read_client_options(arguments, kPerf, client, options)) return *status;
  App app(client);
  if (const auto error = app.session().error()) return usage_error(error.message());
  Drain drain(app, messages, arguments.has("--commit"), options);
  app.on_stop([&] {
    if (app.interrupted()) app.fail("interrupted");
    app.finish();
  });
  app.progress([&] { return std::to_string(drain.measure().messages) + " consumed"; });
  find_topics(app, {{arguments.get("-t")}}, [&](const FoundTopics& topics) { drain.start(partitions_of(topics, {})); });
  const int status = app.run();
  drain.measure().failed = messages - drain.measure().messages;
  drain.measure().print(false, false);
  return status;
}

}  // namespace

int perf(int argc, char** argv) {
  const std::string_view what = argc > 0 ? argv[0] : "";
  if (what == "--help" || what == "-h") {
    print_help(kPerf);
    return kDone;
  }
  if (what != "produce" && what != "consume") return usage_error("perf: produce or consume is wanted");
  Arguments arguments;
  if (const auto status = arguments.parse(argc - 1, argv + 1, kPerf)) return *status;
  if (!arguments.has("-t") || !arguments.has("-n")) return usage_error("perf: -t TOPIC and -n MESSAGES are needed");
  if (!check_topics("perf", arguments.all("-t"))) return kUsage;
  if (what == "produce" && arguments.has("--commit")) return usage_error("perf produce: --commit is for consume");
  if (what == "consume" && arguments.has("--create")) return usage_error("perf consume: --create is for produce");
  const auto messages = number(arguments.get("-n"));
  if (!messages || *messages < 1) return usage_error("perf: -n wants a number of 1 or more");
  return what == "produce" ? perf_produce(arguments, *messages) : perf_consume(arguments, *messages);
}

}  // namespace cli
