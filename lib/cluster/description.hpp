// The public form of a Metadata answer, made in steps: an answer may name 100,000 topics.
// Not here: asking (metadata_query), what the client keeps for itself (topic_cache).
#pragma once

#include <kafka/types.hpp>

#include <cstddef>

#include "protocol/metadata.hpp"

namespace kafka::cluster {

/// Owns an answer and the part of it that has been converted.
class Description {
 public:
  /// Topics and partitions that one step converts at most.
  static constexpr size_t kStep = 64;

  explicit Description(protocol::MetadataResponse response);

  /// Converts some more. True once all of it is converted.
  bool step();
  /// What has been converted.
  ClusterMetadata take() { return std::move(cluster_); }

 private:
  using Topic = protocol::MetadataResponse::MetadataResponseTopic;

  TopicInfo* begin(Topic& topic);
  void finish(TopicInfo& info);

  protocol::MetadataResponse response_;
  ClusterMetadata cluster_;
  size_t topic_ = 0;           // the next one
  size_t partition_ = 0;       // the next one of it
  TopicInfo* info_ = nullptr;  // of a topic whose partitions are being converted
};

}  // namespace kafka::cluster
