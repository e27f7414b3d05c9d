// One broker of a cluster: its listener and its connections. A simulation gives each node the reactor of its own host.
// DevBroker has one reactor for all.
// Not here: what requests mean (exchange, handlers), what brokers share (cluster).
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/scope.hpp"
#include "devbroker/cluster.hpp"
#include "net/reactor.hpp"

namespace kafka::devbroker {

class Connection;

/// Owns the listener and the connections of one broker.
class Node : public BrokerHandle {
 public:
  /// Joins the cluster at once and listens from start() on. Port 0: takes a free one, and keeps it when it restarts.
  /// `advertised_host`: the host that clients are told; "": the address.
  Node(Cluster& cluster, net::Reactor& reactor, int32_t id, net::Address listen, std::string advertised_host = {});
  ~Node() override;
  Node(const Node&) = delete;

  int32_t id() const { return id_; }
  Cluster& cluster() { return cluster_; }
  bool paused() const { return paused_; }

  net::Reactor& reactor() override { return reactor_; }
  std::string host() const override { return advertised_host_; }
  uint16_t port() const override { return address_.port; }
  Error start() override;
  void stop() override;
  void set_paused(bool paused) override;
  void disconnect_all() override;
  int64_t accepted() const override { return accepted_; }
  int64_t open() const override { return static_cast<int64_t>(connections_.size()); }

 private:
  friend class Connection;
  void accept(std::unique_ptr<net::Stream> stream, net::StreamHandler*& handler);
  /// Removes a connection that has closed itself. It is freed later, because it may be the caller.
  void retire(int64_t number);

  Cluster& cluster_;
  net::Reactor& reactor_;
  const int32_t id_;
  net::Address address_;
  std::string advertised_host_;
  std::unique_ptr<net::Listener> listener_;
  std::map<int64_t, std::unique_ptr<Connection>> connections_;
  std::vector<std::unique_ptr<Connection>> retired_;
  int64_t accepted_ = 0;
  bool paused_ = false;
  Scope scope_;
};

}  // namespace kafka::devbroker
