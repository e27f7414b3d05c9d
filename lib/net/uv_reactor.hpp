// The reactor on a real libuv loop. uv_*.cpp in this folder are the only users of <uv.h>.
#pragma once

#include <cstdint>
#include <memory>

#include "net/reactor.hpp"

typedef struct uv_loop_s uv_loop_t;

namespace kafka::net {

/// What connections are set to once they are made.
struct SocketOptions {
  bool keepalive = true;
  int32_t receive_buffer = 0;  ///< bytes, 0: the system's choice
  int32_t send_buffer = 0;
};

struct UvReactorOptions {
  /// libuv writes without MSG_NOSIGNAL: a peer that went away would end the process. Set once, and
  /// only if SIGPIPE is at its default.
  bool ignore_sigpipe = true;
  SocketOptions sockets = {};
};

/// A reactor on `loop`, which must outlive it. Destroying it leaves nothing on the loop but closing
/// handles: uv_loop_close() returns 0 after one more turn.
std::unique_ptr<Reactor> make_uv_reactor(uv_loop_t* loop, UvReactorOptions options = {});

/// Runs `loop` until `done` returns true, and returns true; or false once `timeout` has passed. `done` is asked after
/// each turn. Leaves a handle on the loop that is closing. Not from a callback of the loop.
bool run_until(uv_loop_t* loop, Function<bool()>& done, Duration timeout);

}  // namespace kafka::net
