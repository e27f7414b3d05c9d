// The small value types of the public API.
#pragma once

#include <kafka/error.hpp>

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <map>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace kafka {

/// Where a session first connects to: a host name or numeric address, and a port.
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

/// Partitions by topic: `{{"orders", {0, 1, 2}}, {"payments", {0}}}`. A topic that stands there more than once has the
/// partitions of all its entries. A partition that is named twice is refused by the object that gets the list.
struct Partitions : std::map<std::string, std::vector<int32_t>> {
  Partitions() = default;
  Partitions(std::initializer_list<value_type> entries) {
    for (const auto& [topic, numbers] : entries) {
      std::vector<int32_t>& all = (*this)[topic];
      all.insert(all.end(), numbers.begin(), numbers.end());
    }
  }
};

/// All partitions of these topics, also those that are made later: `AllPartitions{"orders", "payments"}`, or one
/// std::vector of names.
struct AllPartitions {
  template <class First, class... More>
  requires(std::constructible_from<std::string, First>&&...&& std::constructible_from<std::string, More>)  //
      explicit AllPartitions(First&& first, More&&... more)
      : topics{std::string(std::forward<First>(first)), std::string(std::forward<More>(more))...} {}
  // A template, so that braces within braces never mean it: `{{"orders", {0}}}` are Partitions.
  template <std::same_as<std::vector<std::string>> Names>
  explicit AllPartitions(Names names) : topics(std::move(names)) {}

  std::vector<std::string> topics;
};

/// A record header. A value whose data() is null is a null value. Keys are never null.
struct Header {
  std::string_view key = {};
  std::string_view value = {};
  friend bool operator==(const Header&, const Header&) = default;
};

/// The partitioner chooses the partition: by the key as the Java client does, or one sticky partition without a key.
inline constexpr int32_t kAnyPartition = -1;
/// No timestamp is given: the record gets the time of `send()`.
inline constexpr int64_t kNoTimestamp = -1;

/// Stands for the value of a tombstone, which tells a compacted topic to forget the key: `.value = kafka::null_value`.
struct NullValue {};
inline constexpr NullValue null_value{};

/// The value of a record to send: bytes that are somewhere else, or null_value. Bytes whose data() is null, and no
/// value at all, are an empty value: a tombstone is written on purpose only.
class Value {
 public:
  constexpr Value() noexcept : view_("", 0) {}
  constexpr Value(NullValue) noexcept {}
  /// From whatever is a std::string_view: a string, a literal.
  template <class T>
  requires std::is_convertible_v<const T&, std::string_view>
  constexpr Value(const T& text) : view_(text) {
    if (view_.data() == nullptr) view_ = std::string_view("", 0);
  }
  Value(std::nullptr_t) = delete;
  /// null_value if `bytes` has no data(), as a view of a null value has that was received.
  static constexpr Value nullable(std::string_view bytes) noexcept {
    Value value;
    value.view_ = bytes;
    return value;
  }

  constexpr bool is_null() const noexcept { return view_.data() == nullptr; }
  /// Null for null_value.
  constexpr const char* data() const noexcept { return view_.data(); }
  constexpr size_t size() const noexcept { return view_.size(); }
  constexpr bool empty() const noexcept { return view_.empty(); }
  /// A view whose data() is null for null_value.
  constexpr operator std::string_view() const noexcept { return view_; }
  friend constexpr bool operator==(const Value& a, const Value& b) noexcept {
    return a.is_null() == b.is_null() && a.view_ == b.view_;
  }

 private:
  std::string_view view_;
};

/// One record to send. send() copies all views before it returns. A key whose data() is null is no key; an empty one
/// whose data() is not null is an empty key.
struct Record {
  std::string_view topic = {};
  int32_t partition = kAnyPartition;  ///< 0 or more, or kAnyPartition
  std::string_view key = {};
  Value value = {};                  ///< null_value: a tombstone
  std::vector<Header> headers = {};  ///< Kafka 0.11 and later (KIP-82)
  int64_t timestamp = kNoTimestamp;  ///< milliseconds since 1970; brokers before 0.10 drop it (KIP-32)
};

/// One message of a ProduceEnvelope.
struct Message {
  std::string_view key = {};
  Value value = {};  ///< null_value: a tombstone
  std::vector<Header> headers = {};
  int64_t timestamp = kNoTimestamp;
};

/// Which replicas must have a record before the leader confirms it.
enum class Acks : int8_t {
  all = -1,    ///< every in-sync replica
  none = 0,    ///< the leader does not answer; the report says `maybe`, offset -1
  leader = 1,  ///< the leader alone
};

enum class Compression : uint8_t { none = 0, gzip = 1, snappy = 2, lz4 = 3, zstd = 4 };

/// Which clock a record's timestamp comes from (KIP-32).
enum class TimestampType : int8_t { none = -1, create_time = 0, log_append_time = 1 };

/// Special offsets of TopicOffset.
inline constexpr int64_t kEarliestOffset = -2;
inline constexpr int64_t kLatestOffset = -1;

/// A place in a partition. In a result, `offset` is the offset of the record that was found; offset -1 with timestamp
/// -1 means that no record is that young.
struct TopicOffset {
  std::string topic = {};
  int32_t partition = 0;
  int64_t offset = 0;      ///< 0 or more, kEarliestOffset or kLatestOffset
  int64_t timestamp = -1;  ///< of at_time(); in results: of the record that was found, or -1
  Error error = {};        ///< in results

  static TopicOffset earliest(std::string topic, int32_t partition) {
    return {std::move(topic), partition, kEarliestOffset, -1, {}};
  }
  static TopicOffset latest(std::string topic, int32_t partition) {
    return {std::move(topic), partition, kLatestOffset, -1, {}};
  }
  /// The first record whose timestamp is `unix_ms` or later; the end of the partition if there is none.
  static TopicOffset at_time(std::string topic, int32_t partition, int64_t unix_ms) {
    return {std::move(topic), partition, kLatestOffset, unix_ms, {}};
  }
  bool is_earliest() const { return offset == kEarliestOffset; }
  bool is_latest() const { return offset == kLatestOffset && timestamp < 0; }
};

/// An offset that is stored in a group. By Kafka's convention it is the offset of the *next* record to read.
struct ConsumerOffset {
  std::string topic = {};
  int32_t partition = 0;
  int64_t offset = -1;  ///< -1 in results: nothing is committed
  std::string metadata = {};
  Error error = {};  ///< in results
  /// The leader epoch of the record before `offset`; -1: not known, or not stored (brokers before 2.1). A consumer that
  /// starts at `offset` finds out with it whether that record is still in the log (KIP-320). If you store another
  /// offset than the one that this epoch came with, set it to -1: with the old epoch, the log would look truncated.
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
  int32_t leader = -1;  ///< -1: none now
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

/// The cluster, as one broker described it.
struct ClusterMetadata {
  std::string cluster_id = {};  ///< "" before 0.10.1
  int32_t controller = -1;
  std::vector<BrokerInfo> brokers = {};  ///< by id
  std::map<std::string, TopicInfo> topics = {};
};

/// A topic that does not exist yet.
struct NewTopic {
  std::string name = {};
  int32_t partitions = -1;          ///< 1 or more; -1: as many as the broker's `num.partitions` says (Kafka 2.4)
  int16_t replication_factor = -1;  ///< 1 or more; -1: the broker's `default.replication.factor` (Kafka 2.4)
};

/// Something that happened and is not the result of a call.
struct UVKAFKA_API Event {
  enum class Type : uint8_t {
    broker_connected,     ///< a connection is ready for requests
    broker_disconnected,  ///< a ready connection ended; the client reconnects when it needs to
    connect_failed,       ///< an attempt to connect failed; `error` says why, and more attempts follow
    leader_changed,       ///< a partition has another leader
    offset_reset,         ///< a reset policy set a position; `offset` is the new one
    log_truncated,    ///< the log lost records that were dispatched (KIP-320); the consumer goes on at `offset`, where
                      ///< the two logs part
    topic_recreated,  ///< the topic was deleted and made anew: the consumer begins at its first record, `offset`, and
                      ///< envelopes of the old topic are lost
    partition_stopped,  ///< the consumer reads a partition no longer; `error` says why, and seek() restarts it
    partition_resumed,  ///< a stopped or waiting partition goes on
    member_slow,        ///< half of `max_poll_interval` has passed while an envelope was open, or while nobody consumed
    member_suspended,   ///< `max_poll_interval` has passed: the member has left its group; it joins again when the
                        ///< envelope is answered or destroyed, or with the next consume()
    topic_not_read,     ///< the broker's pattern matches a topic of its own: the member owns partitions of it, and does
                        ///< not read them; `error` names it
    rebootstrap,        ///< no known broker can be reached: the client starts again from the contact points
  };
  Type type = Type::broker_connected;
  Error error = {};
  std::string broker = {};  ///< "host:port"
  int32_t broker_id = -1;   ///< -1: a contact point
  std::string topic = {};
  int32_t partition = -1;
  int64_t offset = -1;
  /// Of broker_disconnected and connect_failed: the broker was well until a moment ago. It may just be restarting, or
  /// it closes what was idle. The log tells such events as `info`, and warns when the broker stays away for 3 s.
  bool ordinary = false;

  /// One line for people.
  std::string message() const;
};
UVKAFKA_API std::string_view to_string(Event::Type type);
UVKAFKA_API std::string_view to_string(Persistence persistence);

}  // namespace kafka
