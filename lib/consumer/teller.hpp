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
  explicit Teller(session::Core& core) : core_(core) {}

  void later(Function<void(Error)> done, const Error& error) {
    if (!done) return;
    core_.later([guard = scope_.guard(), done = std::move(done), error]() mutable {
      if (guard.alive()) done(error);
    });
  }
  void abort() { scope_.end(); }

 private:
  session::Core& core_;
  Scope scope_;
};

}  // namespace kafka::consumer
