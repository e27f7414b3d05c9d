// What the brokers of one cluster share: topics and their logs, leaders, committed offsets, the faults
// and the record of what was asked. Its brokers (node.hpp) may stand on one reactor or on one each.
// Everything that a test or DevBroker does to the cluster is a call here.
// Not here: sockets (node, connection), the protocol (handlers).
#pragma once

#include <kafka/devbroker.hpp>

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "devbroker/faults.hpp"
#include "devbroker/fetch_sessions.hpp"
#include "devbroker/group_store.hpp"
#include "devbroker/log.hpp"
#include "devbroker/producer_ids.hpp"
#include "devbroker/profile.hpp"
#include "net/reactor.hpp"

namespace kafka::devbroker {

using TopicId = std::array<uint8_t, 16>;

/// Somebody who waits for a partition to change: more records, another leader, its end.
class Waiter {
 public:
  virtual ~Waiter() = default;
  virtual void wake() = 0;
};

struct Partition {
  int32_t leader = -1;
  int32_t epoch = 0;
  bool deleted = false;
  std::vector<int32_t> replicas = {};  // the preferred leader first
  std::vector<int32_t> in_sync = {};
  PartitionLog log = {};
  DevTopicConfig config = {};  // the same in all partitions of the topic
  int64_t last_append_ms = 0;
  std::map<int32_t, int64_t> lagging = {};  // followers that have nothing from this offset on
  std::optional<int32_t> preferred = {};    // whom the leader sends consumers to, whatever their rack
  std::vector<Waiter*> waiters = {};        // in the order they came

  /// Where the log of this replica ends.
  int64_t end_of(int32_t replica) const;

  void wake_waiters();
};

struct Topic {
  std::string name = {};
  TopicId id = {};
  std::vector<std::shared_ptr<Partition>> partitions = {};

  /// Null if there is no such partition.
  const std::shared_ptr<Partition>& partition(int32_t number) const;
};

/// A broker as the cluster sees it.
class BrokerHandle {
 public:
  virtual ~BrokerHandle() = default;
  virtual net::Reactor& reactor() = 0;
  virtual std::string host() const = 0;
  virtual uint16_t port() const = 0;
  virtual void stop() = 0;  ///< connections reset, port closed
  virtual Error start() = 0;
  virtual void set_paused(bool paused) = 0;
  virtual void disconnect_all() = 0;
  virtual int64_t accepted() const = 0;
  virtual int64_t open() const = 0;
};

struct ClusterOptions {
  bool auto_create_topics = true;
  bool cut_batches = true;
  int32_t default_partitions = 1;
  net::Duration failover_time{0};
  size_t fetch_sessions = 1000;  // per broker
  int32_t message_max_bytes = 1048588;
  int32_t replication_factor = 3;
};

class Cluster {
 public:
  static constexpr int32_t kMaxPartitions = 10000;  ///< of one topic
  static constexpr size_t kMaxTopics = 10000;
  static constexpr size_t kMaxOffsetMetadata = 4096;

  explicit Cluster(ClusterOptions options = {});
  Cluster(const Cluster&) = delete;

  // Brokers. Ids are 1 to N; all are added before the first topic is made.
  void add_broker(int32_t id, BrokerHandle& broker);
  void remove_broker(int32_t id);
  void set_rack(int32_t id, std::string rack);
  /// "": not known.
  const std::string& rack(int32_t id) const;
  FetchSessions& fetch_sessions(int32_t id) { return fetch_sessions_[id]; }
  int64_t fetch_session_count(int32_t id) const;
  void evict_fetch_sessions(int32_t id);
  /// Those that clients are told of: the living, and the dead until their failover time has passed.
  std::vector<int32_t> listed_brokers() const;
  BrokerHandle* broker(int32_t id) const;
  bool alive(int32_t id) const;
  bool listed(int32_t id) const;
  int32_t controller() const;
  std::string bootstrap_servers() const;
  void kill(int32_t id);
  void restart(int32_t id);
  void pause(int32_t id);
  void resume(int32_t id);
  void disconnect(int32_t id);
  int64_t accepted_connections(int32_t id) const;
  int64_t open_connections(int32_t id) const;

