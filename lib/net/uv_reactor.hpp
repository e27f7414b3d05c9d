// The reactor on a real libuv loop. uv_*.cpp in this folder are the only users of <uv.h>.
#pragma once

#include <memory>

#include "net/reactor.hpp"

typedef struct uv_loop_s uv_loop_t;

namespace kafka::net {

struct UvReactorOptions {
  /// libuv writes without MSG_NOSIGNAL: a peer that went away would end the process. Set once, and
  /// only if SIGPIPE is at its default.
  bool ignore_sigpipe = true;
};

/// A reactor on `loop`, which must outlive it. Destroying it leaves nothing on the loop but closing
/// handles: uv_loop_close() returns 0 after one more turn.
std::unique_ptr<Reactor> make_uv_reactor(uv_loop_t* loop, UvReactorOptions options = {});

}  // namespace kafka::net
