// Every option once: Java name, member, allowed range, what it is. String setters, range checks and the
// reference page all walk these lists.
// Not here: what the options do.
#pragma once

#include <kafka/options.hpp>

#include <chrono>
#include <cstdint>
#include <string_view>

namespace kafka::session {

using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

/// Bounds of a number or of a time in milliseconds, both included.
struct Range {
  int64_t least = 0;
  int64_t most = 0;
};
constexpr Range range(int64_t least, int64_t most) { return {least, most}; }
constexpr Range time(milliseconds least, milliseconds most) { return {least.count(), most.count()}; }

constexpr int64_t kMiB = 1024 * 1024;
constexpr int64_t kGiB = 1024 * kMiB;
constexpr int64_t kMostOpen = 1000000;  // envelopes

struct OptionFields {
  static void walk(auto& f, auto& o) requires requires { o.bootstrap_servers; }
  {
    f("bootstrap.servers", o.bootstrap_servers, "contact points: host:port, separated by commas");
    f("broker.address.family", o.broker_address_family, "any, v4 or v6: addresses of looked-up names");
    f("broker.address.ttl", o.broker_address_ttl, time(milliseconds(0), hours(24)), "how long a look-up is good for");
    f("client.id", o.client_id, "shown in the brokers' logs and quotas");
    f("close.timeout.ms", o.close_timeout, time(milliseconds(0), hours(1)), "deadline of close()");
    f("connections.max.idle.ms", o.connections_max_idle, time(milliseconds(0), hours(24)),
      "idle connections are closed after; 0 never");
    f("default.api.timeout.ms", o.default_api_timeout, time(milliseconds(1), hours(24)),
      "for operations without a timeout of their own");
    f("ignore.sigpipe", o.ignore_sigpipe, "set SIGPIPE to ignored if it is at its default");
    f("max.dispatch", o.max_dispatch, range(1, 1000000), "callbacks in one turn of the loop");
    f("metadata.max.age.ms", o.metadata_max_age, time(seconds(1), hours(24)), "refresh after");
    f("metadata.max.idle.ms", o.metadata_max_idle, time(seconds(5), hours(24)), "an unused topic is forgotten after");
    f("metadata.recovery.rebootstrap.trigger.ms", o.metadata_recovery_rebootstrap_trigger,
      time(milliseconds(0), hours(24)), "KIP-1102");
    f("metadata.recovery.strategy", o.metadata_recovery_strategy, "none or rebootstrap (KIP-899)");
    f("receive.buffer.bytes", o.receive_buffer_bytes, range(1024, kGiB), "of each socket; unset: the system's choice");
    f("receive.message.max.bytes", o.receive_message_max_bytes, range(1024, kGiB),
      "a larger response closes the connection");
    f("reconnect.backoff.ms", o.reconnect_backoff, time(milliseconds(0), hours(1)),
      "first wait before connecting again");
    f("reconnect.backoff.max.ms", o.reconnect_backoff_max, time(milliseconds(0), hours(1)), "it doubles up to this");
    f("request.timeout.ms", o.request_timeout, time(milliseconds(10), hours(1)), "for one answer");
    f("retry.backoff.ms", o.retry_backoff, time(milliseconds(0), hours(1)), "first wait before asking again");
    f("retry.backoff.max.ms", o.retry_backoff_max, time(milliseconds(0), hours(1)), "it doubles up to this");
    f("send.buffer.bytes", o.send_buffer_bytes, range(1024, kGiB), "of each socket; unset: the system's choice");
    f("socket.connection.setup.timeout.ms", o.socket_connection_setup_timeout, time(milliseconds(10), hours(1)),
      "one attempt to connect");
    f("socket.connection.setup.timeout.max.ms", o.socket_connection_setup_timeout_max, time(milliseconds(10), hours(1)),
      "the former doubles up to this");
    f("socket.keepalive.enable", o.socket_keepalive_enable, "TCP keep-alive");
  }

  static void walk(auto& f, auto& o) requires requires { o.buffer_memory; }
  {
    f("acks", o.acks, "all (-1), 1 or 0");
    f("batch.size", o.batch_size, range(1, kGiB), "bytes at which a batch is sent at once");
    f("buffer.memory", o.buffer_memory, range(1024, int64_t{1} << 40), "bytes of records that may wait");
    f("compression.level", o.compression_level, range(-1, 22),
      "gzip to 9, lz4 to 17, zstd to 22; -1 the codec's default");
    f("compression.type", o.compression_type, "none, gzip, snappy, lz4 or zstd");
    f("delivery.timeout.ms", o.delivery_timeout, time(milliseconds(1), hours(24)), "from send() to the report");
    f("enable.idempotence", o.enable_idempotence, "no duplicates; unset: with acks=all, where brokers can");
    f("linger.ms", o.linger, time(milliseconds(0), minutes(15)), "how long a batch waits for more");
    f("max.in.flight.requests.per.connection", o.max_in_flight, range(1, 1000), "requests under way at a time");
    f("max.request.size", o.max_request_size, range(1024, kGiB), "largest record or batch in bytes");
    f("partitioner", o.partitioner, "which partition a record without one gets");
    f("partitioner.adaptive.partitioning.enable", o.partitioner_adaptive_partitioning_enable,
      "partitions where less waits more often (KIP-794)");
    f("partitioner.availability.timeout.ms", o.partitioner_availability_timeout, time(milliseconds(0), hours(24)),
      "a partition whose batches wait so long is not chosen; 0 never (KIP-794)");
    f("request.timeout.ms", o.request_timeout, time(milliseconds(10), hours(1)), "for the leader's answer");
    f("retries", o.retries, range(0, INT32_MAX), "of one batch");
  }

  static void walk(auto& f, auto& o) requires requires { o.auto_offset_reset; }
  {
    f("allow.auto.create.topics", o.allow_auto_create_topics, "let brokers create the topics asked for");
    f("auto.offset.reset", o.auto_offset_reset, "earliest, latest or none");
    f("client.rack", o.client_rack, "where this client runs: replicas there are read from (KIP-392)");
    f("commit.mode", o.commit_mode, "confirmed or pipelined: what the next message waits for after commit()");
    f("default.api.timeout.ms", o.default_api_timeout, time(milliseconds(1), hours(24)), "finding positions, commits");
    f("fetch.max.bytes", o.fetch_max_bytes, range(1024, kGiB), "one response");
    f("fetch.max.wait.ms", o.fetch_max_wait, time(milliseconds(0), minutes(5)),
      "the broker's wait for fetch.min.bytes");
    f("fetch.memory", o.fetch_memory, range(65536, int64_t{1} << 40), "bytes fetched and not yet dispatched");
    f("fetch.min.bytes", o.fetch_min_bytes, range(0, kGiB), "bytes worth answering a fetch for");
    f("isolation.level", o.isolation_level, "read_uncommitted or read_committed: what of transactions is read");
    f("max.open", o.max_open, range(1, kMostOpen), "open envelopes, with ordering unordered");
    f("max.partition.fetch.bytes", o.max_partition_fetch_bytes, range(1024, kGiB), "of one partition in one response");
    f("on.offset.out.of.range", o.on_offset_out_of_range, "fail, reset_to_earliest or reset_to_latest");
    f("ordering", o.ordering, "consumer, partition or unordered: which envelopes may be open at once");
  }
};

}  // namespace kafka::session
