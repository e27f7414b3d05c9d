#include "cluster/link.hpp"

#include <algorithm>

#include "cluster/sasl_step.hpp"
#include "cluster/version_step.hpp"

namespace kafka::cluster {

namespace {

// How soon a link looks again whether the attempt of another one has ended.
constexpr net::Duration kLookAgain = std::chrono::milliseconds(10);
// A peer is well if it has broken the protocol this long ago.
constexpr net::Duration kWell = std::chrono::seconds(10);

}  // namespace

Link::Link(LinkContext& context, std::shared_ptr<Endpoint> endpoint, int32_t broker, net::TimePoint not_before)
    : context_(context),
      endpoint_(std::move(endpoint)),
      broker_(broker),
      waiting_(context.reactor, *endpoint_, [this] { return waits_for(); }),
      not_before_(not_before) {}

Link::~Link() { end_attempt(); }

void Link::send(std::unique_ptr<Call> call) {
  if (ready() && endpoint_->age.outdated(connection_->dialect())) {
    connection_->retire(Error(Errc::disconnected, "the broker is newer than it seemed"));
  }
  call->enter(endpoint_->throttle.past(now()));
  if (ready()) return connection_->send(std::move(call));
  if (!waiting_.push(std::move(call))) return;
  if (endpoint_->refusal && !endpoint_->refusals.due(now()) && connection_ == nullptr)
    return waiting_.fail(endpoint_->refusal, true);
  if (!connecting_ && connection_ == nullptr) start();
}

void Link::doubt() {
  if (!ready() || !endpoint_->age.doubt(connection_->dialect(), connection_->versions())) return;
  connection_->retire(Error(Errc::disconnected, "the broker is asked for its versions again"));
}

void Link::close(Error error) {
  connecting_ = false;
  end_attempt();
  start_timer_.cancel();
  scope_.end();
  idle_timer_.cancel();
  waiting_.fail(error, false);
  if (connection_) connection_->close(std::move(error));
}

// --- connecting -------------------------------------------------------------

void Link::start() {
  connecting_ = true;
  stands_by_.reset();
  if (const net::TimePoint earliest = std::max(endpoint_->earliest(), not_before_); earliest > now()) {
    pausing_ = true;
    start_timer_ = context_.reactor.after(earliest - now(), [this] {
      start_timer_.cancel();
      begin_round();
    });
  } else {
    begin_round();
  }
}

// True if another link tries to connect to the endpoint, which has failed before: its outcome counts for this one too.
bool Link::stand_by() {
  Attempts& attempts = endpoint_->attempts;
  if (stands_by_ && attempts.failed != *stands_by_) {
    stands_by_.reset();
    connecting_ = false;
    const bool for_good = static_cast<bool>(endpoint_->refusal);
    waiting_.fail(for_good ? endpoint_->refusal : attempts.last_error, for_good);
    return true;
  }
  if (!attempts.under_way || !endpoint_->failing) {
    stands_by_.reset();
    return false;
  }
  if (!stands_by_) stands_by_ = attempts.failed;
  start_timer_ = context_.reactor.after(kLookAgain, [this] {
    start_timer_.cancel();
    begin_round();
  });
  return true;
}

void Link::end_attempt() {
  if (std::exchange(attempting_, false)) endpoint_->attempts.under_way = false;
}

void Link::begin_round() {
  pausing_ = false;
  if (stand_by()) return;
  // Another link to the endpoint may have failed meanwhile and moved the time.
  if (endpoint_->earliest() > now()) return start();
  attempting_ = !std::exchange(endpoint_->attempts.under_way, true);
  tried_ = 0;
  last_error_ = {};
  // The look-up shares the setup deadline of the first address. It goes on when that has passed: its answer is
  // there for a later round.
  const net::TimePoint deadline = setup_deadline();
  start_timer_ = context_.reactor.after(deadline - now(), [this] {
    start_timer_.cancel();
    ++round_;
    ++endpoint_->setup_timeouts;
    round_failed(Error(Errc::timed_out, "no answer to the look-up of the name within the setup timeout"));
  });
  context_.resolver.resolve(
      endpoint_->host, scope_.wrap([this, round = ++round_, deadline](Error error, std::vector<std::string> addresses) {
        if (!connecting_ || round != round_) return;
        start_timer_.cancel();
        if (error) return round_failed(std::move(error));
        addresses_ = std::move(addresses);
        connect(endpoint_->age.dialect(now()), deadline);
      }));
}

net::TimePoint Link::setup_deadline() const {
  net::Duration timeout = context_.config.setup_timeout;
  for (uint32_t i = 0; i < endpoint_->setup_timeouts && timeout < context_.config.setup_timeout_max; ++i) timeout *= 2;
  return now() + std::min(timeout, context_.config.setup_timeout_max);
}

void Link::try_address() {
  if (tried_ == addresses_.size()) {
    context_.resolver.forget(endpoint_->host);
    return round_failed(last_error_);
  }
  connect(endpoint_->age.dialect(now()), setup_deadline());
}

void Link::connect(Dialect dialect, net::TimePoint deadline) {
  const std::string& ip = addresses_[(endpoint_->next_address + tried_) % addresses_.size()];
  HandshakePeer peer;
  peer.host = endpoint_->host;
  peer.address = {ip, endpoint_->port};
  peer.deadline = deadline;
  peer.client_id = context_.config.client_id;
  peer.dialect = dialect;
  peer.is_0_9 = endpoint_->age.is_0_9();
  peer.age = &endpoint_->age;
  peer.throttle = &endpoint_->throttle;
  peer.logs_in = context_.login != nullptr;
  offered_ = context_.login;
  HandshakeSteps steps;
  steps.push_back(std::make_unique<VersionStep>());
  if (offered_ != nullptr) steps.push_back(std::make_unique<SaslStep>(offered_));
  if (context_.add_steps) context_.add_steps(steps);
  const ConnectionConfig config{.frame_max = context_.config.frame_max,
                                .traffic = &endpoint_->traffic,
                                .tls = context_.tls.get(),
                                .login_timeout = context_.config.setup_timeout};
  connection_ = std::make_unique<Connection>(context_.reactor, config, std::move(peer), std::move(steps), *this);
}

void Link::on_ready(Connection& connection) {
  connecting_ = false;
  end_attempt();
  endpoint_->setup_timeouts = 0;
  endpoint_->forget_refusal();
  endpoint_->told_refusal = {};
  ++endpoint_->traffic.connects;
  endpoint_->next_address = (endpoint_->next_address + tried_) % addresses_.size();
  if (connection.handshake().found_old()) {  // it has answered something already
    endpoint_->reconnect.succeed();
    endpoint_->failing = false;
  }
  told_ = false;
  // A peer that fails again and again is connected once it has answered.
  if (connection.dialect() == Dialect::negotiated && !endpoint_->failing) tell_connected();
  while (!waiting_.empty()) connection.send(waiting_.pop());
  arm_idle();
}

// Only now is the endpoint well: a peer that accepts connections, or answers ApiVersions, may still serve nothing.
void Link::on_proven(Connection&) {
  endpoint_->reconnect.succeed();
  endpoint_->answered();
  tell_connected();
  context_.on_proven(*endpoint_);
}

void Link::tell_connected() {
  if (!std::exchange(told_, true)) context_.on_state(Event::Type::broker_connected, *endpoint_, broker_, {});
}

// The end of a connection of which the application was told is always told.
void Link::tell_broken(Event::Type type, const Error& error) {
  const bool told = std::exchange(told_, false);
  if (endpoint_->attempts.tell(now()) || told) context_.on_state(type, *endpoint_, broker_, error);
}

void Link::on_ended(Connection& connection, Error error) {
  const Dialect dialect = connection.dialect();
  const SetupFailure::Next next = connection.setup_failure().next;
  const bool unproven = connection.ended_unproven();
  dying_ = std::move(connection_);
  context_.reactor.defer(scope_.wrap([this] { dying_.reset(); }));
  idle_timer_.cancel();
  if (connecting_) return not_set_up(dialect, next, std::move(error));
  if (next == SetupFailure::Next::give_up) {  // the login was not renewed
    refused(error, Event::Type::broker_disconnected);
  } else {
    broken(dialect, unproven, std::move(error));
  }
}

// A connection cannot change whose it is: the broker refuses another name, and closes on another mechanism.
std::unique_ptr<HandshakeStep> Link::renew_login() {
  const auto& login = context_.login;
  if (login->user != offered_->user || login->kind != offered_->kind) return nullptr;
  offered_ = login;
  return std::make_unique<SaslStep>(login);
}

void Link::credentials_changed() {
  if (!connecting_ || !pausing_) return;
  start_timer_.cancel();
  start();
}

// --- failures ---------------------------------------------------------------

void Link::not_set_up(Dialect dialect, SetupFailure::Next next, Error error) {
  if (error == Errc::timed_out) ++endpoint_->setup_timeouts;
  last_error_ = std::move(error);
  switch (next) {
    case SetupFailure::Next::ask_again:
      start_timer_ = context_.reactor.after(PeerAge::kAskAgain, [this] {
        start_timer_.cancel();
        connect(Dialect::negotiated, setup_deadline());
      });
      return;
    case SetupFailure::Next::speak_old:
      return connect(endpoint_->age.guess(), setup_deadline());
    case SetupFailure::Next::give_up:
      // What was refused is not what the session would offer now.
      if (offered_ != context_.login) return connect(dialect, setup_deadline());
      return refused(last_error_, Event::Type::connect_failed);
    case SetupFailure::Next::try_next_address:
      endpoint_->age.not_set_up(dialect);
      ++tried_;
      return try_address();
  }
}

// A connection that was ready has ended.
void Link::broken(Dialect dialect, bool unproven, Error error) {
  const bool again = endpoint_->failing;
  const bool broken = error == Errc::protocol_error || error == Errc::too_large || error == Errc::timed_out;
  if (unproven) endpoint_->failed(now());
  if (unproven || broken) {
    endpoint_->failing |= unproven;
    delay_reconnect();
  }
  if (broken) count_break();
  if (dialect != Dialect::negotiated && unproven) {
    // The peer was taken for an old broker and never answered. So it is not an old broker, or not any more.
    endpoint_->age.not_old();
    if (error == Errc::disconnected) {
      error = Error(Errc::connect_failed,
                    std::string("the peer closes every connection without an answer; is it a Kafka broker?") +
                        (context_.tls == nullptr ? " Or does the port speak TLS?" : ""));
    }
    tell_broken(Event::Type::connect_failed, error);
  } else {
    if (unproven && error == Errc::disconnected) {
      // Once may be a broker that dies while it starts. A peer that does so again serves nothing.
      const Errc code = again ? Errc::connect_failed : Errc::disconnected;
      const bool asks = again && context_.login == nullptr;
      error = Error(code, "closed instead of an answer: " + std::string(error.detail()) +
                              (asks ? "; does the port take nothing before a login (SASL)?" : ""));
    }
    tell_broken(Event::Type::broker_disconnected, error);
  }
  if (!waiting_.empty() && !connecting_) start();
}

// A peer that answers one request well and the next one wrongly would be connected to again and again: each good answer
// ends the pause before reconnecting. The pause after broken answers ends only when there were none for a while.
void Link::count_break() {
  if (now() - endpoint_->broken_at > kWell) endpoint_->breaks.reset();
  endpoint_->broken_at = now();
  endpoint_->breaks.fail(now(), context_.reactor.random(), context_.config.reconnect);
}

void Link::delay_reconnect() { endpoint_->reconnect.fail(now(), context_.reactor.random(), context_.config.reconnect); }

// Every address of the name has failed, or the name was not found.
void Link::round_failed(Error error) {
  if (error != Errc::timed_out && error != Errc::resolve_failed && error != Errc::protocol_error &&
      error != Errc::too_large && error != Errc::unsupported_version) {
    error = Error(Errc::connect_failed, std::string(error.detail()));
  }
  const Scope::Guard guard = scope_.guard();
  // Nothing was sent: the caller may ask another broker.
  const Error for_calls(Errc::connect_failed, endpoint_->name() + ": " + error.message());
  endpoint_->attempts.last_error = for_calls;
  count_failed_round();
  tell_broken(Event::Type::connect_failed, error);
  if (guard.alive()) waiting_.fail(for_calls, false);
}

// The handshake failed for good: other addresses of the name lead to the same broker.
void Link::refused(const Error& error, Event::Type type) {
  const Error for_calls(error.code(), endpoint_->name() + ": " + std::string(error.detail()));
  endpoint_->refused(for_calls, now(), context_.reactor.random());
  const Scope::Guard guard = scope_.guard();
  count_failed_round();
  // Told once: the next attempts say the same.
  const bool told = std::exchange(told_, false);
  const Error& before = endpoint_->told_refusal;
  if (told || before != error || before.detail() != error.detail()) {
    endpoint_->told_refusal = error;
    context_.on_state(type, *endpoint_, broker_, error);
  }
  if (guard.alive()) waiting_.fail(for_calls, true);
}

void Link::count_failed_round() {
  connecting_ = false;
  end_attempt();
  ++endpoint_->attempts.failed;
  delay_reconnect();
  if (!addresses_.empty()) endpoint_->next_address = (endpoint_->next_address + 1) % addresses_.size();
  endpoint_->failing = true;
  endpoint_->failed(now());
}

// --- time -------------------------------------------------------------------

void Link::arm_idle() {
  if (context_.config.connections_max_idle <= net::Duration::zero()) return;
  // With a request under way its age says nothing: looked at again a whole period later, not at once.
  const net::TimePoint from = connection_->in_flight() > 0 ? now() : connection_->last_used();
  const net::TimePoint due = from + context_.config.connections_max_idle;
  idle_timer_ = context_.reactor.after(due - now(), [this] {
    idle_timer_.cancel();
    if (!ready()) return;
    const bool idle = connection_->last_used() + context_.config.connections_max_idle <= now();
    if (idle && connection_->in_flight() == 0) {
      connection_->close(Error(Errc::disconnected, "idle for connections_max_idle"));
    } else {
      arm_idle();
    }
  });
}

}  // namespace kafka::cluster
