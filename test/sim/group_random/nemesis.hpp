// Breaks brokers, the network, answers and topics, in the ways that the plan allows. heal() takes everything back.
// Not here: what happens to members (run.cpp).
#pragma once

#include <kafka/devbroker.hpp>

#include <array>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "group_random/plan.hpp"
#include "sim_cluster.hpp"

namespace kafka::sim {

/// Owns what is broken at the moment.
class GroupNemesis {
 public:
  GroupNemesis(const GroupPlan& plan, SimWorld& world, SimCluster& brokers, std::string group);

  /// `hosts` are those of the members that live.
  void act(const std::vector<std::string>& hosts);
  void heal();
  size_t acts() const { return acts_; }
  bool broken(int broker) const { return dead_[static_cast<size_t>(broker)] || paused_[static_cast<size_t>(broker)]; }

  /// Called when the topic was deleted and made anew.
  std::function<void(const std::string& topic)> after_recreation;
  /// Called when the topic was created, or has got more partitions.
  std::function<void(const std::string& topic)> after_growth;

 private:
  using Act = void (GroupNemesis::*)();
  void kill();
  void pause();
  void hole();
  void reset();
  void move();
  void lead();
  void reply();
  void break_answer();
  void grow();
  void recreate();
  int broker() { return random_.integer(1, plan_.brokers); }

  static constexpr int kMostBrokers = 3;
  static constexpr int kMostPartitions = 10;
  const GroupPlan& plan_;
  SimWorld& world_;
  SimCluster& brokers_;
  const std::string group_;
  Random random_;
  std::vector<Act> kinds_;
  std::vector<std::string> hosts_;
  std::array<bool, kMostBrokers + 1> dead_{}, paused_{};
  std::set<std::pair<std::string, std::string>> holes_;  // from whom to whom
  size_t acts_ = 0;
};

}  // namespace kafka::sim
