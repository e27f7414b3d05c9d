// One connection of the client against a scripted peer, and what the connection told its owner.
// Not here: links and sessions (sim_client.hpp).
#pragma once

#include <memory>
#include <utility>

#include "catch.hpp"
#include "cluster/connection.hpp"
#include "cluster/version_step.hpp"
#include "scripted_broker.hpp"

namespace kafka::sim {

using namespace kafka::cluster;
using namespace std::chrono_literals;
using protocol::ApiKey;
using protocol::RequestHeader;

struct Answer {
  int calls = 0;
  Error error;
  protocol::MetadataResponse response;
  CallInfo info;
};

struct ConnectionFixture final : ConnectionOwner {
  explicit ConnectionFixture(uint64_t seed = 1)
      : world(seed), server(world, "server", "10.1.0.1"), reactor(world.node("client", "10.2.0.1")) {
    peer.host = "server";
    peer.address = {"10.1.0.1", ScriptedBroker::kPort};
    peer.client_id = "uvkafka";
    peer.age = &age;
    peer.throttle = &throttle;
    world.set_latency(1ms, 1ms);
    server.add_topic("orders", 3);
  }
  ~ConnectionFixture() override {
    connection.reset();
    world.run_for(10ms);
    CHECK(world.leftovers("client") == "");
  }
  void open(net::Duration setup = 10s) {
    peer.deadline = reactor.now() + setup;
    HandshakeSteps steps;
    steps.push_back(std::make_unique<VersionStep>());
    for (auto& step : more_steps) steps.push_back(std::move(step));
    connection = std::make_unique<Connection>(reactor, config, peer, std::move(steps), *this);
  }
  void establish() {
    open();
    REQUIRE(until([this] { return ready == 1; }));
  }
  std::shared_ptr<Answer> ask(net::Duration timeout = 30s, int16_t max_version = 12) {
    auto answer = std::make_shared<Answer>();
    protocol::MetadataRequest request;
    request.topics.emplace().emplace_back().name = "orders";
    auto call = std::make_unique<TypedCall<protocol::MetadataRequest>>(
        std::move(request), reactor.now() + timeout,
        [this, answer](Error error, protocol::MetadataResponse& response, const CallInfo& info) {
          CHECK_FALSE(inside);
          ++answer->calls;
          answer->error = std::move(error);
          answer->response = response;
          answer->info = info;
        });
    call->set_max_version(max_version);
    inside = true;
    connection->send(std::move(call));
    inside = false;
    return answer;
  }
  bool until(Function<bool()> done, net::Duration limit = 2min) { return world.run_until(std::move(done), limit); }
  bool until_ended(net::Duration limit = 2min) {
    return until([this] { return ended == 1; }, limit);
  }
  /// True if the peer closed the connection instead of answering ApiVersions, as brokers before 0.10 do.
  bool refused_versions() const { return connection->setup_failure().next == SetupFailure::Next::ask_again; }
  void on_ready(Connection&) override { ++ready; }
  void on_proven(Connection&) override { ++proven; }
  void on_ended(Connection&, Error why) override {
    ++ended;
    error = std::move(why);
  }

  SimWorld world;
  ScriptedBroker server;
  net::Reactor& reactor;
  Throttle throttle;
  PeerAge age;
  ConnectionConfig config;
  HandshakePeer peer;
  HandshakeSteps more_steps;  ///< behind the question for versions
  std::unique_ptr<Connection> connection;
  int ready = 0, proven = 0, ended = 0;
  Error error;
  bool inside = false;
};

}  // namespace kafka::sim
