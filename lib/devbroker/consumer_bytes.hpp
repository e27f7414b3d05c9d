// The bytes that consumers of the classic protocol send each other through the broker: what they subscribe to
// (ConsumerProtocolSubscription) and what they were assigned (ConsumerProtocolAssignment). A broker reads them where it
// has to: to protect offsets, and when members of both protocols share a group (KIP-848). The client has its own reader
// (group/subscription).
#pragma once

#include <kafka/types.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.hpp"

namespace kafka::devbroker {

struct ConsumerSubscription {
  int16_t version = 0;
  std::vector<std::string> topics = {};
  std::vector<TopicPartition> owned = {};  ///< from version 1 on
};

/// Nothing if the bytes are no subscription.
std::optional<ConsumerSubscription> read_subscription(const Bytes& bytes);
/// Empty if the bytes are no assignment.
std::vector<TopicPartition> read_assignment(const Bytes& bytes);
/// `partitions` are sorted.
Bytes write_assignment(const std::vector<TopicPartition>& partitions, int16_t version);

}  // namespace kafka::devbroker
