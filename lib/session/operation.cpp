#include "session/operation.hpp"

#include <utility>

namespace kafka::session {
namespace {

Error session_closed() { return Error(Errc::closed, "the session was closed"); }

}  // namespace

void Operation::enter() {
  self_ = shared_from_this();
  core_.add(*this);
}

std::shared_ptr<Operation> Operation::leave() {
  std::shared_ptr<Operation> self = std::exchange(self_, nullptr);
  if (self != nullptr && core_.live()) {
    core_.remove(*this);
    core_.reactor().defer([self] {});
  }
  return self;
}

void Operation::begin_close(net::TimePoint, Function<void()> done) {
  const std::shared_ptr<Operation> pinned = shared_from_this();
  fail(session_closed());
  done();
}

void Operation::fail_rest() {
  const std::shared_ptr<Operation> pinned = shared_from_this();
  fail(session_closed());
}

void Operation::abort() {
  const std::shared_ptr<Operation> pinned = std::exchange(self_, nullptr);
  drop();
}

}  // namespace kafka::session
