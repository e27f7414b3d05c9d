// The names of all APIs, in the order of their keys (see api_key.hpp).
#include "protocol/api_key.hpp"

#include <cstddef>
#include <iterator>

namespace kafka::protocol {
namespace {

struct NamedKey {
  ApiKey key;
  std::string_view name;
};

constexpr NamedKey kNames[] = {
    {ApiKey::produce, "Produce"},
    {ApiKey::fetch, "Fetch"},
    {ApiKey::list_offsets, "ListOffsets"},
    {ApiKey::metadata, "Metadata"},
    {ApiKey::leader_and_isr, "LeaderAndIsr"},
    {ApiKey::stop_replica, "StopReplica"},
    {ApiKey::update_metadata, "UpdateMetadata"},
    {ApiKey::controlled_shutdown, "ControlledShutdown"},
    {ApiKey::offset_commit, "OffsetCommit"},
    {ApiKey::offset_fetch, "OffsetFetch"},
    {ApiKey::find_coordinator, "FindCoordinator"},
    {ApiKey::join_group, "JoinGroup"},
    {ApiKey::heartbeat, "Heartbeat"},
    {ApiKey::leave_group, "LeaveGroup"},
    {ApiKey::sync_group, "SyncGroup"},
    {ApiKey::describe_groups, "DescribeGroups"},
    {ApiKey::list_groups, "ListGroups"},
    {ApiKey::sasl_handshake, "SaslHandshake"},
    {ApiKey::api_versions, "ApiVersions"},
    {ApiKey::create_topics, "CreateTopics"},
    {ApiKey::delete_topics, "DeleteTopics"},
    {ApiKey::delete_records, "DeleteRecords"},
    {ApiKey::init_producer_id, "InitProducerId"},
    {ApiKey::offset_for_leader_epoch, "OffsetForLeaderEpoch"},
    {ApiKey::add_partitions_to_txn, "AddPartitionsToTxn"},
    {ApiKey::add_offsets_to_txn, "AddOffsetsToTxn"},
    {ApiKey::end_txn, "EndTxn"},
    {ApiKey::write_txn_markers, "WriteTxnMarkers"},
    {ApiKey::txn_offset_commit, "TxnOffsetCommit"},
    {ApiKey::describe_acls, "DescribeAcls"},
    {ApiKey::create_acls, "CreateAcls"},
    {ApiKey::delete_acls, "DeleteAcls"},
    {ApiKey::describe_configs, "DescribeConfigs"},
    {ApiKey::alter_configs, "AlterConfigs"},
    {ApiKey::alter_replica_log_dirs, "AlterReplicaLogDirs"},
    {ApiKey::describe_log_dirs, "DescribeLogDirs"},
    {ApiKey::sasl_authenticate, "SaslAuthenticate"},
    {ApiKey::create_partitions, "CreatePartitions"},
    {ApiKey::create_delegation_token, "CreateDelegationToken"},
    {ApiKey::renew_delegation_token, "RenewDelegationToken"},
    {ApiKey::expire_delegation_token, "ExpireDelegationToken"},
    {ApiKey::describe_delegation_token, "DescribeDelegationToken"},
    {ApiKey::delete_groups, "DeleteGroups"},
    {ApiKey::elect_leaders, "ElectLeaders"},
    {ApiKey::incremental_alter_configs, "IncrementalAlterConfigs"},
    {ApiKey::alter_partition_reassignments, "AlterPartitionReassignments"},
    {ApiKey::list_partition_reassignments, "ListPartitionReassignments"},
    {ApiKey::offset_delete, "OffsetDelete"},
    {ApiKey::describe_client_quotas, "DescribeClientQuotas"},
    {ApiKey::alter_client_quotas, "AlterClientQuotas"},
    {ApiKey::describe_user_scram_credentials, "DescribeUserScramCredentials"},
    {ApiKey::alter_user_scram_credentials, "AlterUserScramCredentials"},
    {ApiKey::vote, "Vote"},
    {ApiKey::begin_quorum_epoch, "BeginQuorumEpoch"},
    {ApiKey::end_quorum_epoch, "EndQuorumEpoch"},
    {ApiKey::describe_quorum, "DescribeQuorum"},
    {ApiKey::alter_partition, "AlterPartition"},
    {ApiKey::update_features, "UpdateFeatures"},
    {ApiKey::envelope, "Envelope"},
    {ApiKey::fetch_snapshot, "FetchSnapshot"},
    {ApiKey::describe_cluster, "DescribeCluster"},
    {ApiKey::describe_producers, "DescribeProducers"},
    {ApiKey::broker_registration, "BrokerRegistration"},
    {ApiKey::broker_heartbeat, "BrokerHeartbeat"},
    {ApiKey::unregister_broker, "UnregisterBroker"},
    {ApiKey::describe_transactions, "DescribeTransactions"},
    {ApiKey::list_transactions, "ListTransactions"},
    {ApiKey::allocate_producer_ids, "AllocateProducerIds"},
    {ApiKey::consumer_group_heartbeat, "ConsumerGroupHeartbeat"},
    {ApiKey::consumer_group_describe, "ConsumerGroupDescribe"},
    {ApiKey::controller_registration, "ControllerRegistration"},
    {ApiKey::get_telemetry_subscriptions, "GetTelemetrySubscriptions"},
    {ApiKey::push_telemetry, "PushTelemetry"},
    {ApiKey::assign_replicas_to_dirs, "AssignReplicasToDirs"},
    {ApiKey::list_config_resources, "ListConfigResources"},
    {ApiKey::describe_topic_partitions, "DescribeTopicPartitions"},
    {ApiKey::share_group_heartbeat, "ShareGroupHeartbeat"},
    {ApiKey::share_group_describe, "ShareGroupDescribe"},
    {ApiKey::share_fetch, "ShareFetch"},
    {ApiKey::share_acknowledge, "ShareAcknowledge"},
    {ApiKey::add_raft_voter, "AddRaftVoter"},
    {ApiKey::remove_raft_voter, "RemoveRaftVoter"},
    {ApiKey::update_raft_voter, "UpdateRaftVoter"},
    {ApiKey::initialize_share_group_state, "InitializeShareGroupState"},
    {ApiKey::read_share_group_state, "ReadShareGroupState"},
    {ApiKey::write_share_group_state, "WriteShareGroupState"},
    {ApiKey::delete_share_group_state, "DeleteShareGroupState"},
    {ApiKey::read_share_group_state_summary, "ReadShareGroupStateSummary"},
    {ApiKey::streams_group_heartbeat, "StreamsGroupHeartbeat"},
    {ApiKey::streams_group_describe, "StreamsGroupDescribe"},
    {ApiKey::describe_share_group_offsets, "DescribeShareGroupOffsets"},
    {ApiKey::alter_share_group_offsets, "AlterShareGroupOffsets"},
    {ApiKey::delete_share_group_offsets, "DeleteShareGroupOffsets"},
};

constexpr bool numbered_in_order() {
  for (size_t i = 0; i < std::size(kNames); ++i) {
    if (static_cast<size_t>(kNames[i].key) != i) return false;
  }
  return std::size(kNames) == kApiKeys;
}
static_assert(numbered_in_order());

}  // namespace

std::string_view known_name(ApiKey key) noexcept {
  const auto number = static_cast<int16_t>(key);
  return number >= 0 && number < kApiKeys ? kNames[number].name : std::string_view();
}

std::string name(ApiKey key) {
  const std::string_view known = known_name(key);
  return known.empty() ? "Api " + std::to_string(static_cast<int16_t>(key)) : std::string(known);
}

}  // namespace kafka::protocol
