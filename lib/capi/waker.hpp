// What the handles of a session tell the private loop that the session is on.
#pragma once

struct uv_loop_s;

namespace kafka::capi {

class Waker {
 public:
  virtual ~Waker() = default;
  /// A call from outside of the loop may have given it something to do.
  virtual void touched() = 0;
  virtual void session_begins() = 0;
  virtual void session_ends() = 0;

  /// The private loop of this thread that `loop` is the inside of; null if it is none.
  static Waker* of(const uv_loop_s* loop);
};

}  // namespace kafka::capi
