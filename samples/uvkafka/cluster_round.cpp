#include "cluster_round.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace cli {

void ClusterReader::read(std::function<void(ClusterRound)> done) {
  done_ = std::move(done);
  round_ = {};
  open_ = 2;
  auto described = [this](const kafka::Error& error, const kafka::ClusterMetadata& cluster) {
    if (error) {
      trouble("topics", error);
    } else {
      take(cluster);
    }
    answered();
  };
  if (topics_.empty()) {
    session_.cluster(described);
  } else {
    session_.get_metadata({topics_.begin(), topics_.end()}, described);
  }
  if (!names_.empty()) {
    ask_groups(names_);
    return answered();
  }
  groups_.list([this](const kafka::Error& error, const kafka::GroupList& found) {
    for (const auto& failure : found.failures) trouble("groups of " + failure.address, failure.error);
    if (error && found.failures.empty()) trouble("groups", error);
    std::vector<std::string> names;
    for (const kafka::ListedGroup& group : found.groups) names.push_back(group.name);
    ask_groups(std::move(names));
    answered();
  });
}

void ClusterReader::take(const kafka::ClusterMetadata& cluster) {
  round_.cluster_id = cluster.cluster_id;
  round_.brokers = cluster.brokers.size();
  kafka::Partitions led;
  for (const auto& [name, topic] : cluster.topics) {
    if (topic.internal && topics_.empty()) continue;
    if (topic.error) {
      trouble("topic " + name, topic.error);
      continue;
    }
    TopicRound& found = round_.topics[name];
    found.partitions = topic.partitions.size();
    for (const kafka::PartitionInfo& partition : topic.partitions) {
      found.under_replicated += partition.in_sync_replicas.size() < partition.replicas.size() ? 1 : 0;
      if (partition.leader < 0) {
        ++found.without_leader;
      } else {
        led[name].push_back(partition.partition);
      }
    }
  }
  if (led.empty()) return;
  ++open_;
  offsets_.fetch_latest(led, [this](const kafka::Error&, const std::vector<kafka::TopicOffset>& ends) {
    for (const kafka::TopicOffset& end : ends) {
      if (end.error) {
        trouble("topic " + end.topic, end.error);
      } else {
        round_.topics[end.topic].end += end.offset;
      }
    }
    answered();
  });
}

void ClusterReader::ask_groups(std::vector<std::string> names) {
  if (names.empty()) return;
  ++open_;
  groups_.describe(names, [this](const kafka::Error& error, const std::vector<kafka::GroupDescription>& found) {
    if (error && found.empty()) trouble("groups", error);
    for (const kafka::GroupDescription& group : found) {
      if (group.error && group.error != kafka::Errc::group_id_not_found) trouble("group " + group.name, group.error);
      round_.groups[group.name].description = group;
    }
    answered();
  });
  for (const std::string& name : names) {
    ++open_;
    groups_.lag(name, [this, name](const kafka::Error& error, std::vector<kafka::PartitionLag> partitions) {
      if (error && error != kafka::Errc::group_id_not_found) trouble("group " + name, error);
      std::erase_if(partitions, [this](const kafka::PartitionLag& each) { return !is_wanted(each.topic); });
      round_.groups[name].partitions = std::move(partitions);
      answered();
    });
  }
}

bool ClusterReader::is_wanted(const std::string& topic) const {
  return topics_.empty() || std::find(topics_.begin(), topics_.end(), topic) != topics_.end();
}

void ClusterReader::trouble(const std::string& about, const kafka::Error& error) {
  const std::string text = about + ": " + error.message() + " (" + error.name() + ")";
  const auto& all = round_.troubles;
  if (std::find(all.begin(), all.end(), text) == all.end()) round_.troubles.push_back(text);
}

void ClusterReader::answered() {
  if (--open_ > 0) return;
  // Groups that were not named are there for the topics.
  if (names_.empty() && !topics_.empty()) {
    std::erase_if(round_.groups, [](const auto& group) { return group.second.partitions.empty(); });
  }
  std::exchange(done_, nullptr)(std::move(round_));
}

}  // namespace cli
