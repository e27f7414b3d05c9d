// The usual set-up of a simulated test: a world, brokers in it, and a Session on the host "client". At its end
// nothing may be left open there.
//
//   SimClient client(seed, {.brokers = 3});
//   client->cluster(...);                          // the session
//   CHECK(client.until([&] { return done; }));
//   client.close();
// Not here: peers that do not behave as brokers (scripted_broker.hpp).
#pragma once

#include <kafka/session.hpp>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "scripted_broker.hpp"
#include "session/access.hpp"
#include "session/core.hpp"
#include "sim_cluster.hpp"
#include "sim_reactor.hpp"

namespace kafka::sim {

struct SimClientOptions {
  int brokers = 0;              ///< dev brokers; 0: the test brings peers of its own
  SessionOptions session = {};  ///< bootstrap_servers, if empty, are those of the dev brokers
  devbroker::ClusterOptions cluster = {};
};

/// The arguments with which a callback of the form (Error, T) was called.
template <class T>
struct Outcome {
  int calls = 0;
  Error error;
  T value{};
  /// Pass this as the callback; the Outcome outlives it.
  auto take() {
    return [this](Error e, T v) {
      ++calls;
      error = std::move(e);
      value = std::move(v);
    };
  }
};

class SimClient {
 public:
  static constexpr const char* kHost = "client";
  static constexpr const char* kIp = "10.2.0.1";

  explicit SimClient(uint64_t seed, SimClientOptions options = {})
      : world(seed), reactor(world.node(kHost, kIp)), options_(std::move(options.session)) {
    if (options.brokers > 0) {
      brokers.emplace(world, options.brokers, options.cluster);
      if (options_.bootstrap_servers.empty()) options_.bootstrap_servers = brokers->bootstrap_servers();
    }
    if (!options_.bootstrap_servers.empty()) open(options_);
  }
  SimClient(const SimClient&) = delete;
  ~SimClient() {
    session.reset();
    world.run_for(std::chrono::milliseconds(1));
    CHECK(world.leftovers(kHost) == "");
  }

  /// Makes the session (anew); its events and log lines are collected.
  Session& open(SessionOptions options) {
    core = session::Core::make(reactor, std::move(options));
    session.emplace(session::Access::session(core));
    session->on_event([this](const Event& event) { events.push_back(event); });
    session->on_log(LogLevel::warning, [this](LogLevel, std::string_view line) { log.emplace_back(line); });
    return *session;
  }
  Session* operator->() { return &*session; }

  bool until(Function<bool()> done, net::Duration limit = std::chrono::minutes(2)) {
    return world.run_until(std::move(done), limit);
  }
  void run(net::Duration duration) { world.run_for(duration); }

  // One operation to its end.
  Outcome<ClusterMetadata> cluster(net::Duration limit = std::chrono::minutes(2)) {
    auto outcome = std::make_shared<Outcome<ClusterMetadata>>();
    session->cluster([outcome](Error e, ClusterMetadata c) { outcome->take()(std::move(e), std::move(c)); });
    CHECK(until([&] { return outcome->calls > 0; }, limit));
    return *outcome;
  }
  Outcome<ClusterMetadata> metadata_of(std::set<std::string> topics, net::Duration limit = std::chrono::minutes(2)) {
    auto outcome = std::make_shared<Outcome<ClusterMetadata>>();
    session->get_metadata(std::move(topics),
                          [outcome](Error e, ClusterMetadata c) { outcome->take()(std::move(e), std::move(c)); });
    CHECK(until([&] { return outcome->calls > 0; }, limit));
    return *outcome;
  }
  /// Closes, and checks that nothing is left then.
  void close(net::Duration limit = std::chrono::minutes(1)) {
    auto calls = std::make_shared<int>(0);
    session->close([calls] { ++*calls; });
    CHECK(*calls == 0);
    CHECK(until([&] { return *calls == 1; }, limit));
    world.run_for(std::chrono::milliseconds(1));
    CHECK(*calls == 1);
    CHECK(session->closed());
    CHECK(world.leftovers(kHost) == "");
  }

  size_t count(Event::Type type) const {
    size_t found = 0;
    for (const Event& event : events) found += event.type == type ? 1 : 0;
    return found;
  }
  const Event* last(Event::Type type) const {
    for (size_t i = events.size(); i-- > 0;) {
      if (events[i].type == type) return &events[i];
    }
    return nullptr;
  }
  const SessionOptions& options() const { return options_; }

  SimWorld world;
  net::Reactor& reactor;
  std::optional<SimCluster> brokers;
  std::shared_ptr<session::Core> core;
  std::optional<Session> session;
  std::vector<Event> events;
  std::vector<std::string> log;

 private:
  SessionOptions options_;
};

}  // namespace kafka::sim
