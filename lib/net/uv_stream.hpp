// What of UvReactor lies in files of its own: TCP streams and listeners, look-ups, calls on the thread pool.
#pragma once

#include <memory>

#include "net/reactor.hpp"
#include "net/uv_handle.hpp"
#include "net/uv_reactor.hpp"

namespace kafka::net {

std::unique_ptr<Stream> uv_connect(uv_loop_t* loop, Reactor& reactor, const Address& address,
                                   const SocketOptions& sockets, StreamHandler& handler);
std::unique_ptr<Listener> uv_listen_on(uv_loop_t* loop, Reactor& reactor, const Address& address,
                                       AcceptCallback on_accept, Error& error);
std::unique_ptr<Lookup> uv_resolve(uv_loop_t* loop, Reactor& reactor, const std::string& host, ResolveCallback done);
std::unique_ptr<Work> uv_work(uv_loop_t* loop, Function<void()> fn, Function<void()> done);

}  // namespace kafka::net
