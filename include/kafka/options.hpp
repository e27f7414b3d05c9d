// The options of every object: structs whose members have the Java client's names in snake_case. Each option can also
// be set by its Java name: `options.set("linger.ms", "5")`. The members stand in alphabetical order, because designated
// initialisers must follow the order of declaration.
#pragma once

#include <kafka/assignor.hpp>
#include <kafka/secret.hpp>
#include <kafka/types.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kafka {

/// An option as its table has it, with the value of the struct that lists it.
struct OptionInfo {
  enum class Type : uint8_t { text, flag, number, milliseconds, choice, secret };

  std::string name = {};  ///< the Java client's
  Type type = Type::text;
  std::vector<std::string> choices = {};  ///< what a choice may be
  int64_t least = 0;                      ///< of a number, or of a time in milliseconds
  int64_t most = 0;
  std::optional<std::string> value = {};  ///< as set() takes it; none: unset; of a secret kHidden
  std::string text = {};                  ///< one sentence for people
};

/// What a session does when no known broker can be reached (KIP-899, KIP-1102).
enum class MetadataRecovery : uint8_t { none, rebootstrap };

/// Which addresses of a host name the client tries.
enum class AddressFamily : uint8_t { any, v4, v6 };

/// How a session speaks to brokers.
enum class SecurityProtocol : uint8_t {
  plaintext,
  ssl,             ///< TLS 1.2 or 1.3
  sasl_plaintext,  ///< a login, in clear
  sasl_ssl,        ///< TLS, and a login inside
};

/// How a session logs in. There is no default.
enum class SaslMechanism : uint8_t {
  none,
  plain,          ///< the password goes to the broker
  scram_sha_256,  ///< both sides prove that they know the password, and neither sends it (RFC 5802, RFC 7677)
  scram_sha_512,
  oauthbearer,  ///< a token of somebody whom the broker trusts: Session::on_token(), or sasl_oauthbearer_method
                ///< (KIP-255)
  gssapi,       ///< Kerberos: tickets by sasl_kerberos_keytab, or those of kinit (RFC 4752)
};

/// Where the tokens of OAUTHBEARER come from.
enum class OAuthBearerMethod : uint8_t {
  callback,  ///< Session::on_token(), or enable_sasl_oauthbearer_unsecure_jwt; `default` by its name
  oidc,      ///< a token endpoint that grants them to client id and secret (OAuth 2.0, RFC 6749 section 4.4; KIP-768)
};

/// Whether the certificate of a broker must be for the host that the client was told: that of `bootstrap_servers`, or
/// the one that the broker advertises. With `none`, any certificate of a trusted authority passes for any broker.
enum class EndpointIdentification : uint8_t { https, none };

/// The form of a truststore or a keystore. A file is read by its content; with a form, another one is refused.
enum class StoreFormat : uint8_t { by_content, pem, pkcs12 };

