// One connection to one address: the socket, the requests under way, and the pauses of a broker over quota.
// It connects, runs its handshake, tells its owner that it is ready or that it ended, and is never used again then.
// Not here: the steps of the handshake (handshake), which address, reconnecting, waiting requests (link).
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/scope.hpp"
#include "cluster/handshake.hpp"
#include "cluster/held_calls.hpp"
#include "cluster/in_flight.hpp"
#include "cluster/login_span.hpp"
#include "net/frame_reader.hpp"
#include "net/reactor.hpp"
#include "net/tls_engine.hpp"

namespace kafka::cluster {

struct Traffic;

struct ConnectionConfig {
  /// No answer during a login is longer.
  static constexpr size_t kLoginFrameMax = 64 * 1024;

  size_t frame_max = 104857600;
  Traffic* traffic = nullptr;            ///< counts what goes to and fro, if set; outlives the connection
  const net::TlsContext* tls = nullptr;  ///< if set, TLS comes before the handshake's first step
  net::Duration login_timeout = std::chrono::seconds(10);  ///< of a login on a connection that is ready
};

class Connection;

class ConnectionOwner {
 public:
  virtual ~ConnectionOwner() = default;
  /// Requests may be sent from now on.
  virtual void on_ready(Connection& connection) = 0;
  /// The first request behind the handshake has been answered, or written if no answer belongs to it: whatever
  /// the peer is, it serves requests. The connection must not be destroyed here.
  virtual void on_proven(Connection& connection) = 0;
  /// The connection has ended and every call of it is finished. It may be destroyed here.
  virtual void on_ended(Connection& connection, Error error) = 0;
  /// The login runs out: the step that renews it. None: it cannot be renewed here, and the connection ends once what is
  /// under way is answered.
  virtual std::unique_ptr<HandshakeStep> renew_login() { return nullptr; }
};

class Connection final : private net::StreamHandler, private ThrottleSink, private HandshakeOwner {
 public:
  /// Setting up (TCP and handshake) ends with on_ready, or with on_ended at `peer.deadline` at the latest.
  Connection(net::Reactor& reactor, const ConnectionConfig& config, HandshakePeer peer, HandshakeSteps steps,
             ConnectionOwner& owner);
  /// Calls under way are finished with `closed`, later.
  ~Connection() override;

  /// Only when ready. Exactly one finish() follows, never from inside this call. Held back while the broker is over
  /// quota (KIP-219), and during a login.
  void send(std::unique_ptr<Call> call);
  /// Ends the connection: every call under way finishes with `error`, then on_ended. Not from inside
  /// this call.
  void close(Error error);
  /// Takes no more requests; what is under way is answered, then it ends with `error`, not from inside this call.
  void retire(Error error);

  bool ready() const noexcept { return state_ == State::ready && !retired_; }
  /// Calls without an end, those that are held back included.
  size_t in_flight() const noexcept { return in_flight_.size() + unanswered_.size() + held_.size(); }
  size_t unwritten() const { return stream_ ? stream_->unwritten() : 0; }
  const protocol::ApiVersionSet& versions() const noexcept { return handshake_.versions(); }
  const net::Address& address() const noexcept { return handshake_.peer().address; }
  net::TimePoint last_used() const noexcept { return last_used_; }
  /// How it speaks to the peer; decided when it is ready.
  Dialect dialect() const noexcept { return handshake_.dialect(); }
  const Handshake& handshake() const noexcept { return handshake_; }
  /// Why it was not set up, or its login not renewed, when that is why it ended.
  const SetupFailure& setup_failure() const noexcept { return handshake_.failure(); }
  /// True if the connection broke while requests were under way and none had ever been answered.
  bool ended_unproven() const noexcept { return ended_unproven_; }
  /// For tests of the wrap (C9).
  void set_next_correlation_id(int32_t id) noexcept { in_flight_.set_next_id(id); }

 private:
  enum class State : uint8_t { connecting, handshaking, ready, ended };

  void on_connected() override;
  std::span<char> read_buffer() override { return frames_.buffer(); }
  void on_read(size_t count) override;
  void on_written() override;
  void on_closed(Error error) override;

  void on_throttle(net::Duration pause) override;

  int32_t next_correlation_id() override { return in_flight_.next_id(); }
  void write_frame(std::vector<Bytes> frame) override;
  void on_wake_changed() override { arm(); }
  void on_handshake_passed() override;
  void on_handshake_failed() override;

  void dispatch(std::unique_ptr<Call> call);
  Error write(Call& call, int16_t version, int32_t id);
  void hold_until_free();
  void release();
  void renew_login();
  bool take_frame(Bytes frame);
  void prove();
  net::TimePoint earliest_deadline() const;
  void arm();
  void on_deadline();
  void end(Error error, bool ours = false);
  void end_if_retired();
  std::vector<std::unique_ptr<Call>> take_calls();
  Throttle& throttle() const noexcept { return *handshake_.peer().throttle; }

  net::Reactor& reactor_;
  ConnectionConfig config_;
  ConnectionOwner& owner_;
  State state_ = State::connecting;
  Handshake handshake_;
  net::FrameReader frames_;
  InFlight in_flight_;
  std::vector<std::unique_ptr<Call>> unanswered_;  // no answer expected: they end when written
  HeldCalls held_;                                 // until the broker may be asked again
  net::TimePoint armed_for_ = net::TimePoint::max();
  net::TimePoint last_used_;
  LoginSpan login_;
  net::Timer deadline_;
  net::Timer release_;
  bool proven_ = false;
  bool ended_unproven_ = false;
  Error retired_;  // why it takes no more requests
  Scope scope_;
  std::unique_ptr<net::Stream> stream_;  // last: nothing of it may call a half-destroyed object
};

}  // namespace kafka::cluster
