// The small value types of the public API.
#pragma once

#include <kafka/error.hpp>

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace kafka {

/// Where a session starts: a host name or numeric address, and a port.
struct ContactPoint {
  std::string host = {};
  uint16_t port = 9092;
  friend bool operator==(const ContactPoint&, const ContactPoint&) = default;
};

struct TopicPartition {
  std::string topic = {};
  int32_t partition = 0;
  friend bool operator==(const TopicPartition&, const TopicPartition&) = default;
  friend auto operator<=>(const TopicPartition&, const TopicPartition&) = default;
};

/// Partitions by topic: `{{"orders", {0, 1, 2}}, {"payments", {0}}}`.
using Partitions = std::map<std::string, std::vector<int32_t>>;

/// A record header. A value whose data() is null is a null value; keys are never null.
struct Header {
  std::string_view key = {};
  std::string_view value = {};
  friend bool operator==(const Header&, const Header&) = default;
};

/// Let the partitioner choose: by the key as the Java client does, or sticky without a key.
inline constexpr int32_t kAnyPartition = -1;
/// No timestamp given: the record gets the time of `send()`.
inline constexpr int64_t kNoTimestamp = -1;

/// One record to send. All views are copied before send() returns. A key or value whose data() is
/// null is sent as null; an empty one with data() is sent as empty.
struct Record {
  std::string_view topic = {};
  int32_t partition = kAnyPartition;  ///< 0 or more, or kAnyPartition
  std::string_view key = {};
  std::string_view value = {};
  std::vector<Header> headers = {};  ///< needs a broker of 0.11 or later (KIP-82)
  int64_t timestamp = kNoTimestamp;  ///< milliseconds since 1970; dropped by brokers before 0.10 (KIP-32)
};

/// One message of a ProduceEnvelope.
struct Message {
  std::string_view key = {};
  std::string_view value = {};
  std::vector<Header> headers = {};
  int64_t timestamp = kNoTimestamp;
};

/// Which replicas must have a record before the leader confirms it.
enum class Acks : int8_t {
  all = -1,    ///< every in-sync replica
  none = 0,    ///< nobody answers; the outcome is `maybe` with offset -1
  leader = 1,  ///< the leader alone
};

enum class Compression : uint8_t { none = 0, gzip = 1, snappy = 2, lz4 = 3, zstd = 4 };

/// Whose clock a record's timestamp is from (KIP-32).
enum class TimestampType : int8_t { none = -1, create_time = 0, log_append_time = 1 };

/// Special offsets of TopicOffset.
inline constexpr int64_t kEarliestOffset = -2;
inline constexpr int64_t kLatestOffset = -1;

/// A place in a partition. As a result, `offset` is that of the record found (-1 with `timestamp`
/// -1: no record is that young).
struct TopicOffset {
  std::string topic = {};
  int32_t partition = 0;
  int64_t offset = 0;      ///< 0 or more, kEarliestOffset or kLatestOffset
  int64_t timestamp = -1;  ///< with at_time(): what was asked; in results: of the record found, or -1
  Error error = {};        ///< in results

  static TopicOffset earliest(std::string topic, int32_t partition) {
    return {std::move(topic), partition, kEarliestOffset, -1, {}};
  }
  static TopicOffset latest(std::string topic, int32_t partition) {
    return {std::move(topic), partition, kLatestOffset, -1, {}};
  }
  /// The first record whose timestamp is at least `unix_ms`; the end of the partition if there is none.
  static TopicOffset at_time(std::string topic, int32_t partition, int64_t unix_ms) {
    return {std::move(topic), partition, kLatestOffset, unix_ms, {}};
  }
  bool is_earliest() const { return offset == kEarliestOffset; }
  bool is_latest() const { return offset == kLatestOffset && timestamp < 0; }
};

/// An offset stored in a group. Kafka's convention: the offset of the *next* record to read.
struct ConsumerOffset {
  std::string topic = {};
  int32_t partition = 0;
  int64_t offset = -1;  ///< -1 in results: nothing is committed
  std::string metadata = {};
  Error error = {};  ///< in results
  /// Of the batch that the record before `offset` lies in; -1: not known, or not stored (brokers before 2.1). A
  /// consumer that begins here learns by it whether that record is still in the log (KIP-320). Whoever stores another
  /// offset than the one it came with sets it to -1: an older epoch would look like a log that was cut.
  int32_t leader_epoch = -1;
};

struct BrokerInfo {
  int32_t id = -1;
  std::string host = {};
  int32_t port = 0;
  std::string rack = {};  ///< "" when the broker has none
};

struct PartitionInfo {
  int32_t partition = 0;
  Error error = {};
  int32_t leader = -1;  ///< -1: none at the moment
  int32_t leader_epoch = -1;
  std::vector<int32_t> replicas = {};
  std::vector<int32_t> in_sync_replicas = {};
};

struct TopicInfo {
  std::string name = {};
  Error error = {};
  bool internal = false;
  std::vector<PartitionInfo> partitions = {};  ///< by number
};

/// The cluster as one broker described it.
struct ClusterMetadata {
  std::string cluster_id = {};  ///< "" before 0.10.1
  int32_t controller = -1;
  std::vector<BrokerInfo> brokers = {};  ///< by id
  std::map<std::string, TopicInfo> topics = {};
};

/// Something worth knowing that is not the answer to a call.
struct KAFKA_API Event {
  enum class Type : uint8_t {
    broker_connected,     ///< a connection is ready for requests
    broker_disconnected,  ///< a ready connection ended; reconnecting happens when it is needed
    connect_failed,       ///< an attempt to connect failed; `error` says why, more attempts follow
    leader_changed,       ///< a partition has another leader
    offset_reset,         ///< a position was set by a reset policy; `offset` is the new one
    log_truncated,      ///< records that were dispatched are no more (KIP-320): reading goes on at `offset`, where the
                        ///< log parts from what was read
    partition_stopped,  ///< a partition is no longer consumed; `error` says why; seek() restarts it
    partition_resumed,  ///< a stopped or waiting partition goes on
    rebootstrap,        ///< every known broker is out of reach: starting again from the contact points
  };
  Type type = Type::broker_connected;
  Error error = {};
  std::string broker = {};  ///< "host:port"
  int32_t broker_id = -1;   ///< -1: a contact point
  std::string topic = {};
  int32_t partition = -1;
  int64_t offset = -1;

  /// One line for people.
  std::string message() const;
};
KAFKA_API std::string_view to_string(Event::Type type);
KAFKA_API std::string_view to_string(Persistence persistence);

}  // namespace kafka
