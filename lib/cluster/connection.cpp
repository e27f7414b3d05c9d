#include "cluster/connection.hpp"

#include <algorithm>
#include <string>

#include "cluster/endpoint.hpp"
#include "net/tls_stream.hpp"
#include "protocol/header.hpp"

namespace kafka::cluster {
namespace {

net::FrameBounds login_bounds(size_t frame_max) {
  // Tokens of brokers before 1.0 have no header, and may be empty.
  return {.largest = std::min(ConnectionConfig::kLoginFrameMax, frame_max),
          .name = "the limit before the login is done",
          .smallest = 0};
}

}  // namespace

Connection::Connection(net::Reactor& reactor, const ConnectionConfig& config, HandshakePeer peer, HandshakeSteps steps,
                       ConnectionOwner& owner)
    : reactor_(reactor),
      config_(config),
      owner_(owner),
      handshake_(reactor, std::move(peer), std::move(steps), *this),
      frames_(handshake_.peer().logs_in ? login_bounds(config.frame_max) : net::FrameBounds{config.frame_max}),
      held_(reactor),
      last_used_(reactor.now()) {
  stream_ = config.tls == nullptr
                ? reactor_.connect(address(), *this)
                : net::tls_connect(reactor_, address(),
                                   config.tls->client(handshake_.peer().host, reactor_.wall_clock_ms()), *this);
  arm();
}

Connection::~Connection() {
  stream_.reset();
  scope_.end();
  for (auto& call : take_calls()) finish_later(reactor_, std::move(call), Error(Errc::closed));
}

// --- handshake --------------------------------------------------------------

void Connection::on_connected() {
  if (throttle().holds(reactor_.now())) return hold_until_free();
  state_ = State::handshaking;
  handshake_.start();
}

void Connection::on_handshake_passed() {
  last_used_ = reactor_.now();
  const bool renewed = login_.renewing();
  if (handshake_.peer().logs_in) login_.begin(last_used_, handshake_.login_lifetime(), reactor_.random());
  if (renewed) return release();
  frames_.set_bounds({config_.frame_max});
  state_ = State::ready;
  arm();
  owner_.on_ready(*this);
}

void Connection::on_handshake_failed() { close(setup_failure().error); }

void Connection::write_frame(std::vector<Bytes> frame) {
  if (config_.traffic != nullptr) {
    for (const Bytes& segment : frame) config_.traffic->bytes_sent += segment.size();
  }
  stream_->write(std::move(frame));
}

// --- requests ---------------------------------------------------------------

Error Connection::write(Call& call, int16_t version, int32_t id) {
  codec::Writer writer;
  protocol::begin_request(writer, call.api(), version, id, handshake_.peer().client_id);
  if (Error error = call.encode(version, writer)) return error;
  call.info.sent = Sent::maybe;
  call.info.sent_at = reactor_.now();
  write_frame(protocol::end_frame(writer));
  return {};
}

void Connection::send(std::unique_ptr<Call> call) {
  const net::TimePoint now = reactor_.now();
  last_used_ = now;
  call->enter(throttle().past(now));
  if (held_.empty() && !login_.renewing() && !login_.due(now) && !throttle().holds(now))
    return dispatch(std::move(call));
  held_.push(std::move(call));
  arm();
  if (held_.size() > 1 || login_.renewing()) return;
  if (throttle().holds(now)) return hold_until_free();
  renew_login();
}

void Connection::on_throttle(net::Duration pause) { throttle().ask(reactor_.now(), pause); }

void Connection::hold_until_free() {
  release_ = reactor_.after(throttle().until() - reactor_.now(), [this] { release(); });
}

// Another connection to the same broker may have been told of a longer pause meanwhile.
void Connection::release() {
  release_.cancel();
  if (throttle().holds(reactor_.now())) return hold_until_free();
  if (state_ == State::connecting) return on_connected();
  if (login_.renewing()) return;  // its end comes back here
  if (login_.due(reactor_.now()) && !held_.empty()) return renew_login();
  while (!held_.empty()) dispatch(held_.pop());
  arm();
  if (retired_ && in_flight() == 0) close(retired_);
}

// What is under way is answered before the broker looks at the login: only nothing else may be sent until that is done.
void Connection::renew_login() {
  HandshakeSteps steps;
  steps.push_back(owner_.renew_login());
  if (steps.back() == nullptr) {
    const Error error(Errc::disconnected, "the login has run out, and others are used now");
    held_.fail(error, false);
    retire(error);
    return arm();  // what is under way keeps its deadline
  }
  login_.renew();
  handshake_.run_again(std::move(steps), reactor_.now() + config_.login_timeout);
  arm();
}

void Connection::dispatch(std::unique_ptr<Call> call) {
  last_used_ = reactor_.now();
  login_.use();
  call->info.guessed = dialect() == Dialect::old_guessed;
  int16_t version = -1;
  Error error = versions().pick(call->api(), call->max_version(), version);
  const int32_t id = in_flight_.next_id();
  if (!error) {
    call->info.version = version;
    error = write(*call, version, id);
  }
  if (error) return finish_later(reactor_, std::move(call), std::move(error));
  if (config_.traffic != nullptr) ++config_.traffic->requests;
  if (call->expects_response()) {
    in_flight_.push(id, std::move(call));
  } else {
    unanswered_.push_back(std::move(call));
  }
  arm();
}

void Connection::on_written() {
  if (state_ == State::handshaking || login_.renewing()) handshake_.on_written();
  if (unanswered_.empty()) return;
  std::vector<std::unique_ptr<Call>> written = std::move(unanswered_);
  unanswered_.clear();
  prove();
  const Scope::Guard guard = scope_.guard();
  for (auto& call : written) call->finish({}, nullptr);
  if (guard.alive()) end_if_retired();
}

// --- answers ----------------------------------------------------------------

void Connection::on_read(size_t count) {
  frames_.advance(count);
  last_used_ = reactor_.now();
  if (config_.traffic != nullptr) config_.traffic->bytes_received += count;
  const Scope::Guard guard = scope_.guard();
  Bytes frame;
  while (state_ != State::ended && frames_.next(frame)) {
    if (!take_frame(std::move(frame)) || !guard.alive()) return;
  }
  if (state_ != State::ended && frames_.error()) return end(frames_.error());
  end_if_retired();
  if (!guard.alive() || state_ == State::ended) return;
  stream_->await(frames_.missing());
  arm();
}

// False if nothing more may be touched.
bool Connection::take_frame(Bytes frame) {
  const bool shakes_hands = state_ == State::handshaking || (login_.renewing() && in_flight_.empty());
  if (shakes_hands) return handshake_.on_frame(std::move(frame)), true;
  codec::Reader reader(std::move(frame));
  const int32_t id = reader.i32();
  if (reader.failed()) return end(reader.error()), false;
  if (handshake_.takes_late(id)) return true;
  std::unique_ptr<Call> call = in_flight_.pop(id);
  if (call == nullptr) {
    const std::string expected = in_flight_.empty() ? "none" : std::to_string(in_flight_.head_id());
    return end(Error(Errc::protocol_error,
                     "correlation id " + std::to_string(id) + " where " + expected + " was expected")),
           false;
  }
  protocol::skip_response_header(reader, call->api(), call->info.version);
  const Scope::Guard guard = scope_.guard();
  if (reader.failed()) {
    Error error = reader.error();
    call->finish(error, nullptr);
    if (guard.alive()) end(std::move(error));
    return false;
  }
  prove();
  if (config_.traffic != nullptr) {
    ++config_.traffic->responses;
    config_.traffic->round_trip.add(
        std::chrono::duration_cast<std::chrono::microseconds>(reactor_.now() - call->info.sent_at));
  }
  call->finish({}, &reader, this);
  if (!guard.alive()) return false;
  if (reader.failed()) return end(reader.error()), false;  // what follows cannot be trusted either
  return true;
}

void Connection::prove() {
  if (proven_) return;
  proven_ = true;
  owner_.on_proven(*this);
}

// --- end --------------------------------------------------------------------

net::TimePoint Connection::earliest_deadline() const {
  if (state_ != State::ready) return handshake_.deadline();
  const net::Duration throttled = throttle().total();
  net::TimePoint next = std::min(in_flight_.earliest_deadline(throttled), held_.earliest_deadline(throttled));
  for (const auto& call : unanswered_) next = std::min(next, call->deadline(throttled));
  return login_.renewing() ? std::min(next, handshake_.deadline()) : next;
}

void Connection::arm() {
  net::TimePoint next = earliest_deadline();
  next = std::min({next, handshake_.wake(), std::max(login_.renewal(), throttle().until())});
  if (next == armed_for_) return;
  armed_for_ = next;
  if (next == net::TimePoint::max()) return deadline_.cancel();
  deadline_ = reactor_.after(next - reactor_.now(), [this] { on_deadline(); });
}

void Connection::on_deadline() {
  deadline_.cancel();
  armed_for_ = net::TimePoint::max();
  if (state_ == State::ended) return;
  const net::TimePoint now = reactor_.now();
  // A call ends before the pause does only if its caller has set a limit (Call::set_limit()); the connection stays.
  held_.expire(
      now, throttle().total(),
      Error(Errc::timed_out, login_.renewing() ? "the broker does not answer the login, and takes no requests before"
                                               : "the broker is over quota and takes no requests for now"));
  if (held_.empty()) release_.cancel();
  if (retired_ && in_flight() == 0) close(retired_);
  const bool shakes_hands = state_ == State::handshaking || login_.renewing();
  const net::TimePoint due = earliest_deadline();
  if (shakes_hands && handshake_.wake() < due && handshake_.wake() <= now) {
    handshake_.on_wake();
    return arm();
  }
  if (due > now) {  // put off by a pause, or by an answer
    if (std::max(login_.renewal(), throttle().until()) <= now) return renew_login();
    return arm();
  }
  if (state_ == State::connecting) {
    return end(
        Error(Errc::timed_out, stream_->securing()
                                   ? "connected, but no answer to the TLS handshake within the setup timeout; does "
                                     "the port speak TLS?"
                                   : "no connection within the setup timeout"));
  }
  if (shakes_hands && handshake_.deadline() <= now) {
    return end(Error(Errc::timed_out, "connected, but no answer to " + std::string(handshake_.waits_for()) +
                                          " within the setup timeout"));
  }
  end(Error(Errc::timed_out, "no answer within the request timeout"));
}

void Connection::on_closed(Error error) {
  if (state_ == State::ready && !login_.renewing()) return end(std::move(error));
  if (state_ == State::handshaking && error != Errc::ssl_error) {
    error = Error(error.code(), "closed during the handshake: " + std::string(error.detail()));
  }
  handshake_.on_closed(std::move(error), frames_.mid_frame());
  end(setup_failure().error);
}

void Connection::close(Error error) {
  if (state_ == State::ended) return;
  reactor_.defer([guard = scope_.guard(), this, error = std::move(error)]() mutable {
    if (guard.alive()) end(std::move(error), true);
  });
}

void Connection::retire(Error error) {
  login_.let_run_out();
  if (retired_) return;
  retired_ = std::move(error);
  if (in_flight() == 0) close(retired_);
}

void Connection::end_if_retired() {
  if (retired_ && state_ == State::ready && in_flight() == 0) end(retired_, true);
}

std::vector<std::unique_ptr<Call>> Connection::take_calls() {
  std::vector<std::unique_ptr<Call>> calls = in_flight_.take_all();
  for (auto& call : unanswered_) calls.push_back(std::move(call));
  unanswered_.clear();
  while (!held_.empty()) calls.push_back(held_.pop());
  return calls;
}

void Connection::end(Error error, bool ours) {
  if (state_ == State::ended) return;
  state_ = State::ended;
  deadline_.cancel();
  release_.cancel();
  stream_.reset();
  ended_unproven_ = !ours && !proven_ && in_flight() > held_.size();
  // Nothing was sent of what waits for a login, and another broker may take it.
  if (login_.renewing()) held_.fail(error, setup_failure().next == SetupFailure::Next::give_up);
  std::vector<std::unique_ptr<Call>> calls = take_calls();
  const net::TimePoint now = reactor_.now();
  const net::Duration throttled = throttle().total();
  const Scope::Guard guard = scope_.guard();
  for (auto& call : calls) {
    // Only what is overdue has timed out; the rest loses its connection.
    const bool bystander = error.code() == Errc::timed_out && call->deadline(throttled) > now;
    Error reason =
        bystander ? Error(Errc::disconnected, "the connection was closed: an earlier request timed out") : error;
    call->finish(std::move(reason), nullptr);
  }
  if (guard.alive()) owner_.on_ended(*this, std::move(error));
}

}  // namespace kafka::cluster
