// An in-memory Kafka on the application's own loop, for tests and for trying things out: a cluster of 1 to N brokers,
// with real sockets, real error codes, and faults on demand. Library `uvkafka-dev`. Nothing is stored on disk, and
// everything is lost with the object.
//
//   kafka::DevBroker broker(loop, {.brokers = 3});
//   broker.create_topic("orders", 3);
//   kafka::Session session(loop, {.bootstrap_servers = broker.bootstrap_servers()});
//   broker.on(kafka::ApiKey::produce).times(2).reply(kafka::Errc::not_leader_or_follower);
//   broker.kill(2);
#pragma once

#include <kafka/api_key.hpp>
#include <kafka/envelope.hpp>
#include <kafka/error.hpp>
#include <kafka/export.hpp>
#include <kafka/function.hpp>
#include <kafka/secret.hpp>
#include <kafka/types.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

struct uv_loop_s;

namespace kafka {

namespace devbroker {

class Faults;

/// What a fault does. Not for users: the methods of Fault set it.
struct FaultAction {
  Errc reply = Errc::none;
  bool executes_anyway = false;  // although `reply` is answered
  std::chrono::nanoseconds delay{0};
  int32_t throttle_ms = 0;
  std::vector<int32_t> bad_records = {};
  std::optional<size_t> cut_at = {};
  std::optional<size_t> corrupt_at = {};
  bool swallow = false;
  bool drop_response = false;
  bool close_before = false;
  bool close_after = false;
  bool wrong_correlation = false;
  std::optional<std::string> topic = {};
  int32_t partition = -1;

  bool executes() const;
  /// The error to answer for this partition, whatever happened to it; or none.
  Errc at(std::string_view name, int32_t number) const;
  /// The error to answer for the whole topic, or none.
  Errc at_topic(std::string_view name) const;
};

}  // namespace devbroker

/// Kafka's name, for example "Produce"; "?" for a number that is no API.
UVKAFKA_API std::string_view to_string(ApiKey api);

/// What happens to requests that match. DevBroker::on() makes a fault, and it takes effect at once. A fault without an
/// action only counts requests. A request meets at most one fault: the oldest one that matches and is not used up. So
/// two faults of one API happen one after the other.
class UVKAFKA_API Fault {
 public:
  // Which requests match.
  /// Happens this often. The default is once.
  Fault& times(int count) { return left_ = count, *this; }
  Fault& always() { return left_ = kAlways, *this; }
  /// Spares this many matching requests first.
  Fault& skip(int count) { return skip_ = count, *this; }
  /// Only requests to this broker (1 to N).
  Fault& broker(int32_t id) { return broker_ = id, *this; }
  /// Only requests that name this topic, by its name or by its id.
  Fault& topic(std::string name) { return action_.topic = std::move(name), *this; }
  /// Only requests that name this partition. The error of reply() is then given for this partition alone.
  Fault& partition(std::string topic, int32_t number) {
    return action_.topic = std::move(topic), action_.partition = number, *this;
  }
  /// Only requests of this client.id.
  Fault& client(std::string id) { return client_ = std::move(id), *this; }

  // What happens.
  /// The request is not executed. The answer has this error, at every place that fits the filter.
  Fault& reply(Errc error) { return action_.reply = error, *this; }
  /// The request is executed, but the answer has this error.
  Fault& reply_after(Errc error) { return action_.reply = error, action_.executes_anyway = true, *this; }
  /// The answer (or the close) comes this much later. Until then the connection serves nothing else.
  Fault& delay(std::chrono::nanoseconds time) { return action_.delay = time, *this; }
  /// The request is neither executed nor answered, and the connection serves no request after it.
  Fault& swallow() { return action_.swallow = true, *this; }
  /// The request is executed but not answered, and the connection serves no request after it.
  Fault& drop_response() { return action_.drop_response = true, *this; }
  /// The same as swallow().
  Fault& drop() { return swallow(); }
  /// The request is executed. Only the first `bytes` of the answer are sent (its length field counts), then the
  /// connection is closed.
  Fault& cut_at(size_t bytes) { return action_.cut_at = bytes, *this; }
  /// The connection is closed instead of executing the request.
  Fault& close_before() { return action_.close_before = true, *this; }
  /// The request is executed, then the connection is closed without an answer.
  Fault& close_after() { return action_.close_after = true, *this; }
  /// This byte of the answer is inverted. A number past the end counts backwards from the end.
  Fault& corrupt(size_t byte) { return action_.corrupt_at = byte, *this; }
  /// A Produce request is refused with invalid_record, and the answer names these places in the batch (KIP-467).
  Fault& refuse_records(std::vector<int32_t> places) {
    return action_.bad_records = std::move(places), reply(Errc::invalid_record);
  }
  /// The answer tells the client to wait this long before it asks again. In versions with KIP-219 the connection is not
  /// served until then. seen() has the time at which each request came, so it shows a client that does not wait. In
  /// older versions only the field is set.
  Fault& throttle(std::chrono::milliseconds time) {
    return action_.throttle_ms = static_cast<int32_t>(time.count()), *this;
  }
  /// The answer has a correlation id that no request had.
  Fault& wrong_correlation_id() { return action_.wrong_correlation = true, *this; }

