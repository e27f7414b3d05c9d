#include "hostile/hostile.hpp"

#include <kafka/consumer.hpp>
#include <kafka/producer.hpp>

#include <array>
#include <map>
#include <optional>

#include "hostile/operator.hpp"
#include "hostile/rate_watch.hpp"
#include "protocol/api_key.hpp"
#include "protocol/api_table.hpp"
#include "random/random.hpp"
#include "session/access.hpp"
#include "session/core.hpp"

namespace kafka::sim {
namespace {

using std::chrono::milliseconds;

constexpr const char* kHost = "client";
constexpr int32_t kBrokers = 2;
constexpr int32_t kPartitions = 3;
constexpr milliseconds kStep{5};
/// The application sends a record this often.
constexpr milliseconds kAppPause{400};
/// A consumption that has ended begins again in its own second of every four: each partition that is still stopped
/// tells that once more, and two consumptions together tell more than may be told in a second.
constexpr int64_t kRestartEvery = 4;

/// The client, and an application that is never in a hurry.
class Client {
 public:
  explicit Client(HostileRun& run)
      : run_(run),
        world_(run.seed),
        brokers_((world_.trace_to(run.trace), world_), kBrokers),
        reactor_(world_.node(kHost, "10.2.0.1")),
        watch_(world_.now() + HostileBounds::kSettled) {
    devbroker::Cluster& cluster = brokers_.cluster();
    static_cast<void>(cluster.topics().create("t", kPartitions));
    for (int32_t partition = 0; partition < kPartitions; ++partition) {
      for (int i = 0; i < 3; ++i) cluster.contents().append("t", partition, {.key = "k", .value = "v"});
    }
    cluster.faults().set_distortion([this](int32_t, ApiKey api, int16_t version, void* response) {
      run_.distortion.apply(api, version, response);
    });
    if (run.setup) run.setup(cluster);
  }

  std::string execute() {
    start();
    TimePoint next_send = world_.now();
    while (world_.elapsed() < run_.duration) {
      world_.run_for(kStep);
      count();
      if (world_.now() < next_send) continue;
      next_send = world_.now() + kAppPause;
      act();
    }
    std::string wrong = watch_.above("requests ", HostileBounds::kRequests);
    add(wrong, watch_.above("connections ", HostileBounds::kConnections));
    add(wrong, watch_.above("attempts", HostileBounds::kConnections * kBrokers));
    add(wrong, watch_.above("events", HostileBounds::kEvents));
    add(wrong, watch_.above("lines", HostileBounds::kLines));
    stop();
    if (const std::string left = world_.leftovers(kHost); !left.empty()) add(wrong, "left open: " + left);
    return wrong;
  }

 private:
  static void add(std::string& all, const std::string& more) {
    if (!more.empty()) all += (all.empty() ? "" : "; ") + more;
  }