struct UVKAFKA_API SessionOptions {
  std::string bootstrap_servers = {};  ///< "host:port,host:port,[::1]:9092"; the port defaults to 9092
  AddressFamily broker_address_family = AddressFamily::any;  ///< which addresses of a host name are used
  std::chrono::milliseconds broker_address_ttl{1000};        ///< how long addresses are kept, 0 to 1 day
  std::string client_id = "uvkafka";                         ///< shown in the brokers' logs and quotas
  std::chrono::milliseconds close_timeout{30000};            ///< how long close() may take; 0 to 1 h
  std::chrono::milliseconds connections_max_idle{540000};    ///< idle connections close after this; 0: never
  std::chrono::milliseconds default_api_timeout{60000};      ///< for operations without an option of their own
  /// The session makes its own tokens, which nobody has signed (RFC 7515, alg=none): for development only.
  bool enable_sasl_oauthbearer_unsecure_jwt = false;
  bool enable_ssl_certificate_verification = true;  ///< false: anybody may pose as a broker; a warning says so
  std::string https_ca_location = {};  ///< whom to trust as the token endpoint: a PEM file; unset: the system's store
  std::string https_ca_pem = {};       ///< the same, as a text
  bool ignore_sigpipe = true;  ///< sets SIGPIPE to ignored if it is at its default, because libuv's writes raise it
  /// Callbacks that may run in one turn of the loop, 1 to 1,000,000. A few of each kind (messages, reports, answers,
  /// posted functions ...) of each object may run in any case, so that none waits for others.
  int32_t max_dispatch = 10000;
  std::chrono::milliseconds metadata_max_age{300000};   ///< metadata is refreshed after this; 1 s to 1 day
  std::chrono::milliseconds metadata_max_idle{300000};  ///< an unused topic is forgotten after this; 5 s to 1 day
  std::chrono::milliseconds metadata_recovery_rebootstrap_trigger{300000};      ///< KIP-1102
  MetadataRecovery metadata_recovery_strategy = MetadataRecovery::rebootstrap;  ///< KIP-899
  std::optional<int32_t> receive_buffer_bytes = {};       ///< of each socket, 1 KiB to 1 GiB; unset: the system decides
  int32_t receive_message_max_bytes = 104857600;          ///< a larger response closes its connection; 1 KiB to 1 GiB
  std::chrono::milliseconds reconnect_backoff{50};        ///< first pause before the client connects again, 0 to 1 h
  std::chrono::milliseconds reconnect_backoff_max{1000};  ///< that pause doubles up to this, ±20 % (KIP-144)
  std::chrono::milliseconds request_timeout{30000};       ///< for one response; 10 ms to 1 h
  std::chrono::milliseconds retry_backoff{100};           ///< first pause before a request is sent again, 0 to 1 h
  std::chrono::milliseconds retry_backoff_max{1000};      ///< that pause doubles up to this, ±20 % (KIP-580)
  /// PLAIN and OAUTHBEARER give password and token to whoever answers. So without TLS they are refused unless this is
  /// true.
  bool sasl_allow_plaintext = false;
  /// File with the key of the principal. Unset: the tickets in the default credential cache, which kinit fills.
  std::string sasl_kerberos_keytab = {};
  std::chrono::milliseconds sasl_kerberos_min_time_before_relogin{
      60000};                                        ///< between two askings by keytab; 0 to 1 day
  std::string sasl_kerberos_principal = {};          ///< "alice@REALM"; unset: the first of the keytab or of the cache
  std::string sasl_kerberos_service_name = "kafka";  ///< brokers are SERVICE/HOST, by the HOST that they advertise
  std::chrono::milliseconds sasl_login_connect_timeout{10000};  ///< to the token endpoint; 1 ms to 1 h
  /// For the whole answer of the token endpoint, from the connection on; 1 ms to 1 h. An application that does not
  /// answer on_token() for this time and the one above lets a login fail.
  std::chrono::milliseconds sasl_login_read_timeout{10000};
  double sasl_login_refresh_window_factor = 0.8;   ///< a token is replaced after this part of its life; 0.5 to 1
  double sasl_login_refresh_window_jitter = 0.05;  ///< plus a random part of its life, up to this; 0 to 0.25
  std::chrono::milliseconds sasl_login_retry_backoff{100};        ///< first pause after a token was not to be had
  std::chrono::milliseconds sasl_login_retry_backoff_max{10000};  ///< that pause doubles up to this, ±20 %
  SaslMechanism sasl_mechanism = SaslMechanism::none;
  bool sasl_oauthbearer_allow_http = false;  ///< true: the token endpoint may be http:// on another machine
  std::string sasl_oauthbearer_client_id = {};
  Secret sasl_oauthbearer_client_secret = {};
  /// For unsecured tokens: "principal=NAME scope=A,B lifeSeconds=3600 extension_NAME=VALUE".
  std::string sasl_oauthbearer_config = {};
  std::string sasl_oauthbearer_extensions =
      {};  ///< "name=value,name=value", sent with a token of the endpoint (KIP-342)
  OAuthBearerMethod sasl_oauthbearer_method = OAuthBearerMethod::callback;
  std::string sasl_oauthbearer_scope = {};               ///< of the token to ask for
  std::string sasl_oauthbearer_token_endpoint_url = {};  ///< https://HOST[:PORT]/PATH
  Secret sasl_password = {};
  /// A broker that asks SCRAM for more iterations is refused; 4,096 to 10,000,000. Kafka's own brokers ask for 4,096 to
  /// 16,384.
  int32_t sasl_scram_max_iterations = 100000;
  std::string sasl_username = {};
  SecurityProtocol security_protocol = SecurityProtocol::plaintext;
  std::optional<int32_t> send_buffer_bytes = {};  ///< of each socket, 1 KiB to 1 GiB; unset: the system decides
  std::chrono::milliseconds socket_connection_setup_timeout{10000};      ///< one attempt: TCP and handshake
  std::chrono::milliseconds socket_connection_setup_timeout_max{30000};  ///< that limit doubles up to this (KIP-601)
  bool socket_keepalive_enable = true;                                   ///< TCP keep-alive, after 60 s of silence
  // TLS. One thing comes from one source: a file or a text, a keystore or a certificate with its key. Files are read
  // when the session is made, and one that cannot be used is its error().
  /// Whom to trust: a file (PEM or PKCS#12), or a folder of PEM files. "" or "probe": the system's store. Whatever is
  /// in it is trusted, certificates that are no roots too.
  std::string ssl_ca_location = {};
  std::string ssl_ca_pem = {};                ///< the same, as a text
  std::string ssl_certificate_location = {};  ///< of this client, PEM: its own first, then those that issued it
  std::string ssl_certificate_pem = {};       ///< the same, as a text
  std::string ssl_cipher_suites = {};         ///< OpenSSL's list, or IANA's names with commas; "": OpenSSL's default
  std::string ssl_crl_location = {};          ///< revoked certificates, PEM; looked for the broker's own certificate
  std::string ssl_curves_list = {};           ///< OpenSSL's list, "X25519:P-256"
  std::string ssl_enabled_protocols = "TLSv1.2,TLSv1.3";  ///< older ones are refused
  EndpointIdentification ssl_endpoint_identification_algorithm = EndpointIdentification::https;
  std::string ssl_key_location = {};       ///< of the certificate: PKCS#8, PKCS#1 or SEC1 as PEM, perhaps encrypted
  Secret ssl_key_password = {};            ///< of an encrypted key; nothing is ever asked on the terminal
  Secret ssl_key_pem = {};                 ///< the key as a text
  std::string ssl_keystore_location = {};  ///< PKCS#12, or PEM with key and certificates; in place of the two above
  Secret ssl_keystore_password = {};       ///< of PKCS#12; unset: ssl_key_password
  StoreFormat ssl_keystore_type = StoreFormat::by_content;
  std::string ssl_sigalgs_list = {};    ///< OpenSSL's list of signature algorithms
  Secret ssl_truststore_password = {};  ///< of a PKCS#12 file in ssl_ca_location
  StoreFormat ssl_truststore_type = StoreFormat::by_content;

