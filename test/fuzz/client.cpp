// The whole client on the simulated reactor, before brokers whose answers a script changes. Input: what the client
// does, in a few bytes; then the script. However the brokers behave: nothing breaks, every record that was accepted is
// reported once, everything ends, and close() leaves nothing behind.
#include <kafka/consumer.hpp>
#include <kafka/consumer_group.hpp>
#include <kafka/offset_master.hpp>
#include <kafka/producer.hpp>
#include <kafka/session.hpp>

#include <cstring>
#include <memory>
#include <optional>

#include "devbroker/cluster.hpp"
#include "devbroker/node.hpp"
#include "input.hpp"
#include "proxy.hpp"
#include "records/builder.hpp"
#include "session/access.hpp"
#include "session/core.hpp"
#include "sim_reactor.hpp"
#include "steps.hpp"
#include "target.hpp"

using namespace kafka;
using namespace std::chrono_literals;

namespace {

constexpr int kBrokers = 2;
constexpr int32_t kPartitions = 3;
constexpr uint16_t kPort = 9092;
constexpr net::Duration kRun = 20s;
constexpr net::Duration kClose = 2min;

struct World {
  World(uint64_t seed, fuzz::Input& script) : sim(seed) {
    for (int id = 1; id <= kBrokers; ++id) {
      const std::string number = std::to_string(id);
      const net::Address address{"10.1.0." + number, kPort};
      const net::Address front{"10.4.0." + number, kPort};
      nodes.push_back(std::make_unique<devbroker::Node>(cluster, sim.node("broker-" + number, address.ip), id, address,
                                                        "front-" + number));
      fuzz::expect(!nodes.back()->start(), "a dev broker does not start");
      proxies.push_back(std::make_unique<fuzz::Proxy>(sim.node("front-" + number, front.ip), front, address, script));
    }
    fuzz::expect(!cluster.topics().create("t", kPartitions), "the topic cannot be created");
  }
  void fill(int32_t partition, int count) {
    for (int i = 0; i < count; ++i) cluster.contents().append("t", partition, {.value = "value", .timestamp = 1 + i});
  }

  sim::SimWorld sim;
  devbroker::Cluster cluster{devbroker::ClusterOptions()};
  std::vector<std::unique_ptr<devbroker::Node>> nodes;
  std::vector<std::unique_ptr<fuzz::Proxy>> proxies;
};

// What the application does, and what it has been told.
class Application {
 public:
  Application(World& world, fuzz::Input& input) : world_(world) {
    SessionOptions options;
    options.bootstrap_servers = "10.4.0.1:9092,10.4.0.2:9092";
    options.request_timeout = 2s;
    options.default_api_timeout = 5s;
    if (input.byte() % 8 == 0) options.receive_message_max_bytes = 4096;
    core_ = session::Core::make(world.sim.node("client", "10.2.0.1"), options);
    session_.emplace(session::Access::session(core_));
    session_->on_log(LogLevel::debug, [](LogLevel, std::string_view) {});
    session_->on_event([](const Event&) {});
    const uint8_t does = input.byte();
    if ((does & 1) != 0) produce(input);
    if ((does & 2) != 0) fetch(input);
    if ((does & 4) != 0) consume(input);
    if ((does & 8) != 0) ask(input);
  }

  bool over() const { return reported_ == accepted_ && told_ == asked_ && got_ >= wanted_; }
  void close() {
    if (fetcher_) fetcher_->close([this] { fetcher_.reset(); });
    if (consumer_) consumer_->close([this] { consumer_.reset(); });
    session_->close(5s, [this] { closed_ = true; });
  }
  bool closed() const { return closed_; }
  void check() const {
    fuzz::expect(reported_ == accepted_, "a record without a report, or with two");
    fuzz::expect(told_ == asked_, "a question without an answer, or with two");
    fuzz::expect(ends_ == consumptions_, "a consumption that did not end once");
  }

 private:
  void produce(fuzz::Input& input) {
    const uint8_t way = input.byte();
    ProducerOptions options;
    options.delivery_timeout = 6s;
    options.linger = std::chrono::milliseconds(way % 3);
    options.acks = (way & 4) != 0 ? Acks::leader : Acks::all;
    options.enable_idempotence = options.acks == Acks::all && (way & 8) == 0;
    if ((way & 16) != 0) options.compression_type = Compression::gzip;
    if ((way & 32) != 0) options.batch_size = 200;
    producer_.emplace(*session_, options);
    const size_t count = 1 + input.byte() % 40;
    for (size_t i = 0; i < count; ++i) send(static_cast<int32_t>(i % kPartitions));
    // Some follow while answers to the others come.
    later_ = input.byte() % 8;
    if (later_ > 0) send_later();
  }
  void send(int32_t partition) {
    const Error error = producer_->send({.topic = "t", .partition = partition, .key = "k", .value = "some value"},
                                        [this](const DeliveryReport&) { ++reported_; });
    if (!error) ++accepted_;
  }
  void send_later() {
    timer_ = core_->reactor().after(150ms, [this] {
      timer_.cancel();
      if (closed_ || session_->closed() || !producer_) return;
      send(0);
      if (--later_ > 0) send_later();
    });
  }

