// The table of all options: Java name, member, allowed range, and a text for people. The string setters, the range
// checks and the reference page walk this table.
#pragma once

#include <kafka/options.hpp>

#include <chrono>
#include <cstdint>
#include <string_view>
#include <vector>

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

/// Bounds of a number with a fraction, both included.
struct Part {
  double least = 0;
  double most = 0;
};

constexpr int64_t kMiB = 1024 * 1024;
constexpr int64_t kGiB = 1024 * kMiB;
constexpr int64_t kMostOpen = 1000000;  // envelopes
/// The assignors that group/strategies.hpp makes.
constexpr std::string_view kStrategies[] = {"range", "roundrobin", "sticky", "cooperative-sticky"};

/// The session timeout of a member that sets none, and with JoinGroup 0, which has no rebalance timeout of its own.
constexpr milliseconds kSessionTimeout = seconds(45);
constexpr milliseconds kOldSessionTimeout = seconds(30);
/// Of a member that sets none.
constexpr milliseconds kHeartbeatInterval = seconds(3);
constexpr std::string_view kDefaultStrategies = "range,cooperative-sticky";
constexpr Range kHeartbeatBounds = time(milliseconds(50), minutes(20));
/// The names in `partition_assignment_strategy`, in their order.
std::vector<std::string_view> strategies(std::string_view list);
/// The list that a member with these options offers.
std::string strategy_list(const ConsumerOptions& options);

