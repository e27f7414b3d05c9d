// An in-memory Kafka on the application's own loop, for tests and for trying things out: 1 to N brokers
// of one cluster, real sockets, real error codes, and faults on demand. Library `uvkafka-dev`.
// Nothing is stored on disk; everything is gone with the object.
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
class Cluster;
class Faults;
}  // namespace devbroker

/// Kafka's name, for example "Produce"; "?" for a number that is no API.
KAFKA_API std::string_view to_string(ApiKey api);

/// What happens to requests that match: set up by DevBroker::on() and effective at once. Without an
/// action a fault only counts. One request meets at most one fault, the oldest that matches and is not
/// used up; two faults of one API therefore happen one after the other.
class KAFKA_API Fault {
 public:
  // Which requests.
  /// Happens this often; once if nothing is said.
  Fault& times(int count) { return left_ = count, *this; }
  Fault& always() { return left_ = kAlways, *this; }
  /// Lets this many matching requests pass first.
  Fault& skip(int count) { return skip_ = count, *this; }
  /// Requests to this broker (1 to N) only.
  Fault& broker(int32_t id) { return broker_ = id, *this; }
  /// Requests that name this topic only. Requests by topic id match too.
  Fault& topic(std::string name) { return topic_ = std::move(name), *this; }
  /// Requests that name this partition only; reply() then concerns this partition alone.
  Fault& partition(std::string topic, int32_t number) { return topic_ = std::move(topic), partition_ = number, *this; }
  /// Requests of this client.id only.
  Fault& client(std::string id) { return client_ = std::move(id), *this; }

  // What happens.
  /// The request is not executed and answered with this error, at every place that fits the filter.
  Fault& reply(Errc error) { return reply_ = error, *this; }
  /// The request is executed and answered with this error nevertheless.
  Fault& reply_after(Errc error) { return reply_ = error, executes_ = true, *this; }
  /// The answer (or the close) comes this much later. The connection serves nothing else meanwhile.
  Fault& delay(std::chrono::nanoseconds time) { return delay_ = time, *this; }
  /// Not executed, never answered; the connection serves no request after it until it is closed.
  Fault& swallow() { return swallow_ = true, *this; }
  /// Executed, never answered; the connection serves no request after it until it is closed.
  Fault& drop_response() { return drop_response_ = true, *this; }
  /// The same as swallow().
  Fault& drop() { return swallow(); }
  /// Executed; of the answer only the first `bytes` (its length field included) are sent, then the
  /// connection is closed.
  Fault& cut_at(size_t bytes) { return cut_at_ = bytes, *this; }
  /// The connection is closed instead of executing the request.
  Fault& close_before() { return close_before_ = true, *this; }
  /// The request is executed, then the connection is closed without an answer.
  Fault& close_after() { return close_after_ = true, *this; }
  /// The answer has this byte inverted; a number behind its end counts from the end backwards.
  Fault& corrupt(size_t byte) { return corrupt_at_ = byte, *this; }
  /// A Produce request is refused with invalid_record, and these places in the batch are named (KIP-467).
  Fault& refuse_records(std::vector<int32_t> places) {
    return bad_records_ = std::move(places), reply(Errc::invalid_record);
  }
  /// The answer says that the client has to wait this long before it asks again. From the versions on that belong to
  /// KIP-219 the connection is not served meanwhile; seen() tells when a request has come, so also of a client that
  /// does not wait. In older versions only the field is set.
  Fault& throttle(std::chrono::milliseconds time) { return throttle_ms_ = static_cast<int32_t>(time.count()), *this; }
  /// The answer carries a correlation id that nobody asked with.
  Fault& wrong_correlation_id() { return wrong_correlation_ = true, *this; }

  /// How often it has happened.
  int hits() const noexcept { return hits_; }
  /// True once it can happen no more.
  bool used_up() const noexcept { return left_ == 0; }

 private:
  friend class devbroker::Faults;
  static constexpr int kAlways = -1;

  ApiKey api_ = ApiKey::produce;
  int left_ = 1;
  int skip_ = 0;
  int hits_ = 0;
  int32_t broker_ = -1;
  int32_t partition_ = -1;
  std::optional<std::string> topic_ = {};
  std::optional<std::string> client_ = {};
  Errc reply_ = Errc::none;
  std::chrono::nanoseconds delay_{0};
  int32_t throttle_ms_ = 0;
  std::vector<int32_t> bad_records_ = {};
  std::optional<size_t> cut_at_ = {};
  std::optional<size_t> corrupt_at_ = {};
  bool executes_ = false;
  bool swallow_ = false;
  bool drop_response_ = false;
  bool close_before_ = false;
  bool close_after_ = false;
  bool wrong_correlation_ = false;
};