  /// How often the fault has happened.
  int hits() const noexcept { return hits_; }
  /// True if the fault will not happen again.
  bool used_up() const noexcept { return left_ == 0; }

 private:
  friend class devbroker::Faults;
  static constexpr int kAlways = -1;

  ApiKey api_ = ApiKey::produce;
  int left_ = 1;
  int skip_ = 0;
  int hits_ = 0;
  int32_t broker_ = -1;
  std::optional<std::string> client_ = {};
  devbroker::FaultAction action_ = {};
};

/// Somebody who may log in to the brokers.
struct DevUser {
  std::string name = {};
  Secret password = {};
};

/// Logins. Without mechanisms nobody logs in, and everybody is the user ANONYMOUS.
struct DevSasl {
  std::vector<std::string> deny = {};  ///< users who may do nothing: topics, groups and the cluster are forbidden
  /// Clients must log in by one of these: "PLAIN,SCRAM-SHA-256,SCRAM-SHA-512,OAUTHBEARER", or some of them. OAUTHBEARER
  /// takes unsigned tokens of any user: JWT of alg none, with sub and exp.
  std::string mechanisms = {};
  /// How long a login holds (KIP-368). Then the brokers close a connection that sends anything but a login anew. 0: as
  /// long as the connection, or the token. As Kafka, brokers take no renewal within a second of the last one, so
  /// clients get on with 1.5 s and more.
  std::chrono::milliseconds session_lifetime{0};
  std::vector<DevUser> users = {};  ///< for PLAIN and SCRAM
};

/// TLS. Without a certificate the brokers speak plaintext. Files are PEM, and read when the brokers are made.
struct DevTls {
  std::string cert = {};       ///< file: the brokers' certificate, then its issuers
  std::string client_ca = {};  ///< file: clients must show a certificate of this authority
  std::string key = {};        ///< file: the key of `cert`
  /// In place of `cert` and `key`, a folder: ca.pem, broker.pem, broker.key, client.pem and client.key are made there,
  /// for localhost, 127.0.0.1 and ::1. If they are there, they are used.
  std::string make = {};
};

struct UVKAFKA_API DevBrokerOptions {
  bool auto_create_topics = true;              ///< a topic is created when a client first asks for it
  int32_t brokers = 1;                         ///< 1 to 100; their ids are 1 to N
  bool cut_batches = true;                     ///< the answer to a fetch may end in the middle of a batch, as in Kafka
  int32_t default_partitions = 1;              ///< of topics that are created on first use
  std::chrono::milliseconds failover_time{0};  ///< from the death of a leader to the election of another
  size_t fetch_sessions = 1000;                ///< per broker (KIP-227); 0: every fetch is a full one
  std::string host = "127.0.0.1";  ///< numeric address to listen on and to advertise; "localhost" means 127.0.0.1
  std::chrono::milliseconds initial_rebalance_delay{0};  ///< the first members of a group wait for others; Kafka: 3 s
  int32_t message_max_bytes = 1048588;                   ///< a larger batch is refused
  uint16_t port = 0;                                     ///< broker k listens on port + k - 1; 0 takes free ports
  std::vector<std::string> racks = {};                   ///< of broker 1, 2, …; the others have none
  int32_t replication_factor = 3;  ///< at most `brokers`; 1: a partition has no leader while its broker is down
  DevSasl sasl = {};
  DevTls tls = {};
  std::string version = {};  ///< see as_version()
};

/// The configuration of a topic.
struct DevTopicConfig {
  bool compacted = false;        ///< records without a key are refused, and the answer names them; nothing is compacted
  bool log_append_time = false;  ///< records get the time at which they are appended
  int32_t message_max_bytes = 0;  ///< 0: the value of DevBrokerOptions
};

enum class TransactionEnd : int8_t { commit, abort };

/// A request as a broker saw it.
struct SeenRequest {
  int32_t broker = 0;
  ApiKey api = ApiKey::produce;
  int16_t version = 0;
  int32_t correlation_id = 0;
  int64_t connection = 0;  ///< counted from 1 over all brokers
  std::string client_id = {};
  std::chrono::nanoseconds at{0};  ///< when it came, on the loop's clock; only differences have a meaning
};

/// What a partition's log knows of an idempotent or transactional producer.
struct KnownProducer {
  int64_t id = -1;
  int16_t epoch = 0;
  int32_t last_sequence = -1;      ///< of the newest record; -1: none in this epoch
  int64_t transaction_since = -1;  ///< first offset of the transaction under way
};

class UVKAFKA_API DevBroker {
 public:
  /// Listens at once. If that fails, error() says why.
  explicit DevBroker(uv_loop_s* loop, DevBrokerOptions options = {});
  /// Ends everything without a callback. If close() was not called before, the loop can be closed after one more turn.
  ~DevBroker();
  DevBroker(const DevBroker&) = delete;

