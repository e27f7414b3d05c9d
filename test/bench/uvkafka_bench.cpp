// The work of rdkafka_bench through this library.
//
//   uvkafka_bench produce|consume|batch|commit|member|latency|idle -b BOOTSTRAP -t TOPIC -n MESSAGES [-s SIZE] [-u RUN]
//                 [-g GROUP] [-r RATE] [-d SECONDS] [-X name=value]...
//
// produce: a report is counted per message; -u sends RUN records to each partition in turn, else the producer chooses.
// consume: all partitions from the start, an envelope acked per message. commit: each is committed instead.
// member: as commit, but the group assigns the partitions.
// batch: as consume, in batches of up to RUN (500 by default), each acked.
// latency: from send to report, one at a time or RATE in a second. idle: connected to all leaders for SECONDS.
// Exit status 3: an option that this library does not know.
#include <uv.h>
#include <kafka/kafka.hpp>

#include <functional>
#include <memory>
#include <optional>

#include "../../samples/uvkafka/feed.hpp"
#include "measure.hpp"

namespace {

using bench::Arguments;
using bench::Measure;

void check(const kafka::Error& error) {
  if (!error) return;
  std::fprintf(stderr, "%s\n", error.message().c_str());
  std::exit(1);
}

template <class Options>
void apply(const Arguments& arguments, kafka::SessionOptions& session, Options& options) {
  for (const auto& [name, value] : arguments.settings) {
    if (!session.set(name, value)) continue;
    if (const kafka::Error error = options.set(name, value)) {
      std::fprintf(stderr, "%s\n", error.message().c_str());
      std::exit(bench::kNotKnown);
    }
  }
}

struct Bench {
  explicit Bench(const Arguments& with, kafka::SessionOptions options) : arguments(with) {
    uv_loop_init(&loop);
    session.emplace(&loop, std::move(options));
    check(session->error());
  }
  ~Bench() {
    producer.reset();
    consumer.reset();
    fetcher.reset();
    session.reset();
    uv_run(&loop, UV_RUN_DEFAULT);
    uv_loop_close(&loop);
  }
  /// Asks for metadata before the measure begins, since it is not measured.
  void with_partitions(std::function<void(std::vector<int32_t>)> then) {
    session->get_metadata({arguments.topic},
                          [then = std::move(then), this](kafka::Error error, kafka::ClusterMetadata cluster) {
                            check(error);
                            std::vector<int32_t> all;
                            for (const auto& partition : cluster.topics[arguments.topic].partitions)
                              all.push_back(partition.partition);
                            measure.begin();
                            then(std::move(all));
                          });
    uv_run(&loop, UV_RUN_DEFAULT);
  }
  void done() {
    measure.end();
    session->close();
  }
  void count(const kafka::DeliveryReport& report) {
    ++(report.error ? measure.failed : measure.messages);
    if (measure.messages + measure.failed == arguments.messages) done();
  }

  const Arguments& arguments;
  uv_loop_t loop{};
  std::optional<kafka::Session> session;
  std::optional<kafka::Producer> producer;
  std::optional<kafka::Consumer> consumer;
  std::optional<kafka::Fetcher> fetcher;
  Measure measure;
};

struct Produce : Bench {
  using Bench::Bench;
  std::vector<std::string> values;
  kafka::Topic topic;
  int64_t taken = 0;
  size_t at = 0;
  bench::Turns turns;
  measure::Feed<Produce> feed{*this};

  void run(kafka::ProducerOptions options) {
    for (size_t i = 0; i < bench::kValues; ++i) values.push_back(bench::make_value(arguments.size, i));
    with_partitions([this, options](std::vector<int32_t> partitions) {
      turns = {arguments.run, static_cast<int32_t>(partitions.size())};
      producer.emplace(*session, options);
      check(producer->error());
      topic = producer->topic(arguments.topic);
      producer->on_delivery([this](uint64_t, const kafka::DeliveryReport& report) { count(report); });
      feed.start(&loop, *producer, topic);
    });
    measure.print();
  }
  bool next(kafka::Record& record) {
    if (taken == arguments.messages) return false;
    const int32_t partition = turns.partition(taken);
    record.partition = partition < 0 ? kafka::kAnyPartition : partition;
    record.value = values[at];
    return true;
  }
  uint64_t sent() {
    if (++at == values.size()) at = 0;
    return static_cast<uint64_t>(taken++);
  }
  void refused(const kafka::Error& error) { check(error); }
};

// One message at a time, or a given number per second.
struct Latency : Bench {
  using Bench::Bench;
  std::string value;
  uv_timer_t timer{};
  int64_t warm_up = bench::warm_up(arguments.messages);
  int64_t all = arguments.messages + warm_up;
  int64_t sent = 0;
  int64_t done_with = 0;
  int64_t next = 0;

