// Error codes and error objects of the C API. A code is 0, a broker's own (above 0, or -1), or one of this library
// (-1000 and below). A broker may send a code that this list does not have; it is kept as it came.
#ifndef KAFKA_C_ERROR_H
#define KAFKA_C_ERROR_H

#include <kafka/c/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Kafka's codes and this library's, with the names of kafka::Errc.
enum {
  KAFKA_UNKNOWN_SERVER_ERROR = -1,
  KAFKA_OK = 0,
  KAFKA_OFFSET_OUT_OF_RANGE = 1,
  KAFKA_CORRUPT_MESSAGE = 2,
  KAFKA_UNKNOWN_TOPIC_OR_PARTITION = 3,
  KAFKA_INVALID_FETCH_SIZE = 4,
  KAFKA_LEADER_NOT_AVAILABLE = 5,
  KAFKA_NOT_LEADER_OR_FOLLOWER = 6,
  KAFKA_REQUEST_TIMED_OUT = 7,
  KAFKA_BROKER_NOT_AVAILABLE = 8,
  KAFKA_REPLICA_NOT_AVAILABLE = 9,
  KAFKA_MESSAGE_TOO_LARGE = 10,
  KAFKA_STALE_CONTROLLER_EPOCH = 11,
  KAFKA_OFFSET_METADATA_TOO_LARGE = 12,
  KAFKA_NETWORK_EXCEPTION = 13,
  KAFKA_COORDINATOR_LOAD_IN_PROGRESS = 14,
  KAFKA_COORDINATOR_NOT_AVAILABLE = 15,
  KAFKA_NOT_COORDINATOR = 16,
  KAFKA_INVALID_TOPIC = 17,
  KAFKA_RECORD_LIST_TOO_LARGE = 18,
  KAFKA_NOT_ENOUGH_REPLICAS = 19,
  KAFKA_NOT_ENOUGH_REPLICAS_AFTER_APPEND = 20,
  KAFKA_INVALID_REQUIRED_ACKS = 21,
  KAFKA_ILLEGAL_GENERATION = 22,
  KAFKA_INCONSISTENT_GROUP_PROTOCOL = 23,
  KAFKA_INVALID_GROUP_ID = 24,
  KAFKA_UNKNOWN_MEMBER_ID = 25,
  KAFKA_INVALID_SESSION_TIMEOUT = 26,
  KAFKA_REBALANCE_IN_PROGRESS = 27,
  KAFKA_INVALID_COMMIT_OFFSET_SIZE = 28,
  KAFKA_TOPIC_AUTHORIZATION_FAILED = 29,
  KAFKA_GROUP_AUTHORIZATION_FAILED = 30,
  KAFKA_CLUSTER_AUTHORIZATION_FAILED = 31,
  KAFKA_INVALID_TIMESTAMP = 32,
  KAFKA_UNSUPPORTED_SASL_MECHANISM = 33,
  KAFKA_ILLEGAL_SASL_STATE = 34,
  KAFKA_UNSUPPORTED_VERSION = 35,
  KAFKA_TOPIC_ALREADY_EXISTS = 36,
  KAFKA_INVALID_PARTITIONS = 37,
  KAFKA_INVALID_REPLICATION_FACTOR = 38,
  KAFKA_INVALID_REPLICA_ASSIGNMENT = 39,
  KAFKA_INVALID_CONFIG = 40,
  KAFKA_NOT_CONTROLLER = 41,
  KAFKA_INVALID_REQUEST = 42,
  KAFKA_UNSUPPORTED_FOR_MESSAGE_FORMAT = 43,
  KAFKA_POLICY_VIOLATION = 44,
  KAFKA_OUT_OF_ORDER_SEQUENCE_NUMBER = 45,
  KAFKA_DUPLICATE_SEQUENCE_NUMBER = 46,
  KAFKA_INVALID_PRODUCER_EPOCH = 47,
  KAFKA_INVALID_TXN_STATE = 48,
  KAFKA_INVALID_PRODUCER_ID_MAPPING = 49,
  KAFKA_INVALID_TRANSACTION_TIMEOUT = 50,
  KAFKA_CONCURRENT_TRANSACTIONS = 51,
  KAFKA_TRANSACTION_COORDINATOR_FENCED = 52,
  KAFKA_TRANSACTIONAL_ID_AUTHORIZATION_FAILED = 53,
  KAFKA_SECURITY_DISABLED = 54,
  KAFKA_OPERATION_NOT_ATTEMPTED = 55,
  KAFKA_KAFKA_STORAGE_ERROR = 56,
  KAFKA_LOG_DIR_NOT_FOUND = 57,
  KAFKA_SASL_AUTHENTICATION_FAILED = 58,
  KAFKA_UNKNOWN_PRODUCER_ID = 59,
  KAFKA_REASSIGNMENT_IN_PROGRESS = 60,
  KAFKA_DELEGATION_TOKEN_AUTH_DISABLED = 61,
  KAFKA_DELEGATION_TOKEN_NOT_FOUND = 62,
  KAFKA_DELEGATION_TOKEN_OWNER_MISMATCH = 63,
  KAFKA_DELEGATION_TOKEN_REQUEST_NOT_ALLOWED = 64,
  KAFKA_DELEGATION_TOKEN_AUTHORIZATION_FAILED = 65,
  KAFKA_DELEGATION_TOKEN_EXPIRED = 66,
  KAFKA_INVALID_PRINCIPAL_TYPE = 67,
  KAFKA_NON_EMPTY_GROUP = 68,
  KAFKA_GROUP_ID_NOT_FOUND = 69,
  KAFKA_FETCH_SESSION_ID_NOT_FOUND = 70,
  KAFKA_INVALID_FETCH_SESSION_EPOCH = 71,
  KAFKA_LISTENER_NOT_FOUND = 72,
  KAFKA_TOPIC_DELETION_DISABLED = 73,
  KAFKA_FENCED_LEADER_EPOCH = 74,
  KAFKA_UNKNOWN_LEADER_EPOCH = 75,
  KAFKA_UNSUPPORTED_COMPRESSION_TYPE = 76,
  KAFKA_STALE_BROKER_EPOCH = 77,
  KAFKA_OFFSET_NOT_AVAILABLE = 78,
  KAFKA_MEMBER_ID_REQUIRED = 79,
  KAFKA_PREFERRED_LEADER_NOT_AVAILABLE = 80,
  KAFKA_GROUP_MAX_SIZE_REACHED = 81,
  KAFKA_FENCED_INSTANCE_ID = 82,
  KAFKA_ELIGIBLE_LEADERS_NOT_AVAILABLE = 83,
  KAFKA_ELECTION_NOT_NEEDED = 84,
  KAFKA_NO_REASSIGNMENT_IN_PROGRESS = 85,
  KAFKA_GROUP_SUBSCRIBED_TO_TOPIC = 86,
  KAFKA_INVALID_RECORD = 87,
  KAFKA_UNSTABLE_OFFSET_COMMIT = 88,
  KAFKA_THROTTLING_QUOTA_EXCEEDED = 89,
  KAFKA_PRODUCER_FENCED = 90,
  KAFKA_RESOURCE_NOT_FOUND = 91,
  KAFKA_DUPLICATE_RESOURCE = 92,
  KAFKA_UNACCEPTABLE_CREDENTIAL = 93,
  KAFKA_INCONSISTENT_VOTER_SET = 94,
  KAFKA_INVALID_UPDATE_VERSION = 95,
  KAFKA_FEATURE_UPDATE_FAILED = 96,
  KAFKA_PRINCIPAL_DESERIALIZATION_FAILURE = 97,
  KAFKA_SNAPSHOT_NOT_FOUND = 98,
  KAFKA_POSITION_OUT_OF_RANGE = 99,
  KAFKA_UNKNOWN_TOPIC_ID = 100,
  KAFKA_DUPLICATE_BROKER_REGISTRATION = 101,
  KAFKA_BROKER_ID_NOT_REGISTERED = 102,
  KAFKA_INCONSISTENT_TOPIC_ID = 103,
  KAFKA_INCONSISTENT_CLUSTER_ID = 104,
  KAFKA_TRANSACTIONAL_ID_NOT_FOUND = 105,
  KAFKA_FETCH_SESSION_TOPIC_ID_ERROR = 106,
  KAFKA_INELIGIBLE_REPLICA = 107,
  KAFKA_NEW_LEADER_ELECTED = 108,
  KAFKA_OFFSET_MOVED_TO_TIERED_STORAGE = 109,
  KAFKA_FENCED_MEMBER_EPOCH = 110,
  KAFKA_UNRELEASED_INSTANCE_ID = 111,
  KAFKA_UNSUPPORTED_ASSIGNOR = 112,
  KAFKA_STALE_MEMBER_EPOCH = 113,
  KAFKA_MISMATCHED_ENDPOINT_TYPE = 114,
  KAFKA_UNSUPPORTED_ENDPOINT_TYPE = 115,
  KAFKA_UNKNOWN_CONTROLLER_ID = 116,
  KAFKA_UNKNOWN_SUBSCRIPTION_ID = 117,
  KAFKA_TELEMETRY_TOO_LARGE = 118,
  KAFKA_INVALID_REGISTRATION = 119,
  KAFKA_TRANSACTION_ABORTABLE = 120,
  KAFKA_INVALID_RECORD_STATE = 121,
  KAFKA_SHARE_SESSION_NOT_FOUND = 122,
  KAFKA_INVALID_SHARE_SESSION_EPOCH = 123,
  KAFKA_FENCED_STATE_EPOCH = 124,
  KAFKA_INVALID_VOTER_KEY = 125,
  KAFKA_DUPLICATE_VOTER = 126,
  KAFKA_VOTER_NOT_FOUND = 127,
  KAFKA_INVALID_REGULAR_EXPRESSION = 128,
  KAFKA_REBOOTSTRAP_REQUIRED = 129,
  KAFKA_STREAMS_INVALID_TOPOLOGY = 130,
  KAFKA_STREAMS_INVALID_TOPOLOGY_EPOCH = 131,
  KAFKA_STREAMS_TOPOLOGY_FENCED = 132,
  KAFKA_SHARE_SESSION_LIMIT_REACHED = 133,
  KAFKA_CLOSED = -1000,            ///< The session, producer or consumer was closed before the operation ended.
  KAFKA_CANCELLED = -1001,         ///< The operation was cancelled by its caller.
  KAFKA_INVALID_ARGUMENT = -1002,  ///< An argument is out of its range; the text names it and the range.
  KAFKA_INVALID_OPTION = -1003,    ///< An option is unknown or out of its range; the text names it and the range.
  KAFKA_QUEUE_FULL = -1004,      ///< `buffer_memory` is full. Nothing was queued; `on_drain` tells when there is room.
  KAFKA_TIMED_OUT = -1005,       ///< The deadline of the operation passed.
  KAFKA_CONNECT_FAILED = -1006,  ///< No connection could be made.
  KAFKA_DISCONNECTED = -1007,    ///< The connection ended while the request was under way.
  KAFKA_RESOLVE_FAILED = -1008,  ///< A host name could not be resolved.
  KAFKA_PROTOCOL_ERROR = -1009,  ///< The peer sent bytes that are not the Kafka protocol.
  KAFKA_UNSUPPORTED_CODEC = -1010,    ///< The compression codec is unknown or not built in.
  KAFKA_UNSUPPORTED_FEATURE = -1011,  ///< The broker or this build cannot do what was asked.
  KAFKA_ALREADY_ANSWERED = -1012,     ///< The envelope was answered before.
  KAFKA_LOST = -1013,              ///< The consumer does not wait for this answer any more; the answer changes nothing.
  KAFKA_ENVELOPE_DROPPED = -1014,  ///< An envelope was destroyed without an answer.
  KAFKA_NO_OFFSET = -1015,         ///< Nothing is committed, and `auto_offset_reset` is none.
  KAFKA_TOO_LARGE = -1016,         ///< Something received exceeds a limit; the text names the limit.
  KAFKA_STALLED = -1017,           ///< The loop did not turn for longer than allowed.
  KAFKA_ADDRESS_ERROR = -1018,     ///< An address cannot be listened on or used.
  KAFKA_WRONG_STATE = -1019,       ///< The object cannot do this now; the text says why.
  KAFKA_WRONG_THREAD = -1020,      ///< The call belongs to another thread, the one that made the session.
  KAFKA_SSL_ERROR = -1021,         ///< TLS failed: a certificate, its name, or nothing in common; the text says which.
};

