// A timer of a command. It does not keep the run alive.
#pragma once

#include <uv.h>

#include <cstdint>
#include <functional>
#include <utility>

namespace cli {

/// Owns the timer's handle, which libuv frees one turn after this object has gone.
class Alarm {
 public:
  Alarm(uv_loop_t* loop, std::function<void()> ring) : timer_(new uv_timer_t), ring_(std::move(ring)) {
    uv_timer_init(loop, timer_);
    timer_->data = this;
    uv_unref(reinterpret_cast<uv_handle_t*>(timer_));
  }
  ~Alarm() {
    uv_close(reinterpret_cast<uv_handle_t*>(timer_),
             [](uv_handle_t* handle) { delete reinterpret_cast<uv_timer_t*>(handle); });
  }
  Alarm(const Alarm&) = delete;
  Alarm& operator=(const Alarm&) = delete;

  /// Rings once, after so long; what was set before does not count any more.
  void set(uint64_t ms) {
    uv_timer_start(
        timer_, [](uv_timer_t* timer) { static_cast<Alarm*>(timer->data)->ring_(); }, ms, 0);
  }
  void stop() { uv_timer_stop(timer_); }
  bool set() const { return uv_is_active(reinterpret_cast<const uv_handle_t*>(timer_)) != 0; }

 private:
  uv_timer_t* timer_;
  std::function<void()> ring_;
};

}  // namespace cli
