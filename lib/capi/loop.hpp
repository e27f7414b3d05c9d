// Private loops for hosts with a loop that is not libuv's.
#pragma once

#include <kafka/c/loop.h>
#include <uv.h>

#include <cstddef>
#include <thread>
#include <utility>

#include "capi/waker.hpp"

struct kafka_loop : kafka::capi::Waker {
  /// `uv_error` is the result of libuv.
  explicit kafka_loop(int& uv_error);
  kafka_loop(const kafka_loop&) = delete;
  ~kafka_loop();

  bool on_its_thread() const { return thread == std::this_thread::get_id(); }
  /// True if nothing is on the loop that this object did not put there.
  bool idle();
  int timeout();
  void run_once();
  void touched() override;
  void session_begins() override { ++sessions; }
  void session_ends() override { --sessions; }

  const std::thread::id thread = std::this_thread::get_id();
  uv_loop_t uv;
  uv_async_t keep;  // referenced: libuv tells 0 as the timeout of a loop without such a handle, and the host would spin
  bool counts_watchers = false;  // uv_backend_timeout() is 0 while a watcher has not reached the kernel
  bool running = false;
  bool due = true;  // something was done from outside
  size_t sessions = 0;
  kafka_plain_cb on_wake = nullptr;
  void* wake_user = nullptr;
};