  // Topics.
  static bool valid_topic_name(std::string_view name);
  Error create_topic(std::string_view name, int32_t partitions);
  Error delete_topic(std::string_view name);
  Error configure_topic(std::string_view name, DevTopicConfig config);
  const std::map<std::string, Topic, std::less<>>& topics() const { return topics_; }
  Topic* find_topic(std::string_view name);
  const Topic* find_topic(std::string_view name) const;
  Topic* find_topic(const TopicId& id);
  /// Null if there is no such partition.
  std::shared_ptr<Partition> find_partition(std::string_view topic, int32_t partition) const;

  // Contents.
  Appended append(Partition& partition, const Bytes& records, int16_t produce_version, int64_t now_ms);
  int64_t append(std::string_view topic, int32_t partition, const Message& message);
  int64_t append_transactional(std::string_view topic, int32_t partition, int64_t producer_id,
                               const std::vector<Message>& messages, Compression codec);
  int64_t end_transaction(std::string_view topic, int32_t partition, int64_t producer_id, TransactionEnd end);
  bool aborted_newest_first() const { return aborted_newest_first_; }
  void set_aborted_newest_first(bool on) { aborted_newest_first_ = on; }
  std::vector<OwnedMessage> read(std::string_view topic, int32_t partition) const;
  Error truncate_before(std::string_view topic, int32_t partition, int64_t offset);
  Error truncate_to(std::string_view topic, int32_t partition, int64_t offset);

  // Producers.
  ProducerIds& producer_ids() { return producer_ids_; }
  std::vector<KnownProducer> producers(std::string_view topic, int32_t partition) const;
  Error forget_producers(std::string_view topic, int32_t partition);
  Error set_producer(std::string_view topic, int32_t partition, const KnownProducer& producer);

  // Leaders and coordinators.
  Error move_leader(std::string_view topic, int32_t partition, int32_t broker);
  Error move_coordinator(std::string_view group, int32_t broker);
  /// -1: no broker is alive.
  int32_t coordinator(std::string_view group) const;

  // Followers.
  Error set_replica_end(std::string_view topic, int32_t partition, int32_t broker, int64_t offset);
  Error prefer_replica(std::string_view topic, int32_t partition, std::optional<int32_t> broker);
  /// The follower that a consumer of this rack should read from; -1: none, or the leader itself.
  int32_t preferred_replica(const Partition& partition, std::string_view rack, int64_t offset) const;

  // What was asked.
  void note_request(SeenRequest request);
  int64_t requests(ApiKey api, int32_t broker) const;
  const std::vector<SeenRequest>& seen() const { return seen_; }
  void clear_seen() { seen_.clear(); }
  int64_t next_connection_number() { return ++connections_; }

  /// For broker 0, all of them.
  Error as_version(std::string_view release, int32_t broker = 0);
  const Profile& profile(int32_t broker = 0) const {
    const auto own = profiles_.find(broker);
    return own == profiles_.end() ? *profile_ : *own->second;
  }
  const ClusterOptions& options() const { return options_; }
  const std::string& id() const { return id_; }
  Faults& faults() { return faults_; }
  GroupStore& groups() { return groups_; }
  const GroupStore& groups() const { return groups_; }
  /// Offsets that were committed with version 0, which Kafka kept in ZooKeeper.
  GroupStore& old_groups() { return old_groups_; }

 private:
  struct BrokerState {
    BrokerHandle* handle = nullptr;
    bool alive = true;
    bool listed = true;
    std::string rack = {};
    net::Timer failover = {};
  };

  void elect_leaders();
  void set_leader(Partition& partition, int32_t broker);

  ClusterOptions options_;
  std::string id_ = "uvkafka-dev-cluster-01";
  std::map<int32_t, BrokerState> brokers_;
  std::map<std::string, Topic, std::less<>> topics_;
  std::map<TopicId, std::string> names_by_id_;
  int64_t topics_made_ = 0;
  std::map<std::string, int32_t, std::less<>> coordinators_;  // moved by hand
  GroupStore groups_;
  GroupStore old_groups_;
  std::map<int32_t, FetchSessions> fetch_sessions_;
  ProducerIds producer_ids_;
  bool aborted_newest_first_ = false;
  Faults faults_;
  const Profile* profile_;
  std::map<int32_t, const Profile*> profiles_;  // of brokers that differ
  std::map<std::pair<int32_t, int16_t>, int64_t> request_counts_;
  std::vector<SeenRequest> seen_;
  int64_t connections_ = 0;
};

}  // namespace kafka::devbroker
