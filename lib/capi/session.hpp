// The C handle of a session.
#pragma once

#include <kafka/c/session.h>
#include <kafka/session.hpp>

#include <memory>

#include "capi/error.hpp"
#include "capi/ground.hpp"

struct kafka_session {
  /// `its_loop` is the private loop that it is on, or null.
  kafka_session(kafka::Session made, std::shared_ptr<kafka::capi::Ground> own_ground, kafka::capi::Waker* its_loop);
  kafka_session(const kafka_session&) = delete;
  ~kafka_session();

  const std::shared_ptr<kafka::capi::Ground> shared_ground;  // posted functions count it from any thread
  const kafka::capi::Hold ground;
  kafka::capi::Waker* const loop;
  kafka::Session session;
  const kafka_error error;
};

namespace kafka::capi {

/// A handle around a session that was made elsewhere, for example on a simulated reactor. kafka_session_free() frees
/// it.
kafka_session* wrap(Session session, Waker* loop = nullptr);

}  // namespace kafka::capi
