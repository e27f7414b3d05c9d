#include "cluster/link.hpp"

#include <algorithm>

namespace kafka::cluster {

Link::Link(LinkContext& context, std::shared_ptr<Endpoint> endpoint, int32_t broker)
    : context_(context), endpoint_(std::move(endpoint)), broker_(broker) {}

Link::~Link() { fail_waiting(Error(Errc::closed)); }

void Link::send(std::unique_ptr<Call> call) {
  if (outdated()) connection_->retire(Error(Errc::disconnected, "the broker is newer than it seemed"));
  call->enter(endpoint_->throttle.past(context_.reactor.now()));
  if (ready()) return connection_->send(std::move(call));
  if (waiting_.size() >= kMaxWaiting) {
    context_.reactor.defer([call = std::move(call)]() mutable {
      call->finish(Error(Errc::queue_full, "too many requests wait for a connection"), nullptr);
    });
    return;
  }
  waiting_.push_back(std::move(call));
  arm_expiry();
  if (!connecting_ && connection_ == nullptr) start();
}

void Link::doubt() {
  if (!ready()) return;
  int16_t version = 0;
  const bool outlived =
      endpoint_->gives_ids && connection_->versions().pick(protocol::ApiKey::init_producer_id, version);
  if (!outlived && !connection_->guessed()) return;
  endpoint_->legacy_until = {};
  connection_->retire(Error(Errc::disconnected, "the broker is asked for its versions again"));
}

void Link::close(Error error) {
  connecting_ = false;
  start_timer_.cancel();
  scope_.end();
  expiry_at_ = net::TimePoint::max();
  idle_timer_.cancel();
  fail_waiting(error);
  if (connection_) connection_->close(std::move(error));
}

// --- connecting -------------------------------------------------------------

void Link::start() {
  connecting_ = true;
  const net::TimePoint now = context_.reactor.now();
  if (const net::TimePoint earliest = endpoint_->earliest(); earliest > now) {
    start_timer_ = context_.reactor.after(earliest - now, [this] {
      start_timer_.cancel();
      begin_round();
    });
  } else {
    begin_round();
  }
}

void Link::begin_round() {
  // Another purpose may have failed meanwhile and moved the time.
  if (endpoint_->earliest() > context_.reactor.now()) return start();
  tried_ = 0;
  last_error_ = {};
  // The look-up shares the setup deadline of the first address. It goes on when that has passed: its answer is
  // there for a later round.
  const net::TimePoint deadline = setup_deadline();
  start_timer_ = context_.reactor.after(deadline - context_.reactor.now(), [this] {
    start_timer_.cancel();
    ++round_;
    ++endpoint_->setup_failures;
    round_failed(Error(Errc::timed_out, "no answer to the look-up of the name within the setup timeout"));
  });
  context_.resolver.resolve(
      endpoint_->host, scope_.wrap([this, round = ++round_, deadline](Error error, std::vector<std::string> addresses) {
        if (!connecting_ || round != round_) return;
        start_timer_.cancel();
        if (error) return round_failed(std::move(error));
        addresses_ = std::move(addresses);
        connect(speak_legacy(), deadline);
      }));
}

net::TimePoint Link::setup_deadline() const {
  net::Duration timeout = context_.config.setup_timeout;
  for (uint32_t i = 0; i < endpoint_->setup_failures && timeout < context_.config.setup_timeout_max; ++i) timeout *= 2;
  return context_.reactor.now() + std::min(timeout, context_.config.setup_timeout_max);
}

bool Link::speak_legacy() const {
  return !endpoint_->ever_modern && endpoint_->refusals >= kRefusalsToBelieve &&
         context_.reactor.now() < endpoint_->legacy_until;
}

// Taken for an old broker, and since then ApiVersions was answered on another connection.
bool Link::outdated() const { return legacy() && endpoint_->ever_modern; }

void Link::try_address() {
  if (tried_ == addresses_.size()) {
    context_.resolver.forget(endpoint_->host);
    return round_failed(last_error_);
  }
  connect(speak_legacy(), setup_deadline());
}

void Link::connect(bool legacy, net::TimePoint deadline) {
  legacy_ = legacy;
  const std::string& ip = addresses_[(endpoint_->next_address + tried_) % addresses_.size()];
  ConnectionConfig config{context_.config.client_id, context_.config.frame_max};
  config.legacy = legacy;
  config.guessed = !endpoint_->ignores_versions && endpoint_->refusals < kRefusalsToTrust;
  config.may_be_old = !endpoint_->ever_modern;
  config.traffic = &endpoint_->traffic;
  config.throttle = &endpoint_->throttle;
  connection_ =
      std::make_unique<Connection>(context_.reactor, config, net::Address{ip, endpoint_->port}, deadline, *this);
}

void Link::on_ready(Connection& connection) {
  connecting_ = false;
  endpoint_->setup_failures = 0;
  ++endpoint_->traffic.connects;
  endpoint_->next_address = (endpoint_->next_address + tried_) % addresses_.size();
  if (connection.legacy() && !legacy_) {
    // It ignored ApiVersions and answered the next request: 0.9.0. Other connections need not wait for that.
    legacy_ = true;
    endpoint_->legacy_until = context_.reactor.now() + kLegacyMemory;
    endpoint_->refusals = kRefusalsToBelieve;
    endpoint_->ignores_versions = true;
    endpoint_->reconnect.succeed();
    endpoint_->failing = false;
  }
  if (!legacy_) {
    endpoint_->ever_modern = true;
    int16_t version = 0;
    endpoint_->gives_ids = !connection.versions().pick(protocol::ApiKey::init_producer_id, version);
    endpoint_->forget_old();
    context_.on_state(Event::Type::broker_connected, *endpoint_, broker_, {});
  }
  expiry_timer_.cancel();
  expiry_at_ = net::TimePoint::max();
  while (!waiting_.empty()) connection.send(waiting_.pop_front());
  arm_idle();
}

// Only now is the endpoint well: what accepts connections, or answers ApiVersions, may still serve nothing.
void Link::on_proven(Connection&) {
  endpoint_->reconnect.succeed();
  endpoint_->failing = false;
  if (legacy_) context_.on_state(Event::Type::broker_connected, *endpoint_, broker_, {});
  context_.on_proven(*endpoint_);
}

void Link::on_ended(Connection& connection, Error error) {
  const bool was_connecting = connecting_;
  const bool refused = connection.refused_api_versions();
  const bool unproven = connection.ended_unproven();
  dying_ = std::move(connection_);
  context_.reactor.defer(scope_.wrap([this] { dying_.reset(); }));
  idle_timer_.cancel();
  if (was_connecting) {
    if (error == Errc::timed_out) ++endpoint_->setup_failures;
    if (refused && !legacy_ && !endpoint_->ever_modern) {
      // Perhaps a broker before 0.10, perhaps a handshake that was cut: the same address again, first asking for
      // versions once more, then without.
      last_error_ = error;
      if (++endpoint_->refusals < kRefusalsToTry) {
        start_timer_ = context_.reactor.after(kAskAgain, [this] {
          start_timer_.cancel();
          connect(false, setup_deadline());
        });
        return;
      }
      endpoint_->legacy_until = context_.reactor.now() + kLegacyMemory;
      return connect(true, setup_deadline());
    }
    if (legacy_) endpoint_->forget_old();
    if (!refused) endpoint_->refusals = 0;
    last_error_ = std::move(error);
    ++tried_;
    return try_address();
  }
  const bool broken = error == Errc::protocol_error || error == Errc::too_large || error == Errc::timed_out;
  if (unproven || broken) {
    endpoint_->failing |= unproven;
    delay_reconnect();
  }
  if (legacy_ && unproven) {
    // Taken for an old broker, and it never answered anything: it is none, or no more.
    endpoint_->forget_old();
    if (error == Errc::disconnected) {
      error = Error(Errc::connect_failed, "the peer closes every connection without an answer; is it a Kafka broker?");
    }
    context_.on_state(Event::Type::connect_failed, *endpoint_, broker_, error);
  } else {
    if (unproven && error == Errc::disconnected) {
      error = Error(Errc::protocol_error, "closed instead of an answer: " + std::string(error.detail()));
    }
    context_.on_state(Event::Type::broker_disconnected, *endpoint_, broker_, error);
  }
  if (!waiting_.empty() && !connecting_) start();
}

void Link::round_failed(Error error) {
  connecting_ = false;
  delay_reconnect();
  if (!addresses_.empty()) endpoint_->next_address = (endpoint_->next_address + 1) % addresses_.size();
  endpoint_->failing = true;
  if (error != Errc::timed_out && error != Errc::resolve_failed && error != Errc::protocol_error &&
      error != Errc::too_large && error != Errc::unsupported_version) {
    error = Error(Errc::connect_failed, std::string(error.detail()));
  }
  const Scope::Guard guard = scope_.guard();
  context_.on_state(Event::Type::connect_failed, *endpoint_, broker_, error);
  if (!guard.alive()) return;
  // Nothing was sent: whoever asked may ask somebody else.
  fail_waiting(Error(Errc::connect_failed, endpoint_->name() + ": " + error.message()));
}

void Link::delay_reconnect() {
  endpoint_->reconnect.fail(context_.reactor.now(), context_.reactor.random(),
                            {context_.config.reconnect_backoff, context_.config.reconnect_backoff_max});
}

void Link::fail_waiting(const Error& error) {
  expiry_timer_.cancel();
  expiry_at_ = net::TimePoint::max();
  while (!waiting_.empty()) {
    context_.reactor.defer([call = waiting_.pop_front(), error]() mutable { call->finish(error, nullptr); });
  }
}

// --- time -------------------------------------------------------------------

void Link::arm_expiry() {
  const net::TimePoint deadline = waiting_.back()->deadline(endpoint_->throttle.total());
  if (deadline >= expiry_at_) return;
  expiry_at_ = deadline;
  expiry_timer_ = context_.reactor.after(deadline - context_.reactor.now(), [this] { expire(); });
}

void Link::expire() {
  expiry_timer_.cancel();
  expiry_at_ = net::TimePoint::max();
  const net::TimePoint now = context_.reactor.now();
  const net::Duration throttled = endpoint_->throttle.total();
  Ring<std::unique_ptr<Call>> kept;
  net::TimePoint next = net::TimePoint::max();
  while (!waiting_.empty()) {
    std::unique_ptr<Call> call = waiting_.pop_front();
    if (const net::TimePoint deadline = call->deadline(throttled); deadline > now) {
      next = std::min(next, deadline);
      kept.push_back(std::move(call));
    } else {
      context_.reactor.defer([call = std::move(call), name = endpoint_->name()]() mutable {
        call->finish(Error(Errc::timed_out, "no connection to " + name), nullptr);
      });
    }
  }
  waiting_ = std::move(kept);
  if (next == net::TimePoint::max()) return;
  expiry_at_ = next;
  expiry_timer_ = context_.reactor.after(next - now, [this] { expire(); });
}

void Link::arm_idle() {
  if (context_.config.connections_max_idle <= net::Duration::zero()) return;
  // With a request under way its age says nothing: looked at again a whole period later, not at once.
  const net::TimePoint from = connection_->in_flight() > 0 ? context_.reactor.now() : connection_->last_used();
  const net::TimePoint due = from + context_.config.connections_max_idle;
  idle_timer_ = context_.reactor.after(due - context_.reactor.now(), [this] {
    idle_timer_.cancel();
    if (!ready()) return;
    const bool idle = connection_->last_used() + context_.config.connections_max_idle <= context_.reactor.now();
    if (idle && connection_->in_flight() == 0) {
      connection_->close(Error(Errc::disconnected, "idle for connections_max_idle"));
    } else {
      arm_idle();
    }
  });
}

}  // namespace kafka::cluster
