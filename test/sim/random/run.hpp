// One run: the world of one seed, the client in it, and the parts that work with the client.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "codec/reader.hpp"
#include "hostile/rate_watch.hpp"
#include "random/api.hpp"
#include "random/journal.hpp"
#include "random/lanes.hpp"
#include "random/ledger.hpp"
#include "random/plan.hpp"
#include "random/request_tap.hpp"
#include "session/access.hpp"
#include "session/core.hpp"
#include "sim_cluster.hpp"

namespace kafka::sim {

class Sender;
class Reader;

struct RunResult {
  std::vector<std::string> violations;
  uint64_t hash = 0;
  // What the run did.
  size_t records = 0, confirmed = 0, delivered = 0, commits = 0, faults = 0;
  uint64_t events = 0;
  double virtual_seconds = 0;
};

class Queries;

class Run {
 public:
  static constexpr const char* kHost = "client";

  Run(uint64_t seed, std::FILE* trace);
  ~Run();
  RunResult execute();

  // Shared by all parts.
  Plan plan;
  SimWorld world;
  Journal journal;
  std::shared_ptr<FakeTls> tls;  ///< if connections speak it
  std::optional<SimCluster> brokers;
  net::Reactor& reactor;
  Ledger ledger;
  std::optional<History> history;
  std::map<std::string, GroupBook> groups;
  std::map<TopicPartition, std::set<std::pair<int64_t, size_t>>> delivered;  ///< offset, number of the record
  std::optional<Session> session;
  RunResult result;

  devbroker::Cluster& cluster() { return brokers->cluster(); }
  /// A record was delivered. Checks that it is the one that was sent, and the same as before. Returns its number.
  size_t received(const OwnedMessage& message);
  /// The client took a broker for one before 0.10, without sequences, transactions and epochs.
  bool misled();
  std::string random_topic(Random& random) { return random.pick(plan.topics).name; }

 private:
  void make_cluster();
  void ask_for_logins();
  void change_login();
  void make_client();
  void read_back();
  void idle();
  void close(bool early);
  void abort();
  void judge(bool partial);
  bool until(const char* what, Duration limit, Function<bool()> done);
  /// The limit, and what the application itself may still take.
  Duration patient(Duration limit) const { return limit + journal.slowness.left(); }

  void watch_rates();
  void judge_rates();
  bool excused();
  void note_request(const std::string& ip, ApiKey api);
  void whole_sent(const std::string& ip, std::string_view frame);
  void records_sent(const std::string& ip, codec::Reader& reader, int16_t version);
  void commits_sent(codec::Reader& reader, int16_t version);

  const Queries* queries_ = nullptr;
  RateWatch rates_;
  std::map<uint64_t, RequestTap> taps_;    // of connections, by number
  std::map<uint64_t, FakeTlsTap> opened_;  // of the same, if they speak TLS
  int64_t ends_ = 0;                       // of all logs
  int64_t arrived_ = 0, excuses_ = 0;      // Produce requests
  bool misled_ = false;
  bool alice_ = true;  // who logs in
  std::chrono::nanoseconds looked_at_{-1};
  std::vector<std::unique_ptr<Sender>> senders_;
  std::vector<std::unique_ptr<Reader>> readers_;
};

/// Runs one seed. A broken world (an endless loop) is a violation too.
RunResult run_seed(uint64_t seed, std::FILE* trace);

}  // namespace kafka::sim
