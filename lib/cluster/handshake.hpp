// What happens on a connection between TCP and the first request, as a sequence of steps. Each step sends and reads
// frames until it passes or fails; then the next one starts. Behind the last step the connection is ready.
//
// TLS is no step: it is a stream around the stream (net/tls_stream), which is up before the first step. Its failures
// come as the end of the stream; ssl_error ends the set-up for good.
// The steps are the question for versions (version_step.hpp) and, if the session logs in, SASL (sasl_step.hpp). A login
// that runs out is renewed by the SASL step alone, on the connection that is ready.
// Not here: the socket and its deadlines (connection), what is done after a failure (link).
#pragma once

#include <kafka/error.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.hpp"
#include "cluster/peer_age.hpp"
#include "cluster/throttle.hpp"
#include "net/reactor.hpp"
#include "protocol/negotiation.hpp"

namespace kafka::cluster {

/// The peer of one connection, as steps need to know it.
struct HandshakePeer {
  std::string host;                       ///< the name as configured or advertised: what a certificate must be for
  net::Address address;                   ///< one of the name's addresses
  net::TimePoint deadline{};              ///< of the whole set-up; pauses that the broker asks for are added to it
  std::string client_id;                  ///< for the headers of requests
  Dialect dialect = Dialect::negotiated;  ///< how the connection begins
  /// The dialect is that of 0.9. Another connection may have broken since, and then PeerAge does not know it any more.
  bool is_0_9 = false;
  bool logs_in = false;          ///< a step behind the question for versions logs in
  PeerAge* age = nullptr;        ///< of the endpoint; outlives the connection
  Throttle* throttle = nullptr;  ///< of the endpoint; outlives the connection
};

/// Why a connection was not set up, and what the link does next.
struct SetupFailure {
  enum class Next : uint8_t {
    try_next_address,  ///< an ordinary failure: the name's next address, later the whole round again
    ask_again,         ///< the same address, soon (PeerAge::Refusal)
    speak_old,         ///< the same address, at once, as to an old broker
    give_up,           ///< retrying cannot mend it: the calls that wait fail with this error
  };
  Error error;
  Next next = Next::try_next_address;
};

class Handshake;

/// One step. It is made for one connection and runs once.
class HandshakeStep {
 public:
  virtual ~HandshakeStep() = default;
  /// The steps before have passed. Writes the first frame, or passes or fails at once.
  virtual void start(Handshake& handshake) = 0;
  /// A whole frame, without its length.
  virtual void on_frame(Handshake& handshake, Bytes frame) = 0;
  /// Everything written so far has been handed to the kernel.
  virtual void on_written(Handshake&) {}
  /// The time of Handshake::wake_at() has come.
  virtual void on_wake(Handshake&) {}
  /// The peer has ended the connection, perhaps in the middle of a frame. Returns what that means.
  virtual SetupFailure on_closed(Handshake&, Error error, bool mid_frame) {
    (void)mid_frame;
    return {std::move(error)};
  }
  /// What the step waits for, for the error when the time is up: "connected, but no answer to ...".
  virtual std::string_view waits_for() const = 0;
};
using HandshakeSteps = std::vector<std::unique_ptr<HandshakeStep>>;

/// What the connection does for its handshake.
class HandshakeOwner {
 public:
  virtual int32_t next_correlation_id() = 0;
  virtual void write_frame(std::vector<Bytes> frame) = 0;
  /// Handshake::wake() has changed.
  virtual void on_wake_changed() = 0;
  /// Every step has passed.
  virtual void on_handshake_passed() = 0;
  /// A step has failed: Handshake::failure() says why. Steps may be on the stack.
  virtual void on_handshake_failed() = 0;

 protected:
  ~HandshakeOwner() = default;
};

/// Owns the steps of one connection and what they have found out: the versions and the dialect.
class Handshake {
 public:
  Handshake(net::Reactor& reactor, HandshakePeer peer, HandshakeSteps steps, HandshakeOwner& owner);

