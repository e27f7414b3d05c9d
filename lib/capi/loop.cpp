// Private loops: a libuv loop that another loop runs, by a descriptor and a timeout.
#include "capi/loop.hpp"

#include <algorithm>
#include <new>
#include <vector>

#include "capi/call.hpp"

using kafka::Errc;
using kafka::Error;
using kafka::capi::failed;
using kafka::capi::Waker;
using kafka::capi::wrong_argument;

namespace {

// Those of this thread. There are few, mostly one.
thread_local std::vector<kafka_loop*> private_loops;

Error check(const char* function, const kafka_loop* loop) {
  if (loop == nullptr) return wrong_argument(function, "the loop is NULL");
  if (!loop->on_its_thread()) return Error(Errc::wrong_thread, function);
  return {};
}

}  // namespace

Waker* Waker::of(const uv_loop_s* loop) {
  for (kafka_loop* each : private_loops) {
    if (&each->uv == loop) return each;
  }
  return nullptr;
}

kafka_loop::kafka_loop(int& uv_error) {
  uv_error = uv_loop_init(&uv);
  if (uv_error != 0) return;
  uv_error = uv_async_init(&uv, &keep, nullptr);
  if (uv_error != 0) {
    uv_loop_close(&uv);
    return;
  }
  // Now there is a watcher that the kernel does not know yet. Releases of libuv differ in what they say of it.
  counts_watchers = uv_backend_timeout(&uv) == 0;
  private_loops.push_back(this);
}

kafka_loop::~kafka_loop() {
  if (std::erase(private_loops, this) == 0) return;  // it was never made
  uv_close(reinterpret_cast<uv_handle_t*>(&keep), nullptr);
  do {
    uv_run(&uv, UV_RUN_NOWAIT);
  } while (uv_loop_close(&uv) == UV_EBUSY);
}

bool kafka_loop::idle() {
  struct Count {
    const void* keep;
    size_t others;
  } count{&keep, 0};
  uv_walk(
      &uv,
      [](uv_handle_t* handle, void* into) {
        auto* counted = static_cast<Count*>(into);
        if (handle != counted->keep && uv_is_closing(handle) == 0) ++counted->others;
      },
      &count);
  return sessions == 0 && count.others == 0;
}

int kafka_loop::timeout() {
  if (due) return 0;
  uv_update_time(&uv);
  return uv_backend_timeout(&uv);
}

void kafka_loop::run_once() {
  running = true;
  due = false;
  uv_run(&uv, UV_RUN_NOWAIT);
  // What callbacks began to watch reaches the kernel in the next turn. If the timeout does not tell, that turn comes
  // now.
  if (!counts_watchers) uv_run(&uv, UV_RUN_NOWAIT);
  running = false;
}

void kafka_loop::touched() {
  if (running || std::exchange(due, true) || on_wake == nullptr) return;
  on_wake(wake_user);
}

extern "C" {

kafka_loop* kafka_loop_new(void) {
  int uv_error = 0;
  auto* loop = new (std::nothrow) kafka_loop(uv_error);
  if (loop == nullptr || uv_error == 0) return loop;
  delete loop;
  return failed(Error(Errc::unsupported_feature, std::string("no loop: ") + uv_strerror(uv_error))), nullptr;
}

struct uv_loop_s* kafka_loop_uv(kafka_loop* loop) {
  return loop == nullptr ? nullptr : &loop->uv;
}
int kafka_loop_fd(const kafka_loop* loop) { return loop == nullptr ? -1 : uv_backend_fd(&loop->uv); }

int kafka_loop_timeout(kafka_loop* loop) {
  if (const Error wrong = check(__func__, loop)) return failed(wrong);
  return loop->timeout();
}

int kafka_loop_run_once(kafka_loop* loop) {
  if (const Error wrong = check(__func__, loop)) return failed(wrong);
  if (loop->running) return failed(Error(Errc::wrong_state, "kafka_loop_run_once: it is running"));
  loop->run_once();
  return KAFKA_OK;
}

int kafka_loop_on_wake(kafka_loop* loop, kafka_plain_cb cb, void* user) {
  if (const Error wrong = check(__func__, loop)) return failed(wrong);
  loop->on_wake = cb;
  loop->wake_user = user;
  if (cb != nullptr && loop->due && !loop->running) cb(user);
  return KAFKA_OK;
}

int kafka_loop_free(kafka_loop* loop) {
  if (loop == nullptr) return KAFKA_OK;
  if (const Error wrong = check(__func__, loop)) return failed(wrong);
  if (loop->running) return failed(Error(Errc::wrong_state, "kafka_loop_free: it is running"));
  if (!loop->idle()) return failed(Error(Errc::wrong_state, "kafka_loop_free: something is still on the loop"));
  delete loop;
  return KAFKA_OK;
}

}  // extern "C"
