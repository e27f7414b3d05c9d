// A host between the client and one dev broker of the simulated world. Requests pass as they are; answers go through
// the script.
// Not here: what the script does to an answer (tamper.hpp).
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/ring.hpp"
#include "base/scope.hpp"
#include "input.hpp"
#include "net/frame_reader.hpp"
#include "net/reactor.hpp"
#include "protocol/header.hpp"
#include "tamper.hpp"

namespace kafka::fuzz {

class Proxy;

/// One connection of the client and the one to the broker that belongs to it.
class Relay {
 public:
  Relay(Proxy& proxy, std::unique_ptr<net::Stream> client);
  net::StreamHandler* client_handler() { return &client_side_; }
  void close();

 private:
  static constexpr size_t kFrameMax = size_t{1} << 26;

  struct ClientSide final : net::StreamHandler {
    explicit ClientSide(Relay& owner) : relay(owner) {}
    std::span<char> read_buffer() override { return frames.buffer(); }
    void on_read(size_t count) override { relay.requested(count); }
    void on_closed(Error) override { relay.close(); }
    Relay& relay;
    net::FrameReader frames{kFrameMax};
  };
  struct BrokerSide final : net::StreamHandler {
    explicit BrokerSide(Relay& owner) : relay(owner) {}
    std::span<char> read_buffer() override { return frames.buffer(); }
    void on_read(size_t count) override { relay.answered(count); }
    void on_closed(Error) override { relay.close(); }
    Relay& relay;
    net::FrameReader frames{kFrameMax};
  };

  void requested(size_t count);
  void answered(size_t count);
  void take(const Verdict& verdict, int32_t id);
  void write(std::string_view body, int32_t id, size_t claimed);

  Proxy& proxy_;
  ClientSide client_side_;
  BrokerSide broker_side_;
  std::unique_ptr<net::Stream> client_;
  std::unique_ptr<net::Stream> broker_;
  Ring<protocol::RequestHeader> asked_;  // brokers answer in order
  std::vector<net::Timer> delays_;
};

/// Owns the relays of one broker.
class Proxy {
 public:
  Proxy(net::Reactor& reactor, const net::Address& own, net::Address broker, Input& script);

 private:
  friend class Relay;

  net::Reactor& reactor_;
  net::Address broker_;
  Input& script_;
  std::vector<std::unique_ptr<Relay>> relays_;
  std::unique_ptr<net::Listener> listener_;
};

}  // namespace kafka::fuzz
