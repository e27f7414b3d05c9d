// One broker's connection for one purpose: opened when first used, reopened when used again, with the
// calls that wait for it meanwhile. One round of connecting looks the name up and tries all its addresses.
// Not here: the socket (connection), what is remembered of the address (endpoint), which broker (router).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "auth/login.hpp"
#include "base/scope.hpp"
#include "cluster/config.hpp"
#include "cluster/connection.hpp"
#include "cluster/endpoint.hpp"
#include "cluster/resolver.hpp"
#include "cluster/waiting_calls.hpp"

namespace kafka::cluster {

/// What every link of a session shares.
struct LinkContext {
  net::Reactor& reactor;
  const ClusterConfig& config;
  Resolver& resolver;
  /// connected, disconnected or failed, with the endpoint.
  Function<void(Event::Type, const Endpoint&, int32_t broker, const Error&)> on_state;
  /// The endpoint serves requests (again).
  Function<void(const Endpoint&)> on_proven;
  /// Adds steps behind the question for versions, if set.
  Function<void(HandshakeSteps&)> add_steps = {};
  /// For new connections; none: plaintext.
  std::shared_ptr<const net::TlsContext> tls = {};
  /// The session's credentials; none: it does not log in. Replaced when the application gives others.
  std::shared_ptr<auth::Login> login = {};
};

class Link final : public ConnectionOwner {
 public:
  /// Connects `not_before` this time, if it is in the future.
  Link(LinkContext& context, std::shared_ptr<Endpoint> endpoint, int32_t broker, net::TimePoint not_before = {});
  ~Link() override;

  /// finish() follows exactly once, never from inside this call.
  void send(std::unique_ptr<Call> call);
  /// Ends connection and calls with `error`; stays usable.
  void close(Error error);

  bool ready() const noexcept { return connection_ != nullptr && connection_->ready(); }
  bool busy() const noexcept { return in_flight() > 0 || !waiting_.empty(); }
  size_t in_flight() const noexcept { return connection_ ? connection_->in_flight() : 0; }
  size_t waiting() const noexcept { return waiting_.size(); }
  /// What this client has to get before the connection can be set up; mostly nothing.
  std::string_view waits_for() const {
    return connection_ ? connection_->handshake().waits_here() : std::string_view();
  }
  /// Null unless ready.
  const protocol::ApiVersionSet* versions() const noexcept { return ready() ? &connection_->versions() : nullptr; }
  Connection* connection() noexcept { return connection_.get(); }
  /// True if it is connected, and speaks to the peer as to a broker before 0.10.
  bool speaks_old() const noexcept { return ready() && connection_->dialect() != Dialect::negotiated; }
  /// The session has other credentials: what waits for the pause after a refusal goes on now. What is under way goes on
  /// as it is.
  void credentials_changed();
  /// The caller doubts that the peer is as old as this connection takes it for. If that was a guess, or if the peer has
  /// been upgraded since, the connection is retired and the next one asks for versions again.
  void doubt();

 private:
  void on_ready(Connection& connection) override;
  void on_proven(Connection& connection) override;
  void on_ended(Connection& connection, Error error) override;
  std::unique_ptr<HandshakeStep> renew_login() override;

  void start();
  void begin_round();
  bool stand_by();
  void end_attempt();
  void tell_connected();
  void tell_broken(Event::Type type, const Error& error);
  void try_address();
  void connect(Dialect dialect, net::TimePoint deadline);
  net::TimePoint setup_deadline() const;
  void not_set_up(Dialect dialect, SetupFailure::Next next, Error error);
  void broken(Dialect dialect, bool unproven, Error error);
  void round_failed(Error error);
  void refused(const Error& error, Event::Type type);
  void delay_reconnect();
  void count_break();
  void count_failed_round();
  void arm_idle();
  net::TimePoint now() const { return context_.reactor.now(); }

  LinkContext& context_;
  std::shared_ptr<Endpoint> endpoint_;
  int32_t broker_;
  std::unique_ptr<Connection> connection_;
  std::unique_ptr<Connection> dying_;  // kept until its callback has returned
  WaitingCalls waiting_;
  std::vector<std::string> addresses_;
  size_t tried_ = 0;
  uint64_t round_ = 0;       // the one under way: the look-up of an earlier round may still answer, and is ignored
  bool connecting_ = false;  // a round is under way or waits for its time
  bool pausing_ = false;     // it waits for its time
  bool attempting_ = false;  // the round that is under way for all links to the endpoint, see Attempts
  bool told_ = false;        // broker_connected, of the present connection
  std::optional<uint64_t> stands_by_;  // for another link's round: how many had failed when that began
  net::TimePoint not_before_;
  Error last_error_;
  std::shared_ptr<auth::Login> offered_;  // what the present connection logs in with
  net::Timer start_timer_;
  net::Timer idle_timer_;
  Scope scope_;
};

}  // namespace kafka::cluster
