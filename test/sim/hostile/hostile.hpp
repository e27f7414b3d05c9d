// One hostile run: a client with default options does a little of everything, against brokers whose answers are
// distorted, or that close, stay silent or refuse for ever. Nobody may notice more than that it does not work: the
// rates of requests, connection attempts, events and log lines stay below their bounds.
// Not here: what the client must get right (test/sim/random).
#pragma once

#include <cstdint>
#include <cstdio>
#include <functional>
#include <string>

#include "hostile/distortion.hpp"
#include "sim_cluster.hpp"

namespace kafka::sim {

/// The bounds, with default options, from kSettled on.
struct HostileBounds {
  static constexpr std::chrono::seconds kSettled{2};
  static constexpr size_t kRequests = 25;    ///< a second, of each API to each broker
  static constexpr size_t kConnections = 5;  ///< a second, attempts to each broker
  static constexpr size_t kEvents = 10;      ///< a second
  static constexpr size_t kLines = 10;       ///< a second, of level info and above
};

struct HostileRun {
  uint64_t seed = 1;
  std::string text;  ///< what the brokers do
  Distortion distortion{std::vector<Rule>{}};
  std::function<void(devbroker::Cluster&)> setup;  ///< faults that last, if set
  std::chrono::milliseconds duration{8000};
  std::FILE* trace = nullptr;

  /// Draws distortions and faults.
  static HostileRun draw(uint64_t seed);
  /// A fault of this API that lasts.
  static HostileRun fault(protocol::ApiKey api, const std::string& text, std::function<void(Fault&)> what);
  /// Runs it. "" or what was exceeded, or left behind.
  std::string execute();
};

}  // namespace kafka::sim