  /// Why the brokers do not serve: an option is out of range, or a port is taken.
  const Error& error() const;
  /// "host:port" of every broker, including dead ones.
  std::string bootstrap_servers() const;
  uint16_t port(int32_t broker = 1) const;
  /// Closes all connections and listeners. Once `done` has run, nothing keeps the loop alive.
  void close(Function<void()> done = {});

  // Topics. Leaders go round the brokers: partition p of the n-th topic (counted from 0) is led by broker
  // (n + p) mod N + 1.
  /// Errors: topic_already_exists, invalid_topic, invalid_partitions.
  Error create_topic(std::string_view name, int32_t partitions = 1);
  Error delete_topic(std::string_view name);
  Error configure_topic(std::string_view name, DevTopicConfig config);
  std::vector<std::string> topics() const;

  // Contents.
  /// Appends one record as if it had been produced. The offset, or -1 if there is no such partition.
  int64_t append(std::string_view topic, int32_t partition, const Message& message);
  /// Appends one batch to the transaction of this producer, and begins one if none is open. No coordinator is involved.
  /// The first offset, or -1.
  int64_t append_transactional(std::string_view topic, int32_t partition, int64_t producer_id,
                               const std::vector<Message>& messages, Compression codec = Compression::none);
  /// Appends the marker that ends the producer's transaction in this partition. If none is open, the marker stands
  /// alone, as after a coordinator's second attempt. The marker's offset, or -1.
  int64_t end_transaction(std::string_view topic, int32_t partition, int64_t producer_id, TransactionEnd end);
  /// Fetched partitions list their aborted transactions newest first, not in the order of their markers.
  void list_aborted_newest_first(bool on = true);
  /// Every record that can still be read, including aborted ones. Batches in a codec that this build lacks are skipped.
  std::vector<OwnedMessage> read(std::string_view topic, int32_t partition) const;
  int64_t start_offset(std::string_view topic, int32_t partition) const;
  int64_t end_offset(std::string_view topic, int32_t partition) const;
  /// How many bytes are stored.
  size_t log_size(std::string_view topic, int32_t partition) const;
  /// As DeleteRecords: makes everything below `offset` unreadable. -1 means the end of the log.
  Error truncate_before(std::string_view topic, int32_t partition, int64_t offset);
  /// As an unclean leader election: loses everything from `offset` on. The leader epoch grows.
  Error truncate_to(std::string_view topic, int32_t partition, int64_t offset);
  /// The offset that the group has committed, or nothing.
  std::optional<int64_t> committed(std::string_view group, std::string_view topic, int32_t partition) const;