struct KAFKA_API DevBrokerOptions {
  bool auto_create_topics = true;              ///< topics are made when they are first asked for
  int32_t brokers = 1;                         ///< 1 to 100; their ids are 1 to N
  bool cut_batches = true;                     ///< a fetch may end in the middle of a batch, as Kafka's do
  int32_t default_partitions = 1;              ///< of topics made on first use
  std::chrono::milliseconds failover_time{0};  ///< from the death of a leader to the choice of another
  size_t fetch_sessions = 1000;                ///< per broker (KIP-227); 0: every fetch is a full one
  std::string host = "127.0.0.1";       ///< numeric address to listen on and to advertise; "localhost" is 127.0.0.1
  int32_t message_max_bytes = 1048588;  ///< a larger batch is refused
  uint16_t port = 0;                    ///< broker k listens on port + k - 1; 0 takes free ports
  std::vector<std::string> racks = {};  ///< of broker 1, 2, …; those left out have none
  int32_t replication_factor = 3;  ///< at most `brokers`; with 1 a partition has no leader while its broker is down
  std::string version = {};        ///< as as_version()
};

/// What differs from topic to topic, as Kafka's topic configuration.
struct DevTopicConfig {
  bool compacted = false;         ///< records without a key are refused, each named; nothing is compacted
  bool log_append_time = false;   ///< records get the time at which they are appended
  int32_t message_max_bytes = 0;  ///< 0: as DevBrokerOptions has it
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
  std::chrono::nanoseconds at{0};  ///< when it came, on the loop's clock: only differences mean something
};

/// What a partition's log knows of an idempotent or transactional producer.
struct KnownProducer {
  int64_t id = -1;
  int16_t epoch = 0;
  int32_t last_sequence = -1;      ///< of the newest record; -1: none in this epoch
  int64_t transaction_since = -1;  ///< first offset of the transaction under way
};

class KAFKA_API DevBroker {
 public:
  /// Listens at once. error() tells if that failed.
  explicit DevBroker(uv_loop_s* loop, DevBrokerOptions options = {});
  /// Without close() before: everything ends silently, and the loop can be closed after one more turn.
  ~DevBroker();
  DevBroker(const DevBroker&) = delete;

  /// Why it does not serve: an option out of range, or a port that is taken.
  const Error& error() const;
  /// "host:port" of every broker, dead ones included.
  std::string bootstrap_servers() const;
  uint16_t port(int32_t broker = 1) const;
  /// Ends all connections and listeners; nothing keeps the loop alive once `done` has run.
  void close(Function<void()> done = {});

  // Topics. Leaders go round the brokers: partition p of the n-th topic is led by broker (n + p) mod N + 1.
  /// Errors: topic_already_exists, invalid_topic, invalid_partitions.
  Error create_topic(std::string_view name, int32_t partitions = 1);
  Error delete_topic(std::string_view name);
  Error configure_topic(std::string_view name, DevTopicConfig config);
  std::vector<std::string> topics() const;

  // Contents.
  /// Appends one record as if it had been produced. The offset, or -1 if there is no such partition.
  int64_t append(std::string_view topic, int32_t partition, const Message& message);
  /// Appends one batch as part of a transaction of this producer; the first one of a producer opens it.
  /// No coordinator is involved. The first offset, or -1.
  int64_t append_transactional(std::string_view topic, int32_t partition, int64_t producer_id,
                               const std::vector<Message>& messages, Compression codec = Compression::none);
  /// Appends a marker: the producer's transaction ends in this partition. Without one under way the marker
  /// stands alone, as a coordinator's second try leaves it. The marker's offset, or -1.
  int64_t end_transaction(std::string_view topic, int32_t partition, int64_t producer_id, TransactionEnd end);
  /// Aborted transactions are listed newest first in fetched partitions, not in the order of their markers.
  void list_aborted_newest_first(bool on = true);
  /// Every record that can still be read, aborted ones too. Batches in a codec that this build lacks are left out.
  std::vector<OwnedMessage> read(std::string_view topic, int32_t partition) const;
  int64_t start_offset(std::string_view topic, int32_t partition) const;
  int64_t end_offset(std::string_view topic, int32_t partition) const;
  /// Bytes stored.
  size_t log_size(std::string_view topic, int32_t partition) const;
  /// As DeleteRecords: nothing below `offset` can be read any more; -1 means the end.
  Error truncate_before(std::string_view topic, int32_t partition, int64_t offset);
  /// As an unclean leader election: everything from `offset` on is lost, and the leader epoch grows.
  Error truncate_to(std::string_view topic, int32_t partition, int64_t offset);
  /// The offset that the group has committed, or nothing.
  std::optional<int64_t> committed(std::string_view group, std::string_view topic, int32_t partition) const;

