// What other threads posted to the session's loop (Session::post()).
// Not here: waking the loop (net/reactor), running the functions (session/callbacks).
#pragma once

#include <atomic>
#include <cstddef>
#include <mutex>

namespace kafka::session {

/// Owns the count of functions that are on their way to the loop, and whether more are accepted. The one object of the
/// library that several threads use.
class Mailbox {
 public:
  void open() {
    const std::lock_guard lock(mutex_);
    closed_ = false;
  }
  /// Counts one more function and calls `send`, which must hand it to the loop. False while closed: `send` is not
  /// called then.
  template <class F>
  bool post(F send) {
    const std::lock_guard lock(mutex_);
    if (closed_) return false;
    on_their_way_.fetch_add(1, std::memory_order_relaxed);
    send();
    return true;
  }
  /// One function has arrived on the loop's thread. This takes no lock: threads that post without a pause would hold it
  /// nearly all the time, and the loop would wait for it once for each of their functions.
  void arrived() { on_their_way_.fetch_sub(1, std::memory_order_relaxed); }
  /// On the loop's thread, after close(): whether all functions have arrived.
  bool empty() const { return on_their_way_.load(std::memory_order_relaxed) == 0; }
  void close() {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }

 private:
  std::mutex mutex_;
  std::atomic<size_t> on_their_way_ = 0;
  bool closed_ = true;
};

}  // namespace kafka::session
