// Options of every object: structs with the Java client's names in snake_case. Each can also be set
// by its Java string name: `options.set("linger.ms", "5")`.
// Members stand in alphabetical order, so designated initialisers are easy to get right.
#pragma once

#include <kafka/types.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace kafka {

/// What a session does once no known broker can be reached (KIP-899, KIP-1102).
enum class MetadataRecovery : uint8_t { none, rebootstrap };

/// Which addresses of a name are tried.
enum class AddressFamily : uint8_t { any, v4, v6 };

struct KAFKA_API SessionOptions {
  std::string bootstrap_servers = {};  ///< "host:port,host:port,[::1]:9092"; the port defaults to 9092
  AddressFamily broker_address_family = AddressFamily::any;  ///< of the addresses that a name has
  std::chrono::milliseconds broker_address_ttl{1000};        ///< how long a look-up is good for, 0 to 1 day
  std::string client_id = "uvkafka";                         ///< shown in the brokers' logs and quotas
  std::chrono::milliseconds close_timeout{30000};            ///< deadline of close() without one; 0 to 1 h
  std::chrono::milliseconds connections_max_idle{540000};    ///< idle connections are closed; 0 never
  std::chrono::milliseconds default_api_timeout{60000};      ///< for operations that have no timeout of their own
  bool ignore_sigpipe = true;    ///< sets SIGPIPE to ignored if it is at its default: libuv writes would raise it
  int32_t max_dispatch = 10000;  ///< callbacks run in one turn of the loop, 1 to 1,000,000
  std::chrono::milliseconds metadata_max_age{300000};   ///< refresh after; 1 s to 1 day
  std::chrono::milliseconds metadata_max_idle{300000};  ///< an unused topic is forgotten after; 5 s to 1 day
  std::chrono::milliseconds metadata_recovery_rebootstrap_trigger{300000};      ///< KIP-1102
  MetadataRecovery metadata_recovery_strategy = MetadataRecovery::rebootstrap;  ///< KIP-899
  std::optional<int32_t> receive_buffer_bytes = {};  ///< of each socket, 1 KiB to 1 GiB; unset: the system's choice
  int32_t receive_message_max_bytes = 104857600;     ///< a larger response closes the connection; 1 KiB to 1 GiB
  std::chrono::milliseconds reconnect_backoff{50};   ///< first wait before connecting again, 0 to 1 h
  std::chrono::milliseconds reconnect_backoff_max{1000};  ///< it doubles up to this, ±20 % (KIP-144)
  std::chrono::milliseconds request_timeout{30000};       ///< for one answer; 10 ms to 1 h
  std::chrono::milliseconds retry_backoff{100};           ///< first wait before asking again, 0 to 1 h
  std::chrono::milliseconds retry_backoff_max{1000};      ///< it doubles up to this, ±20 % (KIP-580)
  std::optional<int32_t> send_buffer_bytes = {};  ///< of each socket, 1 KiB to 1 GiB; unset: the system's choice
  std::chrono::milliseconds socket_connection_setup_timeout{10000};      ///< one attempt: TCP and ApiVersions
  std::chrono::milliseconds socket_connection_setup_timeout_max{30000};  ///< the former doubles up to this (KIP-601)
  bool socket_keepalive_enable = true;                                   ///< TCP keep-alive, after 60 s of silence

  /// Sets the option with this Java name; invalid_option names option and allowed range.
  Error set(std::string_view name, std::string_view value);
  Error validate() const;
};

/// Which partition a record without one gets. Named and placed as other clients do: with the same number of partitions
/// the same key comes to the same one. Records whose key says nothing stick to a partition until batch_size bytes, at
/// most 16 KiB, have gone there in one or several batches, or batches begin to wait there. The next one is chosen at
/// random, more rarely where more waits (KIP-480, KIP-794).
enum class Partitioner : uint8_t {
  murmur2_random,     ///< the Java client: murmur2 of the key, an empty one too; without a key sticky
  murmur2,            ///< murmur2 of the key; without one as with an empty one
  consistent_random,  ///< librdkafka's default: CRC-32 of the key; empty or without one sticky
  consistent,         ///< CRC-32 of the key; without one as with an empty one
  fnv1a_random,       ///< FNV-1a of the key (Sarama); without one sticky
  fnv1a,              ///< FNV-1a of the key; without one as with an empty one
  random,             ///< each record anywhere, keys or not
  round_robin,        ///< each record to the next partition that has a leader, keys or not
};