  // Producers. Ids count up from 0. A log keeps the last five batches of each producer and checks sequences
  // against them as the release that is spoken does; what it knows survives kills and moves of the leader.
  std::vector<KnownProducer> producers(std::string_view topic, int32_t partition) const;
  /// As retention does once a producer has been silent for long. The next batch with a sequence that is
  /// not 0 is accepted, or refused with unknown_producer_id when speaking like 1.1.
  Error forget_producers(std::string_view topic, int32_t partition);
  /// As if this producer's newest record, with this sequence, were the last one in the log: to come near
  /// 2^31 - 1, or near epoch 32767, without writing that much. `transaction_since` is not looked at.
  Error set_producer(std::string_view topic, int32_t partition, const KnownProducer& producer);
  /// The next new producer id is given out with this epoch.
  void set_next_producer_epoch(int16_t epoch);

  // Leaders and coordinators.
  /// -1: nobody.
  int32_t leader(std::string_view topic, int32_t partition) const;
  int32_t coordinator(std::string_view group) const;
  Error move_leader(std::string_view topic, int32_t partition, int32_t broker);
  Error move_coordinator(std::string_view group, int32_t broker);

  // Followers (KIP-392). From Fetch version 11 on every replica serves consumers. A leader sends a consumer
  // whose rack is a follower's there.
  void set_rack(int32_t broker, std::string rack);
  /// The follower lags: it has nothing from `offset` on, until it leads or is set again; -1: it has all.
  Error set_replica_end(std::string_view topic, int32_t partition, int32_t broker, int64_t offset);
  /// The leader sends consumers to this broker, whatever their rack and even if there is no such broker;
  /// nothing: as the racks say.
  Error prefer_replica(std::string_view topic, int32_t partition, std::optional<int32_t> broker);

  // Fetch sessions (KIP-227), of one broker or (broker 0) of all.
  int64_t fetch_sessions(int32_t broker = 0) const;
  /// The next request of each of these sessions is answered with fetch_session_id_not_found.
  void evict_fetch_sessions(int32_t broker = 0);

  // Brokers.
  /// Its connections are reset and its port is closed; its partitions move to a living replica after
  /// `failover_time`. What was acknowledged stays.
  void kill(int32_t broker);
  void restart(int32_t broker);
  /// It keeps its connections and accepts new ones, but answers nothing until resume().
  void pause(int32_t broker);
  void resume(int32_t broker);
  bool alive(int32_t broker) const;
  /// Closes every connection of this broker (0: of all); it stays reachable.
  void disconnect(int32_t broker = 0);

  // Faults.
  /// A new fault, which happens once to requests of this API if nothing else is said. The reference is
  /// good until clear_faults().
  Fault& on(ApiKey api);
  void clear_faults();
  /// Speaks like this release: "0.8.2", "0.9", "0.10", "0.11", "1.1", "2.4", "2.8", "3.9", "4.3"; "" again like
  /// all of them at once. `broker` 0: all brokers. Errors: invalid_argument.
  Error as_version(std::string_view release, int32_t broker = 0);

  // What it has seen, per broker or (broker 0) in all.
  int64_t requests(ApiKey api, int32_t broker = 0) const;
  int64_t accepted_connections(int32_t broker = 0) const;
  int64_t open_connections(int32_t broker = 0) const;
  /// The newest requests, oldest first: kMaxSeenRequests of them at least, twice as many at most.
  const std::vector<SeenRequest>& seen() const;
  void clear_seen();
  static constexpr size_t kMaxSeenRequests = 10000;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace kafka