/// The code's name in lower case, for example "not_leader_or_follower"; "unknown_code" for a number that nobody knows.
/// Valid for ever.
UVKAFKA_API const char* kafka_code_name(int code);
/// What the code means, in one sentence. Valid for ever.
UVKAFKA_API const char* kafka_code_text(int code);

/// The code; 0 for NULL.
UVKAFKA_API int kafka_error_code(const kafka_error* error);
/// What the code means, then the detail; "" for NULL. Valid as long as the error.
UVKAFKA_API const char* kafka_error_message(const kafka_error* error);
/// What and where: the option, topic, partition, address or limit; "" for NULL, or if there is none. Valid as long as
/// the error.
UVKAFKA_API const char* kafka_error_detail(const kafka_error* error);
/// 1 if the same operation may succeed later without a change by the program, else 0.
UVKAFKA_API int kafka_error_retriable(const kafka_error* error);
/// 1 if the object that reported it can no longer be used, else 0.
UVKAFKA_API int kafka_error_fatal(const kafka_error* error);
/// A copy that is the caller's, to be freed with kafka_error_free(). NULL for NULL.
UVKAFKA_API kafka_error* kafka_error_copy(const kafka_error* error);
/// Frees a copy. NULL is allowed.
UVKAFKA_API void kafka_error_free(kafka_error* error);
/// Why the last call of this thread that failed did so: a call that returned a code, or NULL in place of an object.
/// Like errno, a call that succeeds leaves it as it is. NULL if none has failed. Valid until the next one fails.
UVKAFKA_API const kafka_error* kafka_last_error(void);

#ifdef __cplusplus
}
#endif
#endif
