// Metadata of topics, for a walk over many partitions. Partitions of one topic usually stand side by side and share the
// string of the topic's name. So each name is looked up once.
#pragma once

#include "cluster/metadata.hpp"
#include "consumer/partition.hpp"

namespace kafka::consumer {

/// Owns the last topic that was looked up. Valid until metadata changes.
class TopicLookup {
 public:
  explicit TopicLookup(const cluster::Metadata& metadata) : metadata_(metadata) {}

  /// Null if metadata does not know the topic.
  const cluster::TopicState* of(const Partition& partition) {
    if (partition.topic.get() != name_) {
      name_ = partition.topic.get();
      state_ = metadata_.topic(*name_);
    }
    return state_;
  }

 private:
  const cluster::Metadata& metadata_;
  const std::string* name_ = nullptr;
  const cluster::TopicState* state_ = nullptr;
};

}  // namespace kafka::consumer
