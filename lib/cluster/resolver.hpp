// Name look-ups of one session: one at a time per name, answers kept for a while.
// Not here: the look-up itself (net/reactor, or the application's own resolver), which address is tried (link).
#pragma once

#include <kafka/options.hpp>

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/scope.hpp"
#include "net/reactor.hpp"

namespace kafka::cluster {

using ResolverDone = Function<void(Error, std::vector<std::string>)>;
using ResolverHook = Function<void(const std::string& host, ResolverDone done)>;

/// Owns the look-ups under way and the answers kept.
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

}  // namespace kafka::cluster