  /// Names of options of other clients that set() has taken and that do nothing here, such as api.version.request. The
  /// session tells them in one line of its log (`info`).
  std::vector<std::string> ignored_options = {};

  /// Sets the option that has this Java name. invalid_option names the option and its range, and changes nothing. A
  /// value ${env:NAME} or ${file:PATH} stands for that variable, or for what the file holds (without its last line
  /// end).
  Error set(std::string_view name, std::string_view value);
  /// Checks values, and what excludes each other. It reads no file.
  Error validate() const;
  /// All options with their values, in the order of the members.
  std::vector<OptionInfo> list() const;
};

/// Files of TLS for a session that runs (Session::set_tls()). A member that is empty: as the session's options have it.
/// A session keeps no passwords, so those that the files need stand here, each time.
struct TlsFiles {
  std::string ca_location = {};           ///< as ssl_ca_location
  std::string certificate_location = {};  ///< as ssl_certificate_location; in place of a keystore
  std::string crl_location = {};          ///< as ssl_crl_location
  std::string key_location = {};          ///< as ssl_key_location
  Secret key_password = {};               ///< as ssl_key_password
  std::string keystore_location = {};     ///< as ssl_keystore_location; in place of certificate and key
  Secret keystore_password = {};          ///< as ssl_keystore_password
  Secret truststore_password = {};        ///< as ssl_truststore_password
};

/// How a record without a partition gets one. Names and placement are those of other clients: with the same number of
/// partitions, the same key goes to the same partition. "Sticky" means: records go to one partition until batch_size
/// bytes, at most 16 KiB, have gone there, or until batches wait there. Then the next partition is drawn at random,
/// with lower odds for partitions where more waits (KIP-480, KIP-794).
enum class Partitioner : uint8_t {
  murmur2_random,     ///< the Java client: murmur2 of the key, an empty key too; without a key sticky
  murmur2,            ///< murmur2 of the key; no key counts as an empty key
  consistent_random,  ///< librdkafka's default: CRC-32 of the key; with an empty key or none sticky
  consistent,         ///< CRC-32 of the key; no key counts as an empty key
  fnv1a_random,       ///< FNV-1a of the key (Sarama); without a key sticky
  fnv1a,              ///< FNV-1a of the key; no key counts as an empty key
  random,             ///< each record to a random partition; keys do not matter
  round_robin,        ///< each record to the next partition that has a leader; keys do not matter
};

