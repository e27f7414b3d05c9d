// What other threads posted to the session's loop (Session::post()).
// Not here: waking the loop (net/reactor), running the functions (session/callbacks).
#pragma once

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
    ++on_their_way_;
    send();
    return true;
  }
  /// One function has arrived on the loop's thread.
  void arrived() {
    const std::lock_guard lock(mutex_);
    --on_their_way_;
  }
  bool empty() {
    const std::lock_guard lock(mutex_);
    return on_their_way_ == 0;
  }
  void close() {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }

 private:
  std::mutex mutex_;
  size_t on_their_way_ = 0;
  bool closed_ = true;
};

}  // namespace kafka::session
