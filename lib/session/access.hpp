// How the other rooms, and this library's own tests, get from a public Session to its core, and back.
// Not installed: applications see the public Session alone.
#pragma once

#include <kafka/session.hpp>

#include <memory>
#include <utility>

namespace kafka::session {

class Core;

struct Access {
  static const std::shared_ptr<Core>& core(const Session& session) { return session.core_; }
  /// A session on a core that was made elsewhere, for example on a simulated reactor.
  static Session session(std::shared_ptr<Core> core) { return Session(std::move(core)); }
};

}  // namespace kafka::session
