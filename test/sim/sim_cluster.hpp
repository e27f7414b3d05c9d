// Dev brokers on the hosts of a simulated world: "broker-1" at 10.1.0.1:9092 and so on, one cluster.
// Their faults, leaders and contents are set and read through cluster().
#pragma once

#include <kafka/devbroker.hpp>

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "devbroker/cluster.hpp"
#include "devbroker/node.hpp"
#include "secure_reactor.hpp"
#include "sim_reactor.hpp"

namespace kafka::sim {

class SimCluster {
 public:
  static constexpr uint16_t kPort = 9092;

  /// `by_name`: clients are told the hosts' names instead of their addresses, and have to look them up.
  /// `tls`: what the connections speak, if any.
  SimCluster(SimWorld& world, int brokers, devbroker::ClusterOptions options = {}, bool by_name = false,
             std::shared_ptr<const net::TlsContext> tls = nullptr)
      : world_(world), cluster_(options) {
    for (int id = 1; id <= brokers; ++id) {
      net::Reactor* below = &world.node(host(id), ip(id));
      if (tls != nullptr) {
        secure_.push_back(std::make_unique<test::SecureReactor>(*below, tls, host(id)));
        below = secure_.back().get();
      }
      net::Reactor& reactor = *below;
      nodes_.push_back(std::make_unique<devbroker::Node>(cluster_, reactor, id, net::Address{ip(id), kPort},
                                                         by_name ? host(id) : std::string()));
      if (Error error = nodes_.back()->start()) throw std::runtime_error(error.message());
    }
  }

  static std::string host(int id) { return "broker-" + std::to_string(id); }
  static std::string ip(int id) { return "10.1.0." + std::to_string(id); }

  devbroker::Cluster& cluster() { return cluster_; }
  devbroker::Cluster* operator->() { return &cluster_; }
  std::string bootstrap_servers() const { return cluster_.brokers().bootstrap_servers(); }

  /// The process dies, and its system resets its connections. Acknowledged records stay.
  void kill(int id) {
    world_.kill_host(host(id));
    cluster_.brokers().kill(id);
  }
  void restart(int id) { cluster_.brokers().restart(id); }
  /// The process stands still, its system goes on (as SIGSTOP does).
  void pause(int id) { world_.pause(host(id)); }
  void resume(int id) { world_.resume(host(id)); }

 private:
  SimWorld& world_;
  devbroker::Cluster cluster_;
  std::vector<std::unique_ptr<test::SecureReactor>> secure_;
  std::vector<std::unique_ptr<devbroker::Node>> nodes_;
};

}  // namespace kafka::sim