  void run(kafka::ProducerOptions options) {
    value = bench::make_value(arguments.size, 1);
    with_partitions([this, options](std::vector<int32_t>) {
      producer.emplace(*session, options);
      check(producer->error());
      if (arguments.rate == 0) return send();
      next = bench::now_ns();
      uv_timer_init(&loop, &timer);
      timer.data = this;
      uv_timer_start(
          &timer, [](uv_timer_t* handle) { static_cast<Latency*>(handle->data)->tick(); }, 0, 1);
    });
    measure.print();
  }
  void tick() {
    while (sent < all && bench::now_ns() >= next) {
      send();
      next += 1000000000 / arguments.rate;
    }
    if (sent == all) uv_close(reinterpret_cast<uv_handle_t*>(&timer), nullptr);
  }
  void send() {
    ++sent;
    check(producer->send({.topic = arguments.topic, .partition = 0, .value = value},
                         [this, at = bench::now_ns()](const kafka::DeliveryReport& report) { reported(report, at); }));
  }
  void reported(const kafka::DeliveryReport& report, int64_t at) {
    if (done_with++ >= warm_up) measure.latencies_us.push_back(static_cast<double>(bench::now_ns() - at) / 1000);
    ++(report.error ? measure.failed : measure.messages);
    if (done_with == all) return done();
    if (arguments.rate == 0) send();
  }
};

void consume(const Arguments& arguments, kafka::SessionOptions session_options, kafka::ConsumerOptions options) {
  Bench bench(arguments, std::move(session_options));
  bench.with_partitions([&](std::vector<int32_t> partitions) {
    std::vector<kafka::TopicOffset> from;
    for (const int32_t partition : partitions) from.push_back(kafka::TopicOffset::earliest(arguments.topic, partition));
    bench.fetcher.emplace(*bench.session, std::move(from), options);
    bench.fetcher->fetch(
        arguments.messages,
        [&](kafka::MessageEnvelope envelope) {
          ++bench.measure.messages;
          bench.measure.bytes += static_cast<int64_t>(envelope.value().size());
          envelope.ack();
        },
        [&](kafka::Error error) {
          check(error);
          bench.done();
        });
  });
  bench.measure.print();
}

void batch(const Arguments& arguments, kafka::SessionOptions session_options, kafka::ConsumerOptions options) {
  constexpr int32_t kBatch = 500;
  Bench bench(arguments, std::move(session_options));
  bench.with_partitions([&](std::vector<int32_t> partitions) {
    std::vector<kafka::TopicOffset> from;
    for (const int32_t partition : partitions) from.push_back(kafka::TopicOffset::earliest(arguments.topic, partition));
    bench.fetcher.emplace(*bench.session, std::move(from), options);
    bench.fetcher->batch_fetch(
        arguments.run > 0 ? static_cast<int32_t>(arguments.run) : kBatch,
        [&](kafka::BatchEnvelope envelope) {
          for (const kafka::MessageView& item : envelope.items()) {
            ++bench.measure.messages;
            bench.measure.bytes += static_cast<int64_t>(item.value.size());
          }
          envelope.ack();
          if (bench.measure.messages >= arguments.messages) bench.fetcher->stop();
        },
        [&](kafka::Error error) {
          check(error);
          bench.done();
        });
  });
  bench.measure.print();
}

void commit(const Arguments& arguments, kafka::SessionOptions session_options, kafka::ConsumerOptions options) {
  Bench bench(arguments, std::move(session_options));
  bench.with_partitions([&](std::vector<int32_t> partitions) {
    if (arguments.mode == "member") {
      bench.consumer.emplace(*bench.session, arguments.group, kafka::Topics(arguments.topic), options);
    } else {
      bench.consumer.emplace(*bench.session, arguments.group, kafka::Partitions{{arguments.topic, partitions}},
                             options);
    }
    bench.consumer->consume(
        arguments.messages,
        [&](kafka::MessageEnvelope envelope) {
          ++bench.measure.messages;
          envelope.commit();
        },
        [&](kafka::Error error) {
          check(error);
          bench.done();
        });
  });
  bench.measure.print();
}

// Connected to every broker that leads a partition, and nothing to do.
void idle(const Arguments& arguments, kafka::SessionOptions session_options, kafka::ProducerOptions options) {
  Bench bench(arguments, std::move(session_options));
  uv_timer_t timer{};
  bench.with_partitions([&](std::vector<int32_t> partitions) {
    bench.producer.emplace(*bench.session, options);
    for (const int32_t partition : partitions) {
      bench.producer->send({.topic = arguments.topic, .partition = partition, .value = "x"});
    }
    bench.producer->flush([&] {
      bench.measure.begin();
      uv_timer_init(&bench.loop, &timer);
      timer.data = &bench;
      uv_timer_start(
          &timer,
          [](uv_timer_t* handle) {
            auto& self = *static_cast<Bench*>(handle->data);
            uv_close(reinterpret_cast<uv_handle_t*>(handle), nullptr);
            self.measure.messages = self.arguments.seconds;
            self.done();
          },
          static_cast<uint64_t>(arguments.seconds) * 1000, 0);
    });
  });
  bench.measure.print();
}

}  // namespace

int main(int argc, char** argv) {
  const Arguments arguments = Arguments::parse(argc, argv);
  kafka::SessionOptions session{.bootstrap_servers = arguments.bootstrap};
  kafka::ProducerOptions producer;
  kafka::ConsumerOptions consumer;
  const bool produces = arguments.mode == "produce" || arguments.mode == "latency" || arguments.mode == "idle";
  produces ? apply(arguments, session, producer) : apply(arguments, session, consumer);
  if (arguments.mode == "produce") return Produce(arguments, session).run(producer), 0;
  if (arguments.mode == "latency") return Latency(arguments, session).run(producer), 0;
  if (arguments.mode == "idle") return idle(arguments, session, producer), 0;
  if (arguments.mode == "consume") return consume(arguments, session, consumer), 0;
  if (arguments.mode == "batch") return batch(arguments, session, consumer), 0;
  if (arguments.mode == "commit" || arguments.mode == "member") return commit(arguments, session, consumer), 0;
  std::fprintf(stderr,
               "uvkafka_bench produce|consume|batch|commit|member|latency|idle -b BOOTSTRAP -t TOPIC -n MESSAGES\n");
  return bench::kNotKnown;
}
