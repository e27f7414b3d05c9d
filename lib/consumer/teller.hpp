// Tells the application the outcome of a commit, later and from the top of the stack.
#pragma once

#include <kafka/function.hpp>

#include <utility>

#include "base/scope.hpp"
#include "session/core.hpp"

namespace kafka::consumer {

/// Owns the guard of those calls: if the consumer is destroyed without close(), queued calls do not run.
class Teller {
 public:
  Teller(session::Core& core, session::Lane lane) : core_(core), lane_(std::move(lane)) {}

  void later(Function<void(Error)> done, const Error& error) {
    if (!done) return;
    core_.later(lane_, [guard = scope_.guard(), done = std::move(done), error]() mutable {
      if (guard.alive()) done(error);
    });
  }
  void abort() { scope_.end(); }

 private:
  session::Core& core_;
  session::Lane lane_;
  Scope scope_;
};

}  // namespace kafka::consumer
