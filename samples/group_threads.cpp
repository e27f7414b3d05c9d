// Members of one group on several threads: each has a loop, a session and a consumer of its own, and the group shares
// the partitions out among them. They share nothing but atomic counters. Reads a topic with one member, then with
// several, and prints how fast.
//
//   group_threads [-b HOST:PORT -t TOPIC] [-n MEMBERS] [-m MESSAGES]
//
// Without -b a dev broker runs on one more thread, with MESSAGES messages in 12 partitions.
// Exit status: 0 if every message was read, 1 if not, 2 wrong usage.
#include <uv.h>
#include <kafka/devbroker.hpp>
#include <kafka/kafka.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <unistd.h>

namespace {

using Clock = std::chrono::steady_clock;

constexpr int32_t kPartitions = 12;
constexpr int32_t kBatch = 500;
constexpr uint64_t kLookMs = 5;
constexpr auto kPatience = std::chrono::seconds(120);
/// The first members of a group join together, so that partitions move once.
constexpr auto kJoinTogether = std::chrono::milliseconds(300);

struct Options {
  std::string bootstrap;
  std::string topic = "orders";
  int members = 4;
  int64_t messages = 300000;

  bool read(int argc, char** argv) {
    for (int i = 1; i + 1 < argc; i += 2) {
      const std::string_view name = argv[i];
      if (name == "-b") {
        bootstrap = argv[i + 1];
      } else if (name == "-t") {
        topic = argv[i + 1];
      } else if (name == "-n") {
        members = std::atoi(argv[i + 1]);
      } else if (name == "-m") {
        messages = std::atoll(argv[i + 1]);
      } else {
        return false;
      }
    }
    return argc % 2 == 1 && members > 0 && messages > 0;
  }
};

/// What the threads have in common.
struct Counters {
  explicit Counters(std::vector<int64_t> ends) : next(ends.size()), left(0), end(std::move(ends)) {
    for (const int64_t each : end) left += each;
  }
  /// Messages up to `offset` of a partition were read. Those that come twice count once.
  void read(int32_t partition, int64_t offset) {
    std::atomic<int64_t>& front = next[static_cast<size_t>(partition)];
    int64_t before = front.load();
    while (before < offset && !front.compare_exchange_weak(before, offset)) {
    }
    if (before < offset) left -= offset - before;
  }
  bool over() const { return left <= 0 || failed; }

  std::vector<std::atomic<int64_t>> next;  // by partition: the next offset to read
  std::atomic<int64_t> left;               // messages that nobody has read yet
  std::atomic<int64_t> began{0};           // ns of the first message
  std::atomic<bool> failed{false};
  const std::vector<int64_t> end;
};

/// A loop of one thread. Who uses it is declared behind it.
struct Loop {
  Loop() { uv_loop_init(&loop); }
  ~Loop() {
    uv_run(&loop, UV_RUN_DEFAULT);
    if (uv_loop_close(&loop) != 0) std::abort();  // something was left open
  }
  uv_loop_t loop{};
};

/// Runs on a thread of its own: a loop that turns until the work is over.
class Member {
 public:
  Member(uv_loop_t* loop, const Options& options, std::string group, Counters& counters)
      : counters_(counters), loop_(loop), session_(loop, session_options(options)) {
    kafka::ConsumerOptions consumer;
    consumer.commit_mode = kafka::CommitMode::pipelined;
    consumer_ = std::make_unique<kafka::Consumer>(session_, std::move(group), kafka::Topics(options.topic), consumer);
    uv_timer_init(loop, &look_);
    look_.data = this;
  }
  int64_t run() {
    uv_timer_start(
        &look_, [](uv_timer_t* timer) { static_cast<Member*>(timer->data)->look(); }, kLookMs, kLookMs);
    consumer_->batch_consume(
        kBatch, [this](kafka::BatchEnvelope batch) { take(std::move(batch)); },
        [this](const kafka::Error& error) {
          if (!error || closing_) return;
          std::fprintf(stderr, "group_threads: %s\n", error.message().c_str());
          counters_.failed = true;
        });
    uv_run(loop_, UV_RUN_DEFAULT);
    return read_;
  }

 private:
  static kafka::SessionOptions session_options(const Options& options) {
    kafka::SessionOptions session;
    session.bootstrap_servers = options.bootstrap;
    return session;
  }
  void take(kafka::BatchEnvelope batch) {
    int64_t none = 0;
    if (counters_.began == 0) counters_.began.compare_exchange_strong(none, Clock::now().time_since_epoch().count());
    const int32_t partition = batch.partition();
    const int64_t next = batch.items().back().offset + 1;
    read_ += static_cast<int64_t>(batch.size());
    if (!batch.commit()) counters_.read(partition, next);
  }
  void look() {
    if (closing_ || !counters_.over()) return;
    closing_ = true;
    consumer_->close([this] { session_.close([this] { uv_close(reinterpret_cast<uv_handle_t*>(&look_), nullptr); }); });
  }

