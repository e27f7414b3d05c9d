#include "cluster/description.hpp"

#include <algorithm>
#include <utility>

#include "base/error_table.hpp"
#include "cluster/metadata_answer.hpp"

namespace kafka::cluster {

Description::Description(protocol::MetadataResponse response) : response_(std::move(response)) {
  cluster_.cluster_id = response_.cluster_id.value_or("");
  cluster_.controller = response_.controller_id;
  cluster_.brokers = usable_brokers(response_);
}

bool Description::step() {
  for (size_t left = kStep; left > 0 && topic_ < response_.topics.size(); --left) {
    Topic& topic = response_.topics[topic_];
    if (info_ == nullptr) info_ = begin(topic);
    if (info_ != nullptr && partition_ < topic.partitions.size()) {
      auto& partition = topic.partitions[partition_++];
      info_->partitions.push_back({partition.partition_index, broker_error(partition.error_code), partition.leader_id,
                                   partition.leader_epoch, std::move(partition.replica_nodes),
                                   std::move(partition.isr_nodes)});
      continue;
    }
    if (info_ != nullptr) finish(*info_);
    info_ = nullptr;
    partition_ = 0;
    ++topic_;
  }
  return topic_ == response_.topics.size();
}

// Null if the topic is left out.
TopicInfo* Description::begin(Topic& topic) {
  if (!topic.name) return nullptr;
  const auto [place, fresh] = cluster_.topics.try_emplace(*topic.name);
  if (!fresh) return nullptr;  // repeated: the first counts
  TopicInfo& info = place->second;
  if (topic.error_code != 0) info.error = broker_error(topic.error_code, *topic.name);
  info.name = std::move(*topic.name);
  info.internal = topic.is_internal;
  info.partitions.reserve(topic.partitions.size());
  return &info;
}

// Brokers name partitions in any order. Of a repeated one the first counts.
void Description::finish(TopicInfo& info) {
  auto& partitions = info.partitions;
  const auto less = [](const PartitionInfo& a, const PartitionInfo& b) { return a.partition < b.partition; };
  const auto same = [](const PartitionInfo& a, const PartitionInfo& b) { return a.partition == b.partition; };
  if (!std::is_sorted(partitions.begin(), partitions.end(), less)) {
    std::stable_sort(partitions.begin(), partitions.end(), less);
  }
  partitions.erase(std::unique(partitions.begin(), partitions.end(), same), partitions.end());
}

}  // namespace kafka::cluster
