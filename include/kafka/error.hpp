// Errors are values: a code, a text that says what and where, and what may be done about it.
#pragma once

#include <kafka/export.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace kafka {

/// What went wrong. Codes from -1 upwards are Kafka's own. A broker may send a number that this list does not know; it
/// is kept as it came. Codes from -1000 downwards are this library's own.
enum class Errc : int32_t {
  unknown_server_error = -1,
  none = 0,
  offset_out_of_range = 1,
  corrupt_message = 2,
  unknown_topic_or_partition = 3,
  invalid_fetch_size = 4,
  leader_not_available = 5,
  not_leader_or_follower = 6,
  request_timed_out = 7,
  broker_not_available = 8,
  replica_not_available = 9,
  message_too_large = 10,
  stale_controller_epoch = 11,
  offset_metadata_too_large = 12,
  network_exception = 13,
  coordinator_load_in_progress = 14,
  coordinator_not_available = 15,
  not_coordinator = 16,
  invalid_topic = 17,
  record_list_too_large = 18,
  not_enough_replicas = 19,
  not_enough_replicas_after_append = 20,
  invalid_required_acks = 21,
  illegal_generation = 22,
  inconsistent_group_protocol = 23,
  invalid_group_id = 24,
  unknown_member_id = 25,
  invalid_session_timeout = 26,
  rebalance_in_progress = 27,
  invalid_commit_offset_size = 28,
  topic_authorization_failed = 29,
  group_authorization_failed = 30,
  cluster_authorization_failed = 31,
  invalid_timestamp = 32,
  unsupported_sasl_mechanism = 33,
  illegal_sasl_state = 34,
  unsupported_version = 35,
  topic_already_exists = 36,
  invalid_partitions = 37,
  invalid_replication_factor = 38,
  invalid_replica_assignment = 39,
  invalid_config = 40,
  not_controller = 41,
  invalid_request = 42,
  unsupported_for_message_format = 43,
  policy_violation = 44,
  out_of_order_sequence_number = 45,
  duplicate_sequence_number = 46,
  invalid_producer_epoch = 47,
  invalid_txn_state = 48,
  invalid_producer_id_mapping = 49,
  invalid_transaction_timeout = 50,
  concurrent_transactions = 51,
  transaction_coordinator_fenced = 52,
  transactional_id_authorization_failed = 53,
  security_disabled = 54,
  operation_not_attempted = 55,
  kafka_storage_error = 56,
  log_dir_not_found = 57,
  sasl_authentication_failed = 58,
  unknown_producer_id = 59,
  reassignment_in_progress = 60,
  delegation_token_auth_disabled = 61,
  delegation_token_not_found = 62,
  delegation_token_owner_mismatch = 63,
  delegation_token_request_not_allowed = 64,
  delegation_token_authorization_failed = 65,
  delegation_token_expired = 66,
  invalid_principal_type = 67,
  non_empty_group = 68,
  group_id_not_found = 69,
  fetch_session_id_not_found = 70,
  invalid_fetch_session_epoch = 71,
  listener_not_found = 72,
  topic_deletion_disabled = 73,
  fenced_leader_epoch = 74,
  unknown_leader_epoch = 75,
  unsupported_compression_type = 76,
  stale_broker_epoch = 77,
  offset_not_available = 78,
  member_id_required = 79,
  preferred_leader_not_available = 80,
  group_max_size_reached = 81,
  fenced_instance_id = 82,
  eligible_leaders_not_available = 83,
  election_not_needed = 84,
  no_reassignment_in_progress = 85,
  group_subscribed_to_topic = 86,
  invalid_record = 87,
  unstable_offset_commit = 88,
  throttling_quota_exceeded = 89,
  producer_fenced = 90,
  resource_not_found = 91,
  duplicate_resource = 92,
  unacceptable_credential = 93,
  inconsistent_voter_set = 94,
  invalid_update_version = 95,
  feature_update_failed = 96,
  principal_deserialization_failure = 97,
  snapshot_not_found = 98,
  position_out_of_range = 99,
  unknown_topic_id = 100,
  duplicate_broker_registration = 101,
  broker_id_not_registered = 102,
  inconsistent_topic_id = 103,
  inconsistent_cluster_id = 104,
  transactional_id_not_found = 105,
  fetch_session_topic_id_error = 106,
  ineligible_replica = 107,
  new_leader_elected = 108,
  offset_moved_to_tiered_storage = 109,
  fenced_member_epoch = 110,
  unreleased_instance_id = 111,
  unsupported_assignor = 112,
  stale_member_epoch = 113,
  mismatched_endpoint_type = 114,
  unsupported_endpoint_type = 115,
  unknown_controller_id = 116,
  unknown_subscription_id = 117,
  telemetry_too_large = 118,
  invalid_registration = 119,
  transaction_abortable = 120,
  invalid_record_state = 121,
  share_session_not_found = 122,
  invalid_share_session_epoch = 123,
  fenced_state_epoch = 124,
  invalid_voter_key = 125,
  duplicate_voter = 126,
  voter_not_found = 127,
  invalid_regular_expression = 128,
  rebootstrap_required = 129,
  streams_invalid_topology = 130,
  streams_invalid_topology_epoch = 131,
  streams_topology_fenced = 132,
  share_session_limit_reached = 133,
  closed = -1000,               ///< The session, producer or consumer was closed before the operation ended.
  cancelled = -1001,            ///< The operation was cancelled by its caller.
  invalid_argument = -1002,     ///< An argument is out of its range; the text names it and the range.
  invalid_option = -1003,       ///< An option is unknown or out of its range; the text names it and the range.
  queue_full = -1004,           ///< `buffer_memory` is full. Nothing was queued; `on_drain` tells when there is room.
  timed_out = -1005,            ///< The deadline of the operation passed.
  connect_failed = -1006,       ///< No connection could be made.
  disconnected = -1007,         ///< The connection ended while the request was under way.
  resolve_failed = -1008,       ///< A host name could not be resolved.
  protocol_error = -1009,       ///< The peer sent bytes that are not the Kafka protocol.
  unsupported_codec = -1010,    ///< The compression codec is unknown or not built in.
  unsupported_feature = -1011,  ///< The broker or this build cannot do what was asked.
  already_answered = -1012,     ///< The envelope was answered before.
  lost = -1013,                 ///< The consumer does not wait for this answer any more; the answer changes nothing.
  envelope_dropped = -1014,     ///< An envelope was destroyed without an answer.
  no_offset = -1015,            ///< Nothing is committed, and `auto_offset_reset` is none.
  too_large = -1016,            ///< Something received exceeds a limit; the text names the limit.
  stalled = -1017,              ///< The loop did not turn for longer than allowed.
  address_error = -1018,        ///< An address cannot be listened on or used.
  wrong_state = -1019,          ///< The object cannot do this now; the text says why. Of the C API.
  wrong_thread = -1020,         ///< The call belongs to another thread, the one that made the session. Of the C API.
  ssl_error = -1021,            ///< TLS failed: a certificate, its name, or nothing in common; the text says which.
};

