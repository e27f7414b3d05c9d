// One run: the world of one seed, its brokers, and processes with members of one group that come and go.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "group_random/judge.hpp"
#include "group_random/nemesis.hpp"
#include "group_random/plan.hpp"
#include "group_random/process.hpp"
#include "hostile/rate_watch.hpp"
#include "random/request_tap.hpp"
#include "seeds.hpp"
#include "sim_cluster.hpp"

namespace kafka::sim {

/// Owns the world of a run and everything in it.
class GroupRun {
 public:
  static constexpr const char* kGroup = "g";

  GroupRun(uint64_t seed, std::FILE* trace);
  ~GroupRun();
  SeedResult execute();

  // For processes.
  GroupPlan plan;
  SimWorld world;
  GroupJudge judge;
  void violation(const std::string& text);
  void note(const std::string& what, const Partitions& partitions);
  /// Watches what this process sends.
  void watch(const Process& process);
  /// How long its coordinator has not answered this host.
  Duration unheard(const std::string& host) const;
  bool may_stop_partitions() const { return plan.replies || plan.recreates; }
  /// Goes on at the group's offset, as an application would.
  void restart_partition(Consumer& consumer, const Event& event);

 private:
  struct Slot {
    const SlotPlan* plan = nullptr;
    std::vector<std::unique_ptr<Process>> processes;  // the older ones are on their way out, or a double
  };

  devbroker::Cluster& cluster() const { return brokers_->cluster(); }
  void make_cluster();
  void commit_sent(GroupJudge::Who who, std::string_view frame);
  void start(Slot& slot);
  void append(Random& random, int most);
  void append(const TopicPartition& partition, int count);
  void act_on_members(Random& random);
  void act_on(Slot& slot, Random& random);
  void storm(Random& random);
  void collect();
  void heal();
  void idle();
  void close();
  void judge_leftovers();
  std::vector<std::string> hosts() const;
  std::set<std::string> topics() const;
  std::string states() const;
  bool settled();
  size_t members();
  bool until(Duration limit, const std::function<bool()>& done);

  std::unique_ptr<SimCluster> brokers_;
  std::vector<std::string> violations_;
  std::vector<Slot> slots_;
  int processes_ = 0;
  std::set<std::string> hosts_ever_;
  std::map<std::string, std::map<uint64_t, RequestTap>> taps_;  // of each host's connections
  RateWatch rates_;
  std::map<std::string, size_t> requests_;  // of each API, by all members
  std::map<std::string, int> eras_;
  size_t appended_ = 0, stored_ = 0, acts_ = 0;
};

/// Runs one seed.
SeedResult run_group_seed(uint64_t seed, std::FILE* trace);

}  // namespace kafka::sim
