// Whether a request names a topic or a partition: faults with a filter ask.
#pragma once

#include <cstdint>
#include <string>

#include "codec/types.hpp"
#include "devbroker/cluster.hpp"
#include "protocol/apis.hpp"

namespace kafka::devbroker {

/// Looks for one topic in a request, and for one of its partitions if that is not -1.
struct Mention {
  Cluster& cluster;
  int32_t broker;  ///< the one that is asked
  const std::string& topic;
  int32_t partition;

  bool in(const protocol::ProduceRequest& request) const;
  /// The partitions of the fetch session count too.
  bool in(const protocol::FetchRequest& request) const;
  bool in(const protocol::ListOffsetsRequest& request) const;
  /// Metadata names topics only, so any partition of the topic is found.
  bool in(const protocol::MetadataRequest& request) const;
  bool in(const protocol::OffsetCommitRequest& request) const;
  bool in(const protocol::OffsetFetchRequest& request) const;
  bool in(const protocol::OffsetDeleteRequest& request) const;
  /// The topics that a member subscribes to by name, in the heartbeats in which it says so; any partition of them.
  bool in(const protocol::ConsumerGroupHeartbeatRequest& request) const;
  bool in(const protocol::OffsetForLeaderEpochRequest& request) const;
  bool in(const protocol::CreateTopicsRequest& request) const;
  bool in(const protocol::DeleteTopicsRequest& request) const;
  bool in(const protocol::CreatePartitionsRequest& request) const;
  bool in(const protocol::DeleteRecordsRequest& request) const;
  bool in(const protocol::DescribeConfigsRequest& request) const;
  /// Requests that name no topic.
  template <class Request>
  bool in(const Request&) const {
    return false;
  }

 private:
  bool is_topic(const std::string& name, const Uuid& id = {}) const;
  bool is_partition(int32_t number) const { return partition < 0 || number == partition; }
  template <class Topics>
  bool in_offsets(const Topics& topics) const;
};

}  // namespace kafka::devbroker
