// Breaks brokers, the network, answers and names, in the ways that the plan allows. heal() takes everything back.
#pragma once

#include <kafka/session.hpp>

#include <array>

#include "random/plan.hpp"
#include "random/random.hpp"
#include "sim_cluster.hpp"

namespace kafka::sim {

class Nemesis {
 public:
  Nemesis(const Plan& plan, SimWorld& world, SimCluster& brokers, const char* client);

  void act();
  void heal();
  size_t acts() const { return acts_; }
  /// Called before records are deleted or lost.
  Function<void()> before_truncation;
  /// Called when the records from there on are lost.
  Function<void(const TopicPartition&, int64_t)> after_cut;
  /// Called when the topic was deleted, and made anew with as many partitions.
  Function<void(const TopicPlan&)> after_recreation;
  /// Called when the topic has got more partitions: the first of the new ones.
  Function<void(const TopicPlan&, int32_t)> after_growth;
  /// Called when the partition has got another leader.
  Function<void(const TopicPartition&)> after_move;

 private:
  using Act = void (Nemesis::*)();
  void kill();
  void pause();
  void hole();
  void refuse();
  void reset();
  void move();
  void names();
  void reply();
  void break_answer();
  void upgrade();
  void truncate();
  void cut();
  void recreate();
  void grow();
  void lag();
  int broker() { return random_.integer(1, kBrokers); }
  std::string host() { return SimCluster::host(broker()); }
  TopicPartition partition();

  static constexpr int kBrokers = 3;
  static constexpr int32_t kMostPartitions = 6;
  const Plan& plan_;
  SimWorld& world_;
  SimCluster& brokers_;
  std::string client_;
  Random random_;
  std::vector<Act> kinds_;
  std::array<bool, kBrokers + 1> dead_{}, paused_{}, refused_{};
  std::array<std::string, kBrokers + 1> releases_{};
  std::array<int, kBrokers + 1> holes_{};  // 1: from the client, 2: to it, 3: both
  std::array<bool, kBrokers + 1> nameless_{};
  size_t acts_ = 0;
};

}  // namespace kafka::sim
