// Calls the functions that were added, once per turn, when something has changed.
// Not here: what has changed (metadata).
#pragma once

#include <kafka/function.hpp>

#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "base/scope.hpp"
#include "net/reactor.hpp"

namespace kafka::cluster {

/// Owns the functions to call. They are called in the order in which they were added.
class Listeners {
 public:
  explicit Listeners(net::Reactor& reactor) : reactor_(reactor) {}

  /// Returns an id for remove().
  uint64_t add(Function<void()> listener) {
    listeners_[++last_id_] = std::move(listener);
    return last_id_;
  }
  void remove(uint64_t id) { listeners_.erase(id); }
  void clear() { listeners_.clear(); }

  /// Calls each of them once at the end of the turn, however often this is called during the turn. A listener may add
  /// others: these are not called this time. It may remove others: these are not called any more.
  void notify() {
    if (std::exchange(notifying_, true)) return;
    reactor_.defer(scope_.wrap([this] {
      notifying_ = false;
      std::vector<uint64_t> ids;
      for (const auto& [id, listener] : listeners_) ids.push_back(id);
      const Scope::Guard guard = scope_.guard();
      for (const uint64_t id : ids) {
        if (!guard.alive()) return;
        const auto found = listeners_.find(id);
        if (found != listeners_.end()) found->second();
      }
    }));
  }

 private:
  net::Reactor& reactor_;
  std::map<uint64_t, Function<void()>> listeners_;
  uint64_t last_id_ = 0;
  bool notifying_ = false;
  Scope scope_;
};

}  // namespace kafka::cluster
