// What a seed decides before a run of groups: the cluster, the members with their options, and which kinds of fault
// there are.
// Not here: what happens in the run (run.cpp), what must hold (judge.hpp).
#pragma once

#include <kafka/options.hpp>

#include <string>
#include <vector>

#include "random/random.hpp"
#include "sim_reactor.hpp"

namespace kafka::sim {

struct GroupTopic {
  std::string name;
  int partitions = 1;
  bool created = true;  ///< before the run; otherwise in its course
};

/// How long brokers wait for members by the protocol of KIP-848.
constexpr std::chrono::milliseconds kBrokersSession{45000};

/// A place in the group that one member after another takes.
struct SlotPlan {
  std::string name;
  ConsumerOptions options;
  SessionOptions session;
  std::vector<std::string> topics;
  int batch_max = 0;         ///< 0: single envelopes
  int commit_percent = 100;  ///< of the answers are commits, the others acks
  int late_percent = 0;      ///< of the answers come later than the callback
  int64_t latest_ms = 50;    ///< so much later at most
  int hold_percent = 0;      ///< of the Revocations are held for a while
  int stop_percent = 0;      ///< per step: the consumption stops, and begins again
  int change_percent = 0;    ///< per step: other topics, or rebalance()
  Duration slow_longest{};   ///< callbacks take up to this
  int slow_percent = 0;      ///< so many of them
};

struct GroupPlan {
  explicit GroupPlan(uint64_t seed);
  std::string text() const;
  /// Every broker takes the ids of topics in Fetch and OffsetCommit.
  bool by_id() const;
  /// The group has members of both protocols.
  bool mixed() const;
  /// After this time the group has put out members that died without a word.
  Duration longest_session() const;

  uint64_t seed;
  int brokers = 3;
  std::vector<std::string> releases;  ///< one for each broker
  std::vector<GroupTopic> topics;
  std::vector<SlotPlan> slots;
  int64_t initial_delay_ms = 0;
  int append_percent = 50;  ///< per step: records are written

  Duration least_latency{}, most_latency{};
  SimFaults faults;
  Duration duration{};
  int64_t step_ms = 500;  ///< between two steps, at most
  // What happens to members.
  bool die = false, stand_still = false, leave = false, double_up = false;
  // What happens to brokers and to the network.
  bool kill = false, pause = false, holes = false, reset = false, move = false, lead = false;
  bool replies = false, breaks = false;
  // What happens to topics.
  bool grows = false, recreates = false;
  bool storms = false;  ///< all members come and go at once
};

}  // namespace kafka::sim
