#include "cluster/connection.hpp"

#include <algorithm>

#include "base/error_table.hpp"
#include "base/version.hpp"
#include "cluster/endpoint.hpp"
#include "protocol/api_versions.hpp"
#include "protocol/header.hpp"

namespace kafka::cluster {
namespace {

constexpr const char* kSoftwareName = "uvkafka";
constexpr int16_t kNewestApiVersions = 4;
// So long a silence behind ApiVersions makes us ask something else.
constexpr net::Duration kSilence = std::chrono::milliseconds(500);

}  // namespace

Connection::Connection(net::Reactor& reactor, const ConnectionConfig& config, const net::Address& address,
                       net::TimePoint deadline, ConnectionOwner& owner)
    : reactor_(reactor),
      config_(config),
      address_(address),
      owner_(owner),
      frames_(config.frame_max),
      setup_deadline_(deadline),
      last_used_(reactor.now()) {
  setup_throttled_ = config_.throttle->past(reactor.now());
  stream_ = reactor_.connect(address_, *this);
  arm();
}

Connection::~Connection() {
  stream_.reset();
  scope_.end();
  std::vector<std::unique_ptr<Call>> calls = in_flight_.take_all();
  for (auto& call : unanswered_) calls.push_back(std::move(call));
  while (!held_.empty()) calls.push_back(held_.pop_front());
  for (auto& call : calls) {
    reactor_.defer([call = std::move(call)]() mutable { call->finish(Error(Errc::closed), nullptr); });
  }
}

void Connection::on_connected() {
  if (config_.legacy) {
    versions_ = protocol::legacy_versions();
    become_ready();
  } else {
    greet();
  }
}

void Connection::greet() {
  if (config_.throttle->holds(reactor_.now())) return hold_until_free();
  state_ = State::handshaking;
  ask_versions(kNewestApiVersions);
}

void Connection::become_ready() {
  state_ = State::ready;
  last_used_ = reactor_.now();
  arm();
  owner_.on_ready(*this);
}

// --- handshake --------------------------------------------------------------

void Connection::ask_versions(int16_t version) {
  protocol::ApiVersionsRequest request;
  request.client_software_name = kSoftwareName;
  request.client_software_version = kVersion;
  handshake_id_ = in_flight_.next_id();
  handshake_version_ = version;
  codec::Writer writer;
  protocol::begin_request(writer, protocol::ApiKey::api_versions, version, handshake_id_, config_.client_id);
  if (Error error = protocol::encode(request, version, writer)) return close(std::move(error));
  write_frame(protocol::end_frame(writer));
  if (config_.may_be_old && probe_id_ < 0) probe_at_ = reactor_.now() + kSilence;
  arm();
}

// 0.9.0 drops a request that it does not know and serves the next one; every broker answers in order. So ask
// something that all of them from 0.9 to today know and that changes nothing: ListGroups 0. If its answer is the
// first to come, ApiVersions was dropped. A modern broker that is merely slow answers both, in the order asked.
void Connection::probe() {
  probe_at_ = net::TimePoint::max();
  probe_id_ = in_flight_.next_id();
  codec::Writer writer;
  protocol::begin_request(writer, protocol::ApiKey::list_groups, 0, probe_id_, config_.client_id);
  write_frame(protocol::end_frame(writer));
  arm();
}

void Connection::take_versions(Error error, codec::Reader* body) {
  protocol::ApiVersionsResponse response;
  int16_t version = handshake_version_;
  if (!error) {
    // A broker that does not know this version answers with the body of version 0 (KIP-511).
    codec::Reader peek = *body;
    if (peek.i16() == static_cast<int16_t>(Errc::unsupported_version)) version = 0;
    error = protocol::decode(*body, version, response);
  }
  if (error) return close(std::move(error));
  if (version >= protocol::throttles_client_from(protocol::ApiKey::api_versions)) {
    on_throttle(std::chrono::milliseconds(response.throttle_time_ms));
  }
  if (response.error_code == static_cast<int16_t>(Errc::unsupported_version)) {
    int16_t hint = 0;  // brokers before 2.4 say nothing about what they would take
    for (const auto& key : response.api_keys) {
      if (key.api_key == static_cast<int16_t>(protocol::ApiKey::api_versions)) hint = key.max_version;
    }
    if (hint < 0 || hint >= handshake_version_) {
      return close(Error(Errc::protocol_error, "ApiVersions version " + std::to_string(handshake_version_) +
                                                   " is refused, and version " + std::to_string(hint) + " is offered"));
    }
    return ask_versions(hint);
  }
  if (response.error_code != 0) return close(broker_error(response.error_code, "ApiVersions"));
  for (const auto& key : response.api_keys) {
    versions_.set(static_cast<protocol::ApiKey>(key.api_key), key.min_version, key.max_version);
  }
  become_ready();
}

void Connection::write_frame(std::vector<Bytes> frame) {
  if (config_.traffic != nullptr) {
    for (const Bytes& segment : frame) config_.traffic->bytes_sent += segment.size();
  }
  stream_->write(std::move(frame));
}

// --- requests ---------------------------------------------------------------

Error Connection::write(Call& call, int16_t version, int32_t id) {
  codec::Writer writer;
  protocol::begin_request(writer, call.api(), version, id, config_.client_id);
  if (Error error = call.encode(version, writer)) return error;
  call.info.sent = Sent::maybe;
  call.info.sent_at = reactor_.now();
  write_frame(protocol::end_frame(writer));
  return {};
}

void Connection::send(std::unique_ptr<Call> call) {
  const net::TimePoint now = reactor_.now();
  last_used_ = now;
  call->enter(config_.throttle->past(now));
  if (held_.empty() && !config_.throttle->holds(now)) return dispatch(std::move(call));
  held_.push_back(std::move(call));
  arm();
  if (held_.size() == 1) hold_until_free();
}

// Only what has a limit of its own ends before the pause does; the connection has nothing to do with it.
void Connection::expire_held(net::TimePoint now) {
  for (size_t left = held_.size(); left > 0; --left) {
    std::unique_ptr<Call> call = held_.pop_front();
    if (call->deadline(config_.throttle->total()) > now) {
      held_.push_back(std::move(call));
    } else {
      finish_later(std::move(call), Error(Errc::timed_out, "the broker is over quota and wants to be left alone"));
    }
  }
  if (held_.empty()) release_.cancel();
  if (retired_ && in_flight() == 0) close(retired_);
}

void Connection::on_throttle(net::Duration pause) { config_.throttle->ask(reactor_.now(), pause); }

void Connection::hold_until_free() {
  release_ = reactor_.after(config_.throttle->until() - reactor_.now(), [this] { release(); });
}

// Another connection to the same broker may have been told of a longer pause meanwhile.
void Connection::release() {
  release_.cancel();
  if (config_.throttle->holds(reactor_.now())) return hold_until_free();
  if (state_ == State::connecting) return greet();
  while (!held_.empty()) dispatch(held_.pop_front());
  arm();
  if (retired_ && in_flight() == 0) close(retired_);
}

void Connection::dispatch(std::unique_ptr<Call> call) {
  last_used_ = reactor_.now();
  call->info.guessed = guessed();
  int16_t version = -1;
  Error error = versions_.pick(call->api(), call->max_version(), version);
  const int32_t id = in_flight_.next_id();
  if (!error) {
    call->info.version = version;
    error = write(*call, version, id);
  }
  if (error) return finish_later(std::move(call), std::move(error));
  if (config_.traffic != nullptr) ++config_.traffic->requests;
  if (call->expects_response()) {
    in_flight_.push(id, std::move(call));
  } else {
    unanswered_.push_back(std::move(call));
  }
  arm();
}

void Connection::finish_later(std::unique_ptr<Call> call, Error error) {
  reactor_.defer(
      [call = std::move(call), error = std::move(error)]() mutable { call->finish(std::move(error), nullptr); });
}

void Connection::on_written() {
  if (state_ == State::handshaking) handshake_written_ = true;
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
  if (guard.alive() && state_ != State::ended) arm();
}

// False if nothing more may be touched.
bool Connection::take_frame(Bytes frame) {
  codec::Reader reader(std::move(frame));
  const int32_t id = reader.i32();
  if (reader.failed()) return end(reader.error()), false;
  if (probe_id_ >= 0 && id == probe_id_) {
    probe_id_ = -1;
    if (state_ != State::handshaking) return true;
    versions_answered_ = true;
    config_.legacy = true;
    config_.guessed = false;
    versions_ = protocol::legacy_versions();
    become_ready();
    return true;
  }
  if (state_ == State::handshaking) {
    if (id != handshake_id_) {
      return end(Error(Errc::protocol_error, "the answer to ApiVersions has correlation id " + std::to_string(id))),
             false;
    }
    versions_answered_ = true;
    take_versions({}, &reader);
    return true;
  }
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
  const net::Duration throttled = config_.throttle->total();
  if (state_ != State::ready) return setup_deadline_ + (throttled - setup_throttled_);
  net::TimePoint next = in_flight_.earliest_deadline(throttled);
  for (const auto& call : unanswered_) next = std::min(next, call->deadline(throttled));
  for (size_t i = 0; i < held_.size(); ++i) next = std::min(next, held_[i]->deadline(throttled));
  return next;
}

void Connection::arm() {
  net::TimePoint next = earliest_deadline();
  if (state_ != State::ready) next = std::min(next, probe_at_);
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
  expire_held(now);
  const net::TimePoint due = earliest_deadline();
  if (state_ == State::handshaking && probe_at_ < due && probe_at_ <= now) return probe();
  if (due > now) return arm();  // put off by a pause, or by an answer
  if (state_ == State::connecting) return end(Error(Errc::timed_out, "no connection within the setup timeout"));
  if (state_ == State::handshaking) {
    return end(Error(Errc::timed_out, "connected, but no answer to ApiVersions within the setup timeout"));
  }
  end(Error(Errc::timed_out, "no answer within the request timeout"));
}

void Connection::on_closed(Error error) {
  // Before 0.10 a broker knows no ApiVersions: it reads the request and closes.
  refused_api_versions_ =
      state_ == State::handshaking && handshake_written_ && !versions_answered_ && !frames_.mid_frame();
  if (state_ == State::handshaking) {
    error = Error(error.code(), "closed during the handshake: " + std::string(error.detail()));
  }
  end(std::move(error));
}

void Connection::close(Error error) {
  if (state_ == State::ended) return;
  reactor_.defer([guard = scope_.guard(), this, error = std::move(error)]() mutable {
    if (guard.alive()) end(std::move(error), true);
  });
}

void Connection::retire(Error error) {
  if (retired_) return;
  retired_ = std::move(error);
  if (in_flight() == 0) close(retired_);
}

void Connection::end_if_retired() {
  if (retired_ && state_ == State::ready && in_flight() == 0) end(retired_, true);
}

void Connection::end(Error error, bool ours) {
  if (state_ == State::ended) return;
  state_ = State::ended;
  deadline_.cancel();
  release_.cancel();
  stream_.reset();
  std::vector<std::unique_ptr<Call>> calls = in_flight_.take_all();
  for (auto& call : unanswered_) calls.push_back(std::move(call));
  unanswered_.clear();
  ended_unproven_ = !ours && !proven_ && !calls.empty();
  while (!held_.empty()) calls.push_back(held_.pop_front());
  const net::TimePoint now = reactor_.now();
  const net::Duration throttled = config_.throttle->total();
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
