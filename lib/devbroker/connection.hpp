// One connection of a client to a broker: frames come in, answers go out, one request at a time and in order, as in
// Kafka. The faults that concern bytes and closing happen here.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "devbroker/faults.hpp"
#include "devbroker/sasl_session.hpp"
#include "net/frame_reader.hpp"
#include "net/reactor.hpp"
#include "protocol/api.hpp"
#include "protocol/header.hpp"

namespace kafka::devbroker {

class Node;
class Pending;

/// Owns the stream, the frames that wait, and the request that is served.
class Connection : public net::StreamHandler {
 public:
  static constexpr size_t kMaxRequestBytes = 104857600;
  static constexpr size_t kMaxQueuedRequests = 64;
  static constexpr size_t kMaxUnwritten = size_t{4} << 20;

  Connection(Node& node, std::unique_ptr<net::Stream> stream, int64_t number);
  ~Connection() override;

  std::span<char> read_buffer() override;
  void on_read(size_t count) override;
  void on_written() override;
  void on_closed(Error error) override;

  void close();
  void pause_changed();

 private:
  void pump();
  /// How long frames may be depends on who sends them.
  void bound_frames();
  void update_reading();

  // One request (exchange.cpp).
  struct Arrived {
    Bytes frame;
    net::TimePoint at;
  };
  void serve(const Arrived& request);
  template <class Request>
  void run(const protocol::RequestHeader& header, codec::Reader& reader);
  template <class Request>
  void respond(const protocol::RequestHeader& header, const FaultAction& fault,
               protocol::ResponseOf<Request>& response);
  void refuse_api_versions(const protocol::RequestHeader& header);
  /// A token that came without a header, behind SaslHandshake 0.
  void take_raw_token(std::string_view token);

  /// Sends an answer, which includes its length field, changed as the fault says. Then the next request is served.
  void send(std::vector<Bytes> segments, const FaultAction& fault);
  void send_now(std::vector<Bytes> segments, bool then_close);
  void close_after(net::Duration delay);
  /// The request is done. The next one is served now, or after the pause that the client was told.
  void finished();

  Node& node_;
  std::unique_ptr<net::Stream> stream_;
  const int64_t number_;
  const std::string client_host_;

  SaslSession login_;
  net::FrameReader input_;
  std::deque<Arrived> frames_;  // not served yet

  bool last_ = false;  // the connection ends behind the present answer
  bool busy_ = false;  // a request is under way, or was swallowed
  bool pumping_ = false;
  bool closed_ = false;
  bool clogged_ = false;  // the peer does not read its answers
  bool reading_ = true;
  std::unique_ptr<Pending> pending_;  // the request under way, if it answers later
  net::Timer delay_;
  net::Duration mute_{0};  // after the present request nothing is served for so long
  struct Held {
    std::vector<Bytes> segments;
    bool then_close = false;
  };
  std::deque<Held> held_;  // answers that wait for resume()
};

}  // namespace kafka::devbroker