  // Producers. Ids count up from 0. A log remembers the last five batches of each producer and checks sequences against
  // them, by the rules of the release. What it remembers survives kill() and move_leader().
  std::vector<KnownProducer> producers(std::string_view topic, int32_t partition) const;
  /// As retention does when a producer has been silent for a long time. The next batch with a sequence that is not 0 is
  /// accepted, or refused with unknown_producer_id by releases like 1.1.
  Error forget_producers(std::string_view topic, int32_t partition);
  /// Pretends that the newest record of this producer, with this sequence, is the last one in the log. So a test can
  /// come near sequence 2^31 - 1 or epoch 32767 without writing that much. Ignores `transaction_since`.
  Error set_producer(std::string_view topic, int32_t partition, const KnownProducer& producer);
  /// Sets the epoch of the next new producer id.
  void set_next_producer_epoch(int16_t epoch);

  // Leaders and coordinators.
  /// -1: none.
  int32_t leader(std::string_view topic, int32_t partition) const;
  int32_t coordinator(std::string_view group) const;
  Error move_leader(std::string_view topic, int32_t partition, int32_t broker);
  Error move_coordinator(std::string_view group, int32_t broker);

  // Followers (KIP-392). From Fetch version 11 on every replica serves consumers. If a follower is in the rack of a
  // consumer, the leader sends the consumer there.
  void set_rack(int32_t broker, std::string rack);
  /// The follower lags: it has nothing from `offset` on, until it leads or this is called again. -1: it has everything.
  Error set_replica_end(std::string_view topic, int32_t partition, int32_t broker, int64_t offset);
  /// The leader sends all consumers to this broker, whatever their rack, even if there is no such broker. Without a
  /// value the racks decide again.
  Error prefer_replica(std::string_view topic, int32_t partition, std::optional<int32_t> broker);

  // Fetch sessions (KIP-227) of one broker; broker 0: of all.
  int64_t fetch_sessions(int32_t broker = 0) const;
  /// Forgets them: their next requests are answered with fetch_session_id_not_found.
  void evict_fetch_sessions(int32_t broker = 0);

  // Brokers.
  /// Resets its connections and closes its port. After `failover_time` a living replica leads its partitions.
  /// Acknowledged records are kept.
  void kill(int32_t broker);
  void restart(int32_t broker);
  /// The broker keeps its connections and accepts new ones, but answers nothing until resume().
  void pause(int32_t broker);
  void resume(int32_t broker);
  bool alive(int32_t broker) const;
  /// Closes every connection of this broker (0: of all). The broker stays reachable.
  void disconnect(int32_t broker = 0);

  // Faults.
  /// Makes a fault for requests of this API. It happens once unless its methods say otherwise. The reference is valid
  /// until clear_faults().
  Fault& on(ApiKey api);
  /// Makes a fault from one line of text, as `uvkafka broker --fault` takes it:
  /// `API[:times=N][:error=NAME|:delay=MS|:cut]`, for example "Produce:times=2:error=NOT_LEADER_OR_FOLLOWER". Names are
  /// Kafka's, in any case. `times` is once if it is not given, and may be `always`. `error` is reply(), `delay` is
  /// delay(), and `cut` closes the connection after the first bytes of the answer.
  /// Errors: invalid_argument says which part is wrong, and nothing is changed.
  Error add_fault(std::string_view text);
  void clear_faults();
  /// Speaks like this release: "0.8.2", "0.9", "0.10", "0.11", "1.1", "2.4", "2.8", "3.9", "4.3". "": every version
  /// that the library knows. `broker` 0: all brokers. Errors: invalid_argument.
  Error as_version(std::string_view release, int32_t broker = 0);

  // What the brokers have seen; broker 0: all of them together.
  int64_t requests(ApiKey api, int32_t broker = 0) const;
  int64_t accepted_connections(int32_t broker = 0) const;
  int64_t open_connections(int32_t broker = 0) const;
  /// The newest requests, oldest first. The last kMaxSeenRequests are always there, at most twice as many are kept.
  const std::vector<SeenRequest>& seen() const;
  void clear_seen();
  static constexpr size_t kMaxSeenRequests = 10000;

  // Tests.
  /// Runs the loop until `done` returns true, and returns true; or false if that takes longer than `timeout`. `done` is
  /// asked after each turn, and every 10 ms if nothing happens. Not from a callback of the loop: libuv does not run a
  /// loop inside itself. Works after close(), too.
  bool run_until(Function<bool()> done, std::chrono::milliseconds timeout = std::chrono::seconds(10));

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace kafka