struct UVKAFKA_API ProducerOptions {
  Acks acks = Acks::all;
  int32_t batch_size = 1000000;      ///< a batch of this many bytes is sent at once; 1 to max_request_size
  int64_t buffer_memory = 33554432;  ///< of records without an outcome, and of untold outcomes; send() says queue_full
                                     ///< when it is full
  int32_t compression_level = -1;    ///< -1: the codec's default; gzip up to 9, lz4 to 17 (as 12), zstd to 22
  Compression compression_type = Compression::none;
  std::chrono::milliseconds delivery_timeout{120000};  ///< from send() to the report (KIP-91); longer than linger
  std::optional<bool> enable_idempotence = {};  ///< no duplicates, and order with several batches under way (KIP-98);
                                                ///< unset: on with acks=all if the brokers can (0.11) and allow it
  std::chrono::microseconds linger{0};          ///< how long a batch waits for more records; 0: to the end of the turn.
                                                ///< Nobody waits while buffer_memory is full
  std::optional<int32_t> max_in_flight = {};    ///< requests per connection; 5 if unset; 1 to 1,000, with idempotence 1
                                              ///< to 5. Without idempotence, one batch of a partition is under way at a
                                              ///< time; if this is set, several may be, and a retry may reorder them
  int32_t max_request_size = 1048576;                     ///< largest record or batch in bytes, 1 KiB to 1 GiB
  Partitioner partitioner = Partitioner::murmur2_random;  ///< Producer::set_partitioner() overrides it
  bool partitioner_adaptive_partitioning_enable = true;   ///< sticky: avoid partitions where more waits (KIP-794)
  std::chrono::milliseconds partitioner_availability_timeout{0};  ///< sticky and adaptive: a partition whose oldest
                                                                  ///< batch waits for longer, beyond linger, is not
                                                                  ///< chosen, unless all do; 0: off (KIP-794)
  std::chrono::milliseconds request_timeout{30000};  ///< for the leader's response, and for its wait for replicas
  int32_t retries = 2147483647;                      ///< of one batch; usually delivery_timeout ends them first
  int32_t unfolded_max_bytes = 67108864;  ///< of a compressed batch, before it was compressed; 1 KiB to 1 GiB.
                                          ///< A larger record is refused: its consumers could not read it

  Error set(std::string_view name, std::string_view value);
  Error validate() const;
  std::vector<OptionInfo> list() const;
};

/// Where to start when nothing is committed. A topic that was deleted and made anew is read from its first record, with
/// the event `topic_recreated`; with `none` the partition stops.
enum class OffsetReset : uint8_t { earliest, latest, none };
/// What the consumer does when the broker does not have the position. No other error resets a position. Two options say
/// so: `on_start_out_of_range` for an offset that the application named (where a Fetcher starts, and seek()), until a
/// broker has confirmed that it exists; `on_offset_out_of_range` for every other position, such as a stored offset, or
/// one whose records were removed meanwhile. The end of a partition exists: the next record will have that offset.
/// If the log lost records that were already read (an unclean election, for example), the consumer goes on where the
/// two logs part and reports `log_truncated` (Kafka 2.3 and later, KIP-320); with `fail` the partition stops.
enum class OutOfRange : uint8_t { fail, reset_to_earliest, reset_to_latest };
/// Which records of transactions the consumer reads (KIP-98). The values are those of the protocol.
enum class IsolationLevel : uint8_t {
  read_uncommitted,  ///< all records, up to the high watermark
  read_committed,    ///< no records of aborted transactions, and none behind the first transaction that is still open.
                     ///< The partition ends at its last stable offset, also for positions by `latest` and by time
};
/// How many envelopes may be open at a time.
enum class Ordering : uint8_t {
  consumer,   ///< one in all
  partition,  ///< one per partition
  unordered,  ///< `max_open` in all, answered in any order. Each partition is dispatched in order. See MessageEnvelope
};
/// When an envelope that was answered with commit() makes room for the next one. In both modes, a commit that fails for
/// good ends the consumption. The next consumption then begins with the first message that was not stored.
enum class CommitMode : uint8_t {
  confirmed,  ///< when the broker has stored its offset
  pipelined,  ///< at once. One commit request is under way at a time. The next one carries the newest offset of each
              ///< partition, and confirms all commits that it covers
};

