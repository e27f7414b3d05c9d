// Sessions of the C API: their life, what is posted to them, and their handlers.
// Not here: what they ask brokers (cluster.cpp), what they log in with (security.cpp), their numbers (stats.cpp).
#include "capi/session.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "capi/bytes.hpp"
#include "capi/call.hpp"
#include "capi/callback.hpp"
#include "capi/event.hpp"
#include "capi/options.hpp"

using kafka::Errc;
using kafka::Error;
using kafka::Session;
using kafka::SessionOptions;
using kafka::capi::call;
using kafka::capi::check;
using kafka::capi::failed;
using kafka::capi::Ground;
using kafka::capi::Once;
using kafka::capi::Repeated;
using kafka::capi::wrong_argument;

namespace {

thread_local bool posting = false;

/// A posted function. Other threads make it, and destroy it if it is refused: only then it may not touch the ground.
class Posted {
 public:
  Posted(std::shared_ptr<Ground> ground, kafka_plain_cb callback, void* user)
      : ground_(std::move(ground)), callback_(callback), user_(user) {}
  Posted(Posted&&) noexcept = default;
  ~Posted() {
    constexpr uint64_t kNoCall = 0;
    if (ground_ != nullptr && !posting) ground_->uncalled(user_, kNoCall);
  }
  void operator()() {
    ground_.reset();
    callback_(user_);
  }

 private:
  std::shared_ptr<Ground> ground_;  // null once called or moved from
  kafka_plain_cb callback_;
  void* user_;
};

}  // namespace

kafka_session::kafka_session(Session made, std::shared_ptr<Ground> own_ground, kafka::capi::Waker* its_loop)
    : shared_ground(std::move(own_ground)),
      ground(*shared_ground),
      loop(its_loop),
      session(std::move(made)),
      error(session.error()) {
  ground->set_waker(loop);
  if (loop != nullptr) loop->session_begins();
  session.on_turn([hold = ground] { hold->turn().end(); });
}
kafka_session::~kafka_session() {
  ground->turn().stop();
  // Handles of this session may outlive the loop.
  ground->set_waker(nullptr);
  if (loop == nullptr) return;
  loop->session_ends();
  loop->touched();
}

namespace kafka::capi {

kafka_session* wrap(Session session, Waker* loop) {
  auto* made = new (std::nothrow) kafka_session(std::move(session), std::make_shared<Ground>(), loop);
  if (loop != nullptr) loop->touched();
  return made;
}

}  // namespace kafka::capi

extern "C" {

kafka_session* kafka_session_new(struct uv_loop_s* loop, const kafka_options* options) {
  SessionOptions values;
  if (loop == nullptr) return failed(wrong_argument(__func__, "loop is NULL")), nullptr;
  if (!kafka::capi::read(options, values)) {
    return failed(wrong_argument(__func__, "the options are not KAFKA_SESSION_OPTIONS")), nullptr;
  }
  return kafka::capi::wrap(Session(loop, std::move(values)), kafka::capi::Waker::of(loop));
}

const kafka_error* kafka_session_error(const kafka_session* session) {
  return session == nullptr ? nullptr : session->error.or_null();
}

int kafka_session_close(kafka_session* session, int64_t deadline_ms, kafka_plain_cb done, void* user) {
  return call(__func__, session, [&](kafka_session& self) -> Error {
    // What was gathered in the last turn comes before the end.
    auto ended = [ground = self.ground, done = kafka::capi::plain(*self.ground, done, user)]() mutable {
      ground->turn().hand_over();
      if (done) done();
    };
    if (deadline_ms < 0) {
      self.session.close(std::move(ended));
    } else {
      self.session.close(std::chrono::milliseconds(deadline_ms), std::move(ended));
    }
    return {};
  });
}

void kafka_session_free(kafka_session* session) { kafka::capi::free_handle(__func__, session); }
int kafka_session_closed(const kafka_session* session) {
  if (const Error wrong = check(__func__, session)) return failed(wrong);
  return session->session.closed() ? 1 : 0;
}
int kafka_session_ref(kafka_session* session) {
  return call(__func__, session, [](kafka_session& self) { return self.session.ref(), Error(); });
}
int kafka_session_unref(kafka_session* session) {
  return call(__func__, session, [](kafka_session& self) { return self.session.unref(), Error(); });
}

int kafka_session_post(kafka_session* session, kafka_plain_cb cb, void* user) {
  if (session == nullptr || cb == nullptr) return failed(wrong_argument(__func__, "session and cb may not be NULL"));
  const bool outer = std::exchange(posting, true);
  const bool taken = session->session.post(Posted(session->shared_ground, cb, user));
  posting = outer;
  return taken ? KAFKA_OK : failed(Error(Errc::closed, "the session is closed"));
}

int kafka_session_on_drop(kafka_session* session, kafka_drop_cb cb) {
  return call(__func__, session, [&](kafka_session& self) { return self.ground->drops().set_handler(cb), Error(); });
}

int kafka_session_on_event(kafka_session* session, kafka_event_cb cb, void* user) {
  return call(__func__, session, [&](kafka_session& self) {
    return self.session.on_event(kafka::capi::event_handler(*self.ground, cb, user)), Error();
  });
}

int kafka_session_on_log(kafka_session* session, int level, kafka_log_cb cb, void* user) {
  return call(__func__, session, [&](kafka_session& self) -> Error {
    if (level < KAFKA_LOG_TRACE || level > KAFKA_LOG_OFF)
      return wrong_argument("kafka_session_on_log", "no such level");
    kafka::LogSink sink;
    if (cb != nullptr) {
      sink = [handler = Repeated<void(int, kafka_bytes)>(*self.ground, cb, user)](kafka::LogLevel of,
                                                                                  std::string_view line) {
        handler(static_cast<int>(of), kafka::capi::bytes(line));
      };
    }
    self.session.on_log(static_cast<kafka::LogLevel>(level), std::move(sink));
    return {};
  });
}

int kafka_session_on_turn(kafka_session* session, kafka_plain_cb cb, void* user) {
  return call(__func__, session, [&](kafka_session& self) -> Error {
    kafka::Function<void()> handler;
    if (cb != nullptr) handler = Repeated<void()>(*self.ground, cb, user);
    self.ground->turn().on_turn(std::move(handler));
    return {};
  });
}

}  // extern "C"
