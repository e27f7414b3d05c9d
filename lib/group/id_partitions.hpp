// Partitions of topics that are known by their ids, as KIP-848 names them. A topic that is deleted and made anew has
// another id.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "codec/uuid.hpp"
#include "protocol/consumer_group_heartbeat.hpp"

namespace kafka::group {

/// The numbers are sorted, and each is there once.
using IdPartitions = std::map<Uuid, std::vector<int32_t>>;

/// What a coordinator assigns. A partition that is named twice counts once; what cannot be a partition is left out.
IdPartitions read(const protocol::ConsumerGroupHeartbeatResponse::Assignment& assignment);
std::vector<protocol::ConsumerGroupHeartbeatRequest::TopicPartitions> write(const IdPartitions& partitions);

}  // namespace kafka::group