/// How a member of a group gets its partitions.
enum class GroupProtocol : uint8_t {
  classic,   ///< one of the members shares them out, by `partition_assignment_strategy`; from Kafka 0.9 on
  consumer,  ///< the broker shares them out, and members that keep their partitions read on meanwhile (KIP-848); from
             ///< Kafka 4.0 on, and with 3.9 if it has `group.coordinator.rebalance.protocols=classic,consumer`
};

struct UVKAFKA_API ConsumerOptions {
  bool allow_auto_create_topics = true;
  /// Assignors of the application, which partition_assignment_strategy can name. Classic protocol only.
  std::vector<std::shared_ptr<Assignor>> assignors = {};
  OffsetReset auto_offset_reset = OffsetReset::earliest;
  std::string client_rack = {};  ///< the rack of this client: leaders may send it to a replica there (KIP-392)
  CommitMode commit_mode = CommitMode::confirmed;
  std::chrono::milliseconds default_api_timeout{60000};  ///< for finding a start position, for a commit, and for a
                                                         ///< partition that is missing in metadata; a member looks for
                                                         ///< the start of a partition as long as it owns it
  int32_t fetch_max_bytes = 52428800;  ///< of one response, 1 KiB to 1 GiB; never more than a quarter of fetch_memory
  std::chrono::milliseconds fetch_max_wait{500};  ///< how long the broker may wait for fetch_min_bytes; 0 to 5 min
  int64_t fetch_memory = 67108864;                ///< bytes that are fetched and not dispatched, 64 KiB to 1 TiB
  int32_t fetch_min_bytes = 1;
  std::string group_instance_id = {};  ///< makes a static member (KIP-345): a restart within its session keeps its
                                       ///< partitions; at most 249 of the characters that a topic name may have
  GroupProtocol group_protocol = GroupProtocol::classic;
  /// The broker's assignor that the member asks for, with the protocol `consumer`: uniform or range, or one that the
  /// broker was given (KIP-848). "": the broker chooses.
  std::string group_remote_assignor = {};
  /// A member tells the coordinator so often that it lives; 50 ms to 20 min, and less than session_timeout. Unset: 3 s.
  /// With the protocol `consumer` the broker decides, and it must not be set.
  std::optional<std::chrono::milliseconds> heartbeat_interval = {};
  IsolationLevel isolation_level = IsolationLevel::read_committed;
  int32_t max_open = 1000;                      ///< envelopes open at a time with `unordered`, 1 to 1,000,000
  int32_t max_partition_fetch_bytes = 1048576;  ///< of one partition in one response, 1 KiB to 1 GiB
  /// A member leaves its group if an envelope is open for longer, or if nobody consumes for longer while it owns
  /// partitions that are not paused. 0: never; up to 1 day.
  std::chrono::milliseconds max_poll_interval{300000};
  OutOfRange on_offset_out_of_range = OutOfRange::reset_to_earliest;  ///< stored offsets, and positions that were lost
  OutOfRange on_start_out_of_range = OutOfRange::fail;  ///< offsets that the application named: below the first one, or
                                                        ///< beyond the end. `fail` stops the partition
  Ordering ordering = Ordering::consumer;
  /// The assignors that a member offers, the best first: range, roundrobin, sticky, cooperative-sticky, or names of
  /// `assignors`, all of which must stand in it. The group takes one that all of its members offer. Unset: the names of
  /// `assignors`, and without them range,cooperative-sticky. With the protocol `consumer` it must not be
  /// set: see group_remote_assignor.
  std::optional<std::string> partition_assignment_strategy = {};
  /// How long the group waits for a member to join again when partitions are shared out anew; 1 s to 1 h.
  std::chrono::milliseconds rebalance_timeout{60000};
  /// How long open envelopes of partitions that a member gives up may take, at most 80 % of rebalance_timeout. Unset:
  /// 80 % of the time that is left. 0: they are lost at once.
  std::optional<std::chrono::milliseconds> revoke_timeout = {};
  /// The coordinator puts a member out that it has not heard of for so long; 1 s to 1 h. Unset: 45 s, and 30 s with
  /// brokers before 0.10.1. With the protocol `consumer` the broker decides, and it must not be set.
  std::optional<std::chrono::milliseconds> session_timeout = {};
  int32_t unfolded_max_bytes = 67108864;  ///< a compressed batch that holds more stops its partition; 1 KiB to 1 GiB

  /// `auto.offset.reset` sets auto_offset_reset and on_offset_out_of_range.
  Error set(std::string_view name, std::string_view value);
  Error validate() const;
  std::vector<OptionInfo> list() const;
};

}  // namespace kafka
