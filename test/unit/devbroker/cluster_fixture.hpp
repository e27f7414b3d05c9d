// A cluster whose brokers have no sockets, on a reactor whose timers run by hand.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "catch.hpp"
#include "devbroker/cluster.hpp"

namespace kafka::devbroker {

class FakeReactor : public net::Reactor {
 public:
  net::TimePoint read_clock() const override { return {}; }
  int64_t read_wall_clock() const override { return 1700000000000; }
  net::Duration turn_time() const override { return {}; }
  net::Timer after(net::Duration, Function<void()> fn) override {
    timers.push_back(std::move(fn));
    return net::Timer(std::make_unique<net::Timer::Handle>());
  }
  void defer(Function<void()>) override {}
  void post(Function<void()>) override {}
  net::Hold hold() override { return {}; }
  std::unique_ptr<net::Stream> connect(const net::Address&, net::StreamHandler&) override { return nullptr; }
  std::unique_ptr<net::Listener> listen(const net::Address&, net::AcceptCallback, Error&) override { return nullptr; }
  std::unique_ptr<net::Lookup> resolve(const std::string&, net::ResolveCallback) override { return nullptr; }
  uint64_t random() override { return 4; }
  std::vector<Function<void()>> timers;
};

class FakeBroker : public BrokerHandle {
 public:
  explicit FakeBroker(FakeReactor& reactor, uint16_t port) : reactor_(reactor), port_(port) {}
  net::Reactor& reactor() override { return reactor_; }
  std::string host() const override { return "127.0.0.1"; }
  uint16_t port() const override { return port_; }
  void stop() override { running = false; }
  Error start() override {
    running = true;
    return {};
  }
  void set_paused(bool) override {}
  void disconnect_all() override {}
  int64_t accepted() const override { return 2; }
  int64_t open() const override { return 1; }
  bool running = true;

 private:
  FakeReactor& reactor_;
  uint16_t port_;
};

struct ClusterFixture {
  explicit ClusterFixture(int brokers, ClusterOptions options = {}) : cluster(options) {
    for (int i = 1; i <= brokers; ++i) {
      nodes.push_back(std::make_unique<FakeBroker>(reactor, static_cast<uint16_t>(9000 + i)));
      cluster.brokers().add(i, *nodes.back());
    }
  }
  int32_t leader(const char* topic, int32_t partition) { return cluster.topics().partition(topic, partition)->leader; }
  FakeReactor reactor;
  Cluster cluster;
  std::vector<std::unique_ptr<FakeBroker>> nodes;
};

}  // namespace kafka::devbroker