  ConsumerOptions reading(uint8_t way) {
    ConsumerOptions options;
    options.fetch_max_wait = 100ms;
    options.isolation_level = (way & 1) != 0 ? IsolationLevel::read_committed : IsolationLevel::read_uncommitted;
    options.ordering = static_cast<Ordering>(way / 2 % 3);
    if ((way & 8) != 0) options.commit_mode = CommitMode::pipelined;
    options.auto_offset_reset = (way & 16) != 0 ? OffsetReset::latest : OffsetReset::earliest;
    return options;
  }
  void fetch(fuzz::Input& input) {
    const uint8_t way = input.byte();
    const int records = input.byte() % 10;
    std::vector<TopicOffset> start;
    for (int32_t partition = 0; partition < kPartitions; ++partition) {
      world_.fill(partition, records);
      if ((way & 32) != 0) {
        start.push_back(TopicOffset::earliest("t", partition));
      } else {
        start.push_back({"t", partition, 0});
      }
    }
    fetcher_.emplace(*session_, std::move(start), reading(way));
    wanted_ += static_cast<size_t>(records * kPartitions);
    begin(*fetcher_, (way & 64) != 0, false);
  }
  void consume(fuzz::Input& input) {
    const uint8_t way = input.byte();
    const int records = 1 + input.byte() % 10;
    for (int32_t partition = 0; partition < kPartitions; ++partition) world_.fill(partition, records);
    consumer_.emplace(*session_, "group", Partitions{{"t", {0, 1, 2}}}, reading(way));
    begin(*consumer_, (way & 64) != 0, (way & 128) != 0);
  }
  template <class Reader>
  void begin(Reader& reader, bool batches, bool commits) {
    reader.on_event([](const Event&) {});
    ++consumptions_;
    auto end = [this](const Error&) { ++ends_; };
    auto answer = [this, commits](auto& envelope) {
      if (!commits) {
        envelope.ack();
        return;
      }
      ++asked_;
      if (envelope.commit({}, [this](const Error&) { ++told_; })) --asked_;
    };
    auto one = [this, answer](MessageEnvelope envelope) {
      ++got_;
      answer(envelope);
    };
    auto some = [this, answer](BatchEnvelope envelope) {
      got_ += envelope.items().size();
      answer(envelope);
    };
    if constexpr (std::is_same_v<Reader, Consumer>) {
      batches ? reader.batch_consume(3, some, end) : reader.consume(one, end);
    } else {
      batches ? reader.batch_fetch(3, some, end) : reader.fetch(one, end);
    }
  }

  void ask(fuzz::Input& input) {
    const uint8_t what = input.byte();
    if ((what & 1) != 0) {
      ++asked_;
      session_->cluster([this](const Error&, const ClusterMetadata&) { ++told_; });
    }
    if ((what & 2) != 0) {
      ++asked_;
      session_->get_metadata(
          {"t", "u"}, [this](const Error&, const ClusterMetadata&) { ++told_; }, (what & 16) != 0);
    }
    if ((what & 4) != 0) {
      group_.emplace(*session_, "other");
      asked_ += 2;
      group_->fetch_offsets({{"t", {0, 1, 2}}}, [this](const Error&, const auto&) { ++told_; });
      group_->reset_offsets_to_latest({{"t", {0, 1, 2}}}, [this](const Error&, const auto&) { ++told_; });
    }
  }

  World& world_;
  std::shared_ptr<session::Core> core_;
  std::optional<Session> session_;
  std::optional<Producer> producer_;
  std::optional<Fetcher> fetcher_;
  std::optional<Consumer> consumer_;
  std::optional<ConsumerGroup> group_;
  net::Timer timer_;
  int later_ = 0;
  size_t accepted_ = 0;
  size_t reported_ = 0;
  size_t asked_ = 0;
  size_t told_ = 0;
  size_t wanted_ = 0;
  size_t got_ = 0;
  size_t consumptions_ = 0;
  size_t ends_ = 0;
  bool closed_ = false;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::Input input(data, size);
  const uint64_t seed = input.byte();
  World world(seed, input);
  {
    fuzz::Watch watch(size, false);
    watch.forgive(size_t{32} << 20);  // the brokers
    Application application(world, input);
    uint64_t before = fuzz::steps();
    const auto turn = [&] {
      const uint64_t now = fuzz::steps();
      if (now - before > fuzz::kMostSteps) fuzz::broken("a turn of " + std::to_string(now - before) + " steps");
      before = now;
    };
    try {
      world.sim.run_until(
          [&] {
            turn();
            return application.over();
          },
          kRun);
      application.close();
      const bool closed = world.sim.run_until(
          [&] {
            turn();
            return application.closed();
          },
          kClose);
      fuzz::expect(closed, "close() does not end");
      world.sim.run_for(10ms);
    } catch (const sim::SimFailure& failure) {
      fuzz::broken(failure.what());
    }
    application.check();
  }
  world.sim.run_for(10ms);
  const std::string left = world.sim.leftovers("client");
  if (!left.empty()) fuzz::broken("left behind: " + left);
  return 0;
}

size_t uvkafka_example(uint64_t seed, uint8_t* data, size_t most) {
  const size_t size = std::min<size_t>(most, 16 + seed % 200);
  uint64_t state = seed;
  for (size_t i = 0; i < size; ++i) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    data[i] = static_cast<uint8_t>(state >> 56);
  }
  if (size > 2) data[2] = static_cast<uint8_t>(1 + seed % 15);
  return size;
}