/// An error, or none. Cheap to make, copy and test when there is none.
class UVKAFKA_API Error {
 public:
  Error() noexcept = default;
  Error(Errc code) noexcept : code_(code) {}
  /// `detail` says what and where: the option, topic, partition, address or limit.
  Error(Errc code, std::string detail);

  /// True if this is an error.
  explicit operator bool() const noexcept { return code_ != Errc::none; }

  Errc code() const noexcept { return code_; }
  /// Kafka's (or this library's) name of the code, in lower case; "unknown_code_N" for a number that neither knows.
  std::string name() const;
  /// What the code means, then the detail if there is one. Bytes that a broker sent are escaped and cut to a limited
  /// length.
  std::string message() const;
  /// The detail alone; "" if there is none.
  std::string_view detail() const noexcept;

  /// True if the same operation may succeed later without the application changing anything.
  bool retriable() const noexcept;
  /// True if the object that reported it can no longer be used.
  bool fatal() const noexcept;

  friend bool operator==(const Error& a, const Error& b) noexcept { return a.code_ == b.code_; }
  friend bool operator==(const Error& a, Errc b) noexcept { return a.code_ == b; }

 private:
  Errc code_ = Errc::none;
  std::shared_ptr<const std::string> detail_;
};

/// Whether a record is in the log: `no` (certainly not), `maybe` (nobody can know), or `yes`.
enum class Persistence : uint8_t { no, maybe, yes };

}  // namespace kafka
