// What is remembered of one "host:port" for the life of a session, through whatever broker id or connection it
// is seen: the pause before reconnecting, the age of the broker, its quota pauses, a refusal.
// Not here: sockets (connection), when to connect (link), addresses of the name (resolver).
#pragma once

#include <kafka/stats.hpp>

#include <algorithm>
#include <string>
#include <utility>

#include "cluster/peer_age.hpp"
#include "cluster/retry_pause.hpp"
#include "cluster/throttle.hpp"
#include "net/reactor.hpp"

namespace kafka::cluster {

/// What went to and fro, over all connections; as in BrokerStats.
struct Traffic {
  uint64_t connects = 0;
  uint64_t requests = 0;
  uint64_t responses = 0;
  uint64_t bytes_sent = 0;
  uint64_t bytes_received = 0;
  Histogram round_trip;
};

/// Attempts to connect to an endpoint that does not work. Several links want to connect to it: one of them tries, and
/// the others share its outcome. Otherwise each would try, and tell of its failure, for itself.
struct Attempts {
  /// Failures are told at most this often, by events and log lines.
  static constexpr net::Duration kTellEvery = std::chrono::seconds(1);

  bool under_way = false;
  uint64_t failed = 0;  ///< counts rounds
  Error last_error;     ///< of the last round that failed
  net::TimePoint quiet_until{};

  /// Whether the failure is told now.
  bool tell(net::TimePoint now) {
    if (now < quiet_until) return false;
    quiet_until = now + kTellEvery;
    return true;
  }
};

struct Endpoint {
  std::string host;
  uint16_t port = 0;
  RetryPause reconnect;         ///< when the next connection may be attempted
  RetryPause refusals;          ///< the same after a refusal, which waiting alone does not mend
  RetryPause breaks;            ///< after answers that broke the protocol, however well others were answered
  net::TimePoint broken_at{};   ///< the last time
  uint32_t setup_timeouts = 0;  ///< in a row: each makes the next setup timeout longer (KIP-601)
  size_t next_address = 0;      ///< of the name's addresses: not the one that failed last
  PeerAge age;
  Throttle throttle;
  Traffic traffic;
  bool failing = false;            ///< the last attempt failed, and no broker has answered since
  bool served = false;             ///< it has answered a request, once
  net::TimePoint failing_since{};  ///< the first attempt that failed since it last answered a request; none: zero
  Attempts attempts;
  Error refusal;       ///< the handshake failed for good (Handshake::fail_for_good()); none once one passes
  Error told_refusal;  ///< the one that was told: the same one is not told again

  Endpoint(std::string h, uint16_t p) : host(std::move(h)), port(p) {}
  /// Pauses after refusals. A client that tried again at once, for ever, would lock the user's account in a directory
  /// that counts failures.
  static constexpr PauseLimits kRefusals = {std::chrono::seconds(1), std::chrono::seconds(30)};
  /// An outage of a broker that was well is ordinary for so long: it may be a restart.
  static constexpr net::Duration kOrdinaryOutage = std::chrono::seconds(3);

  void refused(const Error& error, net::TimePoint now, uint64_t random) {
    refusal = error;
    refusals.fail(now, random, kRefusals);
  }
  /// The handshake has passed, or is worth trying again for another reason than time.
  void forget_refusal() {
    refusal = {};
    refusals.reset();
  }
  void answered() {
    failing = false;
    served = true;
    failing_since = {};
  }
  void failed(net::TimePoint now) {
    if (failing_since == net::TimePoint()) failing_since = now;
  }
  bool ordinary_outage(net::TimePoint now) const {
    return served && (failing_since == net::TimePoint() || now - failing_since < kOrdinaryOutage);
  }
  /// When a connection may be attempted, or a request sent.
  net::TimePoint earliest() const {
    return std::max({reconnect.until(), refusals.until(), breaks.until(), throttle.until()});
  }
  std::string name() const {
    return (host.find(':') != std::string::npos ? "[" + host + "]" : host) + ":" + std::to_string(port);
  }
};

}  // namespace kafka::cluster
