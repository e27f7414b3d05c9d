#include "session.hpp"

#include <string>
#include <utility>

#include "class.hpp"
#include "error.hpp"
#include "options.hpp"
#include "promise.hpp"
#include "tables.hpp"

namespace addon {
namespace {

/// Work that is under way when the environment ends is given up at once.
constexpr int64_t kAtOnce = 0;

/// Waits for the end of a session.
class Ended final : public Waiter {
 public:
  Ended(Session& session, void (Session::*then)()) : session_(session), then_(then) {}
  void dropped() override { delete this; }
  static void on_plain(void* user) {
    const std::unique_ptr<Ended> self(static_cast<Ended*>(static_cast<Waiter*>(user)));
    (self->session_.*self->then_)();
  }

 private:
  Session& session_;
  void (Session::*then_)();
};

}  // namespace

Session::Session(napi_env env) : host_(std::make_shared<Host>(env)), news_(*host_) {}

Session::~Session() { free(); }

/// new Session(options)
std::unique_ptr<Session> Session::make(const Arguments& arguments) {
  const napi_env env = arguments.env;
  const Options options = read_options(env, KAFKA_SESSION_OPTIONS, arguments[0]);
  if (options == nullptr) return nullptr;
  uv_loop_s* loop = nullptr;
  if (napi_get_uv_event_loop(env, &loop) != napi_ok) return nullptr;
  std::unique_ptr<Session> made(new Session(env));
  made->handle_ = kafka_session_new(loop, options.get());
  if (made->handle_ == nullptr) return throw_last_error(env), nullptr;
  if (const kafka_error* wrong = kafka_session_error(made->handle_); wrong != nullptr) {
    throw_error(env, wrong);
    return nullptr;
  }
  kafka_session_on_drop(made->handle_, Waiter::on_drop);
  kafka_session_on_turn(made->handle_, Host::on_turn, static_cast<Waiter*>(made->host_.get()));
  made->news_.ask_for_turns_of(made->handle_);
  made->self_ = Kept(env, arguments.self);
  napi_add_async_cleanup_hook(env, on_environment_end, made.get(), &made->hook_);
  return made;
}

void Session::free() {
  news_.ask_for_turns_of(nullptr);
  if (handle_ != nullptr) kafka_session_free(std::exchange(handle_, nullptr));
  if (hook_ != nullptr) napi_remove_async_cleanup_hook(std::exchange(hook_, nullptr));
  self_.reset();
}

void Session::on_environment_end(napi_async_cleanup_hook_handle, void* session) {
  auto& self = *static_cast<Session*>(session);
  self.host_->silence();
  auto* ended = new Ended(self, &Session::free);
  if (kafka_session_close(self.handle_, kAtOnce, Ended::on_plain, static_cast<Waiter*>(ended)) == 0) return;
  delete ended;
  self.free();
}

/// close(deadline in milliseconds, below 0: close.timeout.ms): a promise
napi_value Session::close(const Arguments& arguments) {
  const auto deadline = static_cast<int64_t>(arguments.number(0, -1));
  napi_value made = nullptr;
  Promise* const promise = Promise::make(*host_, &made);
  if (kafka_session_close(handle_, deadline, Promise::on_plain, static_cast<Waiter*>(promise)) != 0) {
    return promise->refuse();
  }
  auto* ended = new Ended(*this, &Session::free);
  if (kafka_session_close(handle_, deadline, Ended::on_plain, static_cast<Waiter*>(ended)) != 0) delete ended;
  return made;
}

/// setHandler((events, lines) => ...): of events. Lines come when there is a log level.
napi_value Session::set_handler(const Arguments& arguments) {
  news_.to(arguments[0]);
  return outcome(arguments.env, kafka_session_on_event(handle_, News::on_event, static_cast<Waiter*>(&news_)));
}

/// setLog(level): lines of this level and above go to the handler; undefined: warnings and errors to stderr.
napi_value Session::set_log(const Arguments& arguments) {
  if (!is(arguments.env, arguments[0], napi_number)) {
    return outcome(arguments.env, kafka_session_on_log(handle_, KAFKA_LOG_WARNING, nullptr, nullptr));
  }
  return outcome(arguments.env,
                 kafka_session_on_log(handle_, arguments.int32(0), News::on_log, static_cast<Waiter*>(&news_)));
}

napi_value Session::ref(const Arguments& arguments) { return outcome(arguments.env, kafka_session_ref(handle_)); }
napi_value Session::unref(const Arguments& arguments) { return outcome(arguments.env, kafka_session_unref(handle_)); }

/// stats(): the JSON of its tables
napi_value Session::stats(const Arguments& arguments) {
  kafka_result* const result = kafka_session_stats(handle_);
  if (result == nullptr) return throw_last_error(arguments.env);
  return take_tables(arguments.env, result);
}

/// prometheus(prefix)
napi_value Session::prometheus(const Arguments& arguments) {
  const std::string prefix = arguments.string(0);
  char* const found = kafka_session_prometheus(handle_, prefix.empty() ? nullptr : prefix.c_str());
  if (found == nullptr) return throw_last_error(arguments.env);
  const napi_value text = make_string(arguments.env, found);
  kafka_free(found);
  return text;
}

void Session::define(napi_env env, napi_value exports) {
  define_class<Session>(env, exports, "Session",
                        {{"close", method_of<Session, &Session::close>},
                         {"setHandler", method_of<Session, &Session::set_handler>},
                         {"setLog", method_of<Session, &Session::set_log>},
                         {"ref", method_of<Session, &Session::ref>},
                         {"unref", method_of<Session, &Session::unref>},
                         {"stats", method_of<Session, &Session::stats>},
                         {"prometheus", method_of<Session, &Session::prometheus>}});
}

Session* session_of(napi_env env, napi_value object) {
  void* session = nullptr;
  return object != nullptr && napi_unwrap(env, object, &session) == napi_ok ? static_cast<Session*>(session) : nullptr;
}

}  // namespace addon
