// Small programs for tests of reactors: a peer that records what it is told and can answer with it.
// Runs on any Reactor; nothing of a simulation is in it.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "net/reactor.hpp"

namespace kafka::test {

/// One end of a connection. Keeps what it receives; `on_event` runs last in every callback and may destroy it.
class Peer : public net::StreamHandler {
 public:
  Peer() = default;
  Peer(net::Reactor& reactor, const net::Address& address) { stream = reactor.connect(address, *this); }

  void on_connected() override {
    ++connected;
    event("connected");
  }
  std::span<char> read_buffer() override { return {chunk_, buffer_size}; }
  void on_read(size_t count) override {
    ++reads;
    received.append(chunk_, count);
    if (echo && stream) stream->write({Bytes::copy({chunk_, count})});
    event("read");
  }
  void on_written() override {
    ++written;
    event("written");
  }
  void on_closed(Error reason) override {
    ++closed;
    error = std::move(reason);
    event("closed");
  }
  void send(std::string_view text) { stream->write({Bytes::copy(text)}); }

  std::unique_ptr<net::Stream> stream;
  std::string received;
  Error error;
  int connected = 0, reads = 0, written = 0, closed = 0;
  bool echo = false;
  size_t buffer_size = sizeof chunk_;
  Function<void(std::string_view)> on_event;

 private:
  void event(std::string_view what) {
    if (!on_event) return;
    auto run = std::move(on_event);  // it may destroy this
    run(what);
  }
  char chunk_[4096];
};

/// Accepts everything; each connection is a Peer.
class Server {
 public:
  Server(net::Reactor& reactor, const net::Address& address, bool echo) : echo_(echo) {
    listener = reactor.listen(
        address,
        [this](std::unique_ptr<net::Stream> stream, net::StreamHandler*& handler) {
          auto peer = std::make_unique<Peer>();
          peer->echo = echo_;
          peer->stream = std::move(stream);
          handler = peer.get();
          peers.push_back(std::move(peer));
        },
        error);
  }

  std::unique_ptr<net::Listener> listener;
  std::vector<std::unique_ptr<Peer>> peers;
  Error error;

 private:
  bool echo_;
};

}  // namespace kafka::test