struct OptionFields {
  static void walk(auto& f, auto& o) requires requires { o.bootstrap_servers; }
  {
    f("bootstrap.servers", o.bootstrap_servers, "contact points: host:port, separated by commas");
    f("broker.address.family", o.broker_address_family, "which addresses of a host name are used: any, v4 or v6");
    f("broker.address.ttl", o.broker_address_ttl, time(milliseconds(0), hours(24)),
      "how long the addresses of a host name are kept");
    f("client.id", o.client_id, "shown in the brokers' logs and quotas");
    f("close.timeout.ms", o.close_timeout, time(milliseconds(0), hours(1)), "how long close() may take");
    f("connections.max.idle.ms", o.connections_max_idle, time(milliseconds(0), hours(24)),
      "an idle connection is closed after this time; 0: never");
    f("default.api.timeout.ms", o.default_api_timeout, time(milliseconds(1), hours(24)),
      "time limit of operations that have no option of their own");
    f("enable.sasl.oauthbearer.unsecure.jwt", o.enable_sasl_oauthbearer_unsecure_jwt,
      "true: the session makes its own tokens, which nobody has signed; for development only");
    f("enable.ssl.certificate.verification", o.enable_ssl_certificate_verification,
      "false: brokers need no certificate that can be verified, so anybody may pose as one");
    f("https.ca.location", o.https_ca_location,
      "whom to trust as the token endpoint: a PEM file; unset: the system's store");
    f("https.ca.pem", o.https_ca_pem, "the same as a PEM text");
    f("ignore.sigpipe", o.ignore_sigpipe, "sets SIGPIPE to ignored if it is at its default");
    f("max.dispatch", o.max_dispatch, range(1, 1000000), "callbacks that may run in one turn of the loop");
    f("metadata.max.age.ms", o.metadata_max_age, time(seconds(1), hours(24)), "metadata is refreshed after this time");
    f("metadata.max.idle.ms", o.metadata_max_idle, time(seconds(5), hours(24)),
      "a topic that nobody uses is forgotten after this time");
    f("metadata.recovery.rebootstrap.trigger.ms", o.metadata_recovery_rebootstrap_trigger,
      time(milliseconds(0), hours(24)),
      "without any metadata for this time, the client starts again from bootstrap.servers (KIP-1102)");
    f("metadata.recovery.strategy", o.metadata_recovery_strategy,
      "when no known broker can be reached: none, or rebootstrap (KIP-899)");
    f("receive.buffer.bytes", o.receive_buffer_bytes, range(1024, kGiB),
      "bytes, of each socket; unset: the system decides");
    f("receive.message.max.bytes", o.receive_message_max_bytes, range(1024, kGiB),
      "a larger response closes its connection");
    f("reconnect.backoff.ms", o.reconnect_backoff, time(milliseconds(0), hours(1)),
      "first pause before the client connects again; 1 ms at least");
    f("reconnect.backoff.max.ms", o.reconnect_backoff_max, time(milliseconds(0), hours(1)),
      "the pause doubles up to this");
    f("request.timeout.ms", o.request_timeout, time(milliseconds(10), hours(1)),
      "how long the client waits for one response");
    f("retry.backoff.ms", o.retry_backoff, time(milliseconds(0), hours(1)),
      "first pause before a request is sent again; 1 ms at least");
    f("retry.backoff.max.ms", o.retry_backoff_max, time(milliseconds(0), hours(1)), "the pause doubles up to this");
    f("sasl.allow.plaintext", o.sasl_allow_plaintext,
      "true: PLAIN and OAUTHBEARER may send password and token over a connection without TLS");
    f("sasl.kerberos.keytab", o.sasl_kerberos_keytab,
      "file with the Kerberos key of this client; unset: the tickets of the default credential cache (kinit)");
    f("sasl.kerberos.min.time.before.relogin", o.sasl_kerberos_min_time_before_relogin,
      time(milliseconds(0), hours(24)), "tickets are asked for with the keytab at most once in this time");
    f("sasl.kerberos.principal", o.sasl_kerberos_principal,
      "who logs in, such as alice@REALM; unset: the first principal of the keytab or of the credential cache");
    f("sasl.kerberos.service.name", o.sasl_kerberos_service_name,
      "first part of the brokers' principals; the second is the host that they advertise");
    f("sasl.login.connect.timeout.ms", o.sasl_login_connect_timeout, time(milliseconds(1), hours(1)),
      "time limit of a connection to the token endpoint");
    f("sasl.login.read.timeout.ms", o.sasl_login_read_timeout, time(milliseconds(1), hours(1)),
      "time limit of the answer of the token endpoint");
    f("sasl.login.refresh.window.factor", o.sasl_login_refresh_window_factor, Part{0.5, 1},
      "a token is replaced after this part of its life");
    f("sasl.login.refresh.window.jitter", o.sasl_login_refresh_window_jitter, Part{0, 0.25},
      "plus a random part of its life, up to this");
    f("sasl.login.retry.backoff.ms", o.sasl_login_retry_backoff, time(milliseconds(0), hours(1)),
      "first pause before a token is asked for again; 1 ms at least");
    f("sasl.login.retry.backoff.max.ms", o.sasl_login_retry_backoff_max, time(milliseconds(0), hours(1)),
      "the pause doubles up to this");
    f("sasl.mechanism", o.sasl_mechanism,
      "how to log in: PLAIN, SCRAM-SHA-256, SCRAM-SHA-512, OAUTHBEARER or GSSAPI; no default");
    f("sasl.oauthbearer.allow.http", o.sasl_oauthbearer_allow_http,
      "true: the token endpoint may be http:// on another machine");
    f("sasl.oauthbearer.client.id", o.sasl_oauthbearer_client_id, "name of this client at the token endpoint");
    f("sasl.oauthbearer.client.secret", o.sasl_oauthbearer_client_secret, "its secret");
    f("sasl.oauthbearer.config", o.sasl_oauthbearer_config,
      "of unsecured tokens: principal=NAME scope=A,B lifeSeconds=3600 extension_NAME=VALUE");
    f("sasl.oauthbearer.extensions", o.sasl_oauthbearer_extensions,
      "name=value, separated by commas: sent with a token of the endpoint");
    f("sasl.oauthbearer.method", o.sasl_oauthbearer_method,
      "where tokens come from: default (the application) or oidc (a token endpoint)");
    f("sasl.oauthbearer.scope", o.sasl_oauthbearer_scope, "scope of the token to ask for");
    f("sasl.oauthbearer.token.endpoint.url", o.sasl_oauthbearer_token_endpoint_url,
      "https:// address that grants tokens to client id and secret");
    f("sasl.password", o.sasl_password, "password to log in with");
    f("sasl.scram.max.iterations", o.sasl_scram_max_iterations, range(4096, 10000000),
      "a broker that asks SCRAM for more iterations is refused");
    f("sasl.username", o.sasl_username, "name to log in with");
    f("security.protocol", o.security_protocol,
      "how to speak to brokers: plaintext, ssl (TLS), sasl_plaintext (login), sasl_ssl (both)");
    f("send.buffer.bytes", o.send_buffer_bytes, range(1024, kGiB), "bytes, of each socket; unset: the system decides");
    f("socket.connection.setup.timeout.ms", o.socket_connection_setup_timeout, time(milliseconds(10), hours(1)),
      "time limit of one attempt to connect");
    f("socket.connection.setup.timeout.max.ms", o.socket_connection_setup_timeout_max, time(milliseconds(10), hours(1)),
      "that limit doubles up to this");
    f("socket.keepalive.enable", o.socket_keepalive_enable, "turns TCP keep-alive on");
    f("ssl.ca.location", o.ssl_ca_location,
      "whom to trust: a file (PEM, PKCS#12) or a folder of PEM files; unset or probe: the system's store");
    f("ssl.ca.pem", o.ssl_ca_pem, "the same as a PEM text");
    f("ssl.certificate.location", o.ssl_certificate_location, "PEM file of this client's certificate and its chain");
    f("ssl.certificate.pem", o.ssl_certificate_pem, "the same as a PEM text");
    f("ssl.cipher.suites", o.ssl_cipher_suites, "a list of OpenSSL, or IANA's names separated by commas");
    f("ssl.crl.location", o.ssl_crl_location, "PEM file of revoked certificates");
    f("ssl.curves.list", o.ssl_curves_list, "curves that may be used, as a list of OpenSSL");
    f("ssl.enabled.protocols", o.ssl_enabled_protocols, "versions of TLS that may be used: TLSv1.2, TLSv1.3");
    f("ssl.endpoint.identification.algorithm", o.ssl_endpoint_identification_algorithm,
      "https: a broker's certificate must be for its host; none: any certificate of the authority will do");
    f("ssl.key.location", o.ssl_key_location, "PEM file of the certificate's private key");
    f("ssl.key.password", o.ssl_key_password, "password of an encrypted private key");
    f("ssl.key.pem", o.ssl_key_pem, "the private key as a PEM text");
    f("ssl.keystore.location", o.ssl_keystore_location,
      "file with certificate, chain and private key (PKCS#12 or PEM), in place of those");
    f("ssl.keystore.password", o.ssl_keystore_password, "password of that file; unset: ssl.key.password");
    f("ssl.keystore.type", o.ssl_keystore_type, "refuses a file of another form: PEM or PKCS12; unset: either");
    f("ssl.sigalgs.list", o.ssl_sigalgs_list, "signature algorithms that may be used, as a list of OpenSSL");
    f("ssl.truststore.password", o.ssl_truststore_password, "password of a PKCS#12 file in ssl.ca.location");
    f("ssl.truststore.type", o.ssl_truststore_type, "refuses a file of another form: PEM or PKCS12; unset: either");
  }