  void start() {
    SessionOptions options;
    options.bootstrap_servers = brokers_.bootstrap_servers();
    session_.emplace(session::Access::session(session::Core::make(reactor_, options)));
    session_->on_event([this](const Event& event) {
      world_.note("event " + event.message());
      watch_.note("events", world_.now());
    });
    session_->on_log(LogLevel::info, [this](LogLevel, std::string_view line) {
      world_.note("log " + std::string(line));
      watch_.note("lines", world_.now());
    });
    producer_.emplace(*session_);
    plain_.emplace(*session_, ProducerOptions{.enable_idempotence = false});
    Partitions all{{"t", {0, 1, 2}}};
    consumer_.emplace(*session_, "g", all);
    std::vector<TopicOffset> from;
    for (int32_t partition = 0; partition < kPartitions; ++partition)
      from.push_back(TopicOffset::latest("t", partition));
    fetcher_.emplace(*session_, from);
    operator_.emplace(*session_);
  }
  bool may_begin(int64_t second, int64_t& last) const {
    const int64_t now = std::chrono::duration_cast<std::chrono::seconds>(world_.elapsed()).count();
    if (now == last || (last >= 0 && now % kRestartEvery != second)) return false;
    last = now;
    return true;
  }
  /// What the application does now and then.
  void act() {
    if (plain_->queued() < 20) {
      ++sent_;
      const int32_t partition = sent_ % kPartitions;
      const auto told = [this](const DeliveryReport& report) {
        if (!report.error) watch_.progress();
      };
      producer_->send({.topic = "t", .partition = partition, .value = "from an idempotent producer"}, told);
      plain_->send({.topic = "t", .key = std::to_string(sent_), .value = "from another one"}, told);
    }
    operator_->act();
    if (!consuming_.busy && may_begin(0, consuming_.began)) {
      consuming_.busy = true;
      consumer_->consume(
          [this](MessageEnvelope envelope) {
            delivered(consumed_, envelope);
            envelope.commit();
          },
          [this](Error error) {
            world_.note("consumption ended: " + error.message());
            consuming_.busy = false;
          });
    }
    if (!fetching_.busy && may_begin(kRestartEvery / 2, fetching_.began)) {
      fetching_.busy = true;
      fetcher_->fetch(
          [this](MessageEnvelope envelope) {
            delivered(fetched_, envelope);
            envelope.ack();
          },
          [this](Error error) {
            world_.note("fetching ended: " + error.message());
            fetching_.busy = false;
          });
    }
  }
  /// Only what was never delivered before is progress.
  void delivered(std::map<int32_t, int64_t>& furthest, const MessageEnvelope& envelope) {
    const auto [known, fresh] = furthest.try_emplace(envelope.partition(), envelope.offset());
    if (!fresh && envelope.offset() <= known->second) return;
    known->second = envelope.offset();
    watch_.progress();
  }
  void count() {
    for (int32_t id = 1; id <= kBrokers; ++id) {
      size_t& before = accepted_[static_cast<size_t>(id)];
      const auto now = static_cast<size_t>(brokers_->brokers().accepted_connections(id));
      if (now != before) watch_.note("connections " + std::to_string(id), world_.now(), now - before);
      before = now;
      for (const protocol::ApiRow& row : protocol::api_rows()) {
        int64_t& seen = asked_[{id, row.key}];
        const int64_t asked = brokers_->requests().count(row.key, id);
        const std::string what = "requests " + std::to_string(id) + " " + protocol::name(row.key);
        if (asked != seen) watch_.note(what, world_.now(), static_cast<size_t>(asked - seen));
        seen = asked;
      }
    }
    // Attempts that nobody accepts count too; where two brokers are, their share is not known.
    const size_t attempts = world_.connects(kHost);
    if (attempts != attempts_) watch_.note("attempts", world_.now(), attempts - attempts_);
    attempts_ = attempts;
  }
  void stop() {
    bool closed = false;
    session_->close(milliseconds(500), [&closed] { closed = true; });
    world_.run_until([&closed] { return closed; }, std::chrono::seconds(2));
    operator_.reset();
    fetcher_.reset();
    consumer_.reset();
    plain_.reset();
    producer_.reset();
    session_.reset();
    world_.run_for(milliseconds(5));
  }

  HostileRun& run_;
  SimWorld world_;
  SimCluster brokers_;
  net::Reactor& reactor_;
  RateWatch watch_;
  std::optional<Session> session_;
  std::optional<Producer> producer_;
  std::optional<Producer> plain_;
  std::optional<Consumer> consumer_;
  std::optional<Fetcher> fetcher_;
  std::optional<Operator> operator_;
  struct Consumption {
    bool busy = false;
    int64_t began = -1;  // the second
  };
  Consumption consuming_;
  Consumption fetching_;
  std::map<int32_t, int64_t> consumed_, fetched_;  ///< the newest offset by partition
  int sent_ = 0;
  size_t attempts_ = 0;
  std::array<size_t, kBrokers + 1> accepted_{};
  std::map<std::pair<int32_t, ApiKey>, int64_t> asked_;
};

}  // namespace

HostileRun HostileRun::draw(uint64_t seed) {
  HostileRun run;
  run.seed = seed;
  run.distortion = Distortion(seed);
  run.text = run.distortion.text();
  return run;
}

HostileRun HostileRun::fault(protocol::ApiKey api, const std::string& text, std::function<void(Fault&)> what) {
  HostileRun run;
  run.text = protocol::name(api) + " " + text;
  run.setup = [api, what = std::move(what)](devbroker::Cluster& cluster) {
    Fault& fault = cluster.faults().add(api);
    what(fault.always());
  };
  return run;
}

std::string HostileRun::execute() {
  try {
    return Client(*this).execute();
  } catch (const SimFailure& failure) {
    return failure.what();
  }
}

}  // namespace kafka::sim
