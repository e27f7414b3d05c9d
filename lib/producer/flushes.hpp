// Flushes that wait for records, each held by the batches and parked records it waits for.
// Not here: what a flush waits for (accumulator.cpp, sender.cpp).
#pragma once

#include <kafka/function.hpp>

#include <cstdint>
#include <memory>
#include <utility>

#include "base/scope.hpp"
#include "session/core.hpp"

namespace kafka::producer {

/// Counts the flushes that have not ended. While there is one, nothing lingers.
class Flushes {
 public:
  Flushes(session::Core& session, session::Lane lane) : session_(session), lane_(std::move(lane)) {}

  /// A flush ends, and `done` is queued, when the last copy of what this returns is gone.
  std::shared_ptr<void> begin(Function<void()> done) { return std::make_shared<Flush>(*this, std::move(done)); }
  bool under_way() const noexcept { return count_ > 0; }
  /// Flushes that end later do not call back.
  void stop() { scope_.end(); }

 private:
  struct Flush {
    Flush(Flushes& of, Function<void()> then) : flushes(of), guard(of.scope_.guard()), done(std::move(then)) {
      ++flushes.count_;
    }
    Flush(const Flush&) = delete;
    ~Flush() {
      if (!guard.alive()) return;
      --flushes.count_;
      if (done) flushes.session_.callbacks().run(flushes.lane_, std::move(done));
    }
    Flushes& flushes;
    Scope::Guard guard;
    Function<void()> done;
  };

  session::Core& session_;
  session::Lane lane_;
  uint64_t count_ = 0;
  Scope scope_;
};

}  // namespace kafka::producer