  static void walk(auto& f, auto& o) requires requires { o.buffer_memory; }
  {
    f("acks", o.acks, "which replicas must have a record: all (-1), 1 (the leader) or 0 (no answer)");
    f("batch.size", o.batch_size, range(1, kGiB), "a batch of this many bytes is sent at once");
    f("buffer.memory", o.buffer_memory, range(1024, int64_t{1} << 40),
      "bytes of records that may wait for their outcome");
    f("compression.level", o.compression_level, range(-1, 22),
      "gzip up to 9, lz4 up to 17, zstd up to 22; -1: the codec's default");
    f("compression.type", o.compression_type, "none, gzip, snappy, lz4 or zstd");
    f("delivery.timeout.ms", o.delivery_timeout, time(milliseconds(1), hours(24)),
      "time limit from send() to the report");
    f("enable.idempotence", o.enable_idempotence, "no duplicates; unset: on with acks=all if the brokers can");
    f("linger.ms", o.linger, time(milliseconds(0), minutes(15)), "how long a batch waits for more records");
    f("max.in.flight.requests.per.connection", o.max_in_flight, range(1, 1000),
      "requests under way on a connection at a time");
    f("max.request.size", o.max_request_size, range(1024, kGiB), "bytes of the largest record or batch");
    f("partitioner", o.partitioner, "how a record without a partition gets one");
    f("partitioner.adaptive.partitioning.enable", o.partitioner_adaptive_partitioning_enable,
      "records without a key go less often to partitions where batches wait (KIP-794)");
    f("partitioner.availability.timeout.ms", o.partitioner_availability_timeout, time(milliseconds(0), hours(24)),
      "a partition whose batches have waited for this time is not chosen; 0: off (KIP-794)");
    f("request.timeout.ms", o.request_timeout, time(milliseconds(10), hours(1)),
      "how long the producer waits for the leader's response");
    f("retries", o.retries, range(0, INT32_MAX), "how often one batch is sent again");
    f("unfolded.max.bytes", o.unfolded_max_bytes, range(1024, kGiB),
      "bytes of a compressed batch, before it was compressed");
  }

