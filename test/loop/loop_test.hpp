// A libuv loop of a test: runs until something holds, and insists at the end that nothing is left on it.
#pragma once

#include <uv.h>

#include <chrono>
#include <cstdio>
#include <string>

#include "catch.hpp"

namespace kafka::test {

class Loop {
 public:
  Loop() { REQUIRE(uv_loop_init(&loop_) == 0); }
  Loop(const Loop&) = delete;
  /// Everything that used the loop must be destroyed by now; closing handles get their turn here.
  ~Loop() {
    uv_run(&loop_, UV_RUN_NOWAIT);
    const int code = uv_loop_close(&loop_);
    const std::string left = code == 0 ? "" : handles();
    if (code != 0) std::fprintf(stderr, "uv_loop_close: %s; left on the loop: %s\n", uv_strerror(code), left.c_str());
    CHECK(code == 0);
  }

  uv_loop_t* get() { return &loop_; }
  operator uv_loop_t*() { return &loop_; }

  void turn() { uv_run(&loop_, UV_RUN_NOWAIT); }
  /// Until nothing keeps the loop alive.
  void run() { uv_run(&loop_, UV_RUN_DEFAULT); }
  /// Until `done()` is true; false when `limit` passed before. Keeps the loop alive meanwhile.
  template <class Done>
  bool run_until(Done done, std::chrono::milliseconds limit = std::chrono::seconds(10)) {
    uv_timer_t tick;  // uv_run must come back now and then even if nothing happens
    uv_timer_init(&loop_, &tick);
    uv_timer_start(
        &tick, [](uv_timer_t*) {}, 1, 1);
    const auto end = std::chrono::steady_clock::now() + limit;
    bool is_done = done();
    while (!is_done && std::chrono::steady_clock::now() < end) {
      uv_run(&loop_, UV_RUN_ONCE);
      is_done = done();
    }
    bool closed = false;
    tick.data = &closed;
    uv_close(reinterpret_cast<uv_handle_t*>(&tick),
             [](uv_handle_t* handle) { *static_cast<bool*>(handle->data) = true; });
    while (!closed) uv_run(&loop_, UV_RUN_NOWAIT);
    return is_done;
  }

  /// The handles that are not closed, with their types: what a failed teardown prints.
  std::string handles() {
    std::string text;
    uv_walk(
        &loop_,
        [](uv_handle_t* handle, void* into) {
          auto* out = static_cast<std::string*>(into);
          const char* type = uv_handle_type_name(uv_handle_get_type(handle));
          if (!out->empty()) *out += ", ";
          *out += type == nullptr ? "unknown" : type;
          if (uv_is_closing(handle)) *out += " (closing)";
          if (uv_is_active(handle)) *out += " (active)";
        },
        &text);
    return text.empty() ? "no handle, so a request under way" : text;
  }

 private:
  uv_loop_t loop_;
};

}  // namespace kafka::test
