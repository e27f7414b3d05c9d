// What is remembered of one "host:port" for the life of a session, whatever broker id or connection it
// is seen through: resolved addresses, connect backoff, and whether it is a broker before 0.10.
// Not here: sockets (connection), who wants to connect (link).
#pragma once

#include <kafka/options.hpp>
#include <kafka/stats.hpp>

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/scope.hpp"
#include "cluster/retry_pause.hpp"
#include "cluster/throttle.hpp"
#include "net/reactor.hpp"

namespace kafka::cluster {

using ResolverDone = Function<void(Error, std::vector<std::string>)>;
using ResolverHook = Function<void(const std::string& host, ResolverDone done)>;

/// Name look-ups of one session: one at a time per name, answers kept for a while.
class Resolver {
 public:
  Resolver(net::Reactor& reactor, AddressFamily family, net::Duration ttl)
      : reactor_(reactor), family_(family), ttl_(ttl) {}
  void set_hook(ResolverHook hook) { hook_ = std::move(hook); }
  /// `done` is never called from inside this call, and not at all once this object is gone.
  void resolve(const std::string& host, Function<void(Error, std::vector<std::string>)> done);
  /// The next resolve() asks anew: every address of the last answer has failed.
  void forget(const std::string& host);

 private:
  struct Name {
    std::vector<std::string> addresses;
    net::TimePoint expires{};
    std::unique_ptr<net::Lookup> lookup;
    bool asking = false;
    std::vector<Function<void(Error, std::vector<std::string>)>> waiting;
  };
  void answer(const std::string& host, Error error, std::vector<std::string> addresses);

  net::Reactor& reactor_;
  AddressFamily family_;
  net::Duration ttl_;
  ResolverHook hook_;
  std::map<std::string, Name> names_;
  Scope scope_;
};

/// What went to and fro, over all connections; as in BrokerStats.
struct Traffic {
  uint64_t connects = 0;
  uint64_t requests = 0;
  uint64_t responses = 0;
  uint64_t bytes_sent = 0;
  uint64_t bytes_received = 0;
  Histogram round_trip;
};

struct Endpoint {
  std::string host;
  uint16_t port = 0;
  RetryPause reconnect;           ///< when the next connection may be attempted
  uint32_t setup_failures = 0;    ///< setup timeouts in a row: the next timeout is longer (KIP-601)
  size_t next_address = 0;        ///< do not start with the address that failed last
  bool ever_modern = false;       ///< has answered ApiVersions: never legacy again
  bool gives_ids = false;         ///< and named InitProducerId, when asked last: it is of 0.11 or later
  bool ignores_versions = false;  ///< has dropped ApiVersions and answered the next request: it is old for certain
  uint32_t refusals = 0;          ///< connections in a row that the peer ended instead of answering ApiVersions
  net::TimePoint legacy_until{};  ///< taken for a broker before 0.10 until then
  Traffic traffic;
  Throttle throttle;
  bool failing = false;  ///< the last attempt failed; said once, until one succeeds

  Endpoint(std::string h, uint16_t p) : host(std::move(h)), port(p) {}
  /// When it may be connected to.
  net::TimePoint earliest() const { return std::max(reconnect.until(), throttle.until()); }
  /// It does not answer as an old broker either.
  void forget_old() {
    refusals = 0;
    ignores_versions = false;
    legacy_until = {};
  }
  std::string name() const {
    return (host.find(':') != std::string::npos ? "[" + host + "]" : host) + ":" + std::to_string(port);
  }
};

}  // namespace kafka::cluster