  static void walk(auto& f, auto& o) requires requires { o.auto_offset_reset; }
  {
    f("allow.auto.create.topics", o.allow_auto_create_topics, "brokers may create a topic that is asked for");
    f("auto.offset.reset", o.auto_offset_reset, "where to start without a committed offset: earliest, latest or none");
    f("client.rack", o.client_rack, "the rack of this client: it may read from replicas there (KIP-392)");
    f("commit.mode", o.commit_mode,
      "after commit() the next message waits for the broker (confirmed) or comes at once (pipelined)");
    f("default.api.timeout.ms", o.default_api_timeout, time(milliseconds(1), hours(24)),
      "time limit for finding a start position, and for a commit");
    f("fetch.max.bytes", o.fetch_max_bytes, range(1024, kGiB), "bytes of one response");
    f("fetch.max.wait.ms", o.fetch_max_wait, time(milliseconds(0), minutes(5)),
      "how long the broker may wait for fetch.min.bytes");
    f("fetch.memory", o.fetch_memory, range(65536, int64_t{1} << 40), "bytes that are fetched and not dispatched yet");
    f("fetch.min.bytes", o.fetch_min_bytes, range(0, kGiB), "the broker answers a fetch when it has this many bytes");
    f("group.instance.id", o.group_instance_id,
      "makes a static member: a restart within its session keeps its partitions (KIP-345)");
    f("group.protocol", o.group_protocol,
      "who shares the partitions of a group out: a member (classic) or the broker (consumer, KIP-848)");
    f("group.remote.assignor", o.group_remote_assignor,
      "with group.protocol consumer, the broker's assignor: uniform or range; unset: the broker chooses (KIP-848)");
    f("heartbeat.interval.ms", o.heartbeat_interval, kHeartbeatBounds,
      "a member tells the coordinator that it lives, after this time; unset: 3 s");
    f("isolation.level", o.isolation_level,
      "read_committed leaves out the records of aborted transactions; read_uncommitted reads all");
    f("max.open", o.max_open, range(1, kMostOpen), "envelopes that may be open at a time, with ordering unordered");
    f("max.partition.fetch.bytes", o.max_partition_fetch_bytes, range(1024, kGiB),
      "bytes of one partition in one response");
    f("max.poll.interval.ms", o.max_poll_interval, time(milliseconds(0), hours(24)),
      "an envelope that is open for longer makes the member leave its group; 0: never");
    f("on.offset.out.of.range", o.on_offset_out_of_range,
      "when the position does not exist any more: fail, reset_to_earliest or reset_to_latest");
    f("on.start.out.of.range", o.on_start_out_of_range,
      "when an offset that was asked for does not exist: fail, reset_to_earliest or reset_to_latest");
    f("ordering", o.ordering,
      "which envelopes may be open at a time: one in all (consumer), one per partition, or unordered");
    f("partition.assignment.strategy", o.partition_assignment_strategy,
      "assignors that a member offers, the best first: range, roundrobin, sticky, cooperative-sticky; unset: range, "
      "then "
      "cooperative-sticky");
    f("rebalance.timeout.ms", o.rebalance_timeout, time(seconds(1), hours(1)),
      "how long the group waits for a member to join again");
    f("revoke.timeout.ms", o.revoke_timeout, time(milliseconds(0), minutes(48)),
      "how long open envelopes of partitions that a member gives up may take; unset: 80 % of what is left");
    f("session.timeout.ms", o.session_timeout, time(seconds(1), hours(1)),
      "the coordinator puts a member out that is silent for so long; unset: 45 s, and 30 s before Kafka 0.10.1");
    f("unfolded.max.bytes", o.unfolded_max_bytes, range(1024, kGiB),
      "bytes that a compressed batch may hold; a larger one stops its partition");
  }
};

}  // namespace kafka::session