  Counters& counters_;
  uv_loop_t* loop_;
  uv_timer_t look_{};
  kafka::Session session_;
  std::unique_ptr<kafka::Consumer> consumer_;
  int64_t read_ = 0;
  bool closing_ = false;
};

/// A dev broker on a thread of its own.
class Broker {
 public:
  explicit Broker(Options& options) : thread_([this, &options] { serve(options); }) {
    while (!ready_) std::this_thread::yield();
  }
  ~Broker() {
    over_ = true;
    thread_.join();
  }

 private:
  void serve(Options& options) {
    Loop on;
    kafka::DevBroker broker(&on.loop, {.initial_rebalance_delay = kJoinTogether});
    broker.create_topic(options.topic, kPartitions);
    const std::string value(100, 'v');
    for (int64_t i = 0; i < options.messages; ++i) {
      broker.append(options.topic, static_cast<int32_t>(i % kPartitions), {.value = value});
    }
    options.bootstrap = broker.bootstrap_servers();
    uv_timer_t look;
    uv_timer_init(&on.loop, &look);
    std::pair<Broker*, kafka::DevBroker*> both{this, &broker};
    look.data = &both;
    uv_timer_start(
        &look,
        [](uv_timer_t* timer) {
          const auto& [self, served] = *static_cast<std::pair<Broker*, kafka::DevBroker*>*>(timer->data);
          if (!self->over_) return;
          served->close();
          uv_close(reinterpret_cast<uv_handle_t*>(timer), nullptr);
        },
        kLookMs, kLookMs);
    ready_ = true;
    uv_run(&on.loop, UV_RUN_DEFAULT);
  }

  std::atomic<bool> ready_{false};
  std::atomic<bool> over_{false};
  std::thread thread_;  // the last member: it uses the others
};

/// Where the topic's partitions end; empty if that cannot be found out.
std::vector<int64_t> find_ends(const Options& options) {
  std::vector<int64_t> ends;
  Loop on;
  kafka::Session session(&on.loop, {.bootstrap_servers = options.bootstrap});
  kafka::OffsetMaster master(session);
  const auto fail = [&session](const kafka::Error& error) {
    std::fprintf(stderr, "group_threads: %s\n", error.message().c_str());
    session.close();
  };
  session.get_metadata({options.topic}, [&](kafka::Error error, kafka::ClusterMetadata cluster) {
    const kafka::TopicInfo& topic = cluster.topics[options.topic];
    if (!error) error = topic.error;
    if (error) return fail(error);
    kafka::Partitions all;
    for (const kafka::PartitionInfo& partition : topic.partitions) all[options.topic].push_back(partition.partition);
    master.fetch_latest(all, [&, fail](const kafka::Error& failed, const std::vector<kafka::TopicOffset>& found) {
      if (failed) return fail(failed);
      for (const kafka::TopicOffset& end : found) ends.push_back(end.offset);
      session.close();
    });
  });
  uv_run(&on.loop, UV_RUN_DEFAULT);
  return ends;
}

/// Reads the whole topic with so many members. True if all of it was read.
bool read_with(int members, const Options& options, const std::vector<int64_t>& ends) {
  Counters counters(ends);
  const int64_t messages = counters.left;
  const std::string group = "group-threads-" + std::to_string(getpid()) + "-" + std::to_string(members);
  std::vector<int64_t> read(static_cast<size_t>(members));
  std::vector<std::thread> threads;
  for (int64_t& count : read) {
    threads.emplace_back([&] {
      Loop on;
      Member member(&on.loop, options, group, counters);
      count = member.run();
    });
  }
  const Clock::time_point deadline = Clock::now() + kPatience;
  while (!counters.over() && Clock::now() < deadline) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  const std::chrono::duration<double> seconds(Clock::now().time_since_epoch() - Clock::duration(counters.began));
  const bool all = counters.left == 0;
  if (!all) counters.failed = true;  // the threads end
  for (std::thread& thread : threads) thread.join();
  std::printf("%d member%s: %lld of %lld messages in %.3f s, %.0f a second; by each:", members, members == 1 ? "" : "s",
              static_cast<long long>(messages - counters.left), static_cast<long long>(messages), seconds.count(),
              static_cast<double>(messages) / seconds.count());
  for (const int64_t count : read) std::printf(" %lld", static_cast<long long>(count));
  std::printf("\n");
  return all;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  if (!options.read(argc, argv)) {
    std::fprintf(stderr, "usage: group_threads [-b HOST:PORT -t TOPIC] [-n MEMBERS] [-m MESSAGES]\n");
    return 2;
  }
  const std::unique_ptr<Broker> broker = options.bootstrap.empty() ? std::make_unique<Broker>(options) : nullptr;
  const std::vector<int64_t> ends = find_ends(options);
  if (ends.empty()) return 1;
  const bool one = read_with(1, options, ends);
  const bool several = read_with(options.members, options, ends);
  return one && several ? 0 : 1;
}
