// What the brokers of one cluster share. Its brokers (node.hpp) may stand on one reactor or on one each. Whatever a
// test or DevBroker does to the cluster is a call of one of its parts. Not here: sockets (node, connection), the
// protocol (handlers).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "devbroker/brokers.hpp"
#include "devbroker/contents.hpp"
#include "devbroker/coordinators.hpp"
#include "devbroker/faults.hpp"
#include "devbroker/group_coordinator.hpp"
#include "devbroker/group_store.hpp"
#include "devbroker/leaders.hpp"
#include "devbroker/producer_ids.hpp"
#include "devbroker/releases.hpp"
#include "devbroker/request_log.hpp"
#include "devbroker/security.hpp"
#include "devbroker/topics.hpp"
#include "devbroker/transactions.hpp"
#include "net/reactor.hpp"

namespace kafka::devbroker {

struct ClusterOptions {
  bool auto_create_topics = true;
  bool cut_batches = true;
  int32_t default_partitions = 1;
  net::Duration failover_time{0};
  size_t fetch_sessions = 1000;  // per broker
  net::Duration initial_rebalance_delay{0};
  int32_t message_max_bytes = 1048588;
  int32_t replication_factor = 3;
};

/// Owns the parts and introduces them to each other: leaders are elected and groups find their coordinators when
/// brokers come or go, and groups forget a topic that is deleted.
class Cluster {
 public:
  explicit Cluster(ClusterOptions options = {});
  Cluster(const Cluster&) = delete;

  const ClusterOptions& options() const { return options_; }
  const std::string& id() const { return id_; }

  Brokers& brokers() { return brokers_; }
  const Brokers& brokers() const { return brokers_; }
  Topics& topics() { return topics_; }
  const Topics& topics() const { return topics_; }
  Leaders& leaders() { return leaders_; }
  Coordinators& coordinators() { return coordinators_; }
  GroupCoordinator& group_coordinator() { return group_coordinator_; }
  GroupStore& groups() { return groups_; }
  const GroupStore& groups() const { return groups_; }
  /// Offsets that were committed with version 0, which Kafka kept in ZooKeeper.
  GroupStore& old_groups() { return old_groups_; }
  ProducerIds& producer_ids() { return producer_ids_; }
  Releases& releases() { return releases_; }
  Contents& contents() { return contents_; }
  const Contents& contents() const { return contents_; }
  Transactions& transactions() { return transactions_; }
  RequestLog& requests() { return requests_; }
  Faults& faults() { return faults_; }
  Security& security() { return security_; }

 private:
  const ClusterOptions options_;
  const std::string id_ = "uvkafka-dev-cluster-01";
  Brokers brokers_;
  Topics topics_;
  Leaders leaders_;
  Coordinators coordinators_;
  GroupStore groups_;
  GroupStore old_groups_;
  ProducerIds producer_ids_;
  Releases releases_;
  GroupCoordinator group_coordinator_;
  Contents contents_;
  Transactions transactions_;
  RequestLog requests_;
  Faults faults_;
  Security security_;
};

}  // namespace kafka::devbroker