  // --- for the connection ---
  /// TCP is up: starts the first step.
  void start();
  /// The connection was set up before, and these steps run on it until `deadline`.
  void run_again(HandshakeSteps steps, net::TimePoint deadline);
  void on_frame(Bytes frame);
  void on_written();
  void on_wake();
  /// The connection ends before the handshake has passed. Sets failure(), unless a step has set it.
  void on_closed(Error error, bool mid_frame);
  /// When on_wake() is due; max if no step wants it.
  net::TimePoint wake() const noexcept { return wake_at_; }
  /// Of the whole set-up, later by the pauses that the broker has asked for since it began.
  /// None while a step waits for something of this client.
  net::TimePoint deadline() const {
    if (stopped_at_) return net::TimePoint::max();
    return peer_.deadline + (peer_.throttle->total() - throttled_at_start_);
  }
  /// What this client has to get before a step goes on; nothing if it is the peer's turn.
  std::string_view waits_here() const { return stopped_at_ ? waits_for() : std::string_view(); }
  /// True if a step has found out that the peer is an old broker.
  bool found_old() const noexcept { return dialect_ == Dialect::old && peer_.dialect != Dialect::old; }
  /// True if `id` is of a question whose answer no step waits for any more. Says so once.
  bool takes_late(int32_t id) noexcept;
  std::string_view waits_for() const;
  /// Why the connection was not set up; without an error if it was.
  const SetupFailure& failure() const noexcept { return failure_; }
  const protocol::ApiVersionSet& versions() const noexcept { return versions_; }
  Dialect dialect() const noexcept { return dialect_; }
  /// How long the last login holds; 0: for ever.
  net::Duration login_lifetime() const noexcept { return login_lifetime_; }

  // --- for the steps ---
  net::Reactor& reactor() noexcept { return reactor_; }
  const HandshakePeer& peer() const noexcept { return peer_; }
  int32_t next_id() { return owner_.next_correlation_id(); }
  void write(std::vector<Bytes> frame) { owner_.write_frame(std::move(frame)); }
  /// on_wake() of the running step at `time`.
  void wake_at(net::TimePoint time);
  /// The step waits for something of this client, which has a time limit of its own: until start_clock(), the time does
  /// not count for the deadline.
  void stop_clock();
  void start_clock();
  /// The answer to `id` may still come when the step has passed; it is dropped then.
  void expect_late(int32_t id) noexcept { late_id_ = id; }
  /// What the requests of the connection are encoded for.
  void settle(const protocol::ApiVersionSet& versions, Dialect dialect);
  /// Whose the connection is, where the mechanism told it (auth::Mechanism::user()).
  const std::string& login_user() const noexcept { return login_user_; }
  void set_login_user(std::string user) { login_user_ = std::move(user); }
  void set_login_lifetime(net::Duration lifetime) noexcept { login_lifetime_ = lifetime; }
  /// The step is done. The next one starts, from inside this call.
  void pass();
  /// The step has failed, for a while or for this address: the link goes on to the next address.
  void fail(Error error);
  /// The step has failed, and retrying cannot mend it (a refused password, a certificate that does not verify). The
  /// calls that wait get this error at once. Its code must be one that is not retried (base/errors.def).
  void fail_for_good(Error error);

 private:
  bool running() const noexcept { return at_ < steps_.size() && !failure_.error; }
  void fail(SetupFailure failure);

  net::Reactor& reactor_;
  HandshakePeer peer_;
  HandshakeSteps steps_;
  HandshakeOwner& owner_;
  size_t at_ = 0;  // the running step
  net::Duration throttled_at_start_;
  net::TimePoint wake_at_ = net::TimePoint::max();
  std::optional<net::TimePoint> stopped_at_;
  int32_t late_id_ = -1;
  protocol::ApiVersionSet versions_;
  Dialect dialect_;
  net::Duration login_lifetime_{};
  std::string login_user_;
  SetupFailure failure_;
};

}  // namespace kafka::cluster
