// One look at a cluster: how far topics and groups have come.
// Not here: how that changes from one look to the next (board.hpp).
#pragma once

#include <kafka/kafka.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace cli {

struct TopicRound {
  size_t partitions = 0;
  size_t without_leader = 0;
  size_t under_replicated = 0;
  int64_t end = 0;  ///< the sum of the ends that are known
};

struct GroupRound {
  kafka::GroupDescription description;
  std::vector<kafka::PartitionLag> partitions;
};

/// What was found.
struct ClusterRound {
  std::string cluster_id;
  size_t brokers = 0;
  std::map<std::string, TopicRound> topics;
  std::map<std::string, GroupRound> groups;
  std::vector<std::string> troubles;  ///< what could not be found out, each once
};

/// Owns the questions of one round. All of them go out side by side.
class ClusterReader {
 public:
  /// Only these; empty: all. Of groups only what they read of these topics.
  ClusterReader(kafka::Session& session, std::vector<std::string> topics, std::vector<std::string> groups)
      : session_(session), offsets_(session), groups_(session), topics_(std::move(topics)), names_(std::move(groups)) {}

  /// `done` runs once, when every question has its answer. One round at a time.
  void read(std::function<void(ClusterRound)> done);

 private:
  void take(const kafka::ClusterMetadata& cluster);
  bool is_wanted(const std::string& topic) const;
  void ask_groups(std::vector<std::string> names);
  void trouble(const std::string& about, const kafka::Error& error);
  void answered();

  kafka::Session& session_;
  kafka::OffsetMaster offsets_;
  kafka::Groups groups_;
  const std::vector<std::string> topics_;
  const std::vector<std::string> names_;
  ClusterRound round_;
  std::function<void(ClusterRound)> done_;
  size_t open_ = 0;  // questions without an answer
};

}  // namespace cli