struct KAFKA_API ProducerOptions {
  Acks acks = Acks::all;
  int32_t batch_size = 1000000;      ///< bytes at which a batch is sent at once; 1 to max_request_size
  int64_t buffer_memory = 33554432;  ///< of records that wait, or whose outcome does; beyond it send() says queue_full
  int32_t compression_level = -1;    ///< -1: the codec's default; gzip to 9, lz4 to 17 (as 12), zstd to 22
  Compression compression_type = Compression::none;
  std::chrono::milliseconds delivery_timeout{120000};  ///< from send() to the report (KIP-91); more than linger
  std::optional<bool> enable_idempotence = {};  ///< no duplicates, order kept with several batches under way; unset:
                                                ///< with acks=all, where the brokers can (0.11) and allow it (KIP-98)
  std::chrono::microseconds linger{0};          ///< how long a batch waits for more; 0: to the end of the loop turn
  std::optional<int32_t> max_in_flight = {};  ///< requests per connection, 5 unless set; 1 to 1,000, with idempotence 1
                                              ///< to 5. Without it one batch of a partition is under way at a time,
                                              ///< unless set by hand: then several may be, and change order on a retry
  int32_t max_request_size = 1048576;         ///< largest record or batch in bytes, 1 KiB to 1 GiB
  Partitioner partitioner = Partitioner::murmur2_random;  ///< Producer::set_partitioner() goes before it
  bool partitioner_adaptive_partitioning_enable = true;   ///< sticky: partitions where less waits more often (KIP-794)
  std::chrono::milliseconds partitioner_availability_timeout{0};  ///< sticky and adaptive: a partition whose oldest
                                                                  ///< batch has waited so long beyond linger is not
                                                                  ///< chosen, unless all have; 0: never (KIP-794)
  std::chrono::milliseconds request_timeout{30000};  ///< for the leader's answer; also its own wait for replicas
  int32_t retries = 2147483647;                      ///< of one batch; delivery_timeout is what usually bounds them

  Error set(std::string_view name, std::string_view value);
  Error validate() const;
};

/// Where to start when nothing is committed.
enum class OffsetReset : uint8_t { earliest, latest, none };
/// What happens when the position does not exist (any more) on the broker. Only that error resets. A log that lost what
/// was read already, as after an unclean election, is read on where it parts from that (`log_truncated`, seen from
/// brokers of 2.3 on); with `fail` the partition stops.
enum class OutOfRange : uint8_t { fail, reset_to_earliest, reset_to_latest };
/// What of transactions is read (KIP-98). Values as on the wire.
enum class IsolationLevel : uint8_t {
  read_uncommitted,  ///< everything, up to the high watermark
  read_committed,    ///< nothing of aborted transactions, and nothing behind the first one that is still open: the end
                     ///< of a partition is its last stable offset, for positions by `latest` and by time too
};
/// How many envelopes may be open at once.
enum class Ordering : uint8_t {
  consumer,   ///< one in all
  partition,  ///< one per partition
  unordered,  ///< `max_open` in all, answered in any order; each partition is dispatched in order. See MessageEnvelope
};
/// When an envelope that was answered with commit() makes room for the next one. In both modes a commit that fails for
/// good ends the consumption, and what was not stored comes again with the next one.
enum class CommitMode : uint8_t {
  confirmed,  ///< when its offset is stored
  pipelined,  ///< at once. One OffsetCommit per consumer is under way at most; the next one carries the newest offset
              ///< of each partition, and confirms all commits that it covers
};

struct KAFKA_API ConsumerOptions {
  bool allow_auto_create_topics = true;
  OffsetReset auto_offset_reset = OffsetReset::earliest;
  std::string client_rack = {};  ///< where this client runs: leaders may send it to a replica there (KIP-392)
  CommitMode commit_mode = CommitMode::confirmed;
  std::chrono::milliseconds default_api_timeout{60000};  ///< finding start positions, commits; a partition absent
                                                         ///< from metadata is waited for as long
  int32_t fetch_max_bytes = 52428800;  ///< one response, 1 KiB to 1 GiB; also at most a quarter of fetch_memory
  std::chrono::milliseconds fetch_max_wait{500};  ///< the broker's wait for fetch_min_bytes; 0 to 5 min
  int64_t fetch_memory = 67108864;                ///< bytes fetched and not yet dispatched, 64 KiB to 1 TiB
  int32_t fetch_min_bytes = 1;
  IsolationLevel isolation_level = IsolationLevel::read_committed;
  int32_t max_open = 1000;                      ///< open envelopes with `unordered`, 1 to 1,000,000
  int32_t max_partition_fetch_bytes = 1048576;  ///< of one partition in one response, 1 KiB to 1 GiB
  OutOfRange on_offset_out_of_range = OutOfRange::reset_to_earliest;
  Ordering ordering = Ordering::consumer;

  /// `auto.offset.reset` sets auto_offset_reset and on_offset_out_of_range.
  Error set(std::string_view name, std::string_view value);
  Error validate() const;
};

}  // namespace kafka
