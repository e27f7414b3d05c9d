// The one list of all APIs that this library speaks. A new API needs an #include and an entry here.
#pragma once

#include "protocol/api_versions.hpp"
#include "protocol/consumer_group_describe.hpp"
#include "protocol/consumer_group_heartbeat.hpp"
#include "protocol/create_partitions.hpp"
#include "protocol/create_topics.hpp"
#include "protocol/delete_groups.hpp"
#include "protocol/delete_records.hpp"
#include "protocol/delete_topics.hpp"
#include "protocol/describe_configs.hpp"
#include "protocol/describe_groups.hpp"
#include "protocol/fetch.hpp"
#include "protocol/find_coordinator.hpp"
#include "protocol/heartbeat.hpp"
#include "protocol/init_producer_id.hpp"
#include "protocol/join_group.hpp"
#include "protocol/leave_group.hpp"
#include "protocol/list_groups.hpp"
#include "protocol/list_offsets.hpp"
#include "protocol/metadata.hpp"
#include "protocol/offset_commit.hpp"
#include "protocol/offset_delete.hpp"
#include "protocol/offset_fetch.hpp"
#include "protocol/offset_for_leader_epoch.hpp"
#include "protocol/produce.hpp"
#include "protocol/sasl_authenticate.hpp"
#include "protocol/sasl_handshake.hpp"
#include "protocol/sync_group.hpp"

/// Calls X once for every API, with the name that its request and its response begin with, in the order of the keys.
#define UVKAFKA_EACH_API(X) \
  X(Produce)                \
  X(Fetch)                  \
  X(ListOffsets)            \
  X(Metadata)               \
  X(OffsetCommit)           \
  X(OffsetFetch)            \
  X(FindCoordinator)        \
  X(JoinGroup)              \
  X(Heartbeat)              \
  X(LeaveGroup)             \
  X(SyncGroup)              \
  X(DescribeGroups)         \
  X(ListGroups)             \
  X(SaslHandshake)          \
  X(ApiVersions)            \
  X(CreateTopics)           \
  X(DeleteTopics)           \
  X(DeleteRecords)          \
  X(InitProducerId)         \
  X(OffsetForLeaderEpoch)   \
  X(DescribeConfigs)        \
  X(SaslAuthenticate)       \
  X(CreatePartitions)       \
  X(DeleteGroups)           \
  X(OffsetDelete)           \
  X(ConsumerGroupHeartbeat) \
  X(ConsumerGroupDescribe)

namespace kafka::protocol {

/// The request that a message belongs to: itself, or the one that it answers.
template <class Message>
struct RequestOf {
  using Type = Message;
};

#define UVKAFKA_REQUEST_OF(Name)     \
  template <>                        \
  struct RequestOf<Name##Response> { \
    using Type = Name##Request;      \
  };
UVKAFKA_EACH_API(UVKAFKA_REQUEST_OF)
#undef UVKAFKA_REQUEST_OF

/// The row of the API that a request or a response belongs to.
template <class Message>
inline constexpr const ApiRow& row_of = Api<typename RequestOf<Message>::Type>::kRow;

}  // namespace kafka::protocol
